package dsp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

func noise(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func TestFFTAgainstGonum(t *testing.T) {
	for n := 4; n <= 1<<15; n *= 2 {
		src := noise(n, uint64(n))
		wide := make([]float64, n)
		for i, v := range src {
			wide[i] = float64(v)
		}
		want := fourier.NewFFT(n).Coefficients(nil, wide)
		f := NewFFT(n)
		got := f.Transform(nil, src)
		power := f.Power(nil, src)
		var worst float64
		scale := math.Sqrt(float64(n))
		for k, c := range want {
			worst = max(worst, math.Abs(real(c)-float64(got[2*k])), math.Abs(imag(c)-float64(got[2*k+1])))
			p := real(c)*real(c) + imag(c)*imag(c)
			if d := math.Abs(p - float64(power[k])); d > 1e-5*(p+float64(n)) {
				t.Errorf("n=%d: power[%d] = %g, want %g", n, k, power[k], p)
			}
		}
		if worst > 2e-6*scale {
			t.Errorf("n=%d: worst error %.2g (of rms %.2g)", n, worst, scale)
		}
	}
}

func TestFFTPadsShortBlocks(t *testing.T) {
	x := noise(100, 7)
	padded := append(append([]float32(nil), x...), make([]float32, 28)...)
	f := NewFFT(128)
	f.Transform(nil, noise(128, 9)) // leave something in the scratch memory
	a, b := f.Transform(nil, x), NewFFT(128).Transform(nil, padded)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("bin %d: %g is not %g", i/2, a[i], b[i])
		}
	}
}

func TestNextPow2(t *testing.T) {
	for in, want := range map[int]int{-3: 1, 0: 1, 1: 1, 2: 2, 3: 4, 400: 512, 512: 512, 513: 1024} {
		if got := NextPow2(in); got != want {
			t.Errorf("NextPow2(%d) = %d, want %d", in, got, want)
		}
	}
}

func BenchmarkPower(b *testing.B) {
	for _, n := range []int{256, 512, 1024, 2048} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, x, dst := NewFFT(n), noise(n, 1), make([]float32, n/2+1)
			for b.Loop() {
				f.Power(dst, x)
			}
		})
	}
}
