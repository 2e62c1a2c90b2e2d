package eval

import (
	"strings"

	"github.com/fusor-ml/fusor/dataset"
)

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

// Append adds the rows of q behind those of p, which is to have n rows in the end.
func (p *Predictions) Append(q *Predictions, n int) {
	p.Probs, p.Labels, p.Sets = appendOf(p.Probs, q.Probs, n), appendOf(p.Labels, q.Labels, n), appendOf(p.Sets, q.Sets, n)
	p.Values, p.Targets, p.Chosen = appendOf(p.Values, q.Values, n), appendOf(p.Targets, q.Targets, n), appendOf(p.Chosen, q.Chosen, n)
	p.Thresholds = q.Thresholds
}

// appendOf appends b to a, in memory for n.
func appendOf[T any](a, b []T, n int) []T {
	if a == nil && b != nil {
		a = make([]T, 0, n)
	}
	return append(a, b...)
}

// Groups numbers the groups of the labeled ones of rows, parallel to their [NewPredictions]; nil
// where the data has no groups.
func Groups(ds *dataset.Dataset, rows []int) []int {
	g := &Grouping{}
	g.Add(ds, rows)
	return g.Rows
}

// Grouping numbers the groups of rows that come some at a time, as [Groups] does.
type Grouping struct {
	Rows  []int // the group of each labeled row
	index map[string]int
}

// Add numbers the groups of further rows.
func (g *Grouping) Add(ds *dataset.Dataset, rows []int) {
	if ds.Schema.Group == "" {
		return
	}
	if g.index == nil {
		g.index = map[string]int{}
	}
	for _, i := range rows {
		if !ds.Rows[i].Labeled() {
			continue
		}
		k, known := g.index[ds.Rows[i].Group]
		if !known {
			k = len(g.index)
			g.index[strings.Clone(ds.Rows[i].Group)] = k
		}
		g.Rows = append(g.Rows, k)
	}
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
