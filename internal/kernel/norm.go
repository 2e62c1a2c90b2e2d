package kernel

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// LayerNorm sets dst = (x - mean)/√(variance + eps) w + b row by row, rows of len(w) elements, the
// variance being the biased one (Ba 2016), and stores the mean and 1/√(variance + eps) of each row.
// b may be nil.
func LayerNorm[T Float](dst, mean, rstd, x, w, b []T, eps float64) {
	v, n := vectors[T](), len(w)
	if v == nil || b == nil || n == 0 {
		ref.LayerNorm(dst, mean, rstd, x, w, b, eps)
		return
	}
	b = b[:n]
	for r := range mean {
		row, y := x[r*n:(r+1)*n], dst[r*n:(r+1)*n]
		m := v.vsum(n, at(row)) / float32(n)
		k := float32(1 / math.Sqrt(float64(v.vsqdev(n, at(row), m))/float64(n)+eps))
		mean[r], rstd[r] = T(m), T(k)
		v.vnormalize(n, at(y), at(row), at(w), at(b), m, k)
	}
}

// LayerNormGrad adds the gradients of LayerNorm to dx, dw and db; each may be nil.
func LayerNormGrad[T Float](dx, dw, db, mean, rstd, x, w, dy []T) {
	v, n := vectors[T](), len(w)
	if v == nil || dx == nil || dw == nil || db == nil || n == 0 {
		ref.LayerNormGrad(dx, dw, db, mean, rstd, x, w, dy)
		return
	}
	dw, db = dw[:n], db[:n]
	for r, m := range mean {
		row := func(s []T) *float32 { return at(s[r*n : (r+1)*n]) }
		v.vnormback(n, row(dx), at(dw), at(db), row(dy), row(x), at(w), float32(m), float32(rstd[r]), 1/float32(n))
	}
}
