package eval

import "math"

// smallestProb bounds probabilities inside the logarithm, as scikit-learn
// does for float64.
const smallestProb = 0x1p-52

func correct(p *Predictions, i int) float64 {
	return agree(p.decided()[i] == p.Labels[i])
}

func rowLogLoss(p *Predictions, i int) float64 {
	q := p.own(i)
	return -math.Log(math.Min(math.Max(q, smallestProb), 1-smallestProb))
}

// rowBrier follows scikit-learn: (p₁ − y)² for two classes (range 0..1), the
// sum over the classes for more (range 0..2).
func rowBrier(p *Predictions, i int) float64 {
	if p.passed != nil {
		return p.passed.miss[i]
	}
	return brier(p.Probs[i], p.Labels[i])
}

func brier(row []float64, label int) float64 {
	sum := 0.0
	for c, q := range row {
		if c == label {
			q--
		}
		sum += q * q
	}
	if len(row) == 2 {
		sum /= 2
	}
	return sum
}

// Confusion counts rows by true class (first index) and predicted class
// (second), [C][C].
func Confusion(p *Predictions) [][]int {
	m := make([][]int, p.Classes())
	for c := range m {
		m[c] = make([]int, len(m))
	}
	for i, y := range p.Labels {
		m[y][p.decided()[i]]++
	}
	return m
}

// counts returns per class the weight of hits, of true and of predicted rows.
func counts(p *Predictions, w []uint8) (hit, truth, pred []float64) {
	c := p.Classes()
	hit, truth, pred = make([]float64, c), make([]float64, c), make([]float64, c)
	decided := p.decided()
	for i, y := range p.Labels {
		k, wi := decided[i], weight(w, i)
		truth[y] += wi
		pred[k] += wi
		if k == y {
			hit[y] += wi
		}
	}
	return hit, truth, pred
}

// ofCounts makes a metric of predicted classes one of [Predictions].
func ofCounts(f func(hit, truth, pred []float64) float64) func(p *Predictions, w []uint8) float64 {
	return func(p *Predictions, w []uint8) float64 { return f(counts(p, w)) }
}

// balancedAccuracy is the mean recall of the classes that occur.
func balancedAccuracy(hit, truth, _ []float64) float64 {
	sum, n := 0.0, 0.0
	for c := range truth {
		if truth[c] > 0 {
			sum += hit[c] / truth[c]
			n++
		}
	}
	return sum / n
}

// macroF1 is the mean F1 of the classes that occur or are predicted.
func macroF1(hit, truth, pred []float64) float64 {
	sum, n := 0.0, 0.0
	for c := range truth {
		if both := truth[c] + pred[c]; both > 0 {
			sum += 2 * hit[c] / both
			n++
		}
	}
	return sum / n
}

// weightedF1 weights each class's F1 by its number of true rows.
func weightedF1(hit, truth, pred []float64) float64 {
	sum, n := 0.0, 0.0
	for c := range truth {
		if truth[c] > 0 {
			sum += truth[c] * 2 * hit[c] / (truth[c] + pred[c])
			n += truth[c]
		}
	}
	return sum / n
}
