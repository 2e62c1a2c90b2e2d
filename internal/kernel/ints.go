package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// intCols is how many columns a panel of IntWeights has.
const intCols = 16

// IntWeights is a matrix B[k,n] of products of 8-bit numbers, laid out once. It may be used from
// any number of goroutines at the same time.
type IntWeights struct {
	n, k   int
	tier   Tier
	panels []int8 // [n/16, pairs, 16, 2] where there is assembly, else B
}

// NewIntWeights lays out B; b is not kept.
func NewIntWeights(n, k int, b []int8) *IntWeights {
	w := &IntWeights{n: n, k: k, tier: active}
	if active == Plain || n == 0 || k == 0 {
		w.tier = Plain
		w.panels = append([]int8{}, b[:n*k]...)
		return w
	}
	pairs := w.pairs()
	w.panels = make([]int8, (n+intCols-1)/intCols*pairs*2*intCols)
	for p := range k {
		for j, v := range b[p*n : (p+1)*n] {
			w.panels[((j/intCols*pairs+p/2)*intCols+j%intCols)*2+p%2] = v
		}
	}
	return w
}

// pairs is half the inner length, rounded up so that a row of A is whole vectors.
func (w *IntWeights) pairs() int { return (w.k + 15) / 16 * 8 }

// Stride is the distance of rows of C that Mul needs: n, filled up to whole panels.
func (w *IntWeights) Stride() int { return (w.n + intCols - 1) / intCols * intCols }

// Mul computes C[m,n] = (A - za)[m,k] B exactly, modulo 2³²; rows of C lie Stride apart and are
// overwritten up to there. room is memory for its use, which it returns for the next call.
func (w *IntWeights) Mul(m int, a []uint8, za uint8, c []int32, room []int16) []int16 {
	ldc := w.Stride()
	if m == 0 || w.n == 0 {
		return room
	}
	_, _ = a[m*w.k-1:], c[m*ldc-1]
	if w.tier == Plain || w.k == 0 {
		ref.IntMul(m, w.n, w.k, a, za, w.panels, c, ldc)
		return room
	}
	return w.fast(m, a, za, c, room)
}

// ScaleInts sets dst = x f + b, the product rounded first.
func ScaleInts(dst []float32, x []int32, f, b []float32) {
	if v := vectors[float32](); v != nil {
		n := len(x)
		v.vintsum(n, at(dst[:n]), atInts(x), at(f[:n]), at(b[:n]))
		return
	}
	ref.ScaleInts(dst, x, f, b)
}

// Extremes returns the least and the greatest of x and 0.
func Extremes(x []float32) (lo, hi float32) {
	if v := vectors[float32](); v != nil {
		return min(0, v.vmin(len(x), at(x))), max(0, v.vmax(len(x), at(x)))
	}
	return ref.Extremes(x)
}

// Quantize sets dst = x/scale, rounded half to even, plus zero, within 0 and 255. |x/scale| must be
// below 2³⁰.
func Quantize(dst []uint8, x []float32, scale float32, zero uint8) {
	n := quantizeFast(dst, x, scale, zero)
	ref.Quantize(dst[n:], x[n:], scale, zero)
}
