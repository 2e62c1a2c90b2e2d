package eval

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Many scores have the order that comparing them gives, whatever they are: ties stay in their own.
func TestAscending(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	odd := []float64{math.NaN(), math.Inf(-1), math.Inf(1), 0, math.Copysign(0, -1), 1, -1, 5e-324, -5e-324, math.MaxFloat64, -math.MaxFloat64}
	for name, draw := range map[string]func() float64{
		"probabilities": rng.Float64,
		"few":           func() float64 { return float64(rng.IntN(7)) / 7 },
		"one":           func() float64 { return 0.5 },
		"bits":          func() float64 { return math.Float64frombits(rng.Uint64()) },
		"odd":           func() float64 { return odd[rng.IntN(len(odd))] },
	} {
		for _, n := range []int{0, 1, manyKeys - 1, manyKeys, 3*manyKeys + 1} {
			scores := make([]float64, n)
			want := make([]ranked, n)
			for i := range scores {
				scores[i], want[i] = draw(), ranked(i)
			}
			slices.SortStableFunc(want, func(a, b ranked) int { return cmp.Compare(scores[a], scores[b]) })
			if got := ascending(scores); !slices.Equal(got, want) {
				t.Errorf("%d scores (%s) are in another order", n, name)
			}
		}
	}
}
