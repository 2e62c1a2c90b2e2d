package model

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// testSet has one view of every shape; rows 0 mod 5 lack the vector, row 7 lacks everything.
func testSet(n int) *Set {
	rng := rand.New(rand.NewPCG(1, 2))
	shapes := []feature.Shape{feature.Vector, feature.Sparse, feature.Sequence, feature.Tokens}
	s := &Set{Class: make([]int32, n)}
	for i := range s.Class {
		s.Class[i] = int32(i % 3)
	}
	for k, shape := range shapes {
		m := &feature.Matrix{Shape: shape, Dim: 6, Present: make([]bool, n), Start: make([]int, n+1)}
		for i := range n {
			present := i != 7 && !(k == 0 && i%5 == 0)
			m.Present[i] = present
			steps := 1
			if shape != feature.Vector {
				steps = 1 + rng.IntN(4)
			}
			if !present && shape != feature.Vector {
				steps = 0
			}
			m.Start[i+1] = m.Start[i] + steps
			for range steps {
				switch shape {
				case feature.Vector, feature.Sequence:
					for range m.Dim {
						v := float32(rng.NormFloat64()) + float32(s.Class[i])
						if !present {
							v = 0
						}
						m.Values = append(m.Values, v)
					}
				case feature.Sparse:
					m.Values, m.Index = append(m.Values, rng.Float32()), append(m.Index, int32(rng.IntN(m.Dim)))
				default:
					m.Index = append(m.Index, int32(rng.IntN(m.Dim)))
				}
			}
		}
		s.Views = append(s.Views, m)
	}
	return s
}

func testSpec(s *Set, method string) Spec {
	spec := Spec{Method: method, Outputs: 3, Width: 8, Prior: []float32{-1, -1.2, -1.1}, Seed: 3}
	for i, m := range s.Views {
		name := string(rune('a' + i))
		spec.Views = append(spec.Views, View{Name: name + ".x", Column: name, Shape: m.Shape, Dim: m.Dim, Encoder: Encoders(m.Shape)[0]})
	}
	return spec
}

func build(t *testing.T, spec Spec) *Model {
	t.Helper()
	m, err := Build(spec, fusion.Methods)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func all(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func predict(t *testing.T, p *Predictor, s *Set, rows []int, hide []bool) *Scores {
	t.Helper()
	out, err := p.PredictMasked(context.Background(), s, rows, hide)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryMethodPredictsEveryShape(t *testing.T) {
	s := testSet(20)
	for _, method := range fusion.Methods {
		for _, e := range []Encoder{Attention, BiLSTM} {
			t.Run(method.Name+"/"+string(e), func(t *testing.T) {
				spec := testSpec(s, method.Name)
				spec.Views[2].Encoder, spec.Views[3].Encoder = e, e
				out := predict(t, NewPredictor(build(t, spec), 1), s, all(20), nil)
				for i, p := range out.P {
					if math.IsNaN(p) || p < 0 || p > 1 {
						t.Fatalf("P[%d] = %g", i, p)
					}
				}
				if !out.Absent[7] || out.Absent[5] {
					t.Errorf("absent: %v", out.Absent)
				}
				if got := out.Logits[7*3]; math.Abs(got-(-1)) > 1e-6 {
					t.Errorf("a row without anything has logit %g, not the prior", got)
				}
			})
		}
	}
}

// A row's prediction depends on nothing but the row: neither the batch it is in nor the cores.
func TestPredictionIsOfTheRowAlone(t *testing.T) {
	s := testSet(300)
	for _, method := range []string{"attention", "bilstm", "transformer"} {
		m := build(t, testSpec(s, method))
		whole := predict(t, NewPredictor(m, 2), s, all(300), nil)
		for _, i := range []int{0, 7, 131, 299} {
			one := predict(t, NewPredictor(m, 1), s, []int{i}, nil)
			for j, p := range one.Row(0) {
				if math.Abs(p-whole.Row(i)[j]) > 1e-5 {
					t.Errorf("%s, row %d: %v alone, %v in a batch", method, i, one.Row(0), whole.Row(i))
				}
			}
		}
	}
}

func TestHiddenViewIsAnAbsentOne(t *testing.T) {
	s := testSet(20)
	m := build(t, testSpec(s, "concat"))
	got := predict(t, NewPredictor(m, 1), s, []int{3}, []bool{false, true, false, false})
	for k := range s.Views[1].Present {
		s.Views[1].Present[k] = false
	}
	want := predict(t, NewPredictor(m, 1), s, []int{3}, nil)
	for j := range want.P {
		if got.P[j] != want.P[j] {
			t.Errorf("hidden %v, absent %v", got.P, want.P)
		}
	}
}

func TestEveryParameterGetsAGradient(t *testing.T) {
	s := testSet(40)
	for _, method := range fusion.Methods {
		m := build(t, testSpec(s, method.Name))
		tape := grad.NewTape(tensor.F32)
		var b Batch
		if err := b.Fill(s, all(40), nil); err != nil {
			t.Fatal(err)
		}
		loss := tape.CrossEntropy(m.Forward(tape, &b).Logits, b.Class, grad.LossOptions{})
		tape.Backward(loss)
		for _, p := range m.Params() {
			sum := 0.0
			for _, g := range p.Grad.F32 {
				sum += math.Abs(float64(g))
			}
			if sum == 0 && !zeroGradientIsRight(p.Name) {
				t.Errorf("%s: %s has no gradient", method.Name, p.Name)
			}
		}
	}
}

// zeroGradientIsRight: the content of for an absent view, of the views that are
// absent in no row but the one without anything, whose prediction is the prior.
func zeroGradientIsRight(param string) bool {
	return param == "fusion.absent.1" || param == "fusion.absent.2" || param == "fusion.absent.3"
}

func TestSteadyStepDoesNotAllocate(t *testing.T) {
	if raceOn {
		t.Skip("the race detector allocates")
	}
	s := testSet(40)
	for _, method := range []string{"mean", "concat", "attention", "gated"} {
		m := build(t, testSpec(s, method))
		tape := grad.NewTape(tensor.F32)
		var b Batch
		rows := all(32)
		step := func() {
			tape.Reset()
			if err := b.Fill(s, rows, nil); err != nil {
				t.Fatal(err)
			}
			tape.Backward(tape.CrossEntropy(m.Forward(tape, &b).Logits, b.Class, grad.LossOptions{}))
		}
		step()
		step()
		if n := testing.AllocsPerRun(20, step); n != 0 {
			t.Errorf("%s: %g allocations a step", method, n)
		}
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	s := testSet(4)
	for name, change := range map[string]func(*Spec){
		"views": func(s *Spec) { s.Views = nil }, "outputs": func(s *Spec) { s.Outputs = 0 }, "width": func(s *Spec) { s.Width = 0 },
		"dropout": func(s *Spec) { s.Dropout = 1 }, "prior": func(s *Spec) { s.Prior = nil }, "encoder": func(s *Spec) { s.Views[0].Encoder = "x" },
		"fusion": func(s *Spec) { s.Method = "x" }, "dim": func(s *Spec) { s.Views[1].Dim = 0 },
	} {
		spec := testSpec(s, "mean")
		change(&spec)
		if _, err := Build(spec, fusion.Methods); err == nil {
			t.Errorf("a spec with a wrong %s was built", name)
		}
	}
}

// Rows drawn with replacement come several times.
func TestPredictRepeatedRows(t *testing.T) {
	s := testSet(10)
	p := NewPredictor(build(t, testSpec(s, "mean")), 1)
	got, want := predict(t, p, s, []int{3, 4, 3}, nil), predict(t, p, s, []int{3, 4}, nil)
	for i, w := range []int{0, 1, 0} {
		if !slices.Equal(got.Row(i), want.Row(w)) {
			t.Errorf("row %d is %v, want %v", i, got.Row(i), want.Row(w))
		}
	}
}

// impatient is canceled once it was asked so often.
type impatient struct {
	context.Context
	asked, limit int
}

func (c *impatient) Err() error {
	if c.asked++; c.asked > c.limit {
		return context.Canceled
	}
	return nil
}

// A prediction that is canceled ends with the batch that it is in, and the next one is whole.
func TestPredictionCanBeCanceled(t *testing.T) {
	s := testSet(2000)
	p := NewPredictor(build(t, testSpec(s, "mean")), 1)
	batches := len(p.m.Layout(s, all(2000)))
	if batches < 4 {
		t.Fatalf("%d batches", batches)
	}
	ctx := &impatient{Context: context.Background(), limit: 2}
	if out, err := p.Predict(ctx, s, all(2000)); !errors.Is(err, context.Canceled) || out != nil || ctx.asked != 3 {
		t.Errorf("error %v after %d batches of %d", err, ctx.asked-1, batches)
	}
	want := predict(t, NewPredictor(p.m, 1), s, all(2000), nil)
	if got := predict(t, p, s, all(2000), nil); !slices.Equal(got.P, want.P) {
		t.Error("another prediction after one that was cancelled")
	}
}
