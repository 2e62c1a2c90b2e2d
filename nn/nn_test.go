package nn

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

func TestScopeNames(t *testing.T) {
	s := NewScope(1, tensor.F32)
	NewLinear(s.Sub("a").Sub("b"), 2, 3)
	NewLSTM(s, 2, 3, LSTMConfig{Layers: 2, Bidirectional: true})
	NewTransformerEncoderLayer(s.Sub("t"), TransformerEncoderConfig{Embed: 4, Heads: 2, Feedforward: 8})
	var names []string
	for _, p := range s.Params() {
		names = append(names, p.Name)
		if s.Lookup(p.Name) != p {
			t.Errorf("%s is not found by its name", p.Name)
		}
	}
	want := []string{"a.b.weight", "a.b.bias"}
	for _, layer := range []string{"l0", "l1"} {
		for _, dir := range []string{"", "_reverse"} {
			for _, n := range []string{"weight_ih_", "weight_hh_", "bias_ih_", "bias_hh_"} {
				want = append(want, n+layer+dir)
			}
		}
	}
	for _, n := range []string{
		"self_attn.in_proj_weight", "self_attn.in_proj_bias", "self_attn.out_proj.weight", "self_attn.out_proj.bias",
		"linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias", "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias",
	} {
		want = append(want, "t."+n)
	}
	if !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
	defer func() {
		if p, _ := recover().(string); !strings.Contains(p, `"a.b.weight"`) {
			t.Errorf("a name taken twice panics with %q", p)
		}
	}()
	s.Sub("a").Sub("b").Param("weight", Zeros, 1)
}

func TestInitDependsOnSeedAndNameAlone(t *testing.T) {
	draw := func(seed uint64, d tensor.DType, others ...string) []float64 {
		s := NewScope(seed, d)
		for _, o := range others {
			s.Param(o, Normal(1), 7)
		}
		return s.Sub("x").Param("w", Uniform(1), 50).Value.As(tensor.F64).F64
	}
	a := draw(1, tensor.F32)
	if !slices.Equal(a, draw(1, tensor.F32, "p", "q")) {
		t.Error("other parameters change the values")
	}
	if slices.Equal(a, draw(2, tensor.F32)) {
		t.Error("the seed does not change the values")
	}
	for i, v := range draw(1, tensor.F64) {
		if float64(float32(v)) != a[i] {
			t.Fatal("the two element types start differently")
		}
	}
}

func TestInits(t *testing.T) {
	f := func(name string, init Init, wantMean, wantStd, bound float64) {
		t.Helper()
		p := NewScope(3, tensor.F64).Param(name, init, 100, 300).Value
		var sum, squares, peak float64
		for _, v := range p.F64 {
			sum += v
			squares += v * v
			peak = max(peak, math.Abs(v))
		}
		n := float64(p.Len())
		mean := sum / n
		std := math.Sqrt(squares/n - mean*mean)
		if math.Abs(mean-wantMean) > 0.02 || math.Abs(std-wantStd) > 0.02*max(wantStd, 0.1) || peak > bound {
			t.Errorf("%s: mean %.4f, standard deviation %.4f, greatest %.4f; want %.4f, %.4f, %.4f", name, mean, std, peak, wantMean, wantStd, bound)
		}
	}
	f("zeros", Zeros, 0, 0, 0)
	f("ones", Ones, 1, 0, 1)
	f("uniform", Uniform(0.6), 0, 0.6/math.Sqrt(3), 0.6)
	f("normal", Normal(0.5), 0, 0.5, 10)
	xavier, kaiming := math.Sqrt(6.0/400), 1/math.Sqrt(300)
	f("xavier", XavierUniform, 0, xavier/math.Sqrt(3), xavier)
	f("kaiming", KaimingUniform, 0, kaiming/math.Sqrt(3), kaiming)
}

func TestLSTMShapes(t *testing.T) {
	tape := grad.NewTape(tensor.F32)
	x := tape.NewConst(5, 7, 3)
	f := func(c LSTMConfig, wantOut, wantState []int) {
		t.Helper()
		l := NewLSTM(NewScope(1, tensor.F32), 3, 4, c)
		out, hn, cn := l.Forward(tape, x, []int{1, 7, 0, 3, 2})
		if !slices.Equal(out.Shape(), wantOut) || !slices.Equal(hn.Shape(), wantState) || !slices.Equal(cn.Shape(), wantState) || l.OutDim() != wantOut[2] {
			t.Errorf("%+v: shapes %v %v %v, want %v %v", c, out.Shape(), hn.Shape(), cn.Shape(), wantOut, wantState)
		}
		for b, n := range []int{1, 7, 0, 3, 2} {
			for s := n; s < 7; s++ {
				if out.Value().At(b, s, 0) != 0 {
					t.Errorf("%+v: row %d is not zero past its end", c, b)
				}
			}
		}
	}
	f(LSTMConfig{}, []int{5, 7, 4}, []int{1, 5, 4})
	f(LSTMConfig{Layers: 3}, []int{5, 7, 4}, []int{3, 5, 4})
	f(LSTMConfig{Layers: 2, Bidirectional: true}, []int{5, 7, 8}, []int{4, 5, 4})
}

// TestLayersStepDoesNotAllocate: layers add nothing to what the tape does.
func TestLayersStepDoesNotAllocate(t *testing.T) {
	s := NewScope(1, tensor.F32)
	lstm := NewLSTM(s.Sub("lstm"), 6, 8, LSTMConfig{Layers: 2, Bidirectional: true, Dropout: 0.1})
	encoder := NewTransformerEncoderLayer(s.Sub("encoder"), TransformerEncoderConfig{Embed: 16, Heads: 4, Feedforward: 32, Dropout: 0.1})
	tape := grad.NewTape(tensor.F32)
	tape.SetTraining(true)
	x, lengths := tensor.New(tensor.F32, 4, 5, 6), []int{5, 2, 3, 1}
	run := func() {
		tape.Reset()
		out, _, _ := lstm.Forward(tape, tape.Const(x), lengths)
		tape.Backward(tape.Mean(encoder.Forward(tape, out, nil)))
	}
	for range 3 {
		run()
	}
	if a := testing.AllocsPerRun(10, run); a != 0 {
		t.Errorf("%v allocations in a step", a)
	}
}
