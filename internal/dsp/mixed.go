package dsp

import (
	"fmt"
	"math"
)

// MixedFFT computes power spectra of real blocks in float64, of any even length
// whose half has no prime factor above 7, such as Whisper's 400. It carries
// scratch memory: one goroutine at a time.
//
// A block of n reals is taken as n/2 complex numbers, transformed and untangled as
// in [FFT]. Speech models take the logarithm of powers over eight decades, which is
// where float32 is too coarse.
type MixedFFT struct {
	n    int
	half *ComplexFFT
	spin []complex128 // e^{-2πik/n} for k <= n/4
	a    []complex128 // scratch: [n/2]
}

// NewMixedFFT returns a transform of n reals.
func NewMixedFFT(n int) (*MixedFFT, error) {
	if n < 2 || n%2 != 0 {
		return nil, fmt.Errorf("cannot transform blocks of %d values", n)
	}
	half, err := NewComplexFFT(n / 2)
	if err != nil {
		return nil, err
	}
	f := &MixedFFT{n: n, half: half, a: make([]complex128, n/2)}
	for k := 0; k <= n/4; k++ {
		f.spin = append(f.spin, unit(k, n))
	}
	return f, nil
}

// ComplexFFT transforms complex blocks of any length that has no prime factor
// above 7, by a mixed-radix Stockham FFT. It carries scratch memory: one goroutine
// at a time.
type ComplexFFT struct {
	stages []mixedStage
	b, t   []complex128 // scratch: [n], [largest radix]
}

// mixedStage is one pass: size/radix butterflies, each for stride interleaved transforms.
type mixedStage struct {
	radix, quota, stride int
	roots                []complex128 // e^{-2πik/radix}
	twiddle              []complex128 // e^{-2πipk/size}: [quota*radix]
}

// NewComplexFFT returns a transform of n complex numbers.
func NewComplexFFT(n int) (*ComplexFFT, error) {
	if n < 1 || n > 1<<19 {
		return nil, fmt.Errorf("cannot transform blocks of %d values", n)
	}
	f := &ComplexFFT{b: make([]complex128, n), t: make([]complex128, 7)}
	size, stride := n, 1
	for _, r := range []int{4, 2, 3, 5, 7} {
		for size%r == 0 {
			st := mixedStage{radix: r, quota: size / r, stride: stride}
			for k := range r {
				st.roots = append(st.roots, unit(k, r))
			}
			for p := range st.quota {
				for k := range r {
					st.twiddle = append(st.twiddle, unit(p*k, size))
				}
			}
			f.stages = append(f.stages, st)
			size /= r
			stride *= r
		}
	}
	if size != 1 {
		return nil, fmt.Errorf("cannot transform blocks of %d values: the prime factor %d is too large", n, size)
	}
	return f, nil
}

// Transform transforms x, which it uses as scratch memory, and returns the
// spectrum, which is valid until the next call.
func (f *ComplexFFT) Transform(x []complex128) []complex128 {
	y := f.b
	for i := range f.stages {
		f.stages[i].run(y, x, f.t)
		x, y = y, x
	}
	return x
}

// unit returns e^{-2πik/n}.
func unit(k, n int) complex128 {
	sin, cos := math.Sincos(-2 * math.Pi * float64(k%n) / float64(n))
	return complex(cos, sin)
}

// Power writes |X_k|² for bins 0 … n/2 of src [n] into dst [n/2+1].
func (f *MixedFFT) Power(dst, src []float64) {
	x, h := f.a, f.n/2
	for i := range x {
		x[i] = complex(src[2*i], src[2*i+1])
	}
	x = f.half.Transform(x)
	dst = dst[:h+1]
	first, last := real(x[0])+imag(x[0]), real(x[0])-imag(x[0])
	dst[0], dst[h] = first*first, last*last
	for k := 1; k <= h/2; k++ {
		u, v := x[k], complex(real(x[h-k]), -imag(x[h-k]))
		even, odd := (u+v)/2, (u-v)/2
		odd = complex(imag(odd), -real(odd)) * f.spin[k]
		dst[k], dst[h-k] = abs2(even+odd), abs2(even-odd)
	}
}

func abs2(z complex128) float64 { return real(z)*real(z) + imag(z)*imag(z) }

func (st *mixedStage) run(y, x, t []complex128) {
	r, s, m := st.radix, st.stride, st.quota
	for p := range m {
		w := st.twiddle[p*r : (p+1)*r]
		for q := range s {
			in, out := q+s*p, q+s*r*p
			if r == 4 {
				a, b, c, d := x[in], x[in+s*m], x[in+2*s*m], x[in+3*s*m]
				e, g, h := a+c, a-c, b+d
				turned := complex(imag(b-d), -real(b-d)) // -i(b-d)
				y[out], y[out+s] = e+h, (g+turned)*w[1]
				y[out+2*s], y[out+3*s] = (e-h)*w[2], (g-turned)*w[3]
				continue
			}
			for j := range r {
				t[j] = x[in+s*m*j]
			}
			for k := range r {
				sum, at := t[0], 0
				for j := 1; j < r; j++ {
					if at += k; at >= r {
						at -= r
					}
					sum += t[j] * st.roots[at]
				}
				y[out+s*k] = sum * w[k]
			}
		}
	}
}
