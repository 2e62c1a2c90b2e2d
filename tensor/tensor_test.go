package tensor

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLayout(t *testing.T) {
	x := FromF64([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	f := func(i, j int, want float64) {
		t.Helper()
		if got := x.At(i, j); got != want {
			t.Errorf("At(%d, %d) = %v, want %v", i, j, got, want)
		}
	}
	f(0, 0, 1)
	f(0, 2, 3)
	f(1, 0, 4)
	f(1, 2, 6)
	x.Set(9, 1, 1)
	f(1, 1, 9)
	if x.Dim(-1) != 3 || x.Dim(0) != 2 || x.Rank() != 2 || x.Len() != 6 || x.DType() != F64 {
		t.Errorf("wrong shape: %v %v", x.Shape, x.DType())
	}
	if s := New(F32); s.Len() != 1 || s.At() != 0 {
		t.Errorf("a scalar has %d elements", s.Len())
	}
}

func TestMisusePanics(t *testing.T) {
	f := func(name, want string, misuse func()) {
		t.Helper()
		defer func() {
			t.Helper()
			if p, _ := recover().(string); !strings.Contains(p, want) {
				t.Errorf("%s: panic %q does not say %q", name, p, want)
			}
		}()
		misuse()
	}
	f("size", "[2 2]", func() { FromF32(make([]float32, 3), 2, 2) })
	f("index", "[2 0]", func() { New(F32, 2, 2).At(2, 0) })
	f("axis", "axis 5", func() { New(F32, 2, 2).Dim(5) })
	f("copy", "[3]", func() { New(F32, 2).CopyFrom(New(F32, 3)) })
	f("negative", "negative", func() { New(F32, -1) })
}

func TestConversionsKeepValues(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		vs := rapid.SliceOf(rapid.Float32()).Draw(r, "values")
		x := FromF32(vs, len(vs))
		y := x.As(F64).As(F32)
		c := x.Clone()
		for i, v := range vs {
			if v == v && (y.F32[i] != v || c.F32[i] != v) {
				r.Fatalf("element %d: %v became %v and %v", i, v, y.F32[i], c.F32[i])
			}
		}
		if len(vs) > 0 {
			c.Fill(2)
			c.Zero()
			if c.At(0) != 0 {
				r.Fatal("Zero left a value")
			}
		}
	})
}
