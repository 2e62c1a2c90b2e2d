package dsp

import (
	"math"
	"sync"
)

// DCT is the first Out rows of the orthonormal DCT-II of In values:
// y_k = a_k Σ_n x_n cos(π(n+½)k/In), a_0 = √(1/In), else √(2/In).
// Applied to log-mel energies it yields MFCC (Davis & Mermelstein, 1980).
type DCT struct {
	In, Out int
	basis   []float32 // [Out, In]
}

type dctKey struct{ in, out int }

var dcts sync.Map // dctKey -> *DCT

// NewDCT returns the transform, computed once per shape; out <= in.
func NewDCT(in, out int) *DCT {
	if d, ok := dcts.Load(dctKey{in, out}); ok {
		return d.(*DCT)
	}
	d := &DCT{In: in, Out: out, basis: make([]float32, in*out)}
	for k := range out {
		a := math.Sqrt(2 / float64(in))
		if k == 0 {
			a = math.Sqrt(1 / float64(in))
		}
		for n := range in {
			d.basis[k*in+n] = float32(a * math.Cos(math.Pi*(float64(n)+0.5)*float64(k)/float64(in)))
		}
	}
	got, _ := dcts.LoadOrStore(dctKey{in, out}, d)
	return got.(*DCT)
}

// Apply writes the coefficients of x [In] into dst [Out].
func (d *DCT) Apply(dst, x []float32) {
	x = x[:d.In]
	for k := range d.Out {
		row := d.basis[k*d.In:][:len(x)]
		var s0, s1, s2, s3 float32
		n := 0
		for ; n+3 < len(row); n += 4 {
			s0 += row[n] * x[n]
			s1 += row[n+1] * x[n+1]
			s2 += row[n+2] * x[n+2]
			s3 += row[n+3] * x[n+3]
		}
		for ; n < len(row); n++ {
			s0 += row[n] * x[n]
		}
		dst[k] = (s0 + s1) + (s2 + s3)
	}
}

// Delta writes the regression slopes of the frames x [t, dim] over ±reach
// frames into dst [t, dim]: Σ_n n(x_{t+n} - x_{t-n}) / 2Σn², with the first and
// last frame repeated past the ends (HTK book, 5.9).
func Delta(dst, x []float32, dim, reach int) {
	t := len(x) / dim
	var norm float32
	for n := 1; n <= reach; n++ {
		norm += 2 * float32(n*n)
	}
	clear(dst[:t*dim])
	for i := range t {
		out := dst[i*dim:][:dim]
		for n := 1; n <= reach; n++ {
			a := x[min(i+n, t-1)*dim:][:len(out)]
			b := x[max(i-n, 0)*dim:][:len(out)]
			w := float32(n) / norm
			for k := range out {
				out[k] += w * (a[k] - b[k])
			}
		}
	}
}
