package ref

import "math"

// LayerNorm sets dst = (x - mean)/√(variance + eps) w + b row by row, rows of len(w) elements, the
// variance being the biased one (Ba 2016), and stores the mean and 1/√(variance + eps) of each row.
// b may be nil.
func LayerNorm[T Float](dst, mean, rstd, x, w, b []T, eps float64) {
	n := len(w)
	for r := range mean {
		row, y := x[r*n:(r+1)*n], dst[r*n:(r+1)*n]
		var s float64
		for _, v := range row {
			s += float64(v)
		}
		m := s / float64(n)
		s = 0
		for _, v := range row {
			d := float64(v) - m
			s += d * d
		}
		k := 1 / math.Sqrt(s/float64(n)+eps)
		mean[r], rstd[r] = T(m), T(k)
		for i, v := range row {
			y[i] = T((float64(v)-m)*k) * w[i]
			if b != nil {
				y[i] += b[i]
			}
		}
	}
}

// LayerNormGrad adds the gradients of LayerNorm to dx, dw and db; each may be nil.
func LayerNormGrad[T Float](dx, dw, db, mean, rstd, x, w, dy []T) {
	n := len(w)
	for r := range mean {
		row, g := x[r*n:(r+1)*n], dy[r*n:(r+1)*n]
		m, k := mean[r], rstd[r]
		var s, sx float64 // Σ dy w and Σ dy w x̂
		for i, v := range row {
			h := (v - m) * k
			s += float64(g[i] * w[i])
			sx += float64(g[i] * w[i] * h)
			if dw != nil {
				dw[i] += g[i] * h
			}
		}
		if db != nil {
			Accumulate(db, g)
		}
		if dx == nil {
			continue
		}
		a, c := T(s/float64(n)), T(sx/float64(n))
		for i, v := range row {
			dx[r*n+i] += k * (g[i]*w[i] - a - (v-m)*k*c)
		}
	}
}
