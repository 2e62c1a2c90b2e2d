package optim

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// fill sets x to normal numbers.
func fill(seed uint64, x *tensor.Tensor) {
	rng := rand.New(rand.NewPCG(seed, 2))
	for i := range x.Len() {
		x.SetFlat(rng.NormFloat64(), i)
	}
}

func newParam(name string, d tensor.DType, shape ...int) *grad.Param {
	p := &grad.Param{Name: name, Value: tensor.New(d, shape...), Grad: tensor.New(d, shape...)}
	fill(uint64(len(name)), p.Value)
	return p
}

// model has dense parameters with and without decay and a sparse table.
func model(d tensor.DType) []*grad.Param {
	ps := []*grad.Param{
		newParam("w", d, 3, 4), newParam("w.bias", d, 4), newParam("table", d, 6, 2), newParam("last", d, 5), newParam("last.bias", d, 2),
	}
	ps[1].NoDecay, ps[4].NoDecay, ps[2].Sparse = true, true, true
	return ps
}

// steps runs optimizer steps from to to with gradients that depend on the step alone.
func steps(o Optimizer, ps []*grad.Param, from, to int) {
	for n := from; n < to; n++ {
		ZeroGrad(ps)
		for i, p := range ps {
			if !p.Sparse {
				fill(uint64(100*n+i), p.Grad)
				continue
			}
			for _, r := range []int32{int32(n % 6), int32((n + 2) % 6), int32(n % 6)} {
				p.Rows = append(p.Rows, r)
				p.Grad.SetFlat(float64(n)-1.5, int(r)*2)
			}
		}
		ClipGradNorm(ps, 2)
		o.Step(0.01)
	}
}

func values(ps []*grad.Param) (all []float64) {
	for _, p := range ps {
		for i := range p.Value.Len() {
			all = append(all, p.Value.Flat(i))
		}
	}
	return all
}

var kinds = map[string]func([]*grad.Param) Optimizer{
	"sgd":      func(ps []*grad.Param) Optimizer { return NewSGD(ps, SGDConfig{WeightDecay: 0.1}) },
	"momentum": func(ps []*grad.Param) Optimizer { return NewSGD(ps, SGDConfig{Momentum: 0.9, WeightDecay: 0.1}) },
	"adam":     func(ps []*grad.Param) Optimizer { return NewAdam(ps, AdamConfig{WeightDecay: 0.1}) },
	"adamw":    func(ps []*grad.Param) Optimizer { return NewAdamW(ps, AdamConfig{WeightDecay: 0.1}) },
}

func TestResumeIsExact(t *testing.T) {
	for name, make := range kinds {
		for _, d := range []tensor.DType{tensor.F32, tensor.F64} {
			ps := model(d)
			o := make(ps)
			steps(o, ps, 0, 7)
			state, err := o.State()
			if err != nil {
				t.Fatal(err)
			}
			kept := values(ps)
			steps(o, ps, 7, 12)

			qs := model(d)
			at := 0
			for _, p := range qs {
				for i := range p.Value.Len() {
					p.Value.SetFlat(kept[at], i)
					at++
				}
			}
			Flatten(qs) // the state does not depend on the layout
			q := make(qs)
			if err := q.Load(state); err != nil {
				t.Fatal(err)
			}
			again, _ := q.State()
			if !bytes.Equal(state, again) {
				t.Errorf("%s %v: a loaded state is saved otherwise", name, d)
			}
			steps(q, qs, 7, 12)
			if !slices.Equal(values(ps), values(qs)) {
				t.Errorf("%s %v: after a resume the values differ", name, d)
			}
		}
	}
}

func TestFlattenChangesNothing(t *testing.T) {
	for name, make := range kinds {
		ps, qs := model(tensor.F32), model(tensor.F32)
		Flatten(qs)
		a, b := make(ps), make(qs)
		steps(a, ps, 0, 5)
		steps(b, qs, 0, 5)
		if !slices.Equal(values(ps), values(qs)) {
			t.Errorf("%s: flat parameters get other values", name)
		}
	}
	qs := model(tensor.F32)
	Flatten(qs)
	// w and last with decay, the two biases without, the table apart; the order of params separates w
	// from last.
	joined := []*grad.Param{qs[0], qs[3], qs[1], qs[4]}
	if n := len(spans(joined, 0)); n != 2 {
		t.Errorf("four flat parameters are %d spans, want 2", n)
	}
}

func TestDamagedStateIsRefused(t *testing.T) {
	ps := model(tensor.F32)
	o := NewAdam(ps, AdamConfig{})
	steps(o, ps, 0, 3)
	state, _ := o.State()
	want := values(ps)
	for cut := range len(state) {
		if o.Load(state[:cut]) == nil {
			t.Fatalf("a state of %d of %d bytes is taken", cut, len(state))
		}
	}
	if o.Load(append(slices.Clone(state), 0)) == nil || o.Load(nil) == nil {
		t.Error("a state that is too long or empty is taken")
	}
	if NewAdamW(ps, AdamConfig{}).Load(state) == nil || NewSGD(ps, SGDConfig{}).Load(state) == nil {
		t.Error("a state of another kind is taken")
	}
	if NewAdam(ps[:3], AdamConfig{}).Load(state) == nil || NewAdam(model(tensor.F64), AdamConfig{}).Load(state) == nil {
		t.Error("a state of other parameters is taken")
	}
	if again, _ := o.State(); !bytes.Equal(state, again) || !slices.Equal(want, values(ps)) {
		t.Error("a refused state has changed something")
	}
}

func FuzzLoad(f *testing.F) {
	ps := model(tensor.F32)
	o := NewAdam(ps, AdamConfig{})
	steps(o, ps, 0, 2)
	state, _ := o.State()
	f.Add(state)
	f.Add(state[:40])
	f.Add([]byte(stateMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o.Load(b) != nil {
			return
		}
		if again, _ := o.State(); !bytes.Equal(again, b) {
			t.Error("a state that is taken is saved otherwise")
		}
	})
}

func TestSparseIsLazy(t *testing.T) {
	for name, make := range kinds {
		p := newParam("table", tensor.F64, 4, 3)
		p.Sparse = true
		before := slices.Clone(p.Value.F64)
		o := make([]*grad.Param{p})
		step := func(row int32) {
			ZeroGrad([]*grad.Param{p})
			p.Rows = append(p.Rows, row)
			p.Grad.Set(1, int(row), 0)
			o.Step(0.1)
		}
		step(1)
		one := slices.Clone(p.Value.F64[3:6])
		step(2)
		if !slices.Equal(p.Value.F64[:3], before[:3]) || !slices.Equal(p.Value.F64[9:], before[9:]) {
			t.Errorf("%s: a row that was not touched has changed", name)
		}
		if !slices.Equal(p.Value.F64[3:6], one) || slices.Equal(p.Value.F64[6:9], before[6:9]) {
			t.Errorf("%s: the wrong row has changed", name)
		}
	}
}

func TestWeightDecay(t *testing.T) {
	// AdamW without a gradient shrinks by lr·decay; NoDecay stays.
	p, q := newParam("w", tensor.F64, 2), newParam("bias", tensor.F64, 2)
	q.NoDecay = true
	want := []float64{p.Value.F64[0] * (1 - 0.1*0.5), q.Value.F64[0]}
	NewAdamW([]*grad.Param{p, q}, AdamConfig{WeightDecay: 0.5}).Step(0.1)
	if math.Abs(p.Value.F64[0]-want[0]) > 1e-15 || q.Value.F64[0] != want[1] {
		t.Errorf("values %v and %v, want %v", p.Value.F64[0], q.Value.F64[0], want)
	}
}

func TestFrozenParameterStays(t *testing.T) {
	p := newParam("w", tensor.F32, 2)
	p.Grad = nil
	before := slices.Clone(p.Value.F32)
	ps := []*grad.Param{p, newParam("v", tensor.F32, 2)}
	Flatten(ps)
	o := NewAdam(ps, AdamConfig{WeightDecay: 1})
	steps(o, ps[1:], 0, 2)
	if ClipGradNorm(ps[:1], 1) != 0 || !slices.Equal(p.Value.F32, before) {
		t.Error("a frozen parameter has changed")
	}
}

func TestClipGradNorm(t *testing.T) {
	build := func() []*grad.Param {
		ps := []*grad.Param{newParam("a", tensor.F32, 2), newParam("b", tensor.F64, 2), newParam("t", tensor.F64, 3, 1)}
		ps[2].Sparse = true
		copy(ps[0].Grad.F32, []float32{3, 0})
		copy(ps[1].Grad.F64, []float64{0, 4})
		copy(ps[2].Grad.F64, []float64{0, 12, 0})
		ps[2].Rows = []int32{1, 1}
		return ps
	}
	f := func(max, wantNorm, wantFirst float64) {
		t.Helper()
		ps := build()
		if n := ClipGradNorm(ps, max); math.Abs(n-wantNorm) > 1e-12 {
			t.Errorf("the norm is %v, want %v", n, wantNorm)
		}
		if g := float64(ps[0].Grad.F32[0]); math.Abs(g-wantFirst) > 1e-6 {
			t.Errorf("clipped to %v, the first gradient is %v, want %v", max, g, wantFirst)
		}
	}
	f(26, 13, 3)
	f(6.5, 13, 1.5)
	f(0, 13, 3)
	ps := build()
	ps[1].Grad.F64[0] = math.NaN()
	if n := ClipGradNorm(ps, 1); !math.IsNaN(n) || ps[0].Grad.F32[0] != 3 {
		t.Errorf("with a NaN the norm is %v and the first gradient %v", n, ps[0].Grad.F32[0])
	}
}

// The squares of these gradients are beyond float32, they themselves are not.
func TestClipGradNormOfLargeGradients(t *testing.T) {
	p := newParam("w", tensor.F32, 40)
	p.Grad.Fill(1e25)
	if n := ClipGradNorm([]*grad.Param{p}, 2); math.Abs(n/(1e25*math.Sqrt(40))-1) > 1e-6 {
		t.Errorf("the norm is %g", n)
	}
	if n := ClipGradNorm([]*grad.Param{p}, 0); math.Abs(n-2) > 1e-5 {
		t.Errorf("the norm after clipping is %g", n)
	}
}

func TestSchedules(t *testing.T) {
	f := func(s Schedule, step int, want float64) {
		t.Helper()
		if got := s(step); math.Abs(got-want) > 1e-15 {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
	f(Constant(0.3), 0, 0.3)
	f(Constant(0.3), 1e6, 0.3)
	c := CosineWarmup(0.4, 4, 24)
	f(c, 0, 0.1)
	f(c, 3, 0.4)
	f(c, 4, 0.4)
	f(c, 14, 0.2)
	f(c, 24, 0)
	f(c, 1000, 0)
	f(CosineWarmup(0.4, 0, 0), 0, 0)
	for s := 5; s < 24; s++ {
		if c(s) >= c(s-1) {
			t.Errorf("the rate does not fall at step %d", s)
		}
	}
}

func TestStepDoesNotAllocate(t *testing.T) {
	for name, make := range kinds {
		ps := model(tensor.F32)
		Flatten(ps)
		o := make(ps)
		n := 0
		run := func() {
			ZeroGrad(ps)
			ps[2].Rows = append(ps[2].Rows, 3, 1, 3)
			ClipGradNorm(ps, 1)
			o.Step(0.01)
			n++
		}
		run()
		if a := testing.AllocsPerRun(20, run); a != 0 {
			t.Errorf("%s: %v allocations in a step", name, a)
		}
	}
}

// TestLearns fits a line, the least an optimizer must do.
func TestLearns(t *testing.T) {
	for name, make := range kinds {
		p := newParam("w", tensor.F64, 2)
		p.NoDecay = true
		o := make([]*grad.Param{p})
		for range 2000 {
			ZeroGrad([]*grad.Param{p})
			for i, want := range []float64{0.5, -2} {
				p.Grad.F64[i] = p.Value.F64[i] - want
			}
			o.Step(0.01)
		}
		if math.Abs(p.Value.F64[0]-0.5) > 1e-3 || math.Abs(p.Value.F64[1]+2) > 1e-3 {
			t.Errorf("%s ends at %v", name, p.Value.F64)
		}
	}
}
