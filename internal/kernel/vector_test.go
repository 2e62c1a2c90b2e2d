package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// frame is float32 arguments of a kernel: each slice lies at an odd place between numbers that must
// stay as they are.
type frame struct {
	raw  [][]float32
	args [][]float32
}

func newFrame(rng *rand.Rand, lens ...int) frame {
	var f frame
	for i, n := range lens {
		raw := randoms(rng, n+20+i)
		f.raw = append(f.raw, raw)
		f.args = append(f.args, raw[1+i:1+i+n:1+i+n])
	}
	return f
}

func (f frame) clone() frame {
	var c frame
	for i, raw := range f.raw {
		r := append([]float32(nil), raw...)
		c.raw = append(c.raw, r)
		c.args = append(c.args, r[1+i:1+i+len(f.args[i])])
	}
	return c
}

// same compares everything, guards included, within tol of the larger of 1 and the value.
func same(t *testing.T, what string, got, want frame, tol float64) {
	t.Helper()
	for i := range got.raw {
		for j, g := range got.raw[i] {
			w := float64(want.raw[i][j])
			if d := math.Abs(float64(g) - w); !(d <= tol*max(1, math.Abs(w))) && (g == g || w == w) {
				t.Fatalf("%s: argument %d element %d is %v, want %v", what, i, j-1-i, g, w)
			}
			inside := j >= 1+i && j < 1+i+len(got.args[i])
			if !inside && g != want.raw[i][j] { // random numbers stand there
				t.Fatalf("%s: argument %d was written beside its end, at %d", what, i, j-1-i)
			}
		}
	}
}

// TestVectors holds every function on vectors against the plain definition, for all small sizes.
func TestVectors(t *testing.T) {
	type args = [][]float32
	adam := AdamStep{LR: 0.01, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Decay: 0.1, Shrink: 0.2, Correct1: 0.3, Correct2: 0.1}
	positive := func(a args, i int) {
		for j, v := range a[i] {
			a[i][j] = v*v + 0.1
		}
	}
	cases := []struct {
		name      string
		count     int
		tol       float64
		got, want func(a args)
	}{
		{"tanh", 2, 3e-7, func(a args) { Tanh(a[0], a[1]) }, func(a args) { ref.Tanh(a[0], a[1]) }},
		{"sigmoid", 2, 3e-7, func(a args) { Sigmoid(a[0], a[1]) }, func(a args) { ref.Sigmoid(a[0], a[1]) }},
		{"exp", 2, 3e-7, func(a args) { Exp(a[0], a[1]) }, func(a args) { ref.Exp(a[0], a[1]) }},
		{"gelu", 2, 6e-7, func(a args) { GELU(a[0], a[1]) }, func(a args) { ref.GELU(a[0], a[1]) }},
		{"relu", 2, 0, func(a args) { ReLU(a[0], a[1]) }, func(a args) { ref.ReLU(a[0], a[1]) }},
		{"tanhGrad", 3, 3e-7, func(a args) { TanhGrad(a[0], a[1], a[2]) }, func(a args) { ref.TanhGrad(a[0], a[1], a[2]) }},
		{"sigmoidGrad", 3, 3e-7, func(a args) { SigmoidGrad(a[0], a[1], a[2]) }, func(a args) { ref.SigmoidGrad(a[0], a[1], a[2]) }},
		{"geluGrad", 3, 1e-6, func(a args) { GELUGrad(a[0], a[1], a[2]) }, func(a args) { ref.GELUGrad(a[0], a[1], a[2]) }},
		{"reluGrad", 3, 0, func(a args) { ReLUGrad(a[0], a[1], a[2]) }, func(a args) { ref.ReLUGrad(a[0], a[1], a[2]) }},
		{"add", 3, 0, func(a args) { Add(a[0], a[1], a[2]) }, func(a args) { ref.Add(a[0], a[1], a[2]) }},
		{"sub", 3, 0, func(a args) { Sub(a[0], a[1], a[2]) }, func(a args) { ref.Sub(a[0], a[1], a[2]) }},
		{"mul", 3, 0, func(a args) { Mul(a[0], a[1], a[2]) }, func(a args) { ref.Mul(a[0], a[1], a[2]) }},
		{"mulAdd", 3, 0, func(a args) { MulAdd(a[0], a[1], a[2]) }, func(a args) { ref.MulAdd(a[0], a[1], a[2]) }},
		{"scale", 2, 0, func(a args) { Scale(a[0], 0.7, a[1]) }, func(a args) { ref.Scale(a[0], 0.7, a[1]) }},
		{"axpy", 2, 0, func(a args) { Axpy(0.7, a[1], a[0]) }, func(a args) { ref.Axpy(0.7, a[1], a[0]) }},
		{"accumulate", 2, 0, func(a args) { Accumulate(a[0], a[1]) }, func(a args) { ref.Accumulate(a[0], a[1]) }},
		{
			"adam", 4, 1e-6, func(a args) { positive(a, 3); Adam(a[0], a[1], a[2], a[3], adam) },
			func(a args) { positive(a, 3); ref.Adam(a[0], a[1], a[2], a[3], adam) },
		},
	}
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, c := range cases {
			for n := range 132 {
				lens := make([]int, c.count)
				for i := range lens {
					lens[i] = n
				}
				got := newFrame(rng, lens...)
				want := got.clone()
				c.got(got.args)
				c.want(want.args)
				same(t, fmt.Sprint(c.name, " of ", n), got, want, c.tol)
			}
		}
	})
}

// TestSums holds the reductions against the plain definitions.
func TestSums(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, n := range append(sizes(132), 5000, 9001) {
			f := newFrame(rng, n, n)
			a, b := f.args[0], f.args[1]
			check := func(what string, got, want float64) {
				if !(math.Abs(got-want) <= 1e-5*float64(n+1)) {
					t.Fatalf("%s of %d: %v, want %v", what, n, got, want)
				}
			}
			check("sum", float64(Sum(a)), float64(ref.Sum(a)))
			check("dot", float64(Dot(a, b)), float64(ref.Dot(a, b)))
			check("squares", SumSquares(a), ref.SumSquares(a))
		}
	})
}

func sizes(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// TestRows holds the functions on matrices against the plain definitions, for all small widths and
// a few heights.
func TestRows(t *testing.T) {
	type args = [][]float32
	const tol = 2e-6
	views := []float32{0.5, 0, -1, 0.25, 2, 0, 0, 1, 1, 3, 0.1, 0.2}
	lengths := []int{2, 0, 3}
	target := []int32{0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	idx := []int32{2, -1, 0, 2, 1, 1, 0, 2, 2, 1, 0, 0}
	mask := []float32{1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1}
	offsets := []int32{0, 3, 3, 12}
	const rows = 12
	cases := []struct {
		name      string
		lens      func(n int) []int
		got, want func(a args, n int)
	}{
		{"addRow", func(n int) []int { return []int{rows * n, rows * n, n} }, func(a args, n int) { AddRow(a[0], a[1], a[2]) }, func(a args, n int) { ref.AddRow(a[0], a[1], a[2]) }},
		{"mulRow", func(n int) []int { return []int{rows * n, rows * n, n} }, func(a args, n int) { MulRow(a[0], a[1], a[2]) }, func(a args, n int) { ref.MulRow(a[0], a[1], a[2]) }},
		{"mulAddRow", func(n int) []int { return []int{rows * n, rows * n, n} }, func(a args, n int) { MulAddRow(a[0], a[1], a[2]) }, func(a args, n int) { ref.MulAddRow(a[0], a[1], a[2]) }},
		{"colSum", func(n int) []int { return []int{n, rows * n} }, func(a args, n int) { ColSum(a[0], a[1]) }, func(a args, n int) { ref.ColSum(a[0], a[1]) }},
		{"colDot", func(n int) []int { return []int{n, rows * n, rows * n} }, func(a args, n int) { ColDot(a[0], a[1], a[2]) }, func(a args, n int) { ref.ColDot(a[0], a[1], a[2]) }},
		{"scaleRows", func(n int) []int { return []int{rows * n, rows * n, rows} }, func(a args, n int) { ScaleRows(a[0], a[1], a[2], n) }, func(a args, n int) { ref.ScaleRows(a[0], a[1], a[2], n) }},
		{"scaleRowsAdd", func(n int) []int { return []int{rows * n, rows * n, rows} }, func(a args, n int) { ScaleRowsAdd(a[0], a[1], a[2], n) }, func(a args, n int) { ref.ScaleRowsAdd(a[0], a[1], a[2], n) }},
		{"rowDot", func(n int) []int { return []int{rows, rows * n, rows * n} }, func(a args, n int) { RowDot(a[0], a[1], a[2], n) }, func(a args, n int) { ref.RowDot(a[0], a[1], a[2], n) }},
		{"rowSum", func(n int) []int { return []int{rows, rows * n} }, func(a args, n int) { RowSum(a[0], a[1], n) }, func(a args, n int) { ref.RowSum(a[0], a[1], n) }},
		{"addCols", func(n int) []int { return []int{rows * (n + 3), rows * (n + 1)} }, func(a args, n int) { AddCols(a[0], n+3, a[1], n+1, rows, n) }, func(a args, n int) { ref.AddCols(a[0], n+3, a[1], n+1, rows, n) }},
		{"whereRowsGrad", func(n int) []int { return []int{rows * n, n, rows * n} }, func(a args, n int) { WhereRowsGrad(a[0], a[1], a[2], mask, n) }, func(a args, n int) { ref.WhereRowsGrad(a[0], a[1], a[2], mask, n) }},
		{"outer", func(n int) []int { return []int{3 * 4 * n, 3 * 4, 3 * n} }, func(a args, n int) { Outer(a[0], a[1], a[2], 3, 4, n) }, func(a args, n int) { ref.Outer(a[0], a[1], a[2], 3, 4, n) }},
		{"outerGrad", func(n int) []int { return []int{3 * 4, 3 * n, 3 * 4, 3 * n, 3 * 4 * n} }, func(a args, n int) { OuterGrad(a[0], a[1], a[2], a[3], a[4], 3, 4, n) }, func(a args, n int) { ref.OuterGrad(a[0], a[1], a[2], a[3], a[4], 3, 4, n) }},
		{"weightedSum", func(n int) []int { return []int{4 * n, rows * n} }, func(a args, n int) { WeightedSum(a[0], a[1], views, 3, n) }, func(a args, n int) { ref.WeightedSum(a[0], a[1], views, 3, n) }},
		{"weightedSumGrad", func(n int) []int { return []int{rows * n, rows, rows * n, 4 * n} }, func(a args, n int) { WeightedSumGrad(a[0], a[1], a[2], views, a[3], 3, n) }, func(a args, n int) { ref.WeightedSumGrad(a[0], a[1], a[2], views, a[3], 3, n) }},
		{"scatter", func(n int) []int { return []int{3 * n, rows * n} }, func(a args, n int) { ScatterAddRows(a[0], a[1], idx, n) }, func(a args, n int) { ref.ScatterAddRows(a[0], a[1], idx, n) }},
		{"bag", func(n int) []int { return []int{3 * n, 3 * n} }, func(a args, n int) { Bag(a[0], a[1], idx, offsets, views, n) }, func(a args, n int) { ref.Bag(a[0], a[1], idx, offsets, views, n) }},
		{"bagGrad", func(n int) []int { return []int{3 * n, 3 * n} }, func(a args, n int) { BagGrad(a[0], a[1], idx, offsets, nil, n) }, func(a args, n int) { ref.BagGrad(a[0], a[1], idx, offsets, nil, n) }},
		{"meanTime", func(n int) []int { return []int{3 * n, rows * n} }, func(a args, n int) { MeanTime(a[0], a[1], lengths, 4, n) }, func(a args, n int) { ref.MeanTime(a[0], a[1], lengths, 4, n) }},
		{"meanTimeGrad", func(n int) []int { return []int{rows * n, 3 * n} }, func(a args, n int) { MeanTimeGrad(a[0], a[1], lengths, 4, n) }, func(a args, n int) { ref.MeanTimeGrad(a[0], a[1], lengths, 4, n) }},
		{"maskTimeGrad", func(n int) []int { return []int{rows * n, rows * n} }, func(a args, n int) { MaskTimeGrad(a[0], a[1], lengths, 4, n) }, func(a args, n int) { ref.MaskTimeGrad(a[0], a[1], lengths, 4, n) }},
		{"softmax", func(n int) []int { return []int{rows * n, rows * n} }, func(a args, n int) { Softmax(a[0], a[1], n) }, func(a args, n int) { ref.Softmax(a[0], a[1], n) }},
		{"softmaxGrad", func(n int) []int { return []int{rows * n, rows * n, rows * n} }, func(a args, n int) { SoftmaxGrad(a[0], a[1], a[2], n) }, func(a args, n int) { ref.SoftmaxGrad(a[0], a[1], a[2], n) }},
		{"logSoftmax", func(n int) []int { return []int{rows * n, rows * n} }, func(a args, n int) { LogSoftmax(a[0], a[1], n) }, func(a args, n int) { ref.LogSoftmax(a[0], a[1], n) }},
		{"logSoftmaxGrad", func(n int) []int { return []int{rows * n, rows * n, rows * n} }, func(a args, n int) { LogSoftmaxGrad(a[0], a[1], a[2], n) }, func(a args, n int) { ref.LogSoftmaxGrad(a[0], a[1], a[2], n) }},
		{"crossEntropy", func(n int) []int { return []int{rows * n, rows * n} }, func(a args, n int) {
			if n > 0 {
				CrossEntropy(a[0], a[1], target, nil, 0, n)
				CrossEntropyGrad(a[1], a[0], target, nil, 0, n, 11, 0.7)
			}
		}, func(a args, n int) {
			if n > 0 {
				ref.CrossEntropy(a[0], a[1], target, nil, 0, n)
				ref.CrossEntropyGrad(a[1], a[0], target, nil, 0, n, 11, 0.7)
			}
		}},
		{"layerNorm", func(n int) []int { return []int{rows * n, rows, rows, rows * n, n, n} }, func(a args, n int) { LayerNorm(a[0], a[1], a[2], a[3], a[4], a[5], 1e-2) }, func(a args, n int) { ref.LayerNorm(a[0], a[1], a[2], a[3], a[4], a[5], 1e-2) }},
		{
			"layerNormGrad", func(n int) []int { return []int{rows * n, n, n, rows, rows, rows * n, n, rows * n} },
			func(a args, n int) { LayerNormGrad(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]) },
			func(a args, n int) { ref.LayerNormGrad(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]) },
		},
		{"lstmCell", func(n int) []int { return []int{12 * n, 3 * n, 3 * n, 3 * n} }, func(a args, n int) { LSTMCell(a[0], a[1], a[2], a[3], 3, n) }, func(a args, n int) { ref.LSTMCell(a[0], a[1], a[2], a[3], 3, n) }},
		{"lstmFirst", func(n int) []int { return []int{12 * n, 3 * n, 3 * n} }, func(a args, n int) { LSTMCell(a[0], nil, a[1], a[2], 3, n) }, func(a args, n int) { ref.LSTMCell(a[0], nil, a[1], a[2], 3, n) }},
		{"lstmCellGrad", func(n int) []int { return []int{12 * n, 3 * n, 3 * n, 12 * n, 3 * n, 3 * n} }, func(a args, n int) { LSTMCellGrad(a[0], a[1], a[2], a[3], a[4], a[5], 3, n) }, func(a args, n int) { ref.LSTMCellGrad(a[0], a[1], a[2], a[3], a[4], a[5], 3, n) }},
		{"lstmFirstGrad", func(n int) []int { return []int{12 * n, 3 * n, 3 * n, 12 * n, 3 * n} }, func(a args, n int) { LSTMCellGrad(a[0], a[1], a[2], a[3], nil, a[4], 3, n) }, func(a args, n int) { ref.LSTMCellGrad(a[0], a[1], a[2], a[3], nil, a[4], 3, n) }},
	}
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, c := range cases {
			for n := range 70 {
				got := newFrame(rng, c.lens(n)...)
				want := got.clone()
				c.got(got.args, n)
				c.want(want.args, n)
				same(t, fmt.Sprint(c.name, " of width ", n), got, want, tol*float64(1+n/8))
			}
		}
	})
}

// Rows that are longer than the memory for one call are done in parts.
func TestLongRows(t *testing.T) {
	const rows = 3
	target := []int32{2, -1, scratchLen}
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, n := range []int{scratchLen - 1, scratchLen, scratchLen + 1, 2*scratchLen + 77} {
			target[2] = int32(n - 1)
			got := newFrame(rng, rows*n, rows*n)
			want := got.clone()
			CrossEntropy(got.args[0], got.args[1], target, nil, 0, n)
			CrossEntropyGrad(got.args[1], got.args[0], target, nil, 0, n, 2, 0.7)
			ref.CrossEntropy(want.args[0], want.args[1], target, nil, 0, n)
			ref.CrossEntropyGrad(want.args[1], want.args[0], target, nil, 0, n, 2, 0.7)
			same(t, fmt.Sprint("cross-entropy of ", n, " classes"), got, want, 1e-5)
		}
	})
}

// TestNaNGoesThrough holds that a number gone wrong is seen at the end.
func TestNaNGoesThrough(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		nan := float32(math.NaN())
		for n := 1; n < 40; n++ {
			x := make([]float32, n)
			x[n-1] = nan
			y := make([]float32, n)
			for name, f := range map[string]func(dst, x []float32){
				"exp": Exp[float32], "tanh": Tanh[float32], "sigmoid": Sigmoid[float32], "relu": ReLU[float32], "gelu": GELU[float32],
				"softmax": func(d, x []float32) { Softmax(d, x, n) }, "logsoftmax": func(d, x []float32) { LogSoftmax(d, x, n) },
			} {
				if f(y, x); y[n-1] == y[n-1] {
					t.Errorf("%s of NaN among %d is %v", name, n, y[n-1])
				}
			}
		}
	})
}

func BenchmarkVectors(b *testing.B) {
	const n = 16384
	x, y, z, u := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range x {
		x[i] = float32(rng.NormFloat64())
		u[i] = x[i] * x[i]
	}
	for name, f := range map[string]func(){
		"exp":     func() { Exp(y, x) },
		"tanh":    func() { Tanh(y, x) },
		"sigmoid": func() { Sigmoid(y, x) },
		"gelu":    func() { GELU(y, x) },
		"add":     func() { Add(y, x, z) },
		"softmax": func() { Softmax(y, x, 64) },
		"lse2":    func() { LogSoftmax(y, x, 2) },
		"adam": func() {
			Adam(z, x, y, u, AdamStep{LR: 1e-9, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Correct1: 1, Correct2: 1})
		},
		"lstm": func() { LSTMCell(x, nil, y[:n/4], z[:n/4], n/256, 64) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}
