// Package featuretest is the law suite of views. [Run] checks every view of a modality against the
// laws that all views obey, on cells that the caller chooses; a modality from another module can go
// through it as well:
//
//	func TestLaws(t *testing.T) { featuretest.Run(t, mine, column, folder, cells...) }
//
// The laws:
//
//   - documented: a view has a name, a one-line doc, a known shape and a version; an earlier
//     version has a later one.
//   - layout: a vector and a step have the same width in every cell, a sequence has Steps × Dim
//     values, sparse indices ascend, and every value is finite. (The record of a table's fields, a
//     vector with indices, is the state's to read.)
//   - determinism: the same cell yields the same bits, opened again and in several goroutines.
//   - batches: what is extracted together has the bits of what is extracted alone.
//   - absent stays absent: a fitted state makes nothing out of the zero Raw.
//   - state: applied rows have the state's width and finite values, the raw row is not changed, and
//     the memory of dst does not matter.
//   - save and load: a state that went through JSON applies the same bits.
//   - merge: fitters merged in order learn what one fitter learns, up to rounding.
package featuretest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

// Run checks every view of m, in every version that it has, on the cells of a column, whose files
// are looked up in from. Each view must be present in two of the cells at least; those should
// differ in size, and one be tiny.
func Run(t *testing.T, m feature.Modality, col *dataset.Column, from media.Folder, cells ...dataset.Cell) {
	t.Helper()
	open := func() []any {
		var items []any
		for i := range cells {
			item, err := m.Open(t.Context(), &cells[i], col, from)
			if err != nil {
				t.Fatalf("cell %d does not open: %v", i, err)
			}
			items = append(items, item)
		}
		return items
	}
	first, again := open(), open()
	var name string
	if col != nil {
		name = col.Name
	}
	views := feature.ViewsOf(m, name)
	for _, old := range feature.EarlierOf(m) {
		if o := old.Info(); !slices.ContainsFunc(views, func(v feature.View) bool { return v.Info().Name == o.Name && v.Info().Version > o.Version }) {
			t.Errorf("version %d of the view %s has no later one", o.Version, o.Name)
		}
	}
	for _, v := range slices.Concat(views, feature.EarlierOf(m)) {
		t.Run(fmt.Sprintf("%s v%d", v.Info().Name, v.Info().Version), func(t *testing.T) {
			r := &rig{view: v, items: first, again: again}
			if !r.extract(t) {
				return
			}
			for _, l := range laws {
				t.Run(l.name, func(t *testing.T) { l.check(r, t) })
			}
		})
	}
}

// reporter is the part of testing.T that a law needs.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

var laws = []struct {
	name  string
	check func(*rig, reporter)
}{
	{"documented", (*rig).documented},
	{"layout", (*rig).layout},
	{"determinism", (*rig).determinism},
	{"batches", (*rig).batches},
	{"absent stays absent", (*rig).absent},
	{"state", (*rig).state},
	{"save and load", (*rig).saveAndLoad},
	{"merge", (*rig).merge},
}

// rig is a view with the cells it is tried on.
type rig struct {
	view  feature.View
	items []any // opened cells
	again []any // the same cells, opened once more
	raws  []feature.Raw
}

func (r *rig) extract(t reporter) bool {
	t.Helper()
	present := 0
	for i, item := range r.items {
		raw, err := r.view.Extract(item)
		if err != nil {
			t.Errorf("cell %d: %v", i, err)
			return false
		}
		if !raw.Absent() {
			present++
		}
		r.raws = append(r.raws, raw)
	}
	if present < 2 {
		t.Errorf("the view is present in %d of %d cells; the laws need two", present, len(r.items))
	}
	return present >= 2
}

func (r *rig) documented(t reporter) {
	i := r.view.Info()
	if i.Name == "" || i.Doc == "" || strings.Contains(i.Doc, "\n") || i.Version < 1 {
		t.Errorf("%+v lacks a name, a doc of one line or a version", i)
	}
	if !slices.Contains([]feature.Shape{feature.Vector, feature.Sequence, feature.Sparse, feature.Tokens}, i.Shape) {
		t.Errorf("unknown shape %q", i.Shape)
	}
	if i != r.view.Info() {
		t.Errorf("Info changes from call to call")
	}
}

func (r *rig) layout(t reporter) {
	width := 0
	for i, raw := range r.raws {
		record := r.view.Info().Shape == feature.Vector && len(raw.Index) > 0
		if raw.Absent() || record {
			continue
		}
		checkLayout(t, i, r.view.Info().Shape, raw)
		if width == 0 {
			width = raw.Dim
		}
		if raw.Dim != width {
			t.Errorf("cell %d is %d wide, the first %d", i, raw.Dim, width)
		}
	}
}

func checkLayout(t reporter, i int, shape feature.Shape, raw feature.Raw) {
	t.Helper()
	for _, v := range raw.Values {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			t.Errorf("cell %d holds %v", i, v)
			break
		}
	}
	ok := false
	switch shape {
	case feature.Vector:
		ok = len(raw.Values) == raw.Dim && len(raw.Index) == 0
	case feature.Sequence:
		ok = len(raw.Values) == raw.Steps*raw.Dim && raw.Steps > 0 && len(raw.Index) == 0
	case feature.Sparse:
		ok = len(raw.Values) == len(raw.Index)
		for k := 1; k < len(raw.Index); k++ {
			ok = ok && raw.Index[k-1] < raw.Index[k]
		}
	case feature.Tokens:
		ok = len(raw.Index) > 0
	}
	if !ok {
		t.Errorf("cell %d is no %s: %d values, %d indices, dim %d, %d steps", i, shape, len(raw.Values), len(raw.Index), raw.Dim, raw.Steps)
	}
}

func (r *rig) determinism(t reporter) {
	var wait sync.WaitGroup
	got := make([][]feature.Raw, 3)
	errs := make([]error, len(got))
	for g := range got {
		wait.Go(func() {
			for _, item := range [][]any{r.items, r.again, r.again}[g] {
				raw, err := r.view.Extract(item)
				if err != nil {
					errs[g] = err
					return
				}
				got[g] = append(got[g], raw)
			}
		})
	}
	wait.Wait()
	for g := range got {
		if errs[g] != nil {
			t.Errorf("extracted again: %v", errs[g])
			continue
		}
		for i := range got[g] {
			if !same(got[g][i], r.raws[i]) {
				t.Errorf("cell %d is not the same when extracted again", i)
			}
		}
	}
}

func (r *rig) batches(t reporter) {
	b, ok := r.view.(feature.Batched)
	if !ok {
		return
	}
	var inputs []any
	for i, item := range r.items {
		in, size, err := b.Input(item)
		if err != nil || size < 0 {
			t.Errorf("cell %d: size %d, %v", i, size, err)
			return
		}
		inputs = append(inputs, in)
	}
	slices.Reverse(inputs)
	got, err := b.ExtractAll(context.Background(), inputs)
	if err != nil || len(got) != len(inputs) {
		t.Errorf("%d cells of %d, %v", len(got), len(inputs), err)
		return
	}
	slices.Reverse(got)
	for i := range got {
		if !same(got[i], r.raws[i]) {
			t.Errorf("cell %d is not the same in a batch", i)
		}
	}
}

// fit learns a state from raws, each added to the fitter of its part; the parts are merged in
// order.
func (r *rig) fit(t reporter, s feature.Scaling, parts int) feature.State {
	t.Helper()
	var fitters []feature.Fitter
	for range parts {
		fitters = append(fitters, r.view.NewFitter(s))
	}
	for i, raw := range r.raws {
		fitters[i*parts/len(r.raws)].Add(raw)
	}
	for _, f := range fitters[1:] {
		fitters[0].Merge(f)
	}
	st, err := fitters[0].State()
	if err != nil {
		t.Errorf("scaling %s: %v", s, err)
		return nil
	}
	return st
}

var scalings = []feature.Scaling{feature.PerFeature, feature.PerView, feature.NoScaling}

// states calls f with the state that every scaling fits.
func (r *rig) states(t reporter, parts int, f func(feature.Scaling, feature.State)) {
	t.Helper()
	for _, s := range scalings {
		if st := r.fit(t, s, parts); st != nil {
			f(s, st)
		}
	}
}

func (r *rig) absent(t reporter) {
	r.states(t, 1, func(s feature.Scaling, st feature.State) {
		var dst feature.Raw
		st.Apply(&dst, r.raws[0]) // leaves something in the memory
		st.Apply(&dst, feature.Raw{})
		if !dst.Absent() {
			t.Errorf("scaling %s: nothing becomes %d values, %d indices", s, len(dst.Values), len(dst.Index))
		}
	})
}

func (r *rig) state(t reporter) {
	shape := r.view.Info().Shape
	r.states(t, 1, func(s feature.Scaling, st feature.State) {
		if st.Dim() <= 0 {
			t.Errorf("scaling %s: the state is %d wide", s, st.Dim())
		}
		var used feature.Raw
		for i, raw := range r.raws {
			if raw.Absent() {
				continue
			}
			before := copied(raw)
			var fresh feature.Raw
			st.Apply(&fresh, raw)
			st.Apply(&used, raw)
			if !same(raw, before) {
				t.Errorf("scaling %s: cell %d is changed by Apply", s, i)
			}
			if !same(fresh, used) {
				t.Errorf("scaling %s: cell %d depends on the memory of dst", s, i)
			}
			if fresh.Absent() {
				continue // words that the training rows lack
			}
			checkLayout(t, i, shape, fresh)
			dense := shape == feature.Vector || shape == feature.Sequence
			if dense && fresh.Dim != st.Dim() {
				t.Errorf("scaling %s: cell %d is %d wide, the state %d", s, i, fresh.Dim, st.Dim())
			}
			for _, id := range fresh.Index {
				if int(id) >= st.Dim() {
					t.Errorf("scaling %s: cell %d has the index %d of %d", s, i, id, st.Dim())
				}
			}
		}
	})
}

func (r *rig) saveAndLoad(t reporter) {
	r.states(t, 1, func(s feature.Scaling, st feature.State) {
		data, err := json.Marshal(st)
		if err != nil {
			t.Errorf("scaling %s: %v", s, err)
			return
		}
		loaded, err := r.view.LoadState(data)
		if err != nil {
			t.Errorf("scaling %s: %v", s, err)
			return
		}
		for i, raw := range r.raws {
			var a, b feature.Raw
			st.Apply(&a, raw)
			loaded.Apply(&b, raw)
			if !same(a, b) {
				t.Errorf("scaling %s: cell %d differs after loading", s, i)
			}
		}
	})
}

// tolerance is of merged fits: sums of other parts round in another way.
const tolerance = 1e-3

func (r *rig) merge(t reporter) {
	r.states(t, 1, func(s feature.Scaling, whole feature.State) {
		merged := r.fit(t, s, 2)
		if merged == nil {
			return
		}
		if merged.Dim() != whole.Dim() {
			t.Errorf("scaling %s: %d wide where merged, %d in one", s, merged.Dim(), whole.Dim())
			return
		}
		for i, raw := range r.raws {
			var a, b feature.Raw
			whole.Apply(&a, raw)
			merged.Apply(&b, raw)
			if !slices.Equal(a.Index, b.Index) || !near(a.Values, b.Values) {
				t.Errorf("scaling %s: cell %d differs where merged", s, i)
			}
		}
	})
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool {
		return math.Abs(float64(x-y)) <= tolerance*(1+math.Abs(float64(x)))
	})
}

func copied(r feature.Raw) feature.Raw {
	r.Values, r.Index = slices.Clone(r.Values), slices.Clone(r.Index)
	return r
}

func same(a, b feature.Raw) bool {
	return a.Dim == b.Dim && a.Steps == b.Steps && slices.Equal(a.Index, b.Index) &&
		slices.EqualFunc(a.Values, b.Values, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}
