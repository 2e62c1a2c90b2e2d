package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// The quantiles are those of table 5 of Demšar 2006.
func TestCriticalDifference(t *testing.T) {
	for k, q := range map[int]float64{2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 7: 2.949, 10: 3.164} {
		want := q * math.Sqrt(float64(k*(k+1))/6/14)
		if got := criticalDifference(k, 14); math.Abs(got-want) > 1e-3*want {
			t.Errorf("of %d methods on 14 sets the difference is %.4f, not %.4f", k, got, want)
		}
	}
}

func TestRanks(t *testing.T) {
	if got, want := ranksOf([]float64{0.5, 0.9, 0.5, 0.1}), []float64{2.5, 1, 2.5, 4}; !slices.Equal(got, want) {
		t.Errorf("ranks %v, not %v", got, want)
	}
	k := ranking{names: []string{"mean", "late"}, ranks: [][]float64{{2, 1}, {2, 1}, {1, 2}}}
	var b strings.Builder
	k.print(&b)
	if late, mean := strings.Index(b.String(), "late"), strings.Index(b.String(), "mean  "); late < 0 || late > mean {
		t.Errorf("the best is not first:\n%s", b.String())
	}
}
