package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Draws by blocks have the distribution of plain ones: each unit's count has mean 1 and variance
// 1 − 1/n, and two units' counts the covariance −1/n.
func TestDraws(t *testing.T) {
	const n, times = 5*drawBlock + 77, 40
	rng := rand.NewPCG(1, 2)
	d := newDraws(n)
	if len(d.blocks) != 6 {
		t.Fatalf("%d blocks", len(d.blocks))
	}
	sum := make([]float64, n)
	squares, across := 0.0, 0.0
	for range times {
		counts := make([]uint8, n)
		d.count(rng, counts)
		total := 0.0
		for i := range counts {
			c := float64(counts[i])
			total += c
			sum[i] += c
			squares += (c - 1) * (c - 1)
			across += (c - 1) * (float64(counts[(i+drawBlock+1)%n]) - 1)
		}
		if total != n {
			t.Fatalf("%v units are drawn, not %d", total, n)
		}
	}
	mean, far := 0.0, 0.0
	for _, s := range sum {
		mean += s / times / n
		far = max(far, math.Abs(s/times-1))
	}
	// The standard error of the variance is about √(2/(n·times)) = 5e-4.
	if v := squares / (n * times); math.Abs(v-1) > 3e-3 {
		t.Errorf("variance %v, not 1", v)
	}
	if c := across / (n * times); math.Abs(c) > 3e-3 {
		t.Errorf("covariance across blocks %v, not 0", c)
	}
	if math.Abs(mean-1) > 1e-12 || far > 6.5/math.Sqrt(times) {
		t.Errorf("mean %v, a unit's mean is %v off", mean, far)
	}
}
