package eval

import "github.com/fusor-ml/fusor/dataset"

// NewPredictions puts probabilities, or the values of a regression, beside the truth of the labeled
// ones of rows. p is [rows, outputs].
func NewPredictions(ds *dataset.Dataset, rows []int, p []float64) *Predictions {
	out := &Predictions{}
	if len(rows) == 0 {
		return out
	}
	c := len(p) / len(rows)
	for i, r := range rows {
		row := &ds.Rows[r]
		if !row.Labeled() {
			continue
		}
		switch ds.Schema.Task {
		case dataset.Regression:
			out.Values, out.Targets = append(out.Values, p[i]), append(out.Targets, row.Target)
		case dataset.Multilabel:
			out.Probs, out.Sets = append(out.Probs, p[i*c:(i+1)*c]), append(out.Sets, row.Labels)
		default:
			out.Probs, out.Labels = append(out.Probs, p[i*c:(i+1)*c]), append(out.Labels, row.Class)
		}
	}
	return out
}

// Groups numbers the groups of the labeled ones of rows, parallel to their [NewPredictions]; nil
// where the data has no groups.
func Groups(ds *dataset.Dataset, rows []int) []int {
	if ds.Schema.Group == "" {
		return nil
	}
	index := map[string]int{}
	var out []int
	for _, i := range rows {
		if !ds.Rows[i].Labeled() {
			continue
		}
		k, known := index[ds.Rows[i].Group]
		if !known {
			k = len(index)
			index[ds.Rows[i].Group] = k
		}
		out = append(out, k)
	}
	return out
}

// Labels returns the classes of rows.
func Labels(ds *dataset.Dataset, rows []int) []int {
	out := make([]int, len(rows))
	for i, r := range rows {
		out[i] = ds.Rows[r].Class
	}
	return out
}

// Sets returns the labels of rows of a multi-label task.
func Sets(ds *dataset.Dataset, rows []int) [][]int {
	out := make([][]int, len(rows))
	for i, r := range rows {
		out[i] = ds.Rows[r].Labels
	}
	return out
}

// Rows cuts x, [rows, k], into its rows.
func Rows(x []float64, k int) [][]float64 {
	var out [][]float64
	for i := 0; i+k <= len(x) && k > 0; i += k {
		out = append(out, x[i:i+k])
	}
	return out
}
