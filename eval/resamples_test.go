package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
)

// Each of the resamples that a metric looks at together has the value of the metric with the rows
// counted as often as they are drawn: of any number of rows and classes, with scores that tie and
// classes without a row.
func TestResamplesTogether(t *testing.T) {
	source := rand.NewPCG(3, 4)
	rng := rand.New(source)
	for _, n := range []int{1, 2, 9, chunkRows, chunkRows + 1, 3*chunkRows - 1, bucketRanks, 2*bucketRanks + 5} {
		for _, classes := range []int{2, 3, 9} {
			if classes > 2 && n >= bucketRanks { // a bucket is one of any class
				continue
			}
			for _, ties := range []bool{false, true} {
				p := &Predictions{Labels: make([]int, n)}
				for i := range n {
					row, sum := make([]float64, classes), 0.0
					for c := range row {
						row[c] = rng.Float64() + 0.01
						if ties {
							row[c] = float64(1 + rng.IntN(3))
						}
						sum += row[c]
					}
					for c := range row {
						row[c] /= sum
					}
					p.Probs, p.Labels[i] = append(p.Probs, row), rng.IntN(classes)
				}
				member, units := Units(nil, n)
				for _, k := range []int{1, lanes} {
					r := &resamples{}
					r.draw(k, source, newDraws(units), member)
					for _, m := range Metrics(dataset.Classification) {
						one := m.statistic([]*Predictions{p}, newShared()).pass
						r.walk([]pass{one})
						got := one.end(r)
						for l, w := range r.drawn[:k] {
							want := m.weighted(p, w)
							// Ranks are counted in whole numbers, whatever their order.
							if ranks := m.Name == "roc_auc" || m.Name == "average_precision"; ranks && got[l] == want {
								continue
							} else if ranks && classes == 2 && want == want {
								t.Errorf("%s of %d rows, ties %t: %v, not the very %v", m.Name, n, ties, got[l], want)
							}
							if math.IsNaN(want) != math.IsNaN(got[l]) || math.Abs(got[l]-want) > 1e-12 {
								t.Errorf("%s of %d rows and %d classes, ties %t: %v, not %v", m.Name, n, classes, ties, got[l], want)
							}
						}
					}
				}
			}
		}
	}
}

// Draws are those of the standard library on a machine of 64 bits.
func TestIntN(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		t.Skip("a machine of 32 bits")
	}
	for _, n := range []int{1, 2, 3, 1 << 15, 1<<15 + 1, 1_000_003, math.MaxInt32, math.MaxInt - 1} {
		a, b := rand.NewPCG(1, uint64(n)), rand.New(rand.NewPCG(1, uint64(n)))
		for range 1000 {
			if got, want := intN(a, n), b.IntN(n); got != want {
				t.Fatalf("%d of %d, want %d", got, n, want)
			}
		}
	}
}
