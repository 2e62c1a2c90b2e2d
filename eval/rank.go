package eval

import "math"

// perClass averages f over the classes one against the rest; with two
// classes it is f of class 1. Classes for which f is undefined are left out.
func perClass(p *Predictions, f func(class int) float64) float64 {
	if p.Classes() == 2 {
		return f(1)
	}
	sum, n := 0.0, 0.0
	for c := range p.Classes() {
		if v := f(c); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / n
}

// rocAUC is the probability that a row of the class scores higher than
// another row, ties counting one half; one-vs-rest macro mean.
func rocAUC(p *Predictions, w []float64) float64 {
	if w == nil && p.Classes() > 2 {
		return perClass(p, p.oneVsRest().rocAUC)
	}
	return perClass(p, func(class int) float64 {
		order := p.order(class)
		pos, neg, wins := 0.0, 0.0, 0.0
		for at := 0; at < len(order); {
			tp, tn, end := 0.0, 0.0, at
			for v := p.Probs[order[at]][class]; end < len(order) && equal(p.Probs[order[end]][class], v); end++ {
				if i := order[end]; p.Labels[i] == class {
					tp += weight(w, i)
				} else {
					tn += weight(w, i)
				}
			}
			wins += tp * (neg + tn/2)
			pos += tp
			neg += tn
			at = end
		}
		return wins / (pos * neg)
	})
}

// averagePrecision is Σ (Rₙ − Rₙ₋₁)·Pₙ over the thresholds, as scikit-learn
// defines it; one-vs-rest macro mean.
func averagePrecision(p *Predictions, w []float64) float64 {
	if w == nil && p.Classes() > 2 {
		return perClass(p, p.oneVsRest().averagePrecision)
	}
	return perClass(p, func(class int) float64 {
		order := p.order(class)
		hits, all, sum := 0.0, 0.0, 0.0
		for at := len(order) - 1; at >= 0; {
			tp, end := 0.0, at
			for v := p.Probs[order[at]][class]; end >= 0 && equal(p.Probs[order[end]][class], v); end-- {
				wi := weight(w, order[end])
				all += wi
				if p.Labels[order[end]] == class {
					tp += wi
				}
			}
			hits += tp
			if tp > 0 {
				sum += tp * hits / all
			}
			at = end
		}
		return sum / hits
	})
}
