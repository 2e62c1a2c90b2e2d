package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
)

// Seeds on the same folds repeat trainings, not samples: they leave the test
// with as many parts as there are folds.
func TestSeedsAreNoSamples(t *testing.T) {
	folds := []float64{.04, .01, -.02, .03, .05}
	var runs []float64
	var tests []int
	for f, v := range folds {
		for s := range 10 {
			runs = append(runs, v+float64(s%2*2-1)/1000)
			tests = append(tests, f)
		}
	}
	one := NewCorrectedT(folds, Resampling{TrainRows: 80, TestRows: 20})
	many := NewCorrectedT(runs, Resampling{TrainRows: 80, TestRows: 20, Tests: tests})
	if math.Abs(one.P()-many.P()) > 1e-9 {
		t.Errorf("p = %v with a seed, %v with ten", one.P(), many.P())
	}
	acc := Metrics(dataset.Classification)[0]
	a := SummarizeRuns(acc, folds[:2], Resampling{TrainRows: 80, TestRows: 20})
	b := SummarizeRuns(acc, runs[:20], Resampling{TrainRows: 80, TestRows: 20, Tests: tests[:20]})
	if math.Abs(a.High-b.High) > 1e-9 || len(b.Runs) != 20 {
		t.Errorf("interval to %v with a seed, to %v with ten of %d runs", a.High, b.High, len(b.Runs))
	}
}

// With no difference but the folds' the test rejects in about as many trials as it states,
// however many seeds there are.
func TestCorrectedTOfSeedsHoldsItsLevel(t *testing.T) {
	for _, seeds := range []int{1, 3, 10} {
		rng := rand.New(rand.NewPCG(1, uint64(seeds)))
		rejected := 0
		const trials = 4000
		for range trials {
			shared := rng.NormFloat64() * math.Sqrt(0.2) // folds share most training rows: correlation 0.2
			var d []float64
			var tests []int
			for f := range 5 {
				fold := shared + rng.NormFloat64()*math.Sqrt(0.8)
				for range seeds {
					d, tests = append(d, fold+0.2*rng.NormFloat64()), append(tests, f)
				}
			}
			r := NewCorrectedT(d, Resampling{TrainRows: 80, TestRows: 20, Tests: tests})
			if low, high := r.Interval(0.05); low > 0 || high < 0 {
				rejected++
			}
		}
		if share := float64(rejected) / trials; share > 0.065 {
			t.Errorf("%d seeds: no difference is called one in %.3f of the trials, nominal 0.05", seeds, share)
		}
	}
}

// Two systems that agree on every row are not known to agree on all others.
func TestNoDifferenceHasAnInterval(t *testing.T) {
	b := NewPairedBootstrap(make([]float64, 40), nil)
	b.share = true
	low, high := b.Interval(0.05)
	if want := 1 - math.Pow(0.025, 1./40); high != want || low != -want || b.P() != 1 {
		t.Errorf("[%v, %v], p = %v; want ±%v and 1", low, high, b.P(), want)
	}
}
