package dsp

import "math"

// InverseMDCT computes inverse modified discrete cosine transforms of n coefficients through a
// complex FFT of n/2. It carries scratch memory.
type InverseMDCT struct {
	n    int
	fft  *ComplexFFT
	spin []complex128 // e^{-iπ(8k+1)/8n}
	z    []complex128
	out  []float32
}

// NewInverseMDCT returns one of n coefficients, an even number with small prime factors.
func NewInverseMDCT(n int) (*InverseMDCT, error) {
	fft, err := NewComplexFFT(n / 2)
	if err != nil {
		return nil, err
	}
	t := &InverseMDCT{n: n, fft: fft, z: make([]complex128, n/2), out: make([]float32, n)}
	for k := range n / 2 {
		sin, cos := math.Sincos(-math.Pi * (8*float64(k) + 1) / (8 * float64(n)))
		t.spin = append(t.spin, complex(cos, sin))
	}
	return t, nil
}

// Len returns the number of coefficients.
func (t *InverseMDCT) Len() int { return t.n }

// Middle returns the middle half of the 2n samples, until the next call, which holds all there is:
// the first quarter mirrors it negated, the last one as it is. Coefficients are stride apart. The
// middle of the inverse MDCT is the DCT-IV backwards, negated.
func (t *InverseMDCT) Middle(x []float32, stride int) []float32 {
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
