package model

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/tensor"
)

// joined is an ensemble of networks of all views, of the first two, and of the second alone.
func joined(t *testing.T, s *Set) *Model {
	t.Helper()
	whole := testSpec(s, "attention")
	pair, one := testSpec(s, "late"), testSpec(s, "concat")
	pair.Views, one.Views = slices.Clone(pair.Views[:2]), slices.Clone(one.Views[1:2])
	pair.Seed, one.Seed = 4, 5
	m, err := Join([]*Model{build(t, pair), build(t, one), build(t, whole)}, []float64{1, 2, 3}, []string{"a.x", "b.x", "c.x", "d.x"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func scores(t *testing.T, m *Model, s *Set, hide []bool) *Scores {
	t.Helper()
	out, err := NewPredictor(m, 1).PredictMasked(context.Background(), s, all(s.Len()), hide)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An ensemble predicts the mean of what its members predict, by the weights of those that have a
// view in the row.
func TestEnsembleIsTheMean(t *testing.T) {
	s := testSet(20)
	m := joined(t, s)
	views := [][]int{{0, 1}, {1}, {0, 1, 2, 3}}
	for _, hide := range [][]bool{nil, {false, true, false, false}, {true, true, false, false}, {true, true, true, true}} {
		got := scores(t, m, s, hide)
		var members []*Scores
		for k, net := range m.Members() {
			var h []bool
			for _, v := range views[k] {
				h = append(h, hide != nil && hide[v])
			}
			members = append(members, scores(t, net, s.Pick(views[k]), h))
		}
		want := m.Mean(members)
		for i := range got.P {
			if math.Abs(got.P[i]-want.P[i]) > 1e-6 || math.Abs(got.Logits[i]-want.Logits[i]) > 1e-4 {
				t.Fatalf("hidden %v: %g, want %g", hide, got.P[i], want.P[i])
			}
		}
		if !slices.Equal(got.Absent, want.Absent) {
			t.Errorf("hidden %v: absent %v, want %v", hide, got.Absent, want.Absent)
		}
		for i := range got.Absent {
			if prior := []float32{-1, -1.2, -1.1}; got.Absent[i] && float32(got.Logits[3*i]) != prior[0] {
				t.Errorf("row %d has no view and the logits %v", i, got.Logits[3*i:3*i+3])
			}
		}
	}
}

// What is under an absent view changes nothing.
func TestEnsembleMask(t *testing.T) {
	s := testSet(20)
	m := joined(t, s)
	hide := []bool{true, false, false, false}
	before := scores(t, m, s, hide)
	for i := range s.Views[0].Values {
		s.Views[0].Values[i] = float32(math.NaN())
	}
	if after := scores(t, m, s, hide); !slices.Equal(before.P, after.P) {
		t.Error("the content of a hidden view changes predictions")
	}
}

// Spec and values make the same network again, with the same bits.
func TestEnsembleRestores(t *testing.T) {
	s := testSet(20)
	m := joined(t, s)
	values := map[string]*tensor.Tensor{}
	for _, p := range m.Params() {
		values[p.Name] = p.Value
	}
	again, err := Restore(m.Spec, fusion.Methods, values)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(scores(t, m, s, nil).P, scores(t, again, s, nil).P) {
		t.Error("a restored ensemble predicts otherwise")
	}
}

func TestEnsembleSpecIsChecked(t *testing.T) {
	s := testSet(8)
	for name, spoil := range map[string]func(*Spec){
		"no members":       func(s *Spec) { s.Members = nil },
		"negative weight":  func(s *Spec) { s.Members[0].Weight = -1 },
		"no weight":        func(s *Spec) { s.Members[0].Weight = math.NaN() },
		"other outputs":    func(s *Spec) { s.Members[0].Spec.Outputs, s.Members[0].Spec.Prior = 2, []float32{0, 0} },
		"nested":           func(s *Spec) { s.Members[0].Spec = *s },
		"unknown view":     func(s *Spec) { s.Views = s.Views[1:] },
		"view of no use":   func(s *Spec) { s.Members = s.Members[:2] },
		"other width":      func(s *Spec) { s.Views[1].Dim++ },
		"members of mean":  func(s *Spec) { s.Method = "mean" },
		"member of no use": func(s *Spec) { s.Members[1].Spec.Method = "" },
	} {
		spec := joined(t, s).Spec
		spec.Members, spec.Views = slices.Clone(spec.Members), slices.Clone(spec.Views)
		spoil(&spec)
		if _, err := Build(spec, fusion.Methods); err == nil {
			t.Errorf("%s: built", name)
		}
	}
}
