package ref

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// numbers draws n moderate numbers.
func numbers(r *rapid.T, n int, label string) []float64 {
	return rapid.SliceOfN(rapid.Float64Range(-50, 50), n, n).Draw(r, label)
}

func close(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

func TestSoftmaxLaws(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, cols := rapid.IntRange(1, 4).Draw(r, "rows"), rapid.IntRange(1, 6).Draw(r, "cols")
		x := numbers(r, rows*cols, "x")
		y, l, m, ones := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
		for i := range ones {
			ones[i] = 1
		}
		Softmax(y, x, cols)
		LogSoftmax(l, x, cols)
		MaskedSoftmax(m, x, ones, cols)
		inPlace := slices.Clone(x)
		MaskedSoftmax(inPlace, inPlace, ones, cols)
		for i := range y {
			if !close(math.Exp(l[i]), y[i]) || m[i] != y[i] || inPlace[i] != y[i] {
				r.Fatalf("element %d: softmax %v, exp(log softmax) %v, masked %v, in place %v", i, y[i], math.Exp(l[i]), m[i], inPlace[i])
			}
		}
		for at := 0; at < len(y); at += cols {
			if !close(Sum(y[at:at+cols]), 1) {
				r.Fatalf("a row sums to %v", Sum(y[at:at+cols]))
			}
		}
	})
}

// TestScatterIsTheAdjointOfGather: ⟨gather x, y⟩ = ⟨x, scatter y⟩, and the same for bags.
func TestScatterIsTheAdjointOfGather(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, cols := rapid.IntRange(1, 5).Draw(r, "rows"), rapid.IntRange(1, 4).Draw(r, "cols")
		idx := rapid.SliceOf(rapid.Int32Range(-1, int32(rows-1))).Draw(r, "idx")
		x, y := numbers(r, rows*cols, "x"), numbers(r, len(idx)*cols, "y")
		g, s := make([]float64, len(y)), make([]float64, len(x))
		GatherRows(g, x, idx, cols)
		ScatterAddRows(s, y, idx, cols)
		if a, b := Dot(g, y), Dot(x, s); math.Abs(a-b) > 1e-6 {
			r.Fatalf("gather: %v and %v", a, b)
		}
		weights := make([]float32, len(idx))
		for i := range weights {
			weights[i] = float32(i) - 1.5
		}
		cut := int32(rapid.IntRange(0, len(idx)).Draw(r, "cut"))
		offsets := []int32{0, cut, cut, int32(len(idx))}
		z := numbers(r, 3*cols, "z")
		bag := make([]float64, 3*cols)
		clear(s)
		Bag(bag, x, idx, offsets, weights, cols)
		BagGrad(s, z, idx, offsets, weights, cols)
		if a, b := Dot(bag, z), Dot(x, s); math.Abs(a-b) > 1e-6*max(1, math.Abs(a)) {
			r.Fatalf("bag: %v and %v", a, b)
		}
	})
}

func TestExtremes(t *testing.T) {
	f := func(name string, kernel func(dst, x []float32), in, want float32) {
		t.Helper()
		y := make([]float32, 1)
		kernel(y, []float32{in})
		if math.Abs(float64(y[0]-want)) > 1e-6 {
			t.Errorf("%s(%v) = %v, want %v", name, in, y[0], want)
		}
	}
	f("sigmoid", Sigmoid, 1000, 1)
	f("sigmoid", Sigmoid, -1000, 0)
	f("softplus", Softplus, 1000, 1000)
	f("softplus", Softplus, -1000, 0)
	f("softplus", Softplus, 0, math.Ln2)
	f("tanh", Tanh, 1000, 1)
	f("gelu", GELU, -1000, 0)
	f("gelu", GELU, 1000, 1000)
	f("relu", ReLU, -3, 0)
	y := make([]float32, 3)
	Softmax(y, []float32{1e30, -1e30, 1e30}, 3)
	if !slices.Equal(y, []float32{0.5, 0, 0.5}) {
		t.Errorf("the softmax of great numbers is %v", y)
	}
	nan := float32(math.NaN())
	ReLU(y, []float32{nan, 1, -1})
	if y[0] == y[0] {
		t.Error("ReLU hides a NaN")
	}
	MaskedSoftmax(y, []float32{nan, nan, nan}, []float32{0, 0, 0}, 3)
	if !slices.Equal(y, []float32{0, 0, 0}) {
		t.Errorf("the softmax of nothing is %v", y)
	}
}

func TestLosses(t *testing.T) {
	f := func(name string, got, want float64) {
		t.Helper()
		if !close(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	x, target := []float64{1, -2, 0.5, 3}, []float64{0, 0, 0, 0}
	f("MSE", MSE(x, target), (1+4+0.25+9)/4)
	f("L1", L1(x, target), 6.5/4)
	f("smooth L1", SmoothL1(x, target), (0.5+1.5+0.125+2.5)/4)
	f("BCE", BCEWithLogits([]float64{0, 0}, []float64{0, 1}), math.Ln2)
	logp := make([]float64, 4)
	loss, total := CrossEntropy(logp, []float64{0, 0, 5, 7}, []int32{1, -1}, nil, 0, 2)
	f("cross-entropy", loss, math.Ln2)
	f("its divisor", total, 1)
	loss, total = CrossEntropy(logp, []float64{0, 0, 0, 0}, []int32{0, 1}, []float32{1, 3}, 0.1, 2)
	f("weighted cross-entropy", loss, (0.9*4*math.Ln2+2*0.05*4*math.Ln2)/4)
	f("its divisor", total, 4)
	loss, _ = CrossEntropy(logp, []float64{0, 0, 0, 0}, []int32{-1, -1}, nil, 0, 2)
	f("cross-entropy of nothing", loss, 0)
}

func TestLSTMCell(t *testing.T) {
	// One unit: i, f, o = sigmoid(0) = 1/2, g = tanh(1), cell state 2 before.
	gates, c, h := []float64{0, 0, 1, 0}, make([]float64, 1), make([]float64, 1)
	LSTMCell(gates, []float64{2}, c, h, 1, 1)
	if want := 0.5*2 + 0.5*math.Tanh(1); !close(c[0], want) || !close(h[0], 0.5*math.Tanh(want)) {
		t.Errorf("c %v, h %v", c[0], h[0])
	}
	gates = []float64{0, 0, 1, 0}
	LSTMCell(gates, nil, c, h, 1, 1)
	if !close(c[0], 0.5*math.Tanh(1)) {
		t.Errorf("from zeros c is %v", c[0])
	}
}

func TestDropoutShareAndPlaces(t *testing.T) {
	x, a, b := make([]float32, 20000), make([]float32, 20000), make([]float32, 20000)
	for i := range x {
		x[i] = 1
	}
	Dropout(a, x, 0.25, 7)
	kept := 0
	for _, v := range a {
		if v != 0 {
			kept++
		}
	}
	if kept < 14800 || kept > 15200 {
		t.Errorf("%d of 20000 stay, want about 15000", kept)
	}
	DropoutGrad(b, x, 0.25, 7)
	if !slices.Equal(a, b) {
		t.Error("the way back drops other elements")
	}
	Dropout(b[:10001], x[:10001], 0.25, 7)
	if !slices.Equal(a[:10001], b[:10001]) {
		t.Error("which elements stay depends on how many there are")
	}
}
