package fusiontest

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

func (r rig) gradients(t reporter) {
	b := r.batch(1)
	m, tape := r.build(t, tensor.F64, 1), grad.NewTape(tensor.F64)
	got := m.call(tape, b, tensor.F64)
	loss := func() float64 { return m.call(tape, b, tensor.F64).loss }
	for k, x := range b.xs {
		agrees(t, "input "+strconv.Itoa(k), x, got.dx[k], loss)
	}
	for i, p := range m.params {
		agrees(t, p.Name, p.Value, got.dp[i], loss)
	}
}

// agrees compares the gradient g of x with finite differences of the loss.
func agrees(t reporter, name string, x, g *tensor.Tensor, loss func() float64) {
	t.Helper()
	const h, tolerance = 1e-4, 1e-6
	at := func(v float64, i int) float64 {
		old := x.F64[i]
		x.F64[i] = old + v
		l := loss()
		x.F64[i] = old
		return l
	}
	want, scale := make([]float64, len(x.F64)), 1e-3
	for i := range x.F64 {
		// Fourth order: the error is about h⁴.
		want[i] = (8*(at(h, i)-at(-h, i)) - (at(2*h, i) - at(-2*h, i))) / (12 * h)
		scale = max(scale, math.Abs(want[i]))
	}
	for i, w := range want {
		if !(math.Abs(g.F64[i]-w) <= tolerance*scale) {
			t.Errorf("%s, element %d: the gradient is %.9g, finite differences say %.9g", name, i, g.F64[i], w)
			return
		}
	}
}

// everyParameter looks at a few batches: in one of them, a method that selects may never select
// some view.
func (r rig) everyParameter(t reporter) {
	tape, reached := grad.NewTape(tensor.F64), map[string]bool{}
	var m model
	for seed := range uint64(4) {
		m = r.build(t, tensor.F64, seed)
		got := m.call(tape, r.batch(seed), tensor.F64)
		for i, p := range m.params {
			reached[p.Name] = reached[p.Name] || peak(got.dp[i]) > 0
		}
	}
	for _, p := range m.params {
		if !reached[p.Name] {
			t.Errorf("%s receives no gradient", p.Name)
		}
	}
}

func (r rig) absentContent(t reporter) {
	b := r.batch(1)
	m, tape := r.build(t, tensor.F64, 1), grad.NewTape(tensor.F64)
	want := m.call(tape, b, tensor.F64)
	for _, v := range []float64{1e6, math.NaN(), math.Inf(1)} {
		got := m.call(tape, b.spoilt(v), tensor.F64)
		sameBits(t, "the result", got.z, want.z)
		sameBits(t, "the weights", got.weights, want.weights)
		sameBits(t, "the log-variance", got.logvar, want.logvar)
		for k := range b.xs {
			sameBits(t, "the gradient of input "+strconv.Itoa(k), got.dx[k], want.dx[k])
		}
		for i, p := range m.params {
			sameBits(t, "the gradient of "+p.Name, got.dp[i], want.dp[i])
		}
	}
	for k, x := range b.spoilt(math.NaN()).xs {
		for i, v := range x.F64 {
			if math.IsNaN(v) && want.dx[k].F64[i] != 0 {
				t.Fatalf("input %d, element %d is absent and has the gradient %g", k, i, want.dx[k].F64[i])
			}
		}
	}
}

func (r rig) rowsAlone(t reporter) {
	b := r.batch(1)
	m, tape := r.build(t, tensor.F64, 1), grad.NewTape(tensor.F64)
	all := m.call(tape, b, tensor.F64)
	if d := all.z.Dim(-1); all.z.Rank() != 2 || all.z.Dim(0) != rows || d != m.f.OutDim() {
		t.Fatalf("the result has the shape %v, OutDim is %d", all.z.Shape, m.f.OutDim())
	}
	if all.final != r.m.Final {
		t.Errorf("Output.Final is %t, Method.Final %t", all.final, r.m.Final)
	}
	if all.final && !r.c.Regression && !r.c.Multilabel {
		for i := range rows {
			sum := 0.0
			for c := range all.z.Dim(1) {
				sum += math.Exp(all.z.At(i, c))
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Errorf("row %d: the probabilities sum to %g", i, sum)
			}
		}
	}
	groups := b.groups
	if groups == nil {
		groups = []int{1, 1, 1, 1, 1, 1}
	}
	from := 0
	for _, n := range groups {
		one := m.call(tape, b.slice(from, from+n), tensor.F64)
		near(t, "row "+strconv.Itoa(from)+" alone", one.z, rowsOf(all.z, from, from+n), 1e-12)
		from += n
	}
}

func (r rig) nothingPresent(t reporter) {
	m := r.build(t, tensor.F64, 1)
	b := r.batch(1)
	b.present.Zero()
	got := m.call(grad.NewTape(tensor.F64), b.spoilt(math.NaN()), tensor.F64)
	finite(t, "the result", got.z)
	finite(t, "the weights", got.weights)
	for i, p := range m.params {
		finite(t, "the gradient of "+p.Name, got.dp[i])
	}
	if got.weights != nil && peak(got.weights) != 0 {
		t.Errorf("absent views have weights: %v", got.weights.F64)
	}
}

func (r rig) largeInput(t reporter) {
	m := r.build(t, tensor.F32, 1)
	b := r.batch(1)
	for _, x := range b.xs {
		for i := range x.F64 {
			x.F64[i] *= 1000
		}
	}
	got := m.call(grad.NewTape(tensor.F32), b, tensor.F32)
	finite(t, "the result", got.z)
	finite(t, "the log-variance", got.logvar)
	for k, g := range got.dx {
		finite(t, "the gradient of input "+strconv.Itoa(k), g)
	}
	for i, p := range m.params {
		finite(t, "the gradient of "+p.Name, got.dp[i])
	}
}

func (r rig) oneView(t reporter) {
	for k := range r.views {
		one := r.with([]int{k})
		b := one.batch(2)
		m := one.build(t, tensor.F64, 1)
		got := m.call(grad.NewTape(tensor.F64), b.spoilt(math.NaN()), tensor.F64)
		finite(t, "the result", got.z)
		if peak(got.dx[0]) == 0 {
			t.Errorf("view %d alone does not matter", k)
		}
		for i, p := range m.params {
			idle := slices.ContainsFunc(r.m.Laws.Idle, func(prefix string) bool { return strings.HasPrefix(p.Name, prefix) })
			if !idle && peak(got.dp[i]) == 0 {
				t.Errorf("view %d alone: %s receives no gradient", k, p.Name)
			}
		}
	}
}

func (r rig) saveAndLoad(t reporter) {
	b := r.batch(1)
	tape := grad.NewTape(tensor.F64)
	a, c := r.build(t, tensor.F64, 1), r.build(t, tensor.F64, 2)
	want := a.call(tape, b, tensor.F64)
	if len(a.params) != len(c.params) {
		t.Fatalf("%d parameters, then %d", len(a.params), len(c.params))
	}
	for _, p := range a.params {
		q := c.param(p.Name)
		if q == nil {
			t.Fatalf("%s is not there the second time", p.Name)
		}
		q.Value.CopyFrom(p.Value)
	}
	sameBits(t, "the result", c.call(tape, b, tensor.F64).z, want.z)
}

func (r rig) determinism(t reporter) {
	b := r.batch(1)
	m, tape := r.build(t, tensor.F64, 1), grad.NewTape(tensor.F64)
	want := m.call(tape, b, tensor.F64)
	again := m.call(tape, b, tensor.F64)
	sameBits(t, "the result on a used tape", again.z, want.z)
	for i, p := range m.params {
		sameBits(t, "the gradient of "+p.Name+" on a used tape", again.dp[i], want.dp[i])
	}
	// A tape with dropout draws the same for the same step.
	tape.SetTraining(true)
	tape.Seed(3, 5)
	first := m.call(tape, b, tensor.F64)
	tape.Seed(3, 5)
	sameBits(t, "the result in training", m.call(tape, b, tensor.F64).z, first.z)

	var done sync.WaitGroup
	got := make([]*tensor.Tensor, 4)
	for i := range got {
		done.Go(func() {
			tape := grad.NewTape(tensor.F64)
			tape.SetRecording(false)
			in := fusion.Input{Present: b.present, RowGroups: b.groups}
			for k, x := range b.xs {
				in.Views = append(in.Views, fusion.View{X: tape.Const(x), Lengths: b.lengths[k]})
			}
			got[i] = copied(m.f.Forward(tape, in).Z)
		})
	}
	done.Wait()
	for _, z := range got {
		sameBits(t, "the result without recording, beside others", z, want.z)
	}
}

func (r rig) float32(t reporter) {
	b := r.batch(1)
	wide, narrow := r.build(t, tensor.F64, 1), r.build(t, tensor.F32, 1)
	want := wide.call(grad.NewTape(tensor.F64), b, tensor.F64)
	got := narrow.call(grad.NewTape(tensor.F32), b.spoilt(math.NaN()), tensor.F32)
	const tolerance = 1e-4
	near(t, "the result", got.z, want.z, tolerance)
	near(t, "the weights", got.weights, want.weights, tolerance)
	// What is summed for a small gradient, as that of a bias which hardly counts, is as large as what
	// is summed for others, and so is what rounding leaves.
	most := 1.0
	for _, d := range want.dp {
		if d != nil {
			most = max(most, peak(d))
		}
	}
	for i, p := range wide.params {
		within(t, "the gradient of "+p.Name, got.dp[i], want.dp[i], tolerance, 1e-3*most)
	}
}

func (r rig) weights(t reporter) {
	b := r.batch(1)
	got := r.build(t, tensor.F64, 1).call(grad.NewTape(tensor.F64), b, tensor.F64).weights
	if got == nil {
		t.Fatalf("there are no weights")
	}
	for i := range rows {
		sum, any := 0.0, false
		for k := range r.views {
			w := got.At(i, k)
			sum += w
			if b.present.At(i, k) != 0 {
				any = true
			} else if w != 0 {
				t.Errorf("row %d: absent view %d has the weight %g", i, k, w)
			}
			if w < 0 {
				t.Errorf("row %d: view %d has the weight %g", i, k, w)
			}
		}
		if any && math.Abs(sum-1) > 1e-12 {
			t.Errorf("row %d: the weights sum to %g", i, sum)
		}
	}
}

// droppedView compares a model whose last view is absent in every row with one that never had it.
// Parameters of the smaller model are the leading corner of those of the larger one.
func (r rig) droppedView(t reporter) {
	tape, keep := grad.NewTape(tensor.F64), make([]int, len(r.views)-1)
	for k := range keep {
		keep[k] = k
	}
	b := r.batch(1)
	for i := range rows {
		b.present.Set(0, i, len(keep))
	}
	large, small := r.build(t, tensor.F64, 1), r.with(keep).build(t, tensor.F64, 2)
	for _, p := range small.params {
		q := large.param(p.Name)
		if q == nil {
			t.Fatalf("%s is only in the model without the view", p.Name)
		}
		corner(p.Value, q.Value)
	}
	want := small.call(tape, b.with(keep), tensor.F64)
	near(t, "the result", large.call(tape, b, tensor.F64).z, want.z, 1e-12)
}

// orderOfViews compares a model with one that gets the views in another order, after the parameters
// of each view have moved with it as the laws say.
func (r rig) orderOfViews(t reporter) {
	b := r.batch(1)
	tape, order := grad.NewTape(tensor.F64), make([]int, len(r.views))
	for j := range order {
		order[j] = (j*3 + 1) % len(order) // of four views: 1 0 3 2
	}
	seen := map[int]bool{}
	for _, k := range order {
		seen[k] = true
	}
	// The multiplier is no permutation where 3 divides the number of views: reversed then.
	if len(seen) != len(order) {
		for j := range order {
			order[j] = len(order) - 1 - j
		}
	}
	a, moved := r.build(t, tensor.F64, 1), r.with(order).build(t, tensor.F64, 2)
	// Both have the same learned numbers, each where the order of its views puts it.
	for _, p := range moved.params {
		q := a.param(r.origin(p.Name, order))
		if q == nil {
			t.Fatalf("%s has no counterpart", p.Name)
		}
		v := q.Value.Clone()
		if declared(r.m.Laws.Axis, p.Name) {
			per := v.Len() / v.Dim(0)
			for j, k := range order {
				copy(v.F64[j*per:(j+1)*per], q.Value.F64[k*per:(k+1)*per])
			}
		}
		if declared(r.m.Laws.Columns, p.Name) && v.Rank() > 1 {
			r.columns(v, q.Value, order)
		}
		p.Value.CopyFrom(v)
	}
	want, got := a.call(tape, b, tensor.F64), moved.call(tape, b.with(order), tensor.F64)
	near(t, "the result", got.z, want.z, 1e-12)
	if want.weights != nil {
		back := tensor.New(tensor.F64, got.weights.Shape...)
		for i := range rows {
			for j, k := range order {
				back.Set(got.weights.At(i, j), i, k)
			}
		}
		near(t, "the weights", back, want.weights, 1e-12)
	}
}

// origin translates the name of a parameter of the model whose view j is view order[j] of the
// other.
func (r rig) origin(name string, order []int) string {
	for _, prefix := range r.m.Laws.Indexed {
		rest, ok := strings.CutPrefix(name, prefix+".")
		if !ok {
			continue
		}
		index, tail, dotted := strings.Cut(rest, ".")
		j, err := strconv.Atoi(index)
		if err != nil || j >= len(order) {
			continue
		}
		name = prefix + "." + strconv.Itoa(order[j])
		if dotted {
			name += "." + tail
		}
		return name
	}
	return name
}

// columns moves the blocks of the last axis, which is the concatenation of the views.
func (r rig) columns(dst, src *tensor.Tensor, order []int) {
	start := make([]int, len(r.views)+1)
	for k, v := range r.views {
		start[k+1] = start[k] + v.Dim
	}
	width := start[len(r.views)]
	for row := range src.Len() / width {
		to := row * width
		for _, k := range order {
			to += copy(dst.F64[to:], src.F64[row*width+start[k]:row*width+start[k+1]])
		}
	}
}

// declared reports whether name is one of prefixes or below one.
func declared(prefixes []string, name string) bool {
	for _, p := range prefixes {
		if name == p || strings.HasPrefix(name, p+".") {
			return true
		}
	}
	return false
}
