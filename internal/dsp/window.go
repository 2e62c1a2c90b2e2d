package dsp

import (
	"math"
	"sync"
)

var hanns sync.Map // int -> []float32

// Hann returns the periodic Hann window 0.5 - 0.5·cos(2πi/n) of n values. It is
// shared: callers must not change it.
func Hann(n int) []float32 {
	if w, ok := hanns.Load(n); ok {
		return w.([]float32)
	}
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n)))
	}
	got, _ := hanns.LoadOrStore(n, w)
	return got.([]float32)
}

// kaiser evaluates the Kaiser window of shape beta at x in [-1, 1].
func kaiser(x, beta float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel0(beta*math.Sqrt(1-x*x)) / bessel0(beta)
}

// bessel0 is the modified Bessel function I₀ by its power series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; k < 500; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
		if term < 1e-17*sum {
			break
		}
	}
	return sum
}
