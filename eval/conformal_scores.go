package eval

import "slices"

// RowConformalScores are the scores of rows that a threshold is taken from, row by row.
func RowConformalScores(probs [][]float64, labels []int) []float64 {
	scores := make([]float64, len(labels))
	for i, row := range probs {
		scores[i] = conformity(row, Argmax(row), labels[i])
	}
	return scores
}

// ConformalScores are the scores of validation rows that FitConformal takes
// its threshold from, ascending: with them a threshold for any coverage can be
// found later.
func ConformalScores(probs [][]float64, labels []int) []float64 {
	scores := RowConformalScores(probs, labels)
	slices.Sort(scores)
	return scores
}

// ConformalFrom is FitConformal from kept scores.
func ConformalFrom(scores []float64, coverage float64) Conformal {
	return Conformal{Coverage: coverage, Threshold: upperQuantile(scores, coverage), Rows: len(scores)}
}
