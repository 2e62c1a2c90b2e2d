package feature

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// A view that does not fit has the rows of one that does, to the bit, whatever its shape.
func TestOnDemand(t *testing.T) {
	before := mostResident
	defer func() { mostResident = before }()
	mostResident = 1 << 10
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range []Shape{Vector, Sequence, Sparse, Tokens} {
		const n, dim = 1000, 5
		s := NewStore(n)
		for i := range n {
			steps := 1
			if shape != Vector {
				steps = 1 + rng.IntN(4)
			}
			r := Raw{Dim: dim, Steps: steps}
			if shape == Vector || shape == Sequence {
				if i%17 == 3 {
					r.Dim-- // the state cannot take it
				}
				for range steps * r.Dim {
					r.Values = append(r.Values, rng.Float32())
				}
			} else {
				for k := range steps {
					if r.Index = append(r.Index, uint32(k)); shape == Sparse {
						r.Values = append(r.Values, rng.Float32())
					}
				}
			}
			if i%11 == 5 {
				continue
			}
			if err := s.Put(i, r); err != nil {
				t.Fatal(err)
			}
		}
		var st State = &same{dim}
		if shape == Vector || shape == Sequence {
			st = &denseState{Scaling: PerView, Width: dim, Mean: Floats{0.5}, Scale: Floats{3}}
		}
		want, err := Apply(s, shape, st)
		if err != nil {
			t.Fatal(err)
		}
		got, err := OnDemand(s, shape, st)
		if err != nil {
			t.Fatal(err)
		}
		// Vectors that are read once are not held, however few they are.
		mostResident = before
		passing, err := Passing(s, shape, st)
		mostResident = 1 << 10
		if err != nil {
			t.Fatal(err)
		}
		if held := len(passing.Values)+len(passing.Index) > 0; held != (shape != Vector) {
			t.Fatalf("%s: rows in passing are held: %t", shape, held)
		}
		for i := range n {
			var a, b Row
			if err := passing.Read(i, &a); err != nil {
				t.Fatal(err)
			}
			if err := want.Read(i, &b); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.Values, b.Values) || !slices.Equal(a.Index, b.Index) || passing.Present[i] != want.Present[i] {
				t.Fatalf("%s: row %d in passing is %v %v, want %v %v", shape, i, a.Values, a.Index, b.Values, b.Index)
			}
		}
		if got.store == nil || len(got.Values) > 0 || len(got.Index) > 0 {
			t.Fatalf("%s: all rows are held", shape)
		}
		if !reflect.DeepEqual(got.Present, want.Present) || !reflect.DeepEqual(got.Start, want.Start) {
			t.Fatalf("%s: other rows are there", shape)
		}
		for _, m := range []*Matrix{got, want} {
			part := m.Part(100, 110)
			var a, b Row
			for i := range part.Len() {
				if err := part.Read(i, &a); err != nil {
					t.Fatal(err)
				}
				if err := want.Read(100+i, &b); err != nil {
					t.Fatal(err)
				}
				if len(a.Values) != len(b.Values) || len(a.Index) != len(b.Index) || len(a.Values) > 0 && a.Values[0] != b.Values[0] {
					t.Fatalf("%s: row %d of a part is %v %v, want %v %v", shape, i, a.Values, a.Index, b.Values, b.Index)
				}
			}
		}
		var a, b Row
		for i := range n {
			if err := got.Read(i, &a); err != nil {
				t.Fatal(err)
			}
			if err := want.Read(i, &b); err != nil {
				t.Fatal(err)
			}
			if len(a.Values)+len(b.Values) > 0 && !reflect.DeepEqual(a.Values, b.Values) || len(a.Index)+len(b.Index) > 0 && !reflect.DeepEqual(a.Index, b.Index) {
				t.Fatalf("%s: row %d is %v %v, want %v %v", shape, i, a.Values, a.Index, b.Values, b.Index)
			}
		}
	}
}

// same passes rows through.
type same struct{ dim int }

func (s *same) Dim() int { return s.dim }

func (s *same) Apply(dst *Raw, r Raw) {
	dst.Values, dst.Index = append(dst.Values[:0], r.Values...), append(dst.Index[:0], r.Index...)
	dst.Dim, dst.Steps = r.Dim, r.Steps
}
