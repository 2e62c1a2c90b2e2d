package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// MeanTime sets dst[b] to the mean over the first lengths[b] steps of x[b] [steps, cols]; zeros for
// none. Steps past the length are not read.
func MeanTime[T Float](dst, x []T, lengths []int, steps, cols int) {
	if v := vectors[T](); v != nil {
		for b, n := range lengths {
			row := dst[b*cols : (b+1)*cols]
			clear(row)
			if n > 0 && cols > 0 {
				v.vcolsum(cols, at(row), at(x[b*steps*cols:(b*steps+n)*cols]), n, 4*cols)
				Scale(row, 1/T(n), row)
			}
		}
		return
	}
	ref.MeanTime(dst, x, lengths, steps, cols)
}

// MeanTimeGrad adds the gradient of MeanTime to dx.
func MeanTimeGrad[T Float](dx, dy []T, lengths []int, steps, cols int) {
	if vectors[T]() != nil {
		for b, n := range lengths {
			for t := range n {
				at := (b*steps + t) * cols
				Axpy(1/T(n), dy[b*cols:(b+1)*cols], dx[at:at+cols])
			}
		}
		return
	}
	ref.MeanTimeGrad(dx, dy, lengths, steps, cols)
}

// MaxTime sets dst[b] to the greatest value over the first lengths[b] steps of x[b] [steps, cols],
// zeros for none, and where[b] to its step, the first if several, -1 for none.
func MaxTime[T Float](dst []T, where []int32, x []T, lengths []int, steps, cols int) {
	ref.MaxTime(dst, where, x, lengths, steps, cols)
}

// MaxTimeGrad adds the gradient of MaxTime to dx.
func MaxTimeGrad[T Float](dx, dy []T, where []int32, steps, cols int) {
	ref.MaxTimeGrad(dx, dy, where, steps, cols)
}

// MaskTime copies the first lengths[b] steps of x[b] [steps, cols] to dst and sets the others to
// zero.
func MaskTime[T Float](dst, x []T, lengths []int, steps, cols int) {
	ref.MaskTime(dst, x, lengths, steps, cols)
}

// MaskTimeGrad adds the gradient of MaskTime to dx.
func MaskTimeGrad[T Float](dx, dy []T, lengths []int, steps, cols int) {
	if vectors[T]() != nil {
		for b, n := range lengths {
			at, cut := b*steps*cols, (b*steps+n)*cols
			Accumulate(dx[at:cut], dy[at:cut])
		}
		return
	}
	ref.MaskTimeGrad(dx, dy, lengths, steps, cols)
}
