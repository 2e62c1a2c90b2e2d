package dsp

import (
	"fmt"
	"math"
	"math/bits"
	"sync"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// FFT transforms real float32 blocks of one power-of-two length. It carries
// scratch memory: one goroutine at a time.
//
// A block of n reals is taken as n/2 complex numbers, transformed by a
// Stockham radix-4 FFT (autosorting, so there is no bit reversal; one radix-2
// pass where n/2 is no power of 4) and untangled (Numerical Recipes, 12.3.2).
type FFT struct {
	plan *fftPlan
	a, b []float32 // interleaved complex scratch, [n/2] pairs each
}

// fftPlan is the constant part of a transform, shared between goroutines.
type fftPlan struct {
	n      int
	stages []fftStage
	tail   bool      // a radix-2 pass ends the transform
	spin   []float32 // e^{-2πik/n} for k <= n/4, interleaved: untangles the halves
}

type fftStage struct {
	quarter int       // butterflies with a twiddle of their own
	stride  int       // butterflies that share a twiddle
	twiddle []float32 // per butterfly w, w², w³, interleaved: [quarter*6]
}

var fftPlans sync.Map // int -> *fftPlan

// NewFFT returns a transform of n reals; n is a power of two, at least 4.
func NewFFT(n int) *FFT {
	if n < 4 || n&(n-1) != 0 {
		panic(fmt.Sprintf("dsp: FFT length %d is not a power of two of at least 4", n))
	}
	p, ok := fftPlans.Load(n)
	if !ok {
		p, _ = fftPlans.LoadOrStore(n, newPlan(n))
	}
	return &FFT{plan: p.(*fftPlan), a: make([]float32, n), b: make([]float32, n)}
}

func newPlan(n int) *fftPlan {
	p := &fftPlan{n: n}
	size, stride := n/2, 1
	for size >= 4 {
		st := fftStage{quarter: size / 4, stride: stride, twiddle: make([]float32, 6*(size/4))}
		for k := range st.quarter {
			for m := 1; m <= 3; m++ {
				sin, cos := math.Sincos(-2 * math.Pi * float64(m*k) / float64(size))
				st.twiddle[6*k+2*(m-1)] = float32(cos)
				st.twiddle[6*k+2*(m-1)+1] = float32(sin)
			}
		}
		p.stages = append(p.stages, st)
		size /= 4
		stride *= 4
	}
	p.tail = size == 2
	p.spin = make([]float32, 2*(n/4+1))
	for k := 0; k <= n/4; k++ {
		sin, cos := math.Sincos(-2 * math.Pi * float64(k) / float64(n))
		p.spin[2*k], p.spin[2*k+1] = float32(cos), float32(sin)
	}
	return p
}

// Len is the number of reals in a block.
func (f *FFT) Len() int { return f.plan.n }

// Transform writes the spectrum of src, bins 0 … n/2 as (re, im) pairs, into
// dst [n+2] and returns it; nil allocates. src holds n values or fewer
// (the rest counts as zero).
func (f *FFT) Transform(dst, src []float32) []float32 {
	n := f.plan.n
	if len(src) > n {
		panic(fmt.Sprintf("dsp: FFT of %d values got %d", n, len(src)))
	}
	if dst == nil {
		dst = make([]float32, n+2)
	}
	z := f.run(src)
	dst = dst[:n+2]
	dst[0], dst[1] = z[0]+z[1], 0
	dst[n], dst[n+1] = z[0]-z[1], 0
	spin := f.plan.spin
	for k := 1; k <= n/4; k++ {
		j := n/2 - k
		er, ei, tr, ti := untangle(z[2*k], z[2*k+1], z[2*j], z[2*j+1], spin[2*k], spin[2*k+1])
		dst[2*k], dst[2*k+1] = er+tr, ei+ti
		dst[2*j], dst[2*j+1] = er-tr, ti-ei
	}
	return dst
}

// Power writes |X_k|² for bins 0 … n/2 of src into dst [n/2+1]; nil allocates.
func (f *FFT) Power(dst, src []float32) []float32 {
	n := f.plan.n
	if len(src) > n {
		panic(fmt.Sprintf("dsp: FFT of %d values got %d", n, len(src)))
	}
	if dst == nil {
		dst = make([]float32, n/2+1)
	}
	z := f.run(src)
	dst = dst[:n/2+1]
	dst[0] = (z[0] + z[1]) * (z[0] + z[1])
	dst[n/2] = (z[0] - z[1]) * (z[0] - z[1])
	spin := f.plan.spin
	for k := 1; k <= n/4; k++ {
		j := n/2 - k
		er, ei, tr, ti := untangle(z[2*k], z[2*k+1], z[2*j], z[2*j+1], spin[2*k], spin[2*k+1])
		dst[k] = (er+tr)*(er+tr) + (ei+ti)*(ei+ti)
		dst[j] = (er-tr)*(er-tr) + (ti-ei)*(ti-ei)
	}
	return dst
}

// untangle splits bins k and n/2-k of the half-length transform into the even
// part e and the turned odd part t: X_k = e + t, X_{n/2-k} = conj(e - t).
func untangle(ar, ai, br, bi, wr, wi float32) (er, ei, tr, ti float32) {
	er, ei = (ar+br)*0.5, (ai-bi)*0.5
	or, oi := (ai+bi)*0.5, (br-ar)*0.5
	return er, ei, or*wr - oi*wi, or*wi + oi*wr
}

// run returns the complex transform of src seen as n/2 pairs.
func (f *FFT) run(src []float32) []float32 {
	x, y := f.a, f.b
	c := copy(x, src)
	clear(x[c:])
	for i := range f.plan.stages {
		st := &f.plan.stages[i]
		if st.stride == 1 {
			st.first(x, y)
		} else {
			kernel.Radix4Pass(y, x, st.twiddle, 2*st.stride, st.quarter)
		}
		x, y = y, x
	}
	if f.plan.tail {
		h := f.plan.n / 2 // floats in one half
		lo, hi := x[:h:h], x[h:h+h]
		for i, a := range lo {
			b := hi[i]
			lo[i], hi[i] = a+b, a-b
		}
	}
	return x
}

// first is kernel.Radix4Pass for stride 1, where every butterfly has its own twiddle.
func (st *fftStage) first(x, y []float32) {
	m := 2 * st.quarter
	x0, x1, x2, x3 := x[:m], x[m:2*m], x[2*m:3*m], x[3*m:4*m]
	for p := range st.quarter {
		w := st.twiddle[6*p : 6*p+6 : 6*p+6]
		o := y[8*p : 8*p+8 : 8*p+8]
		i := 2 * p
		ar, ai := x0[i], x0[i+1]
		br, bi := x1[i], x1[i+1]
		cr, ci := x2[i], x2[i+1]
		dr, di := x3[i], x3[i+1]
		sr, si, ur, ui := ar+cr, ai+ci, ar-cr, ai-ci
		tr, ti, vr, vi := br+dr, bi+di, di-bi, br-dr // v = i(b-d)
		o[0], o[1] = sr+tr, si+ti
		o[2], o[3] = turn(ur-vr, ui-vi, w[0], w[1])
		o[4], o[5] = turn(sr-tr, si-ti, w[2], w[3])
		o[6], o[7] = turn(ur+vr, ui+vi, w[4], w[5])
	}
}

func turn(r, i, wr, wi float32) (float32, float32) { return r*wr - i*wi, r*wi + i*wr }

// NextPow2 is the smallest power of two that is at least n (and at least 1).
func NextPow2(n int) int {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len(uint(n-1))
}
