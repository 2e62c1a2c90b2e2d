package eval

import (
	"math"
	"slices"
)

// Temperature returns the T that minimizes the negative log likelihood of
// softmax(logits/T) on validation rows (Guo et al. 2017). logits are [N][C];
// log probabilities serve as well. A weak log-normal prior around T = 1 (one
// row's worth) keeps T finite where validation data is without an error; the
// result lies in [0.05, 20] and is 1 without rows.
func Temperature(logits [][]float64, labels []int) float64 {
	if len(labels) == 0 {
		return 1
	}
	loss := func(logT float64) float64 {
		inv := math.Exp(-logT)
		sum := logT * logT / 2
		for i, row := range logits {
			top := row[Argmax(row)]
			z := 0.0
			for _, v := range row {
				z += math.Exp((v - top) * inv)
			}
			sum += math.Log(z) - (row[labels[i]]-top)*inv
		}
		return sum
	}
	return math.Exp(golden(loss, math.Log(0.05), math.Log(20)))
}

// Bounds of what shows that a temperature helps: docs/decisions/0043-when-to-calibrate.md.
const (
	temperatureFolds  = 5
	temperatureMargin = 0.5 // standard errors of the mean gain
	// manyRows are so many that a temperature fits them no better than others.
	manyRows = 2000
)

// shownTemperature returns the temperature that fit finds for n validation rows where they show
// that it helps, else 1: where on rows that it was not fitted to it lowers their mean loss by more
// than half a standard error. loss is that of row i at a temperature.
func shownTemperature(n int, fit func(rows []int) float64, loss func(i int, t float64) float64) float64 {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	t := fit(all)
	gains := make([]float64, n)
	for fold := range temperatureFolds {
		others, own := t, func(i int) bool { return i%temperatureFolds == fold }
		if n < manyRows {
			others = fit(slices.DeleteFunc(slices.Clone(all), own))
		}
		for i := range gains {
			if own(i) {
				gains[i] = loss(i, 1) - loss(i, others)
			}
		}
	}
	mean, std := meanStd(gains)
	if n < 2 || !(mean > temperatureMargin*std/math.Sqrt(float64(n))) {
		return 1
	}
	return t
}

// picked returns some rows of x.
func picked[T any](x []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = x[r]
	}
	return out
}

// Calibrate returns the temperature of validation rows, 1 unless they show that it helps. absent
// [N] are the rows of which nothing was known: they say nothing of the model.
func Calibrate(logits [][]float64, labels []int, absent []bool) float64 {
	var known [][]float64
	var classes []int
	for i, row := range logits {
		if !absent[i] {
			known, classes = append(known, row), append(classes, labels[i])
		}
	}
	return shownTemperature(len(known), func(rows []int) float64 {
		return Temperature(picked(known, rows), picked(classes, rows))
	}, func(i int, t float64) float64 {
		row := known[i]
		top, z := row[Argmax(row)], 0.0
		for _, v := range row {
			z += math.Exp((v - top) / t)
		}
		return math.Log(z) - (row[classes[i]]-top)/t
	})
}

// golden finds the minimum of a unimodal function by golden section.
func golden(f func(float64) float64, lo, hi float64) float64 {
	ratio := (math.Sqrt(5) - 1) / 2
	a, b := hi-ratio*(hi-lo), lo+ratio*(hi-lo)
	fa, fb := f(a), f(b)
	for hi-lo > 1e-7 {
		if fa <= fb {
			hi, b, fb = b, a, fa
			a = hi - ratio*(hi-lo)
			fa = f(a)
		} else {
			lo, a, fa = a, b, fb
			b = lo + ratio*(hi-lo)
			fb = f(b)
		}
	}
	return (lo + hi) / 2
}

// Logits returns the logarithms of probabilities, bounded away from −Inf, so
// that Temperature and Soften work on a model that yields probabilities only.
func Logits(probs [][]float64) [][]float64 {
	out := make([][]float64, len(probs))
	for i, row := range probs {
		out[i] = make([]float64, len(row))
		for c, q := range row {
			out[i][c] = math.Log(math.Max(q, 1e-30))
		}
	}
	return out
}

// Soften returns softmax(logits/t), [N][C].
func Soften(logits [][]float64, t float64) [][]float64 {
	out := make([][]float64, len(logits))
	for i, row := range logits {
		out[i] = make([]float64, len(row))
		if len(row) == 0 {
			continue
		}
		top, z := row[Argmax(row)], 0.0
		for c, v := range row {
			out[i][c] = math.Exp((v - top) / t)
			z += out[i][c]
		}
		for c := range out[i] {
			out[i][c] /= z
		}
	}
	return out
}
