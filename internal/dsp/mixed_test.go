package dsp

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

func TestMixedFFTIsTheTransform(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{2, 4, 6, 10, 12, 14, 30, 42, 64, 240, 400, 480, 512} {
		f, err := NewMixedFFT(n)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float64, n)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		got := make([]float64, n/2+1)
		for range 2 { // the scratch memory of the first does not matter
			f.Power(got, x)
		}
		for k := range got {
			var sum complex128
			for i, v := range x {
				sum += complex(v, 0) * cmplx.Exp(complex(0, -2*math.Pi*float64(i*k%n)/float64(n)))
			}
			if want := abs2(sum); math.Abs(got[k]-want) > 1e-10*(1+want) {
				t.Fatalf("length %d, bin %d: %v, want %v", n, k, got[k], want)
			}
		}
	}
}

func TestComplexFFTIsTheTransform(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 3, 60, 120, 240, 480, 490} {
		f, err := NewComplexFFT(n)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]complex128, n)
		for range 2 {
			for i := range x {
				x[i] = complex(r.NormFloat64(), r.NormFloat64())
			}
			var want complex128
			for i, v := range x {
				want += v * cmplx.Exp(complex(0, -2*math.Pi*float64(i*(n-1))/float64(n)))
			}
			if got := f.Transform(x)[n-1]; cmplx.Abs(got-want) > 1e-11*float64(n) {
				t.Fatalf("length %d, last bin: %v, want %v", n, got, want)
			}
		}
	}
	for _, n := range []int{0, 11, 1 << 20} {
		if _, err := NewComplexFFT(n); err == nil {
			t.Errorf("length %d: no error", n)
		}
	}
}

func TestMixedFFTRefusesLengths(t *testing.T) {
	for _, n := range []int{-2, 0, 1, 3, 22, 401, 1 << 22} {
		if _, err := NewMixedFFT(n); err == nil {
			t.Errorf("length %d: no error", n)
		}
	}
}

func BenchmarkMixedFFT400(b *testing.B) {
	f, err := NewMixedFFT(400)
	if err != nil {
		b.Fatal(err)
	}
	x, p := make([]float64, 400), make([]float64, 201)
	for i := range x {
		x[i] = math.Sin(float64(i))
	}
	for b.Loop() {
		f.Power(p, x)
	}
}
