// Package eval measures predictions and describes how sure the measurement is.
//
// It knows no model: it takes probabilities, labels and plain scores, and
// returns metrics (a registry of named functions), summaries with 95 %
// intervals, paired tests with Holm's correction, the verdict on whether
// fusion helps, temperature calibration, reliability curves and conformal
// prediction sets.
//
// Two situations are told apart throughout. With folds there is one score
// per run (fold × seed); their spread is corrected for overlapping training
// sets (Nadeau & Bengio, "Inference for the Generalization Error", 2003).
// On an official split there is one test set; its rows, or whole groups of
// rows, are resampled, and a row's score is its mean over the seeds.
//
// Everything is deterministic: resampling uses a fixed seed.
package eval
