package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// LayerNorm sets dst = (x - mean)/√(variance + eps) w + b row by row, rows of len(w) elements, the variance being the
// biased one (Ba 2016), and stores the mean and 1/√(variance + eps) of each row. b may be nil.
func LayerNorm[T Float](dst, mean, rstd, x, w, b []T, eps float64) {
	ref.LayerNorm(dst, mean, rstd, x, w, b, eps)
}

// LayerNormGrad adds the gradients of LayerNorm to dx, dw and db; each may be nil.
func LayerNormGrad[T Float](dx, dw, db, mean, rstd, x, w, dy []T) {
	ref.LayerNormGrad(dx, dw, db, mean, rstd, x, w, dy)
}
