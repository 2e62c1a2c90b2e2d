package eval

import (
	"cmp"
	"math"
	"slices"
)

// Holm adjusts the p-values of a family for their number (Holm, "A Simple
// Sequentially Rejective Multiple Test Procedure", 1979). weights say how much
// of the error each hypothesis may spend; they must be positive and must not
// depend on the data tested; nil means equal ones. In ascending order of p/w
// the k-th is multiplied by (sum of the weights from k on)/w, made monotone
// and kept at or under 1; with equal weights that factor is m − k + 1.
func Holm(p, weights []float64) []float64 {
	out := make([]float64, len(p))
	holm(p, weights, func(i int, adjusted float64) { out[i] = math.Min(1, adjusted) })
	return out
}

// holm calls f with each adjusted p-value, not cut off at 1.
func holm(p, weights []float64, f func(i int, adjusted float64)) {
	w := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a]/w(a), p[b]/w(b)) })
	left := make([]float64, len(p)+1) // left[k] is the weight from the k-th on
	for k := len(order) - 1; k >= 0; k-- {
		left[k] = left[k+1] + w(order[k])
	}
	highest := 0.0
	for k, i := range order {
		highest = math.Max(highest, p[i]*(left[k]/w(i)))
		f(i, highest)
	}
}

// holmLevel returns Holm's adjusted p-value of p[at], and the level of the
// interval that agrees with it: alpha divided by the same factor.
func holmLevel(p, weights []float64, at int) (adjusted, level float64) {
	holm(p, weights, func(i int, v float64) {
		if i == at {
			adjusted = v
		}
	})
	if p[at] > 0 {
		return math.Min(1, adjusted), alpha * (p[at] / adjusted)
	}
	if weights == nil {
		return adjusted, alpha / float64(len(p))
	}
	return adjusted, alpha * weights[at]
}

// firstShare is the part of the error that the fusion chosen by validation
// scores may spend.
const firstShare = 0.9

// validationWeights returns the chosen one of m fusions nine tenths of the error
// and lets the others share the rest. The choice rests on validation scores,
// not on the data tested, as Holm's procedure demands of its weights; so the
// question asked, "does the chosen fusion help?", keeps its power however many
// fusions were tried, and the error over all of them is still controlled.
func validationWeights(m, chosen int) []float64 {
	w := make([]float64, m)
	for i := range w {
		w[i] = (1 - firstShare) / float64(max(m-1, 1))
	}
	w[chosen] = firstShare
	if m == 1 {
		w[0] = 1
	}
	return w
}
