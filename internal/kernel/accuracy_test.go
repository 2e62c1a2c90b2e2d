package kernel

import (
	"math"
	"testing"
)

// ulps is the distance of got from want in units of the last place of a float32, denormal numbers
// counting as 2⁻¹⁴⁹.
func ulps(got float32, want float64) float64 {
	w := float32(want)
	switch {
	case math.IsNaN(want) && got != got, got == w:
		return 0
	case got != got || math.IsInf(float64(got), 0) || math.IsInf(float64(w), 0):
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

// TestAccuracy holds the bounds that docs of the functions state, over all orders of magnitude.
func TestAccuracy(t *testing.T) {
	var x []float32
	for b := uint32(0); b < 1<<31; b += 14983 { // some 143,000 positive numbers, infinity and NaN with them
		x = append(x, math.Float32frombits(b), -math.Float32frombits(b))
	}
	for v := float32(-120); v < 120; v += 0.0037 {
		x = append(x, v)
	}
	x = append(x, 0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 88.72284, 88.7229, -87.4, -103.97, 0.625)
	phi := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	density := func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
	eachTier(t, func(t *testing.T) {
		got := make([]float32, len(x))
		ones := make([]float32, len(x))
		for i := range ones {
			ones[i] = 1
		}
		for _, f := range []struct {
			name  string
			run   func()
			want  func(x float64) float64
			bound float64 // units in the last place
			floor float64 // or this absolute error
		}{
			{"exp", func() { Exp(got, x) }, math.Exp, 2, 0},
			{"tanh", func() { Tanh(got, x) }, math.Tanh, 2, 0},
			{"sigmoid", func() { Sigmoid(got, x) }, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 3, 1.2e-38},
			{"gelu", func() { GELU(got, x) }, func(x float64) float64 {
				if math.IsInf(x, -1) {
					return math.NaN()
				}
				return x * phi(x)
			}, 8, 1e-36},
			{"gelu gradient", func() { clear(got); GELUGrad(got, x, ones) }, func(x float64) float64 {
				if math.IsInf(x, 0) {
					return math.NaN()
				}
				return phi(x) + x*density(x)
			}, 8, 3e-7},
		} {
			if active == Plain && f.floor > 0 {
				f.floor = 1e-6 // the plain definitions add erf to 1
			}
			f.run()
			worst, at := 0.0, float32(0)
			for i, v := range x {
				w := f.want(float64(v))
				if math.Abs(float64(got[i])-w) <= f.floor {
					continue
				}
				if active == Plain && f.floor > 0 && math.IsNaN(w) {
					continue // the plain definition's value at an infinity is its own affair
				}
				if u := ulps(got[i], w); u > worst {
					worst, at = u, v
				}
			}
			t.Logf("%s: %.2f ulp at %v", f.name, worst, at)
			if worst > f.bound {
				t.Errorf("%s is off by %v ulp at %v, allowed %v", f.name, worst, at, f.bound)
			}
		}
	})
}
