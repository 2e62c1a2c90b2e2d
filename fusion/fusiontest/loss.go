package fusiontest

import (
	"math"
	"strconv"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// learns reports whether the method has a loss of its own.
func learns(r rig) bool {
	f, err := r.m.New(scope(), r.cfg, r.shape())
	_, ok := f.(fusion.Learner)
	return err == nil && ok
}

// target is what the rows of a batch should be predicted as: smoothed classes, or labels.
func (r rig) target(d tensor.DType, n int) fusion.Target {
	rng := stream(5, "target")
	p := tensor.New(tensor.F64, n, r.outputs())
	out := fusion.Target{Weights: make([]float32, n), Epoch: 7}
	for i := range n {
		out.Weights[i] = 0.5 + rng.Float32()
		own := rng.IntN(r.outputs())
		for c := range r.outputs() {
			switch {
			case r.c.Regression:
				p.Set(rng.NormFloat64(), i, c)
			case r.c.Multilabel:
				p.Set(float64(rng.IntN(2)), i, c)
			case c == own:
				p.Set(0.9, i, c)
			default:
				p.Set(0.1/float64(r.outputs()-1), i, c)
			}
		}
	}
	out.P = p.As(d)
	return out
}

// learn runs the method's own loss on b and back.
func (m model) learn(t *grad.Tape, b batch, d tensor.DType, target fusion.Target) result {
	in, leaves := m.input(t, b, d)
	loss := m.f.(fusion.Learner).Loss(t, in, m.f.Forward(t, in), target)
	t.Backward(loss)
	return m.gradients(result{loss: loss.Value().At(0)}, leaves)
}

// ownLoss holds a loss of the method's own to the laws of its result: right gradients, no trace of
// what is absent, rows without any view included, and finite values of large input.
func (r rig) ownLoss(t reporter) {
	m, tape, b := r.build(t, tensor.F64, 1), grad.NewTape(tensor.F64), r.batch(1)
	target := r.target(tensor.F64, rows)
	want := m.learn(tape, b, tensor.F64, target)
	loss := func() float64 { return m.learn(tape, b, tensor.F64, target).loss }
	// Against differences of the loss, in float64: views, then parameters.
	for k, x := range b.xs {
		agrees(t, "input "+strconv.Itoa(k), x, want.dx[k], loss)
	}
	for i, p := range m.params {
		agrees(t, p.Name, p.Value, want.dp[i], loss)
	}
	// NaN among them: a product with the mask would keep it, so content must be selected, not
	// multiplied.
	for _, v := range []float64{1e6, math.NaN(), math.Inf(1)} {
		got := m.learn(tape, b.spoilt(v), tensor.F64, target)
		if math.Float64bits(got.loss) != math.Float64bits(want.loss) {
			t.Fatalf("the loss is %g, with %g in what is absent %g", want.loss, v, got.loss)
		}
		for i, p := range m.params {
			sameBits(t, "the gradient of "+p.Name, got.dp[i], want.dp[i])
		}
	}
	some := target // the last row has no view
	some.P, some.Weights = rowsOf(target.P, 0, rows-1), target.Weights[:rows-1]
	without := b.slice(0, rows-1)
	// A row that is left out changes its group, so the law is for methods over single rows.
	if b.groups == nil {
		if got := m.learn(tape, without, tensor.F64, some).loss; math.Abs(got-want.loss) > 1e-12*max(1, math.Abs(got)) {
			t.Errorf("the loss is %g, without a row of which nothing is known %g", want.loss, got)
		}
	}
	b.present.Zero()
	if got := m.learn(tape, b, tensor.F64, target).loss; got != 0 {
		t.Errorf("the loss of rows of which nothing is known is %g", got)
	}
	// In float32, where 1000 times the usual input overflows an exponential that is not guarded.
	narrow, large := r.build(t, tensor.F32, 1), r.batch(1)
	for _, x := range large.xs {
		for i := range x.F64 {
			x.F64[i] *= 1000
		}
	}
	got := narrow.learn(grad.NewTape(tensor.F32), large, tensor.F32, r.target(tensor.F32, rows))
	if math.IsNaN(got.loss) || math.IsInf(got.loss, 0) {
		t.Errorf("the loss of large input is %g", got.loss)
	}
	for i, p := range narrow.params {
		finite(t, "the gradient of "+p.Name, got.dp[i])
	}
}

// votes checks the shape of what the views state by themselves.
func (r rig) votes(t reporter) {
	m, tape := r.build(t, tensor.F64, 1), grad.NewTape(tensor.F64)
	in, _ := m.input(tape, r.batch(1), tensor.F64)
	v := m.f.Forward(tape, in).Votes
	if v == nil || v.Value().Rank() != 3 || v.Dim(0) != rows || v.Dim(1) != len(r.views) || v.Dim(2) != r.outputs() {
		t.Fatalf("the votes are not of %d rows, %d views and %d outputs", rows, len(r.views), r.outputs())
	}
}
