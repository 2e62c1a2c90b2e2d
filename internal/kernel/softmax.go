package kernel

import (
	"math"
	"slices"

	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// Softmax sets every row of dst, cols elements, to exp(x)/Σ exp(x).
func Softmax[T Float](dst, x []T, cols int) {
	v := vectors[T]()
	if v == nil || cols == 0 {
		ref.Softmax(dst, x, cols)
		return
	}
	if cols < shortRow {
		dst = dst[:len(x)]
		for at := 0; at+cols <= len(x); at += cols {
			AddScalar(dst[at:at+cols], x[at:at+cols], -peak(x[at:at+cols]))
		}
		Exp(dst, dst)
		for at := 0; at+cols <= len(x); at += cols {
			y := dst[at : at+cols]
			var sum T
			for _, e := range y {
				sum += e
			}
			for i := range y {
				y[i] /= sum
			}
		}
		return
	}
	for from := 0; from+cols <= len(x); from += cols {
		row, y := x[from:from+cols], dst[from:from+cols]
		sum := v.vexpsum(cols, at(y), at(row), v.vmax(cols, at(row)))
		v.vscale(cols, at(y), at(y), 1/sum)
	}
}

// SoftmaxGrad adds y (dy - Σ dy y) to dx, where y = softmax x, row by row.
func SoftmaxGrad[T Float](dx, y, dy []T, cols int) {
	v := vectors[T]()
	if v == nil || cols < shortRow {
		ref.SoftmaxGrad(dx, y, dy, cols)
		return
	}
	for from := 0; from+cols <= len(y); from += cols {
		n, py, pg, pd := at3(y[from:from+cols], dy[from:], dx[from:])
		v.vsoftmaxback(n, pd, pg, py, v.vdot(n, py, pg))
	}
}

// LogSoftmax sets every row of dst, cols elements, to x - ln Σ exp(x).
func LogSoftmax[T Float](dst, x []T, cols int) {
	v := vectors[T]()
	if v == nil || cols == 0 {
		ref.LogSoftmax(dst, x, cols)
		return
	}
	s := takeScratch()
	block := max(1, scratchLen/cols) * cols // whole rows
	for from := 0; from+cols <= len(x); from += block {
		part := x[from:min(from+block, len(x))]
		logSoftmax(v, dst[from:from+len(part)], part, s.x, cols)
	}
	scratch.give(s)
}

// LogSoftmaxGrad adds dy - exp(y) Σ dy to dx, where y = log softmax x, row by row.
func LogSoftmaxGrad[T Float](dx, y, dy []T, cols int) {
	v := vectors[T]()
	if v == nil || cols == 0 {
		ref.LogSoftmaxGrad(dx, y, dy, cols)
		return
	}
	for from := 0; from+cols <= len(y); from += cols {
		n, py, pg, pd := at3(y[from:from+cols], dy[from:], dx[from:])
		v.vlogsoftmaxback(n, pd, pg, py, v.vsum(n, pg))
	}
}

// MaskedSoftmax is Softmax over the elements of each row whose mask is not zero; the others become
// zero and are not read. A row without any such element becomes zeros.
func MaskedSoftmax[T Float](dst, x, mask []T, cols int) { ref.MaskedSoftmax(dst, x, mask, cols) }

// MaskedSoftmaxGrad is SoftmaxGrad over the elements whose mask is not zero; dy is not read at the
// others.
func MaskedSoftmaxGrad[T Float](dx, y, dy, mask []T, cols int) {
	ref.MaskedSoftmaxGrad(dx, y, dy, mask, cols)
}

// shortRow is the length of rows from which a row is worth calls of its own.
const shortRow = 24

// peak is the greatest of x; NaN if there is one.
func peak[T Float](x []T) T {
	p := x[0]
	for _, v := range x {
		p = max(p, v)
	}
	return p
}

// logSoftmax does whole rows; terms has room for all of x, unless that is one row.
func logSoftmax[T Float](v *vectorKernels, dst, x []T, terms []float32, cols int) {
	for from := 0; from+cols <= len(x); from += cols {
		AddScalar(dst[from:from+cols], x[from:from+cols], -peak(x[from:from+cols]))
	}
	if cols > len(terms) {
		var sum float64
		for part := range slices.Chunk(dst, len(terms)) {
			v.vexp(len(part), at(terms), at(part))
			for _, e := range terms[:len(part)] {
				sum += float64(e)
			}
		}
		AddScalar(dst, dst, T(-math.Log(sum)))
		return
	}
	v.vexp(len(x), at(terms), at(dst))
	for from := 0; from+cols <= len(x); from += cols {
		var sum float64
		for _, e := range terms[from : from+cols] {
			sum += float64(e)
		}
		shift := T(-math.Log(sum))
		y := dst[from : from+cols]
		for i := range y {
			y[i] += shift
		}
	}
}
