package eval

import (
	"math"
	"slices"
)

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
func rocAUC(p *Predictions, w []uint8) float64 {
	if w == nil && p.Classes() > 2 {
		return perClass(p, p.oneVsRest().rocAUC)
	}
	return perClass(p, func(class int) float64 {
		pos, neg, wins := 0.0, 0.0, 0.0
		tp, tn := 0.0, 0.0 // of rows of one score
		for _, r := range p.ranking(class) {
			if r.first() {
				wins += tp * (neg + tn/2)
				pos, neg, tp, tn = pos+tp, neg+tn, 0, 0
			}
			if r.own() {
				tp += weight(w, r.row())
			} else {
				tn += weight(w, r.row())
			}
		}
		wins += tp * (neg + tn/2)
		return wins / ((pos + tp) * (neg + tn))
	})
}

// averagePrecision is Σ (Rₙ − Rₙ₋₁)·Pₙ over the thresholds, as scikit-learn
// defines it; one-vs-rest macro mean.
func averagePrecision(p *Predictions, w []uint8) float64 {
	if w == nil && p.Classes() > 2 {
		return perClass(p, p.oneVsRest().averagePrecision)
	}
	return perClass(p, func(class int) float64 {
		hits, all, sum, tp := 0.0, 0.0, 0.0, 0.0
		for _, r := range slices.Backward(p.ranking(class)) {
			wi := weight(w, r.row())
			all += wi
			if r.own() {
				tp += wi
			}
			if !r.first() {
				continue
			}
			hits += tp
			if tp > 0 {
				sum += tp * hits / all
			}
			tp = 0
		}
		return sum / hits
	})
}

// ranked is a row in the order of a class's probability, in four bytes, since resampling passes
// over all rows a thousand times: its number, whether it is of the class, and whether its score is
// another than that of the row before.
type ranked uint32

// mostRanked is how many rows a ranked can number.
const mostRanked = 1 << 30

func (r ranked) row() int    { return int(r >> 2) }
func (r ranked) own() bool   { return r&2 != 0 }
func (r ranked) first() bool { return r&1 != 0 }

// ranking returns the rows in ascending order of the class's probability, NaN first, computed once.
func (p *Predictions) ranking(class int) []ranked {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r, ok := p.rankings[class]; ok {
		return r
	}
	if p.Len() > mostRanked {
		panic("eval: more rows than can be ranked")
	}
	scores := make([]float64, p.Len())
	for i, row := range p.Probs {
		scores[i] = row[class]
	}
	rows := ascending(scores)
	for k, i := range slices.Clone(rows) {
		r := i << 2
		if p.Labels[i] == class {
			r |= 2
		}
		if k == 0 || !equal(scores[i], scores[rows[k-1].row()]) {
			r |= 1
		}
		rows[k] = r
	}
	if p.rankings == nil {
		p.rankings = map[int][]ranked{}
	}
	p.rankings[class] = rows
	return rows
}
