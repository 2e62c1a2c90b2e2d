package feature

import (
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// plain applies nothing: what comes in goes out, of a fixed width.
type plain int

func (p plain) Dim() int { return int(p) }

func (p plain) Apply(dst *Raw, r Raw) {
	dst.Values, dst.Index = append(dst.Values[:0], r.Values...), append(dst.Index[:0], r.Index...)
	dst.Dim, dst.Steps = int(p), r.Steps
}

func filled(t testing.TB, rows ...Raw) *Store {
	t.Helper()
	s := NewStore(len(rows))
	for i, r := range rows {
		if err := s.Put(i, r); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestVectorMatrixKeepsAPlaceForTheAbsent(t *testing.T) {
	m, err := Apply(filled(t, vec(1, 2), Raw{}, vec(3, 4), Raw{}), Vector, plain(2))
	if err != nil {
		t.Fatal(err)
	}
	if m.Len() != 4 || m.Dim != 2 || !slices.Equal(m.Present, []bool{true, false, true, false}) || !slices.Equal(m.Start, []int{0, 1, 2, 3, 4}) {
		t.Errorf("%+v", m)
	}
	if !slices.Equal(m.Values, []float32{1, 2, 0, 0, 3, 4, 0, 0}) || !slices.Equal(m.Dense(2), []float32{3, 4}) || m.Steps(1) != 1 {
		t.Errorf("values %v", m.Values)
	}
}

func TestSequenceMatrix(t *testing.T) {
	m, err := Apply(filled(t, Raw{}, Raw{Dim: 2, Steps: 2, Values: []float32{1, 2, 3, 4}}, Raw{}, Raw{Dim: 2, Steps: 1, Values: []float32{5, 6}}), Sequence, plain(2))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Present, []bool{false, true, false, true}) || !slices.Equal(m.Start, []int{0, 0, 2, 2, 3}) {
		t.Errorf("%+v", m)
	}
	if m.Steps(0) != 0 || m.Steps(1) != 2 || len(m.Dense(0)) != 0 || !slices.Equal(m.Dense(1), []float32{1, 2, 3, 4}) || !slices.Equal(m.Dense(3), []float32{5, 6}) {
		t.Errorf("values %v", m.Values)
	}
}

func TestSparseMatrix(t *testing.T) {
	m, err := Apply(filled(t, Raw{Index: []uint32{3, 9}, Values: []float32{0.5, 2}}, Raw{}, Raw{Index: []uint32{7}, Values: []float32{1}}), Sparse, plain(10))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Ids(0), []int32{3, 9}) || !slices.Equal(m.Weights(0), []float32{0.5, 2}) || len(m.Ids(1)) != 0 || m.Present[1] ||
		!slices.Equal(m.Ids(2), []int32{7}) || !slices.Equal(m.Weights(2), []float32{1}) {
		t.Errorf("%+v", m)
	}
}

func TestTokenMatrix(t *testing.T) {
	m, err := Apply(filled(t, Raw{Index: []uint32{3, 9, 3}}, Raw{}, Raw{Index: []uint32{1}}), Tokens, plain(10))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Index, []int32{3, 9, 3, 1}) || !slices.Equal(m.Start, []int{0, 3, 3, 4}) || len(m.Values) != 0 {
		t.Errorf("%+v", m)
	}
}

// A row that the state cannot take (of another width) is absent.
func TestRowsThatTheStateRefuses(t *testing.T) {
	st := fitDense(t, NoScaling, vec(1, 2))
	s := filled(t, vec(1, 2), vec(1, 2, 3), vec(5, 6))
	m, err := Apply(s, Vector, st)
	if err != nil {
		t.Fatal(err)
	}
	if m.Present[1] || !slices.Equal(m.Values, []float32{1, 2, 0, 0, 5, 6}) {
		t.Errorf("%+v", m)
	}
	if _, err := Apply(filled(t, vec(1, 2, 3)), Vector, plain(2)); err == nil || !strings.Contains(err.Error(), "row 0 has 3 values, the view 2") {
		t.Errorf("error %v", err)
	}
	if _, err := Apply(filled(t, Raw{Dim: 2, Steps: 2, Values: []float32{1, 2, 3}}), Sequence, plain(2)); err == nil {
		t.Error("a torn sequence was taken")
	}
}

func TestNoRows(t *testing.T) {
	for _, shape := range []Shape{Vector, Sequence, Sparse, Tokens} {
		m, err := Apply(NewStore(0), shape, plain(3))
		if err != nil || m.Len() != 0 || len(m.Start) != 1 {
			t.Errorf("%s: %+v, %v", shape, m, err)
		}
		if m, err = Apply(NewStore(2), shape, plain(3)); err != nil || m.Present[0] || m.Present[1] {
			t.Errorf("%s: %+v, %v", shape, m, err)
		}
	}
}

// Rows are applied in blocks at once; what comes out is in order, whatever the number of cores.
func TestManyRowsOnAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const n = 1500
	rows := make([]Raw, n)
	for i := range rows {
		if i%3 > 0 {
			rows[i] = Raw{Dim: 2, Steps: i % 5, Values: make([]float32, 2*(i%5))}
			for k := range rows[i].Values {
				rows[i].Values[k] = float32(i)
			}
		}
	}
	s := filled(t, rows...)
	for _, cores := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(cores)
		m, err := Apply(s, Sequence, plain(2))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if !slices.Equal(m.Dense(i), r.Values) || m.Present[i] == r.Absent() {
				t.Fatalf("row %d: %v, want %v", i, m.Dense(i), r.Values)
			}
		}
	}
}

func TestFitTakesTheTrainingRowsAlone(t *testing.T) {
	s := filled(t, vec(1), vec(1000), Raw{}, vec(3))
	v := &letterView{}
	st, err := Fit(s, v, PerFeature, []int{0, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Apply(s, Vector, st)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Values, []float32{-1, ClipAt, 0, 1}) {
		t.Errorf("values %v", m.Values)
	}
	data, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := v.LoadState(data); err != nil || again.Dim() != 1 {
		t.Errorf("%v, %v", again, err)
	}
	if _, err := Fit(s, v, PerFeature, []int{2}); !errors.Is(err, ErrNoRows) {
		t.Errorf("error %v", err)
	}
}
