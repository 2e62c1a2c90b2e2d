package grad

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/tensor"
)

// random returns a tensor of normal numbers, moved by shift.
func random(seed uint64, d tensor.DType, shift float64, shape ...int) *tensor.Tensor {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := tensor.New(d, shape...)
	for i := range t.Len() {
		t.SetFlat(rng.NormFloat64()+shift, i)
	}
	return t
}

// positive returns a tensor of numbers between 0.5 and 2.5.
func positive(seed uint64, shape ...int) *tensor.Tensor {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := tensor.New(tensor.F64, shape...)
	for i := range t.F64 {
		t.F64[i] = 0.5 + 2*rng.Float64()
	}
	return t
}

// op is an operation under test; its results are combined with fixed random factors to one number.
type op func(t *Tape, x []*Var) []*Var

func one(f func(t *Tape, x []*Var) *Var) op {
	return func(t *Tape, x []*Var) []*Var { return []*Var{f(t, x)} }
}

// combine is Σ out·g over all results.
func combine(t *Tape, outs []*Var) *Var {
	var sum *Var
	for i, o := range outs {
		part := t.Sum(t.Mul(o, t.Const(random(uint64(100+i), t.DType(), 0, o.Shape()...))))
		if sum == nil {
			sum = part
		} else {
			sum = t.Add(sum, part)
		}
	}
	return sum
}

// checkGrad compares the gradients of all inputs with central differences of fourth order, relative
// to the greatest.
func checkGrad(t *testing.T, f op, inputs ...*tensor.Tensor) {
	t.Helper()
	const h, tolerance = 1e-3, 1e-6
	tape := NewTape(tensor.F64)
	tape.SetTraining(true)
	tape.SetWorkers(2)
	loss := func() (*Var, []*Var) {
		tape.Reset()
		tape.Seed(3, 4)
		var leaves []*Var
		for _, x := range inputs {
			leaves = append(leaves, tape.Input(x))
		}
		return combine(tape, f(tape, leaves)), leaves
	}
	l, leaves := loss()
	tape.Backward(l)
	var got []*tensor.Tensor
	for _, v := range leaves {
		got = append(got, v.Grad().Clone())
	}
	for k, x := range inputs {
		want, peak := make([]float64, x.Len()), 1e-3
		at := func(i int, d float64) float64 {
			old := x.F64[i]
			x.F64[i] = old + d
			l, _ := loss()
			x.F64[i] = old
			return l.Value().At(0)
		}
		for i := range want {
			want[i] = (8*(at(i, h)-at(i, -h)) - (at(i, 2*h) - at(i, -2*h))) / (12 * h)
			peak = max(peak, math.Abs(want[i]))
		}
		for i, w := range want {
			if !(math.Abs(got[k].F64[i]-w) <= tolerance*peak) {
				t.Errorf("input %d, element %d: the gradient is %.9g, finite differences say %.9g", k, i, got[k].F64[i], w)
				break
			}
		}
	}
}

// x is a normal tensor in float64.
func x(seed uint64, shape ...int) *tensor.Tensor { return random(seed, tensor.F64, 0, shape...) }

func TestGradients(t *testing.T) {
	check := func(name string, f op, inputs ...*tensor.Tensor) {
		t.Helper()
		t.Run(name, func(t *testing.T) { t.Helper(); checkGrad(t, f, inputs...) })
	}
	unary := func(name string, f func(*Tape, *Var) *Var, x *tensor.Tensor) {
		t.Helper()
		check(name, one(func(t *Tape, x []*Var) *Var { return f(t, x[0]) }), x)
	}
	unary("Tanh", (*Tape).Tanh, x(1, 3, 4))
	unary("Sigmoid", (*Tape).Sigmoid, x(1, 3, 4))
	unary("ReLU", (*Tape).ReLU, x(1, 3, 4))
	unary("GELU", (*Tape).GELU, x(1, 3, 4))
	unary("Exp", (*Tape).Exp, x(1, 3, 4))
	unary("Log", (*Tape).Log, positive(1, 3, 4))
	unary("Softplus", (*Tape).Softplus, x(1, 3, 4))
	unary("Square", (*Tape).Square, x(1, 3, 4))
	unary("Sqrt", (*Tape).Sqrt, positive(1, 3, 4))
	unary("Neg", (*Tape).Neg, x(1, 3, 4))
	unary("Softmax", (*Tape).Softmax, x(1, 2, 3, 4))
	unary("LogSoftmax", (*Tape).LogSoftmax, x(1, 2, 3, 4))
	unary("Sum", (*Tape).Sum, x(1, 3, 4))
	unary("Mean", (*Tape).Mean, x(1, 3, 4))
	unary("SumLast", (*Tape).SumLast, x(1, 2, 3, 4))
	unary("Transpose2", (*Tape).Transpose2, x(1, 3, 4))
	unary("Scale", func(t *Tape, x *Var) *Var { return t.Scale(x, 2.5) }, x(1, 3, 4))
	unary("AddScalar", func(t *Tape, x *Var) *Var { return t.Square(t.AddScalar(x, 2.5)) }, x(1, 3, 4))
	unary("Slice", func(t *Tape, x *Var) *Var { return t.Slice(x, 1, 3) }, x(1, 2, 3, 4))
	unary("Select", func(t *Tape, x *Var) *Var { return t.Select(x, 1) }, x(1, 2, 3, 4))
	unary("Reshape", func(t *Tape, x *Var) *Var { return t.Square(t.Reshape(t.Tanh(x), 4, 3)) }, x(1, 3, 4))
	unary("Row", func(t *Tape, x *Var) *Var { return t.Square(t.Add(t.Row(x, 1), t.Row(x, 0))) }, x(1, 3, 4))
	unary("SliceRows", func(t *Tape, x *Var) *Var { return t.Square(t.SliceRows(t.Tanh(x), 1, 3)) }, x(1, 3, 4))
	unary("Dropout", func(t *Tape, x *Var) *Var { return t.Dropout(x, 0.4) }, x(1, 30))
	unary("MaskRows", func(t *Tape, x *Var) *Var { return t.MaskRows(x, []float32{1, 0, 1}) }, x(1, 3, 4))
	unary("MeanTime", func(t *Tape, x *Var) *Var { return t.MeanTime(x, []int{3, 0, 2}) }, x(1, 3, 4, 2))
	unary("MeanTime/all", func(t *Tape, x *Var) *Var { return t.MeanTime(x, nil) }, x(1, 3, 4, 2))
	unary("MaxTime", func(t *Tape, x *Var) *Var { return t.MaxTime(x, []int{3, 0, 4}) }, x(1, 3, 4, 2))
	unary("MaskTime", func(t *Tape, x *Var) *Var { return t.MaskTime(x, []int{3, 0, 4}) }, x(1, 3, 4, 2))
	unary("GatherRows", func(t *Tape, x *Var) *Var { return t.GatherRows(x, []int32{2, -1, 0, 2, 2}) }, x(1, 3, 4))
	unary("Embedding", func(t *Tape, x *Var) *Var { return t.Embedding(x, []int32{2, -1, 0, 2}, 2, 2) }, x(1, 3, 4))
	unary("EmbeddingBag", func(t *Tape, x *Var) *Var {
		return t.EmbeddingBag(x, []int32{0, 2, 2, -1, 1}, []int32{0, 3, 3, 5}, []float32{1, 0.5, 2, 3, -1})
	}, x(1, 3, 4))
	unary("EmbeddingBag/ones", func(t *Tape, x *Var) *Var { return t.EmbeddingBag(x, []int32{0, 2, 2}, []int32{0, 1, 3}, nil) }, x(1, 3, 4))
	mask := tensor.FromF64([]float64{1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0}, 3, 4)
	unary("MaskedSoftmax", func(t *Tape, x *Var) *Var { return t.MaskedSoftmax(x, mask) }, x(1, 3, 4))

	binary := func(name string, f func(t *Tape, a, b *Var) *Var, a, b *tensor.Tensor) {
		t.Helper()
		check(name, one(func(t *Tape, x []*Var) *Var { return f(t, x[0], x[1]) }), a, b)
	}
	binary("Add", (*Tape).Add, x(1, 3, 4), x(2, 3, 4))
	binary("Sub", (*Tape).Sub, x(1, 3, 4), x(2, 3, 4))
	binary("Mul", (*Tape).Mul, x(1, 3, 4), x(2, 3, 4))
	binary("Mul/self", func(t *Tape, a, b *Var) *Var { return t.Add(t.Mul(a, a), b) }, x(1, 3, 4), x(2, 3, 4))
	binary("Div", (*Tape).Div, x(1, 3, 4), positive(2, 3, 4))
	binary("MulScalarVar", (*Tape).MulScalarVar, x(1, 3, 4), x(2, 1))
	binary("AddRow", (*Tape).AddRow, x(1, 2, 3, 4), x(2, 4))
	binary("MulRow", (*Tape).MulRow, x(1, 2, 3, 4), x(2, 4))
	binary("ScaleRows", (*Tape).ScaleRows, x(1, 2, 3, 4), x(2, 2, 3))
	binary("MatMul", (*Tape).MatMul, x(1, 3, 4), x(2, 4, 5))
	binary("MatMulT", (*Tape).MatMulT, x(1, 3, 4), x(2, 5, 4))
	binary("MatMul/self", func(t *Tape, a, b *Var) *Var { return t.MatMulT(t.MatMul(a, b), t.MatMul(a, b)) }, x(1, 3, 4), x(2, 4, 5))
	binary("Outer", (*Tape).Outer, x(1, 3, 4), x(2, 3, 2))
	binary("WeightedSum", (*Tape).WeightedSum, x(1, 2, 3, 4), x(2, 2, 3))
	binary("WeightedSum/shared", (*Tape).WeightedSum, x(1, 2, 3, 4), x(2, 3))
	check("LinearStack", one(func(t *Tape, x []*Var) *Var {
		return t.LinearStack([]*Var{x[0], t.Tanh(x[1])}, []*Var{x[2], x[3]}, []*Var{x[4], nil})
	}), x(1, 3, 4), x(2, 3, 5), x(3, 2, 4), x(4, 2, 5), x(5, 2))
	binary("WhereRows", func(t *Tape, a, b *Var) *Var { return t.WhereRows([]float32{0, 1, 0}, a, b) }, x(1, 3, 4), x(2, 4))
	binary("ConcatRows", func(t *Tape, a, b *Var) *Var { return t.Tanh(t.ConcatRows(a, b, a)) }, x(1, 3, 4), x(2, 2, 4))
	binary("Concat", func(t *Tape, a, b *Var) *Var { return t.Tanh(t.Concat(a, b, a)) }, x(1, 2, 3, 4), x(2, 2, 3, 2))
	binary("Stack", func(t *Tape, a, b *Var) *Var { return t.Tanh(t.Stack(a, b, a)) }, x(1, 3, 4), x(2, 3, 4))

	for _, a := range []Activation{ActNone, ActTanh, ActSigmoid, ActReLU, ActGELU} {
		check("LinearAct/"+string('0'+rune(a)), one(func(t *Tape, x []*Var) *Var { return t.LinearAct(x[0], x[1], x[2], a) }),
			x(1, 2, 3, 4), x(2, 5, 4), x(3, 5))
	}
	binary("Linear/no bias", func(t *Tape, a, b *Var) *Var { return t.Linear(a, b, nil) }, x(1, 3, 4), x(2, 5, 4))
	check("LayerNorm", one(func(t *Tape, x []*Var) *Var { return t.LayerNorm(x[0], x[1], x[2], 1e-5) }), x(1, 2, 3, 4), x(2, 4), x(3, 4))
	binary("LayerNorm/no bias", func(t *Tape, a, b *Var) *Var { return t.LayerNorm(a, b, nil, 1e-5) }, x(1, 3, 4), x(2, 4))
}

func TestLossGradients(t *testing.T) {
	check := func(name string, f func(t *Tape, x *Var) *Var, x *tensor.Tensor) {
		t.Helper()
		t.Run(name, func(t *testing.T) { checkGrad(t, one(func(t *Tape, x []*Var) *Var { return f(t, x[0]) }), x) })
	}
	weights := []float32{0.5, 2, 1, 3}
	for name, o := range map[string]LossOptions{
		"plain": {}, "weights": {ClassWeights: weights}, "smoothing": {LabelSmoothing: 0.2}, "both": {ClassWeights: weights, LabelSmoothing: 0.2},
	} {
		check("CrossEntropy/"+name, func(t *Tape, x *Var) *Var { return t.CrossEntropy(x, []int32{2, -1, 0, 3, 3}, o) }, x(1, 5, 4))
	}
	target := x(9, 3, 4)
	check("BCEWithLogits", func(t *Tape, x *Var) *Var { return t.BCEWithLogits(x, positive(2, 3, 4)) }, x(1, 3, 4))
	check("MSE", func(t *Tape, x *Var) *Var { return t.MSE(x, target) }, x(1, 3, 4))
	check("L1", func(t *Tape, x *Var) *Var { return t.L1(x, target) }, x(1, 3, 4))
	check("SmoothL1", func(t *Tape, x *Var) *Var { return t.SmoothL1(x, target) }, x(1, 3, 4))
	classes := tensor.FromF64([]float64{0, 1, 0, 0, 0, 0, 0, 1, 0.9, 0.05, 0.05, 0}, 3, 4)
	for _, kl := range []float64{0, 0.3, 1} {
		check(fmt.Sprintf("DirichletLoss/%g", kl), func(t *Tape, x *Var) *Var {
			return t.DirichletLoss(t.AddScalar(x, 1), classes, []float32{1, 2.5, 0.5}, kl)
		}, positive(1, 3, 4))
		check(fmt.Sprintf("DirichletLoss/%g, a row left out", kl), func(t *Tape, x *Var) *Var {
			return t.DirichletLoss(t.AddScalar(x, 1), classes, []float32{1, 0, 1}, kl)
		}, positive(1, 3, 4))
	}
}

// cellInputs are x [3, 4, 2] and the weights of one direction with 3 hidden units.
func cellInputs(seed uint64) []*tensor.Tensor {
	return []*tensor.Tensor{x(seed, 12, 2), x(seed+1, 12, 3), x(seed+2, 12), x(seed+3, 12)}
}

func TestLSTMGradients(t *testing.T) {
	for name, lengths := range map[string][]int{"full": nil, "lengths": {2, 4, 3}, "empty row": {3, 0, 1}, "all empty": {0, 0, 0}} {
		for _, reverse := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				checkGrad(t, func(t *Tape, x []*Var) []*Var {
					out, h, c := t.LSTM(x[0], lengths, x[1], x[2], x[3], x[4], reverse)
					return []*Var{out, h, c}
				}, append([]*tensor.Tensor{x(1, 3, 4, 2)}, cellInputs(10)...)...)
			})
		}
		t.Run("both directions/"+name, func(t *testing.T) {
			checkGrad(t, func(t *Tape, x []*Var) []*Var {
				out, h, c := t.BiLSTM(x[0], lengths, [4]*Var(x[1:5]), [4]*Var(x[5:9]))
				return []*Var{out, h, c}
			}, append(append([]*tensor.Tensor{x(1, 3, 4, 2)}, cellInputs(10)...), cellInputs(20)...)...)
		})
	}
	t.Run("several inputs, mean over the steps", func(t *testing.T) {
		lengths := []int{2, 4, 3}
		checkGrad(t, func(t *Tape, x []*Var) []*Var {
			out, h, _ := t.BiLSTMConcat([]*Var{x[0], x[1]}, lengths, [4]*Var(x[2:6]), [4]*Var(x[6:10]))
			return []*Var{t.MeanTime(out, lengths), t.MeanTime(out, nil), h, t.Select(out, 1)}
		}, append(append([]*tensor.Tensor{x(1, 3, 4, 1), x(2, 3, 4, 1)}, cellInputs(10)...), cellInputs(20)...)...)
	})
	t.Run("shared weights, last state alone", func(t *testing.T) {
		checkGrad(t, func(t *Tape, x []*Var) []*Var {
			_, h, _ := t.BiLSTM(x[0], []int{2, 4, 3}, [4]*Var(x[1:5]), [4]*Var(x[1:5]))
			return []*Var{h}
		}, append([]*tensor.Tensor{x(1, 3, 4, 2)}, cellInputs(10)...)...)
	})
}

func TestAttentionGradients(t *testing.T) {
	mask := tensor.FromF64([]float64{1, 1, 1, 0, 1, 0, 0, 0, 0}, 3, 3)
	for name, m := range map[string]*tensor.Tensor{"all keys": nil, "masked": mask} {
		t.Run(name, func(t *testing.T) {
			checkGrad(t, func(t *Tape, x []*Var) []*Var {
				out, w := t.Attention(x[0], x[1], x[2], 2, m)
				return []*Var{out, w}
			}, x(1, 3, 2, 4), x(2, 3, 3, 4), x(3, 3, 3, 4))
		})
	}
	t.Run("self", func(t *testing.T) {
		checkGrad(t, func(t *Tape, x []*Var) []*Var {
			out, _ := t.Attention(x[0], x[0], x[0], 2, mask)
			return []*Var{out}
		}, x(1, 3, 3, 4))
	})
}
