package analysis

import (
	"context"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/progress"
	"github.com/fusor-ml/fusor/report"
)

// fitInner fits the best entry in folds of the training rows where an official
// split has too few validation rows for prediction sets.
func (c *Comparison) fitInner(ctx context.Context, s *Setup) (err error) {
	plan := &c.Result.Plan
	best, _ := c.Best()
	if best < 0 || !plan.Official || c.Data.Schema.Task != dataset.Classification || len(plan.Runs[0].Val) >= eval.FewCalibrationRows {
		return nil
	}
	c.inner, err = c.Result.InnerFits(ctx, s.Source, best, s.Seed, compare.StageCalibrate, compare.Options{
		Recipe: s.Compare.Recipe, Workers: s.Compare.Workers, Store: s.Compare.Store,
		Done: func(done, total int, _ compare.Entry, _ dataset.Run, out *compare.Outcome) {
			s.Progress.Report(progress.Calibrate, done, total, c.Result.Entries[best].Name)
		},
	})
	return err
}

// predictionSets measures the sets of one entry in every run.
//
// With folds the threshold of a fold comes from the test rows of the others:
// like a new row they were predicted by a model that had not seen them, after
// its refit, and nothing was chosen on them (cross-conformal prediction, Vovk
// 2015). On an official split of few validation rows it comes from such folds
// of the training rows, else from validation rows, with the choice among the
// entries repeated on resampled ones.
func (c *Comparison) predictionSets(entry int, coverage float64) *report.Sets {
	outcomes := c.Result.Outcomes[entry]
	for _, out := range outcomes {
		if len(out.Test) == 0 {
			return nil
		}
	}
	var sets []eval.Conformal
	source := eval.FromFolds
	switch {
	// The folds were fitted for one entry; of another one they mean nothing.
	case c.inner != nil && c.inner.Entries[0].Name == c.Result.Entries[entry].Name:
		sets, source = c.innerSets(coverage), eval.FromTraining
	case c.Result.Plan.Official || c.Result.Plan.Folds < 2:
		sets, source = c.validationSets(entry, coverage)
	default:
		sets = c.foldSets(entry, coverage)
	}
	if sets == nil {
		return nil
	}
	var sum eval.SetReport
	weight, hits, calibration := 0.0, 0.0, 0
	// A row that several seeds test counts once in the interval: covered is its mean over the runs.
	rows, at, times := tested(outcomes)
	covered := make([]float64, len(rows))
	for r, out := range outcomes {
		p, _ := out.Predictions(c.Data)
		for i, hit := range sets[r].Covered(p.Probs, p.Labels) {
			k := at[out.Test[i]]
			covered[k] += hit / times[k]
		}
		rep := sets[r].Measure(p.Probs, p.Labels, nil)
		n := float64(len(out.Test))
		weight += n
		sum.Nominal = rep.Nominal
		sum.Coverage += n * rep.Coverage
		sum.MeanSize += n * rep.MeanSize
		sum.Answered += n * rep.Answered
		// Accuracy is of the answered rows: weighted by them, not by all rows.
		hits += n * rep.Answered * rep.Accuracy
		sum.Threshold += n * rep.Threshold
		calibration += rep.Calibration
	}
	if sum.Answered > 0 {
		sum.Accuracy = hits / sum.Answered
	}
	sum.Coverage /= weight
	sum.MeanSize /= weight
	sum.Answered /= weight
	sum.Threshold /= weight
	// By groups where there are some: rows of one group are covered together.
	sum.Interpret(covered, eval.Groups(c.Data, rows), calibration/len(outcomes), source)
	return &report.Sets{Model: c.Rows[entry].Name, Report: sum}
}

// innerSets are the sets of each run from folds of the training rows.
func (c *Comparison) innerSets(coverage float64) []eval.Conformal {
	var scores []float64
	for _, out := range c.inner.Outcomes[0] {
		p, _ := out.Predictions(c.Data)
		scores = append(scores, eval.ConformalScores(p.Probs, p.Labels)...)
	}
	sets := make([]eval.Conformal, len(c.Result.Plan.Runs))
	for r := range sets {
		sets[r] = eval.ConformalFrom(scores, coverage)
	}
	return sets
}

// foldSets are the sets of each run from the other folds of its seed.
func (c *Comparison) foldSets(entry int, coverage float64) []eval.Conformal {
	outcomes, runs := c.Result.Outcomes[entry], c.Result.Plan.Runs
	scores := make([][]float64, len(runs))
	for r, out := range outcomes {
		p, _ := out.Predictions(c.Data)
		scores[r] = eval.ConformalScores(p.Probs, p.Labels)
	}
	sets := make([]eval.Conformal, len(runs))
	for r := range runs {
		var others []float64
		for k := range runs {
			if runs[k].Seed == runs[r].Seed && runs[k].Fold != runs[r].Fold {
				others = append(others, scores[k]...)
			}
		}
		sets[r] = eval.ConformalFrom(others, coverage)
	}
	return sets
}

// validationSets are the sets of each run from its validation rows.
func (c *Comparison) validationSets(entry int, coverage float64) ([]eval.Conformal, string) {
	var candidates []eval.Candidate
	rows := make([][]int, len(c.Result.Plan.Runs))
	for e := range c.Rows {
		if c.Rows[e].Kind != c.Rows[entry].Kind {
			continue
		}
		var can eval.Candidate
		for r, out := range c.Result.Outcomes[e] {
			if len(out.Val) == 0 {
				return nil, ""
			}
			_, val := out.Predictions(c.Data)
			right := make([]bool, len(val.Labels))
			for i, p := range val.Probs {
				right[i] = eval.Argmax(p) == val.Labels[i]
			}
			can.Right, can.Scores = append(can.Right, right), append(can.Scores, eval.RowConformalScores(val.Probs, val.Labels))
			rows[r] = out.Val
		}
		candidates = append(candidates, can)
	}
	source := eval.FromChosen
	if len(candidates) == 1 {
		source = eval.FromValidation
	}
	var sets []eval.Conformal
	for r, scores := range eval.ChosenScores(candidates, rows) {
		sets = append(sets, eval.ConformalOf(scores, len(rows[r]), coverage))
	}
	return sets, source
}
