package feature

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func fitDense(t testing.TB, s Scaling, rows ...Raw) State {
	t.Helper()
	f := NewDense(s)
	for _, r := range rows {
		f.Add(r)
	}
	st, err := f.State()
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func vec(v ...float32) Raw { return Raw{Values: v, Dim: len(v)} }

func applied(s State, r Raw) []float32 {
	var dst Raw
	s.Apply(&dst, r)
	return dst.Values
}

func wantNear(t *testing.T, got []float32, want ...float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-5 {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestDenseScalings(t *testing.T) {
	rows := []Raw{vec(1, 10, 5), vec(3, 30, 5), {}}
	wantNear(t, applied(fitDense(t, PerFeature, rows...), vec(3, 10, 7)), 1, -1, 0)
	wantNear(t, applied(fitDense(t, NoScaling, rows...), vec(3, 10, 7)), 3, 10, 7)
	all := []float64{1, 10, 5, 3, 30, 5}
	mean, dev := 9.0, 0.0
	for _, v := range all {
		dev += (v - mean) * (v - mean) / 6
	}
	wantNear(t, applied(fitDense(t, PerView, rows...), vec(9, 9+float32(math.Sqrt(dev)), 9)), 0, 1, 0)
}

func TestDenseSequenceIsScaledPerStepFeature(t *testing.T) {
	seq := Raw{Values: []float32{1, 10, 3, 30}, Dim: 2, Steps: 2}
	s := fitDense(t, PerFeature, seq)
	var dst Raw
	s.Apply(&dst, seq)
	wantNear(t, dst.Values, -1, -1, 1, 1)
	if dst.Dim != 2 || dst.Steps != 2 {
		t.Fatalf("dim %d, steps %d", dst.Dim, dst.Steps)
	}
}

func TestDenseOddValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	s := fitDense(t, PerFeature, vec(1, nan, 0, 3e38), vec(3, nan, inf, -3e38), vec(nan, nan, 0, 0))
	wantNear(t, applied(s, vec(nan, 1, 5, inf)), 0, 0, 0, 0)
	wantNear(t, applied(s, vec(1e9, 0, 0, 0)), ClipAt, 0, 0, 0)
	wantNear(t, applied(s, vec(-1e9, 0, 0, 0)), -ClipAt, 0, 0, 0)
	if got := applied(s, vec(1, 2)); len(got) != 0 {
		t.Fatalf("a row of another width gave %v", got)
	}
	if got := applied(s, Raw{}); len(got) != 0 {
		t.Fatalf("an absent row gave %v", got)
	}
	wantNear(t, applied(fitDense(t, NoScaling, vec(1, 1)), vec(nan, inf)), 0, 0)
	wantNear(t, applied(fitDense(t, NoScaling, vec(1, 1)), vec(-3.4e38, 1e20)), -1e9, 1e9)
}

func TestDenseConstantInFloat32(t *testing.T) {
	rows := make([]Raw, 1001)
	for i := range rows {
		rows[i] = vec(0.1, 16777217)
	}
	wantNear(t, applied(fitDense(t, PerFeature, rows...), vec(0.1, 16777217)), 0, 0)
}

func TestDenseErrors(t *testing.T) {
	if _, err := NewDense(PerFeature).State(); !errors.Is(err, ErrNoRows) {
		t.Errorf("no rows: %v", err)
	}
	bad := func(rows ...Raw) {
		t.Helper()
		f := NewDense(PerFeature)
		for _, r := range rows {
			f.Add(r)
		}
		if _, err := f.State(); err == nil {
			t.Errorf("no error for %v", rows)
		}
	}
	bad(vec(1), vec(1, 2))
	bad(Raw{Values: []float32{1}})
	bad(Raw{Values: []float32{1, 2, 3}, Dim: 2})
	f := NewDense("wrong")
	f.Add(vec(1))
	if _, err := f.State(); err == nil {
		t.Error("no error for an unknown scaling")
	}
	for _, in := range []string{
		``, `{}`, `{"scaling":"feature","width":2,"mean":"","scale":""}`, `{"scaling":"none","width":-1}`,
		`{"scaling":"view","width":1,"mean":"AADAfw==","scale":"AAAAAA=="}`,
	} {
		if _, err := LoadDense(json.RawMessage(in)); err == nil {
			t.Errorf("no error for %s", in)
		}
	}
}

func TestDenseLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(1, 5).Draw(t, "dim")
		scaling := rapid.SampledFrom([]Scaling{PerFeature, PerView, NoScaling}).Draw(t, "scaling")
		row := rapid.Custom(func(t *rapid.T) Raw {
			n := dim * rapid.IntRange(0, 3).Draw(t, "steps")
			return Raw{Values: rapid.SliceOfN(rapid.Float32Range(-1e3, 1e3), n, n).Draw(t, "values"), Dim: dim}
		})
		a, b := rapid.SliceOfN(row, 0, 8).Draw(t, "a"), rapid.SliceOfN(row, 0, 8).Draw(t, "b")
		one, left, right := NewDense(scaling), NewDense(scaling), NewDense(scaling)
		for _, r := range a {
			one.Add(r)
			left.Add(r)
		}
		for _, r := range b {
			one.Add(r)
			right.Add(r)
		}
		left.Merge(right)
		s1, err1 := one.State()
		s2, err2 := left.State()
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("added: %v, merged: %v", err1, err2)
		}
		if err1 != nil {
			return
		}
		data, err := json.Marshal(s1)
		if err != nil {
			t.Fatal(err)
		}
		s3, err := LoadDense(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range append(a, b...) {
			x, y, z := applied(s1, r), applied(s2, r), applied(s3, r)
			for i := range x {
				if d := math.Abs(float64(x[i] - y[i])); d > 1e-4 {
					t.Fatalf("merged differs by %g at %v", d, r)
				}
				if x[i] != z[i] {
					t.Fatalf("loaded differs: %g, %g", x[i], z[i])
				}
			}
		}
	})
}

func FuzzLoadDense(f *testing.F) {
	st, _ := json.Marshal(fitDense(f, PerFeature, vec(1, 2), vec(3, 4)))
	f.Add(st)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := LoadDense(data)
		if err != nil || s.Dim() > 1000 {
			return
		}
		var dst Raw
		s.Apply(&dst, Raw{Values: make([]float32, s.Dim()), Dim: s.Dim()})
		for _, v := range dst.Values {
			if v != v {
				t.Fatal("NaN")
			}
		}
	})
}
