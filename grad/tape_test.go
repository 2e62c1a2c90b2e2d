package grad

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/tensor"
)

func param(name string, v *tensor.Tensor) *Param {
	return &Param{Name: name, Value: v, Grad: tensor.New(v.DType(), v.Shape...)}
}

func random32(seed uint64, shape ...int) *tensor.Tensor { return random(seed, tensor.F32, 0, shape...) }

// mlp is one training step of a perceptron with every kind of regularization; the result is the
// loss.
func mlp(t *Tape, ps []*Param, x *tensor.Tensor, target []int32) *Var {
	h := t.LinearAct(t.Const(x), t.Param(ps[0]), t.Param(ps[1]), ActReLU)
	h = t.LayerNorm(t.Dropout(h, 0.2), t.Param(ps[2]), t.Param(ps[3]), 1e-5)
	h = t.Add(h, t.LinearAct(h, t.Param(ps[4]), nil, ActGELU))
	return t.CrossEntropy(t.Linear(h, t.Param(ps[5]), nil), target, LossOptions{LabelSmoothing: 0.1})
}

func mlpParams() []*Param {
	shapes := [][]int{{32, 20}, {32}, {32}, {32}, {32, 32}, {5, 32}}
	var ps []*Param
	for i, s := range shapes {
		ps = append(ps, param("p", random32(uint64(i), s...)))
	}
	return ps
}

// reader is one step of a BiLSTM over sequences with attention and pooling on top.
func reader(t *Tape, ps []*Param, x *tensor.Tensor, lengths []int, mask *tensor.Tensor, target []int32) *Var {
	w := func(i int) [4]*Var {
		return [4]*Var{t.Param(ps[i]), t.Param(ps[i+1]), t.Param(ps[i+2]), t.Param(ps[i+3])}
	}
	out, hn, _ := t.BiLSTM(t.Const(x), lengths, w(0), w(4))
	out, _, _ = t.LSTM(out, lengths, t.Param(ps[8]), t.Param(ps[9]), t.Param(ps[10]), t.Param(ps[11]), true)
	out, _ = t.Attention(out, out, out, 2, mask)
	z := t.Concat(t.MeanTime(out, lengths), t.MaxTime(out, lengths), t.Row(hn, 0), t.Row(hn, 1))
	return t.CrossEntropy(t.Linear(z, t.Param(ps[12]), nil), target, LossOptions{})
}

const readerH = 32

func readerParams() []*Param {
	const H = readerH
	var ps []*Param
	for _, in := range []int{10, 10, 2 * H} {
		for _, s := range [][]int{{4 * H, in}, {4 * H, H}, {4 * H}, {4 * H}} {
			p := param("p", random32(uint64(len(ps)), s...))
			for i := range p.Value.F32 {
				p.Value.F32[i] *= 0.2
			}
			ps = append(ps, p)
		}
	}
	return append(ps, param("out", random32(50, 5, 4*H)))
}

// readerBatch is a batch of b sequences of up to T steps.
func readerBatch(b, T int) (x *tensor.Tensor, lengths []int, mask *tensor.Tensor, target []int32) {
	x, mask = random32(60, b, T, 10), tensor.New(tensor.F32, b, T)
	for r := range b {
		lengths = append(lengths, 1+(r*7)%T)
		target = append(target, int32(r%5))
		for s := range lengths[r] {
			mask.Set(1, r, s)
		}
	}
	return x, lengths, mask, target
}

func TestSteadyStepDoesNotAllocate(t *testing.T) {
	f := func(name string, workers int, recording bool, step func(*Tape)) {
		t.Helper()
		tape := NewTape(tensor.F32)
		tape.SetWorkers(workers)
		tape.SetTraining(recording)
		tape.SetRecording(recording)
		n := uint64(0)
		run := func() {
			n++
			tape.Reset()
			tape.Seed(1, n)
			step(tape)
		}
		for range 3 {
			run()
		}
		if a := testing.AllocsPerRun(20, run); a != 0 {
			t.Errorf("%s, %d workers, recording %v: %v allocations in a step", name, workers, recording, a)
		}
	}
	ps, x, target := mlpParams(), random32(9, 16, 20), []int32{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, -1}
	rs := readerParams()
	sx, lengths, mask, starget := readerBatch(16, 12)
	for _, workers := range []int{1, 2} {
		f("MLP", workers, true, func(t *Tape) { t.Backward(mlp(t, ps, x, target)) })
		f("MLP", workers, false, func(t *Tape) { mlp(t, ps, x, target) })
		f("BiLSTM", workers, true, func(t *Tape) { t.Backward(reader(t, rs, sx, lengths, mask, starget)) })
		f("BiLSTM", workers, false, func(t *Tape) { reader(t, rs, sx, lengths, mask, starget) })
	}
}

func TestWorkersGiveTheSameBits(t *testing.T) {
	gradients := func(workers int) (all []uint32) {
		tape := NewTape(tensor.F32)
		tape.SetWorkers(workers)
		tape.SetTraining(true)
		tape.Seed(1, 2)
		ps, rs := mlpParams(), readerParams()
		x, lengths, mask, target := readerBatch(48, 40)
		l := mlp(tape, ps, random32(9, 48, 20), target)
		tape.Backward(tape.Add(l, reader(tape, rs, x, lengths, mask, target)))
		for _, p := range append(ps, rs...) {
			for _, v := range p.Grad.F32 {
				all = append(all, math.Float32bits(v))
			}
		}
		return all
	}
	want := gradients(1)
	for _, workers := range []int{2, 3, 8} {
		if !slices.Equal(gradients(workers), want) {
			t.Errorf("the gradients with %d workers are not those with one", workers)
		}
	}
}

func TestInferenceGivesTheSameBits(t *testing.T) {
	rs := readerParams()
	x, lengths, mask, target := readerBatch(8, 6)
	tape := NewTape(tensor.F32)
	want := reader(tape, rs, x, lengths, mask, target).Value().At(0)
	tape.Reset()
	tape.SetRecording(false)
	got := reader(tape, rs, x, lengths, mask, target)
	if got.Value().At(0) != want || got.Grad() != nil {
		t.Errorf("inference gives %v, training %v", got.Value().At(0), want)
	}
	tape.Backward(got) // without a record there is nothing to do
}

// TestMaskedContent puts NaN wherever an operation promises not to look.
func TestMaskedContent(t *testing.T) {
	mask, lengths := []float32{1, 0, 1}, []int{2, 0, 3}
	seq := tensor.FromF64([]float64{1, 1, 0, 0, 0, 0, 1, 1, 1}, 3, 3)
	row := tensor.FromF64([]float64{1, 0, 1}, 3)
	attend := tensor.FromF64([]float64{1, 1, 0, 1, 0, 0, 1, 1, 1}, 3, 3)
	f := func(name string, masked *tensor.Tensor, shape []int, f func(t *Tape, x *Var) *Var) {
		t.Helper()
		clean, spoilt := x(1, shape...), x(1, shape...)
		cols := clean.Len() / masked.Len()
		for i := range spoilt.F64 {
			if masked.F64[i/cols] == 0 {
				spoilt.F64[i] = math.NaN()
			}
		}
		var bits [2][]float64
		for k, input := range []*tensor.Tensor{clean, spoilt} {
			tape := NewTape(tensor.F64)
			v := tape.Input(input)
			y := f(tape, v)
			tape.Backward(combine(tape, []*Var{y}))
			bits[k] = append(append([]float64{}, y.Value().F64...), v.Grad().F64...)
		}
		for i, want := range bits[0] {
			if got := bits[1][i]; got != want {
				t.Errorf("%s: NaN in a masked place changes %v to %v", name, want, got)
				return
			}
		}
	}
	f("MaskRows", row, []int{3, 4}, func(t *Tape, x *Var) *Var { return t.MaskRows(x, mask) })
	f("WhereRows", row, []int{3, 4}, func(t *Tape, x *Var) *Var { return t.WhereRows(mask, x, t.NewConst(4)) })
	f("MaskTime", seq, []int{3, 3, 2}, func(t *Tape, x *Var) *Var { return t.MaskTime(x, lengths) })
	f("MeanTime", seq, []int{3, 3, 2}, func(t *Tape, x *Var) *Var { return t.MeanTime(x, lengths) })
	f("MaxTime", seq, []int{3, 3, 2}, func(t *Tape, x *Var) *Var { return t.MaxTime(x, lengths) })
	f("MaskedSoftmax", seq, []int{3, 3}, func(t *Tape, x *Var) *Var { return t.MaskedSoftmax(x, seq) })
	f("WeightedSum", seq, []int{3, 3, 2}, func(t *Tape, x *Var) *Var { return t.WeightedSum(x, t.MaskedSoftmax(t.NewConst(3, 3), seq)) })
	f("LSTM", seq, []int{3, 3, 2}, func(t *Tape, v *Var) *Var {
		w := func(s ...int) *Var { return t.Input(x(7, s...)) }
		ws := [4]*Var{w(8, 2), w(8, 2), w(8), w(8)}
		out, hn, cn := t.BiLSTM(v, lengths, ws, ws)
		return t.Concat(t.Reshape(out, 1, 36), t.Reshape(hn, 1, 12), t.Reshape(cn, 1, 12))
	})
	f("Attention", attend, []int{3, 3, 2}, func(t *Tape, v *Var) *Var {
		out, _ := t.Attention(t.Const(x(5, 3, 2, 2)), v, v, 1, attend)
		return out
	})
}

func TestParamsAddUp(t *testing.T) {
	p := param("p", tensor.FromF64([]float64{2, 3}, 2))
	frozen := &Param{Name: "frozen", Value: p.Value}
	tape := NewTape(tensor.F64)
	for range 2 {
		tape.Reset()
		y := tape.Mul(tape.Param(p), tape.Mul(tape.Param(p), tape.Param(frozen)))
		tape.Backward(tape.Sum(y))
	}
	// d/dp of p²·f is 2pf, twice.
	if want := []float64{16, 36}; !slices.Equal(p.Grad.F64, want) {
		t.Errorf("the gradient is %v, want %v", p.Grad.F64, want)
	}
	p.ZeroGrad()
	if p.Grad.F64[0] != 0 {
		t.Error("ZeroGrad left a gradient")
	}
}

func TestBackwardFromSeveral(t *testing.T) {
	tape := NewTape(tensor.F64)
	v := tape.Input(tensor.FromF64([]float64{2, 3}, 2))
	unreached := tape.Input(tensor.New(tensor.F64, 2))
	a, b := tape.Square(v), tape.Scale(v, 5)
	tape.BackwardFrom([]*Var{a, b, v}, []*tensor.Tensor{
		tensor.FromF64([]float64{1, 1}, 2), tensor.FromF32([]float32{1, 0}, 2), tensor.FromF64([]float64{0, 100}, 2),
	})
	if want := []float64{9, 106}; !slices.Equal(v.Grad().F64, want) {
		t.Errorf("the gradient is %v, want %v", v.Grad().F64, want)
	}
	if g := unreached.Grad(); g == nil || g.F64[0] != 0 || tape.Const(g).Grad() != nil {
		t.Error("an input that is not reached has zeros, a constant has none")
	}
}

func TestSparseRows(t *testing.T) {
	p := param("table", random32(1, 6, 2))
	p.Sparse = true
	tape := NewTape(tensor.F32)
	w := tape.Param(p)
	y := tape.Add(tape.Embedding(w, []int32{4, 1, 4, -1}, 4), tape.Embedding(w, []int32{1, 1, 2, 1}, 4))
	tape.Backward(tape.Sum(y))
	if want := []int32{1, 2, 4}; !slices.Equal(p.Touched(), want) {
		t.Errorf("touched rows %v, want %v", p.Touched(), want)
	}
	if want := []float32{0, 0, 4, 4, 1, 1, 0, 0, 2, 2, 0, 0}; !slices.Equal(p.Grad.F32, want) {
		t.Errorf("the gradient is %v, want %v", p.Grad.F32, want)
	}
	p.ZeroGrad()
	if len(p.Rows) != 0 || slices.Max(p.Grad.F32) != 0 {
		t.Error("ZeroGrad left rows")
	}
	tape.Reset()
	tape.Backward(tape.Sum(tape.Param(p))) // a dense use touches every row
	if len(p.Touched()) != 6 {
		t.Errorf("a dense use touches %d rows of 6", len(p.Touched()))
	}
}

func TestDropout(t *testing.T) {
	ones := tensor.New(tensor.F32, 100, 100)
	ones.Fill(1)
	tape := NewTape(tensor.F32)
	c := tape.Const(ones)
	if tape.Dropout(c, 0.5) != c {
		t.Error("dropout does something outside training")
	}
	tape.SetTraining(true)
	draw := func(seed, step uint64, before int) []float32 {
		tape.Reset()
		tape.Seed(seed, step)
		c := tape.Const(ones)
		for range before {
			tape.Dropout(c, 0.5)
		}
		return slices.Clone(tape.Dropout(c, 0.3).Value().F32)
	}
	a := draw(1, 1, 0)
	kept := 0
	for _, v := range a {
		if v != 0 {
			kept++
			if math.Abs(float64(v)-1/0.7) > 1e-6 {
				t.Fatalf("a kept element is %v", v)
			}
		}
	}
	if kept < 6800 || kept > 7200 {
		t.Errorf("%d of 10000 elements are kept, want about 7000", kept)
	}
	if !slices.Equal(a, draw(1, 1, 0)) {
		t.Error("the same seed and step drop other elements")
	}
	for _, b := range [][]float32{draw(2, 1, 0), draw(1, 2, 0), draw(1, 1, 1)} {
		same := 0
		for i := range a {
			if (a[i] == 0) == (b[i] == 0) {
				same++
			}
		}
		if same < 5500 || same > 6100 { // 0.7² + 0.3² = 58 %
			t.Errorf("two streams agree in %d of 10000 places, want about 5800", same)
		}
	}
}

func TestMisusePanics(t *testing.T) {
	tape := NewTape(tensor.F32)
	c := func(shape ...int) *Var { return tape.NewConst(shape...) }
	f := func(want string, misuse func()) {
		t.Helper()
		defer func() {
			t.Helper()
			if p, _ := recover().(string); !strings.Contains(p, want) {
				t.Errorf("the panic %q does not say %q", p, want)
			}
		}()
		misuse()
	}
	f("Add: the shapes [2 3] and [3 2]", func() { tape.Add(c(2, 3), c(3, 2)) })
	f("MatMul: the shapes [2 3] and [4 2]", func() { tape.MatMul(c(2, 3), c(4, 2)) })
	f("Linear: the shapes [2 3] and [5 4]", func() { tape.Linear(c(2, 3), c(5, 4), nil) })
	f("Reshape: the shapes [2 3] and [4]", func() { tape.Reshape(c(2, 3), 4) })
	f("MeanTime: 5 is out of range for 3", func() { tape.MeanTime(c(1, 3, 2), []int{5}) })
	f("GatherRows: 3 is out of range for 3", func() { tape.GatherRows(c(3, 2), []int32{3}) })
	f("LSTM: the shapes [8 3] and [8 2]", func() { tape.LSTM(c(1, 2, 4), nil, c(8, 3), c(8, 2), c(8), c(8), false) })
	f("Attention: 3 is out of range for 4", func() { tape.Attention(c(1, 2, 4), c(1, 2, 4), c(1, 2, 4), 3, nil) })
	f("Backward: needs one element", func() { tape.Backward(c(2)) })
	f("another tape", func() { tape.Tanh(NewTape(tensor.F32).NewConst(1)) })
	f(`"p" is float64`, func() { tape.Param(param("p", tensor.New(tensor.F64, 1))) })
	late := c(1)
	for range 3 {
		late = c(1)
	}
	tape.Reset()
	f("before the tape's Reset", func() { tape.Tanh(late) })
}

// TestGrowthOfTheArena runs steps of changing sizes, which must not disturb each other.
func TestGrowthOfTheArena(t *testing.T) {
	tape := NewTape(tensor.F32)
	for _, n := range []int{1, 50000, 3, 200000, 7, 0} {
		tape.Reset()
		a := tape.NewConst(n)
		b := tape.AddScalar(a, 1)
		c := tape.Scale(tape.Add(a, b), 2)
		for i, v := range c.Value().F32 {
			if v != 2 || a.Value().F32[i] != 0 {
				t.Fatalf("of %d elements, element %d is %v", n, i, v)
			}
		}
	}
}
