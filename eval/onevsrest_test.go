package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// manyClassed makes predictions of n rows in c classes, with ties, and a class without rows.
func manyClassed(n, c int, seed uint64) *Predictions {
	rng := rand.New(rand.NewPCG(seed, 9))
	p := &Predictions{}
	for range n {
		y := rng.IntN(c - 1)
		row, sum := make([]float64, c), 0.0
		for k := range row {
			row[k] = math.Round(8*rng.Float64()) + 0.5 + float64(k%3)
			if k == y {
				row[k] += 6 * rng.Float64() * rng.Float64()
			}
			sum += row[k]
		}
		for k := range row {
			row[k] = math.Round(row[k]/sum*500) / 500
		}
		p.Probs, p.Labels = append(p.Probs, row), append(p.Labels, y)
	}
	return p
}

// The pass over the rows finds the same values, to the last bit, as sorting them does.
func TestOneVsRestIsSorting(t *testing.T) {
	for seed := range uint64(20) {
		p := manyClassed(30+int(seed)*7, 3+int(seed), seed)
		if seed%4 == 3 {
			p.Probs[2][1], p.Probs[3][0] = math.NaN(), math.NaN()
		}
		ones := make([]uint8, p.Len())
		for i := range ones {
			ones[i] = 1
		}
		for _, m := range []Metric{must(t, "roc_auc"), must(t, "average_precision")} {
			if got, want := m.Of(p), m.weighted(p, ones); got != want {
				t.Errorf("seed %d: %s is %v, by sorting %v", seed, m.Name, got, want)
			}
		}
	}
}

func must(t *testing.T, name string) Metric {
	t.Helper()
	m, ok := MetricByName(name)
	if !ok {
		t.Fatal(name)
	}
	return m
}

// What resampling takes in place of a metric by class has its value at the sample itself, and its
// spread and its place among resamples.
func TestResampledIsNearTheMetric(t *testing.T) {
	const times = 300
	for _, n := range []int{300, 900} {
		p := manyClassed(n, 40, uint64(n))
		for _, name := range []string{"roc_auc", "average_precision"} {
			m := must(t, name)
			near := p.oneVsRest().resampled(p, name == "roc_auc")
			once := &resamples{n: 1, drawn: [lanes][]uint8{slices.Repeat([]uint8{1}, n)}}
			once.walk([]pass{near})
			if got, want := near.end(once)[0], m.Of(p); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s of the sample is %g, not %g", name, got, want)
			}
			exact := bootstrap(n, nil, statistic{times, each(func(w []uint8) float64 { return m.weighted(p, w) })})
			fast := bootstrap(n, nil, statistic{times, near})
			meanE, stdE := meanStd(exact)
			meanF, stdF := meanStd(fast)
			if ratio := stdF / stdE; ratio < 0.85 || ratio > 1.15 {
				t.Errorf("%s of %d rows: deviation %g, of the metric itself %g", name, n, stdF, stdE)
			}
			t.Logf("%s of %d rows: %.4f ± %.4f, the metric itself %.4f ± %.4f", name, n, meanF, stdF, meanE, stdE)
		}
	}
}
