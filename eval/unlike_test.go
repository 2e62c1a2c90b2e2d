package eval

import (
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
)

// answered are n rows of which so large a share is right.
func answered(rng *rand.Rand, n int, share float64) *Predictions {
	p := &Predictions{}
	for range n {
		right := 0
		if rng.Float64() >= share {
			right = 1
		}
		p.Probs, p.Labels = append(p.Probs, []float64{0.9, 0.1}), append(p.Labels, right)
	}
	return p
}

// Of comparisons whose validation rows are like their test rows, few are said to be of unlike ones,
// although the best of twenty entries was chosen on them; of those that differ nearly all are.
func TestUnlike(t *testing.T) {
	m := Metrics(dataset.Classification)[0]
	rng := rand.New(rand.NewPCG(3, 16))
	for _, c := range []struct {
		val, test   int
		share       float64 // of right test rows; of right validation rows it is 0.8
		least, most float64
	}{
		{60, 200, 0.8, 0, 0.05},
		{150, 300, 0.8, 0, 0.05},
		{100, 300, 0.6, 0.9, 1},
	} {
		const times = 50
		fired := 0
		for range times {
			var best *Predictions
			for range 20 {
				if p := answered(rng, c.val, 0.8); best == nil || m.Of(p) > m.Of(best) {
					best = p
				}
			}
			val := SummarizeSplit(m, []*Predictions{best}, nil)
			test := SummarizeSplit(m, []*Predictions{answered(rng, c.test, c.share)}, nil)
			if m.Unlike(val, test) {
				fired++
			}
		}
		if share := float64(fired) / times; share < c.least || share > c.most {
			t.Errorf("%d rows of 0.8 and %d rows of %g are unlike in %.2f of the cases", c.val, c.test, c.share, share)
		}
	}
}

// The standard error of a test is how far its differences spread over samples, whatever Holm makes
// of the interval: a difference that is none is within one in five of six, one of three standard
// errors in one of forty.
func TestStandardError(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 16))
	rows := func(gain float64) Test {
		d := make([]float64, 36)
		for i := range d {
			d[i] = gain + 0.5*rng.NormFloat64()
		}
		return NewPairedBootstrap(d, nil)
	}
	folds := func(gain float64) Test {
		d := make([]float64, 20)
		for i := range d {
			d[i] = gain + 0.5*rng.NormFloat64()
		}
		return NewCorrectedT(d, Resampling{TrainRows: 1e9, TestRows: 1})
	}
	for name, c := range map[string]struct {
		sample func(gain float64) Test
		error  float64
	}{"rows": {rows, 0.5 / 6}, "folds": {folds, 0.5 / 4.47}} {
		for gain, want := range map[float64][2]float64{0: {0.72, 0.94}, 3: {0, 0.09}} {
			const times = 100
			within := 0
			for range times {
				if test := c.sample(gain * c.error); test.Difference() <= test.StandardError() {
					within++
				}
			}
			if share := float64(within) / times; share < want[0] || share > want[1] {
				t.Errorf("%s: a difference of %g standard errors is within one in %.2f of the cases", name, gain, share)
			}
		}
	}
}
