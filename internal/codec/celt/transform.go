package celt

import (
	"math"
	"sync"

	"github.com/fusor-ml/fusor/internal/dsp"
)

const (
	shortBlock = 120 // samples of a short block, 2.5 ms
	overlap    = 120 // by which each transform reaches into the next
)

// window returns the rising half of the window (RFC 6716, section 4.3.7).
var window = sync.OnceValue(func() *[overlap]float32 {
	w := new([overlap]float32)
	for i := range w {
		s := math.Sin(math.Pi / 2 * (float64(i) + 0.5) / overlap)
		w[i] = float32(math.Sin(math.Pi / 2 * s * s))
	}
	return w
})

// Window returns a value of the rising half of the window, for i below 120. Its square
// is the weight by which one signal is faded into another.
func Window(i int) float32 { return window()[i] }

// inverse computes the inverse MDCT of n coefficients through a complex FFT of
// n/2. It carries scratch memory.
type inverse struct {
	n    int
	fft  *dsp.ComplexFFT
	spin []complex128 // e^{-iπ(8k+1)/8n}
	z    []complex128
	out  []float32
}

func newInverse(n int) *inverse {
	fft, err := dsp.NewComplexFFT(n / 2)
	if err != nil {
		panic(err) // not reached, as 60 to 480 have small factors
	}
	t := &inverse{n: n, fft: fft, z: make([]complex128, n/2), out: make([]float32, n)}
	for k := range n / 2 {
		sin, cos := math.Sincos(-math.Pi * (8*float64(k) + 1) / (8 * float64(n)))
		t.spin = append(t.spin, complex(cos, sin))
	}
	return t
}

// run returns the middle half of the 2n samples, which holds all there is: the
// first and the last quarter mirror it. Coefficients are stride apart. The middle
// of the inverse MDCT is the DCT-IV backwards, negated.
func (t *inverse) run(x []float32, stride int) []float32 {
	n := t.n
	for i := range t.z {
		t.z[i] = complex(float64(x[2*i*stride]), float64(x[(n-1-2*i)*stride])) * t.spin[i]
	}
	z := t.fft.Transform(t.z)
	for k, v := range z {
		v *= t.spin[k]
		t.out[n-1-2*k] = float32(-real(v))
		t.out[2*k] = float32(imag(v))
	}
	return t.out
}

// lap writes a block to y, whose first half of an overlap is what the block before
// left behind, and lets it run into the one before; the last samples of the block
// are left behind for the next.
func lap(y, block []float32) {
	const half = overlap / 2
	copy(y[half:], block)
	w := window()
	for i := range half {
		old, new := y[i], y[overlap-1-i]
		y[i] = w[overlap-1-i]*old - w[i]*new
		y[overlap-1-i] = w[i]*old + w[overlap-1-i]*new
	}
}
