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

// Collected holds predictions that come some rows at a time. Their probabilities have no pointers
// until all are there: a garbage collector would follow those of every row again and again.
type Collected struct {
	n, classes int
	probs      []float64 // [rows so far, classes]
	rest       Predictions
}

// NewCollected makes room for n rows.
func NewCollected(n int) *Collected { return &Collected{n: n} }

// Add puts further rows behind those that are there.
func (c *Collected) Add(q *Predictions) {
	for _, row := range q.Probs {
		if c.probs == nil {
			c.classes, c.probs = len(row), make([]float64, 0, c.n*len(row))
		}
		c.probs = append(c.probs, row...)
	}
	p, n := &c.rest, c.n
	p.Labels, p.Sets, p.Chosen = appendOf(p.Labels, q.Labels, n), appendOf(p.Sets, q.Sets, n), appendOf(p.Chosen, q.Chosen, n)
	p.Values, p.Targets = appendOf(p.Values, q.Values, n), appendOf(p.Targets, q.Targets, n)
	p.Thresholds = q.Thresholds
}

// All returns the predictions of all rows.
func (c *Collected) All() *Predictions {
	c.rest.Probs = Rows(c.probs, c.classes)
	return &c.rest
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
