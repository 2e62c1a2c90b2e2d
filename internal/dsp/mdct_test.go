package dsp

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The middle half of an inverse MDCT is that of the sum that it is, and the rest mirrors it.
func TestInverseMDCT(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{32, 120, 240, 480, 512, 960, 2048} {
		for _, stride := range []int{1, 2} {
			x := make([]float32, n*stride)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			mdct, err := NewInverseMDCT(n)
			if err != nil {
				t.Fatal(err)
			}
			sample := func(i int) float64 { // of 2n
				sum := 0.0
				for k := range n {
					sum += float64(x[k*stride]) * math.Cos(math.Pi/float64(n)*(float64(i)+0.5+float64(n)/2)*(float64(k)+0.5))
				}
				return sum
			}
			got := mdct.Middle(x, stride)
			near := func(i int, v, want float64) {
				if math.Abs(v-want) > 3e-4 {
					t.Fatalf("sample %d of 2·%d is %g, want %g", i, n, v, want)
				}
			}
			for i := range n {
				near(n/2+i, float64(got[i]), sample(n/2+i))
			}
			for i := range n / 2 {
				near(i, -float64(got[n/2-1-i]), sample(i))
				near(n+n/2+i, float64(got[n-1-i]), sample(n+n/2+i))
			}
		}
	}
	if _, err := NewInverseMDCT(2 * 101); err == nil {
		t.Error("a length with a large factor")
	}
}
