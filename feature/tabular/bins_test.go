package tabular

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/feature"
)

// A bin rises from 0 to 1 within its edges, whatever the number.
func TestBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 2*binRows, 6*binRows).Draw(t, "training")
		slices.Sort(x)
		b := newBins(x)
		if b == nil {
			t.Skip("too few values")
		}
		if err := b.check(); err != nil {
			t.Fatal(err)
		}
		v := rapid.Float64().Draw(t, "value")
		out := make([]float32, b.dim())
		b.encode(out, v)
		for k, e := range out {
			share := float64(e) + float64(b.Means[k])
			want := (v - float64(b.Edges[k])) / (float64(b.Edges[k+1]) - float64(b.Edges[k]))
			if want = max(0, min(1, want)); math.Abs(share-want) > 1e-6 {
				t.Fatalf("bin %d of %g is %g, want %g", k, v, share, want)
			}
		}
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		again := &bins{}
		if err := json.Unmarshal(data, again); err != nil || !reflect.DeepEqual(b, again) {
			t.Fatalf("%s reads as %v, %v", data, again, err)
		}
	})
}

// Over the training rows every bin has the mean 0, so that a missing number is a mean one.
func TestBinsAreCentered(t *testing.T) {
	var x []float64
	for i := range 4000 {
		x = append(x, float64(i*i%977))
	}
	slices.Sort(x)
	b := newBins(x)
	if b.dim() != maxBins {
		t.Fatalf("%d bins, want %d", b.dim(), maxBins)
	}
	sums, row := make([]float64, b.dim()), make([]float32, b.dim())
	for _, v := range x {
		b.encode(row, v)
		for k, e := range row {
			sums[k] += float64(e)
		}
	}
	for k, s := range sums {
		if math.Abs(s/float64(len(x))) > 1e-6 {
			t.Errorf("bin %d has the mean %g", k, s/float64(len(x)))
		}
	}
}

// Codes have an edge each; constants, booleans and small tables have no bins.
func TestWhatHasBins(t *testing.T) {
	f := func(name string, n int, at func(i int) float64, want int) {
		var x []float64
		for i := range n {
			x = append(x, at(i))
		}
		slices.Sort(x)
		if got := newBins(x).dim(); got != want {
			t.Errorf("%s: %d bins, want %d", name, got, want)
		}
	}
	f("codes", 1000, func(i int) float64 { return float64(100 * (i % 5)) }, 4)
	f("a constant", 1000, func(int) float64 { return 3 }, 0)
	f("two values", 1000, func(i int) float64 { return float64(i % 2) }, 0)
	f("few rows", 100, func(i int) float64 { return float64(i) }, 0)
	f("no rows", 0, func(int) float64 { return 0 }, 0)
	f("huge", 1000, func(i int) float64 { return math.MaxFloat64 * float64(i%3-1) }, 2)
}

func TestBinsAreChecked(t *testing.T) {
	for _, b := range []bins{
		{feature.Floats{0, 1}, feature.Floats{0}},
		{feature.Floats{0, 1, 2}, feature.Floats{0}},
		{feature.Floats{0, 1, 1}, feature.Floats{0, 0}},
		{feature.Floats{0, 2, 1}, feature.Floats{0, 0}},
	} {
		if b.check() == nil {
			t.Errorf("%+v is taken", b)
		}
	}
}
