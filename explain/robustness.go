package explain

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
)

// Noise holds the curves of one kind of noise in one column.
type Noise struct {
	Column string    `json:"column"` // empty: all of them together
	Kind   string    `json:"kind"`
	Unit   string    `json:"unit,omitempty"` // of Levels; empty: a share
	Levels []float64 `json:"levels"`
	Curves []Curve   `json:"curves"` // parallel to the targets
}

// Curve is one model's score at each level of noise.
type Curve struct {
	Model  string         `json:"model"`
	Scores []eval.Summary `json:"scores"`
	// Area is the mean score over the range of levels: the area under the curve
	// where that range is 1 long.
	Area float64 `json:"area"`
	// Relative and Effective are MultiBench's (P. P. Liang et al., "MultiBench",
	// NeurIPS 2021 Datasets and Benchmarks; relative and effective robustness
	// after R. Taori et al., 2020), before its scaling between the methods that
	// are compared. Relative is the area by trapezoids with equal steps from
	// level to level, in all 1 long. Effective is the sum over the levels of
	// what the model scores above a baseline that is moved to the model's score
	// without noise; nil without a baseline.
	Relative  float64  `json:"relative"`
	Effective *float64 `json:"effective,omitempty"`
}

// Robustness measures how the targets' scores fall as noise is added to the data. If
// there are several targets the last is the baseline of effective robustness.
type Robustness struct {
	Data     *dataset.Dataset // its labeled rows are scored
	Refs     []feature.Ref    // every view of any target, by column
	Targets  []*Target
	Sets     []*model.Set // of Data without noise, parallel to Targets
	Kinds    []string     // of noise; none: all
	Workers  int
	Progress func(done, total int)

	rows   []int
	groups []int
	metric eval.Metric
	joint  [levelCount][]*model.Set // every column with its first kind of noise, [level][target]
}

// Curves adds noise to the columns one by one, then all together. Every row has its
// own random numbers, which depend on the row and the kind of noise alone, so
// that the harm of a level contains that of the level before.
func (r *Robustness) Curves(ctx context.Context) ([]Noise, error) {
	r.rows = Labeled(r.Data)
	r.groups = eval.Groups(r.Data, r.rows)
	r.metric = eval.MainMetric(r.Data.Schema.Task)
	// Clones of the lists of views, which join replaces one by one; what is not replaced is shared.
	for l := range r.joint {
		for _, s := range r.Sets {
			r.joint[l] = append(r.joint[l], &model.Set{Views: slices.Clone(s.Views), Groups: s.Groups})
		}
	}
	var columns []int
	for _, ref := range r.Refs {
		if !slices.Contains(columns, ref.Column) {
			columns = append(columns, ref.Column)
		}
	}
	var out []Noise
	for k, c := range columns {
		found, err := r.column(ctx, c, k, len(columns))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	// Of one column the joint noise is its own.
	if r.wants(Joint) && len(columns) > 1 {
		n := Noise{Kind: Joint, Unit: "severity (0–1)"}
		var sets [][]*model.Set
		for l := range levelCount {
			n.Levels = append(n.Levels, float64(l)/(levelCount-1))
			sets = append(sets, r.joint[l])
		}
		if err := r.measure(ctx, &n, sets); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	if r.wants(Missing) && len(columns) > 1 {
		n, err := r.missing(ctx, "", columns)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (r *Robustness) wants(kind string) bool {
	return len(r.Kinds) == 0 || slices.Contains(r.Kinds, kind)
}

// column adds every wanted kind of noise to one column.
func (r *Robustness) column(ctx context.Context, c, at, of int) ([]Noise, error) {
	col := &r.Data.Schema.Columns[c]
	var refs []feature.Ref
	for _, ref := range r.Refs {
		if ref.Column == c {
			refs = append(refs, ref)
		}
	}
	var ways []NoiseKind
	// The first kind of a column is what joint noise is made of.
	for k, d := range NoiseKinds(col.Kind) {
		if r.wants(d.Kind) || (k == 0 && r.wants(Joint)) {
			ways = append(ways, d)
		}
	}
	deviation := deviations(r.Data, c, refs[0])
	// Noise is in units of a field's own deviation, of which a table of categories has none.
	if col.Kind == media.Table && len(deviation) == 0 {
		ways = nil // no number to change
	}
	var out []Noise
	if len(ways) > 0 {
		// All kinds and levels in one extraction: decoding a cell costs more than changing it.
		n := len(ways) * levelCount
		e := feature.Extractor{Workers: r.Workers, Progress: func(done, total int) {
			if r.Progress != nil {
				r.Progress(at*total+done, of*total)
			}
		}}
		featureSets, err := e.Variants(ctx, r.Data, refs, n, func(row, k int, item any) (any, error) {
			d, level := &ways[k/levelCount], k%levelCount
			// Level 0 is the item itself, so that every curve begins at the score without noise.
			if d.Levels[level] == 0 {
				return item, nil
			}
			// The same numbers at every level: more noise of the same shape.
			return d.apply(item, d.Levels[level], r.random(row, col.Name, d.Kind), deviation)
		})
		if err != nil {
			return nil, fmt.Errorf("cannot add noise to column %q: %w", col.Name, err)
		}
		defer func() {
			for _, b := range featureSets {
				b.Close() //nolint:errcheck // temporary files
			}
		}()
		for w, d := range ways {
			noise := Noise{Column: col.Name, Kind: d.Kind, Unit: d.Unit, Levels: d.Levels}
			var sets [][]*model.Set
			// featureSets are in the order of k above: all levels of a kind, then the next kind.
			for l := range levelCount {
				level, err := r.noisy(featureSets[w*levelCount+l], refs)
				if err != nil {
					return nil, err
				}
				if w == 0 {
					r.join(l, level, col.Name)
				}
				sets = append(sets, level)
			}
			if r.wants(d.Kind) {
				if err := r.measure(ctx, &noise, sets); err != nil {
					return nil, err
				}
				out = append(out, noise)
			}
		}
	}
	if r.wants(Missing) {
		n, err := r.missing(ctx, col.Name, []int{c})
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// noisy returns the targets' sets with the views of b in place of their own.
func (r *Robustness) noisy(b *feature.Features, refs []feature.Ref) ([]*model.Set, error) {
	var out []*model.Set
	for i, s := range r.Targets {
		set := &model.Set{Views: slices.Clone(r.Sets[i].Views), Groups: r.Sets[i].Groups}
		for v, view := range s.Artifact.Views {
			for j, ref := range refs {
				if ref.Name != view.Name {
					continue
				}
				m, err := feature.Apply(b.Stores[j], ref.View.Info().Shape, s.Artifact.States[v])
				if err != nil {
					return nil, fmt.Errorf("view %s: %w", view.Name, err)
				}
				set.Views[v] = m
			}
		}
		out = append(out, set)
	}
	return out, nil
}

// join puts a column's noisy views of one level into the joint sets.
func (r *Robustness) join(level int, sets []*model.Set, column string) {
	for i, s := range r.Targets {
		for v, view := range s.Artifact.Views {
			if view.Column == column {
				r.joint[level][i].Views[v] = sets[i].Views[v]
			}
		}
	}
}

// missing takes columns away from a growing share of the rows, each by itself.
func (r *Robustness) missing(ctx context.Context, name string, columns []int) (Noise, error) {
	n := Noise{Column: name, Kind: Missing, Levels: []float64{0, .2, .4, .6, .8, 1}}
	gone := map[string][]float64{} // column -> the level from which it is missing, by row
	for _, c := range columns {
		col := r.Data.Schema.Columns[c].Name
		for i := range r.Data.Rows {
			gone[col] = append(gone[col], r.random(i, col, Missing).Float64())
		}
	}
	var sets [][]*model.Set
	for _, level := range n.Levels {
		var all []*model.Set
		for i, s := range r.Targets {
			set := &model.Set{Views: slices.Clone(r.Sets[i].Views), Groups: r.Sets[i].Groups}
			for v, view := range s.Artifact.Views {
				from, ok := gone[view.Column]
				if !ok {
					continue
				}
				m := *set.Views[v]
				m.Present = slices.Clone(m.Present)
				for row := range m.Present {
					m.Present[row] = m.Present[row] && from[row] >= level
				}
				set.Views[v] = &m
			}
			all = append(all, set)
		}
		sets = append(sets, all)
	}
	return n, r.measure(ctx, &n, sets)
}

// random is the stream of one row under one kind of noise in one column.
func (r *Robustness) random(row int, column, kind string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s", column, kind)
	return rand.New(rand.NewPCG(h.Sum64(), uint64(r.Data.Rows[row].Number)))
}

// measure fills a noise's curves from the sets of each level, [level][target].
func (r *Robustness) measure(ctx context.Context, n *Noise, sets [][]*model.Set) error {
	for i, s := range r.Targets {
		c := Curve{Model: s.Name}
		for l := range n.Levels {
			scores, err := s.Predict(ctx, sets[l][i], nil)
			if err != nil {
				return err
			}
			p := s.predictions(r.Data, r.rows, scores)
			c.Scores = append(c.Scores, eval.SummarizeSplit(r.metric, []*eval.Predictions{p}, r.groups))
		}
		n.Curves = append(n.Curves, c)
	}
	base := scores(n.Curves[len(n.Curves)-1])
	for i := range n.Curves {
		c := &n.Curves[i]
		y := scores(*c)
		c.Area, c.Relative = Area(n.Levels, y), Area(nil, y)
		if len(n.Curves) > 1 {
			e := Effective(y, base)
			if !r.metric.HigherIsBetter {
				e = -e
			}
			c.Effective = &e
		}
	}
	return nil
}

func scores(c Curve) []float64 {
	out := make([]float64, len(c.Scores))
	for i, s := range c.Scores {
		out[i] = s.Mean
	}
	return out
}

// Area is the mean of a curve over its range by trapezoids: the area under it
// where the range is scaled to 1. Levels nil are equal steps.
func Area(levels, y []float64) float64 {
	if len(y) < 2 {
		return math.NaN()
	}
	sum, length := 0.0, 0.0
	for i := 1; i < len(y); i++ {
		step := 1.0
		if levels != nil {
			step = levels[i] - levels[i-1]
		}
		sum += step * (y[i] + y[i-1]) / 2
		length += step
	}
	return sum / length
}

// Effective is MultiBench's effective robustness: Σ (y − β), where β is the
// baseline moved so that both begin at the same score.
func Effective(y, baseline []float64) float64 {
	sum := 0.0
	for i := range y {
		sum += (y[i] - y[0]) - (baseline[i] - baseline[0])
	}
	return sum
}

// deviations are the standard deviations of a vector's values or a table's
// numbers in the data; empty for other columns.
func deviations(ds *dataset.Dataset, c int, ref feature.Ref) []float64 {
	col := &ds.Schema.Columns[c]
	if col.Kind != media.Vector && col.Kind != media.Table && col.Kind != media.Sequence {
		return nil
	}
	// Welford's recurrence: large values with a small deviation keep their digits.
	var n, mean, squares []float64
	add := func(i int, v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		// The number of values is known with the first row only.
		for len(n) <= i {
			n, mean, squares = append(n, 0), append(mean, 0), append(squares, 0)
		}
		n[i]++
		d := v - mean[i]
		mean[i] += d / n[i]
		squares[i] += d * (v - mean[i])
	}
	for i := range ds.Rows {
		cell := ds.Rows[i].Cell(c)
		if cell.Absent() {
			continue
		}
		// As the views open it, so that units and notations are taken off alike.
		item, err := ref.Modality.Open(context.Background(), &cell, col, ds.Folder()) // numbers: nothing to wait for
		if err != nil {
			continue
		}
		switch x := item.(type) {
		case []float32:
			for k, v := range x {
				add(k, float64(v))
			}
		case interface {
			Numbers(func(field int, v float64))
		}:
			x.Numbers(add)
		}
	}
	for i := range squares {
		squares[i] = math.Sqrt(squares[i] / max(n[i], 1))
	}
	return squares
}
