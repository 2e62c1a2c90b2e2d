package eval

import "math"

// Sentiment scores (CMU-MOSI and -MOSEI, −3..3) are counted as classes in
// several circulating conventions, which give different numbers on the same
// predictions; each has its own name in the registry.

// IsSentiment reports whether targets look like sentiment scores, so that these
// metrics mean something: every one lies within ±3, there are both negative
// and positive ones, and one of them at least lies beyond ±1 (shares,
// probabilities and correlations don't).
func IsSentiment(targets []float64) bool {
	low, high := 0.0, 0.0
	for _, y := range targets {
		if !(math.Abs(y) <= 3) {
			return false
		}
		low, high = math.Min(low, y), math.Max(high, y)
	}
	return low < 0 && high > 0 && math.Max(-low, high) > 1
}

func agree(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// acc2NonNegative: every row; negative against not negative (y ≥ 0).
func acc2NonNegative(p *Predictions, i int) float64 {
	return agree((p.Values[i] >= 0) == (p.Targets[i] >= 0))
}

// acc2Positive: every row; positive (y > 0) against the rest.
func acc2Positive(p *Predictions, i int) float64 {
	return agree((p.Values[i] > 0) == (p.Targets[i] > 0))
}

// acc2NonZero: rows whose true score is 0 are dropped; positive against
// negative.
func acc2NonZero(p *Predictions, w []uint8) float64 {
	sum, n := 0.0, 0.0
	for i, y := range p.Targets {
		if y != 0 {
			sum += weight(w, i) * acc2Positive(p, i)
			n += weight(w, i)
		}
	}
	return sum / n
}

// accRounded compares scores clipped to ±limit and rounded half to even.
func accRounded(limit float64) func(p *Predictions, i int) float64 {
	round := func(v float64) float64 {
		return math.RoundToEven(math.Min(math.Max(v, -limit), limit))
	}
	return func(p *Predictions, i int) float64 { return agree(round(p.Values[i]) == round(p.Targets[i])) }
}
