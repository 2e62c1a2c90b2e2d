// Package fusiontest is the law suite of fusion methods. [Run] checks one method against every law
// that all methods obey, and against those that it declares in its Laws. Every entry of
// fusion.Methods goes through it, and so can a method from another module:
//
//	func TestLaws(t *testing.T) { fusiontest.Run(t, mine) }
//
// The laws:
//
//   - gradients: those of the tape agree with finite differences in float64, for the inputs and
//     every parameter.
//   - every parameter receives a gradient from batches in which views are absent here and there.
//   - absent content: the content of an absent row or past the end of a sequence, even NaN, changes
//     no bit.
//   - rows: a row (or group) means the same alone as in a batch.
//   - nothing present: a row without any view yields a finite result.
//   - large input: views a thousand times too large, as unscaled data can be, give a finite result
//     and finite gradients.
//   - one view is enough.
//   - save and load: parameters copied by name give the same bits.
//   - determinism: the same input yields the same bits, on a used tape and in several goroutines as
//     well.
//   - float32 agrees with float64.
//   - where declared: a dropped view is the same as an absent one; the order of the views does not
//     matter; weights are 0 for the absent and sum to 1; votes are there.
//   - of a loss of the method's own: its gradients are right, what is absent and rows without any
//     view do not matter, and of large input it is finite.
package fusiontest

import (
	"fmt"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/tensor"
)

// Run checks the method in every configuration of its Laws.
func Run(t *testing.T, m fusion.Method) {
	cases := m.Laws.Cases
	if len(cases) == 0 {
		cases = []fusion.Case{{Name: "defaults"}}
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r := newRig(m, c)
			if err := m.Check(c.Config); err != nil {
				t.Errorf("the configuration of the case does not pass Check: %v", err)
			}
			for _, l := range laws {
				if l.applies == nil || l.applies(r) {
					t.Run(l.name, func(t *testing.T) { l.check(r, t) })
				}
			}
		})
	}
}

// reporter is the part of testing.T that a law needs.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// laws is every law, with when it applies (nil: to every method).
var laws = []struct {
	name    string
	applies func(r rig) bool
	check   func(r rig, t reporter)
}{
	{"gradients", nil, rig.gradients},
	{"every parameter", nil, rig.everyParameter},
	{"absent content", nil, rig.absentContent},
	{"rows", nil, rig.rowsAlone},
	{"nothing present", nil, rig.nothingPresent},
	{"large input", nil, rig.largeInput},
	{"one view", nil, rig.oneView},
	{"save and load", nil, rig.saveAndLoad},
	{"determinism", nil, rig.determinism},
	{"float32", nil, rig.float32},
	{"dropped view", func(r rig) bool { return r.c.Drop }, rig.droppedView},
	{"order of views", func(r rig) bool { return r.m.Laws.Permutable }, rig.orderOfViews},
	{"weights", func(r rig) bool { return r.c.Weights }, rig.weights},
	{"votes", func(r rig) bool { return r.m.Votes }, rig.votes},
	{"own loss", learns, rig.ownLoss},
}

// rig is a method in one small configuration.
type rig struct {
	m     fusion.Method
	c     fusion.Case
	cfg   fusion.Config
	views []fusion.ViewShape
}

func newRig(m fusion.Method, c fusion.Case) rig {
	widths := c.Widths
	if widths == nil {
		widths = []int{3, 4, 2, 3}
	}
	r := rig{m: m, c: c, cfg: c.Config}
	for _, o := range m.Options {
		if size, ok := o.Default.(int); ok {
			r.cfg = r.cfg.WithDefaults(fusion.Config{o.Name: min(size, small)})
		}
	}
	for k, d := range widths {
		r.views = append(r.views, fusion.ViewShape{Name: fmt.Sprintf("view%d", k), Dim: d, Sequence: c.Sequences && k < 2})
	}
	return r
}

// small is the greatest of the sizes that a case does not set.
const small = 3

// outputs is the number of classes, or of values.
func (r rig) outputs() int {
	if r.c.Regression {
		return 1
	}
	return 3
}

// with returns the rig with other views; options that have a value per view follow.
func (r rig) with(views []int) rig {
	old := r
	r.views = nil
	for _, k := range views {
		r.views = append(r.views, old.views[k])
	}
	for _, o := range r.m.Options {
		if list := old.cfg.Floats(o.Name); o.PerView && list != nil {
			picked := make([]float64, len(views))
			for i, k := range views {
				picked[i] = list[k]
			}
			r.cfg = r.cfg.With(o.Name, picked)
		}
	}
	return r
}

// The sizes of a batch: rows, and steps of the two sequences.
const (
	rows       = 6
	firstSteps = 4
	otherSteps = 3
)

// batch is the input of one call, in float64 and apart from any tape.
type batch struct {
	xs      []*tensor.Tensor // [rows, D] or [rows, T, D]
	lengths [][]int          // of sequences, else nil
	present *tensor.Tensor   // [rows, V]
	groups  []int
}

// batch makes an input in which the first row has every view, the last none, and each other row
// lacks one or two.
func (r rig) batch(seed uint64) batch {
	rng := stream(seed, "batch")
	V := len(r.views)
	b := batch{present: tensor.New(tensor.F64, rows, V), lengths: make([][]int, V)}
	for i := range rows - 1 {
		for k := range V {
			if i == 0 || (k != (i-1)%V && (V < 3 || k != (2*i)%V)) {
				b.present.Set(1, i, k)
			}
		}
	}
	if V == 1 {
		for i := range rows - 2 {
			b.present.Set(1, i, 0)
		}
	}
	for k, v := range r.views {
		shape := []int{rows, v.Dim}
		if v.Sequence {
			T := firstSteps
			if k > 0 {
				T = otherSteps
			}
			shape = []int{rows, T, v.Dim}
			for i := range rows {
				b.lengths[k] = append(b.lengths[k], 1+(i+2)%T)
			}
		}
		x := tensor.New(tensor.F64, shape...)
		for i := range x.F64 {
			x.F64[i] = rng.NormFloat64()
		}
		b.xs = append(b.xs, x)
	}
	if r.c.Groups {
		b.groups = []int{3, 1, 2}
	}
	return b
}

// with returns the batch with only these views, in this order.
func (b batch) with(views []int) batch {
	out := batch{groups: b.groups, present: tensor.New(tensor.F64, b.present.Dim(0), len(views))}
	for j, k := range views {
		out.xs = append(out.xs, b.xs[k])
		out.lengths = append(out.lengths, b.lengths[k])
		for i := range b.present.Dim(0) {
			out.present.Set(b.present.At(i, k), i, j)
		}
	}
	return out
}

// slice returns rows from to to, as one group if there are groups.
func (b batch) slice(from, to int) batch {
	out := batch{present: rowsOf(b.present, from, to), lengths: make([][]int, len(b.xs))}
	for k, x := range b.xs {
		out.xs = append(out.xs, rowsOf(x, from, to))
		if b.lengths[k] != nil {
			out.lengths[k] = b.lengths[k][from:to]
		}
	}
	if b.groups != nil {
		out.groups = []int{to - from}
	}
	return out
}

// spoilt returns the batch with v wherever nothing should look: in absent rows and past the end of
// sequences.
func (b batch) spoilt(v float64) batch {
	xs := b.xs
	b.xs = nil
	for k, x := range xs {
		x = x.Clone()
		per := x.Len() / x.Dim(0)
		for i := range x.F64 {
			row := i / per
			past := b.lengths[k] != nil && (i%per)/x.Dim(-1) >= b.lengths[k][row]
			if past || b.present.At(row, k) == 0 {
				x.F64[i] = v
			}
		}
		b.xs = append(b.xs, x)
	}
	return b
}

func rowsOf(x *tensor.Tensor, from, to int) *tensor.Tensor {
	per := x.Len() / x.Dim(0)
	shape := append([]int{to - from}, x.Shape[1:]...)
	return tensor.FromF64(x.F64[from*per:to*per], shape...)
}
