package fusion_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/tensor"
)

// The two matrices of the textbook: two samples, three features each.
func textbookMatrices() []*tensor.Tensor {
	return []*tensor.Tensor{
		tensor.FromF64([]float64{1, 2, 3, 4, 5, 6}, 2, 3),
		tensor.FromF64([]float64{7, 8, 9, 10, 11, 12}, 2, 3),
	}
}

func textbook(t *testing.T, method string, mats []*tensor.Tensor, o fusion.TextbookOptions) (z, weights *tensor.Tensor) {
	t.Helper()
	z, weights, err := fusion.Textbook(method, mats, o)
	if err != nil {
		t.Fatal(err)
	}
	return z, weights
}

func near(t *testing.T, got *tensor.Tensor, want []float64, shape ...int) {
	t.Helper()
	if fmt.Sprint(got.Shape) != fmt.Sprint(shape) {
		t.Fatalf("shape %v, want %v", got.Shape, shape)
	}
	for i, v := range got.F64 {
		if math.Abs(v-want[i]) > 1e-12 {
			t.Fatalf("got %v, want %v", got.F64, want)
		}
	}
}

func TestTextbookMean(t *testing.T) {
	z, _ := textbook(t, "mean", textbookMatrices(), fusion.TextbookOptions{})
	near(t, z, []float64{4, 5, 6, 7, 8, 9}, 2, 3)
}

func TestTextbookWeighted(t *testing.T) {
	z, _ := textbook(t, "weighted", textbookMatrices(), fusion.TextbookOptions{Config: fusion.Config{"weights": []float64{0.3, 0.7}}})
	near(t, z, []float64{5.2, 6.2, 7.2, 8.2, 9.2, 10.2}, 2, 3)
}

func TestTextbookConcat(t *testing.T) {
	z, _ := textbook(t, "concat", textbookMatrices(), fusion.TextbookOptions{})
	near(t, z, []float64{1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12}, 2, 6)
}

// Attention scores each view, so the weights differ, add up to one over the views, and the result
// is that mixture of the unprojected rows.
func TestTextbookAttention(t *testing.T) {
	mats := textbookMatrices()
	z, w := textbook(t, "attention", mats, fusion.TextbookOptions{Seed: 1})
	if fmt.Sprint(z.Shape, w.Shape) != "[2 3] [2 2]" {
		t.Fatalf("shapes %v %v", z.Shape, w.Shape)
	}
	for r := range 2 {
		a, b := w.At(r, 0), w.At(r, 1)
		if math.Abs(a+b-1) > 1e-12 || a == b || a <= 0 || b <= 0 {
			t.Errorf("row %d: weights %g and %g", r, a, b)
		}
		for c := range 3 {
			if want := a*mats[0].At(r, c) + b*mats[1].At(r, c); math.Abs(z.At(r, c)-want) > 1e-12 {
				t.Errorf("row %d column %d is %g, want %g", r, c, z.At(r, c), want)
			}
		}
	}
}

// The Bi-LSTM takes the two rows as two steps: [2, 6], the first three columns read forwards, the
// others backwards.
func TestTextbookBiLSTM(t *testing.T) {
	z, _ := textbook(t, "bilstm", textbookMatrices(), fusion.TextbookOptions{Seed: 1, Config: fusion.Config{"hidden": 3}})
	if fmt.Sprint(z.Shape) != "[2 6]" {
		t.Fatalf("shape %v", z.Shape)
	}
	for c := range 3 {
		if z.At(0, c) == z.At(0, 3+c) || z.At(0, c) == z.At(1, 3+c) {
			t.Errorf("column %d: the directions are alike: %v", c, z.F64)
		}
	}
	// What comes later reaches the first row only backwards.
	mats := textbookMatrices()
	mats[1].Set(-12, 1, 2)
	y, _ := textbook(t, "bilstm", mats, fusion.TextbookOptions{Seed: 1, Config: fusion.Config{"hidden": 3}})
	for c := range 6 {
		if same := y.At(0, c) == z.At(0, c); same != (c < 3) {
			t.Errorf("first row, column %d: unchanged is %t", c, same)
		}
	}
}

func TestTextbookEveryMethod(t *testing.T) {
	for _, m := range fusion.Methods {
		z, _, err := fusion.Textbook(m.Name, textbookMatrices(), fusion.TextbookOptions{Seed: 3})
		if m.Final {
			if err == nil {
				t.Errorf("%s: no error", m.Name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		again, _ := textbook(t, m.Name, textbookMatrices(), fusion.TextbookOptions{Seed: 3})
		if z.Dim(0) != 2 || fmt.Sprint(z.F64) != fmt.Sprint(again.F64) {
			t.Errorf("%s: %v, then %v", m.Name, z.F64, again.F64)
		}
	}
}

func TestTextbookAbsentRow(t *testing.T) {
	mats := textbookMatrices()
	for c := range 3 {
		mats[1].Set(math.NaN(), 0, c)
	}
	z, w := textbook(t, "mean", mats, fusion.TextbookOptions{})
	near(t, z, []float64{1, 2, 3, 7, 8, 9}, 2, 3)
	near(t, w, []float64{1, 0, 0.5, 0.5}, 2, 2)
}

func TestTextbookMistakes(t *testing.T) {
	f := func(method string, mats []*tensor.Tensor, cfg fusion.Config, want string) {
		t.Helper()
		_, _, err := fusion.Textbook(method, mats, fusion.TextbookOptions{Config: cfg})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", method, err, want)
		}
	}
	m := textbookMatrices()
	f("median", m, fusion.Config{}, "there are mean, weighted")
	f("mean", nil, fusion.Config{}, "no matrix")
	f("mean", []*tensor.Tensor{m[0], tensor.New(tensor.F64, 3, 3)}, fusion.Config{}, "3 rows")
	f("mean", []*tensor.Tensor{tensor.New(tensor.F64, 3)}, fusion.Config{}, "axes")
	f("mean", []*tensor.Tensor{tensor.New(tensor.F64, 2, 0)}, fusion.Config{}, "empty")
	f("mean", []*tensor.Tensor{tensor.FromF64([]float64{1, math.NaN()}, 1, 2)}, fusion.Config{}, "NaN")
	f("mean", []*tensor.Tensor{tensor.FromF64([]float64{1, math.Inf(1)}, 1, 2)}, fusion.Config{}, "infinite")
	f("weighted", m, fusion.Config{"weights": []float64{1}}, "1 weights for 2 views")
	f("weighted", m, fusion.Config{"weights": []float64{1, math.NaN()}}, "not a number")
	f("concat", m, fusion.Config{"rank": 2}, `no option "rank"`)
	f("attention", m, fusion.Config{"dim": -1}, "at least 1")
	f("bilstm", m, fusion.Config{"over": "columns"}, "over is")
	f("bilstm", m, fusion.Config{"over": "views", "skip": true}, "skip goes with over rows")
	f("bilstm", m, fusion.Config{"dim": 5}, "dim goes with over views")
	f("transformer", m, fusion.Config{"dropout": 1.0}, "dropout")
	f("transformer", m, fusion.Config{"dim": 3, "heads": 2}, "multiple")
}

// TestTextbookNothing: a row that no matrix has is not fused to zero, whatever the method, and the
// other rows are numbers.
func TestTextbookNothing(t *testing.T) {
	for _, name := range fusion.Methods.Names() {
		if m, _ := fusion.Methods.Lookup(name); m.Final {
			continue
		}
		mats := textbookMatrices()
		for c := range 3 {
			mats[0].Set(math.NaN(), 1, c)
			mats[1].Set(math.NaN(), 1, c)
		}
		z, _ := textbook(t, name, mats, fusion.TextbookOptions{Seed: 1})
		for c := range z.Dim(1) {
			if math.IsNaN(z.At(0, c)) || !math.IsNaN(z.At(1, c)) {
				t.Errorf("%s: %v", name, z.F64)
				break
			}
		}
	}
}
