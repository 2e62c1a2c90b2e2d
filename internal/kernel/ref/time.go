package ref

// MeanTime sets dst[b] to the mean over the first lengths[b] steps of x[b] [steps, cols]; zeros for
// none. Steps past the length are not read.
func MeanTime[T Float](dst, x []T, lengths []int, steps, cols int) {
	for b, n := range lengths {
		row := dst[b*cols : (b+1)*cols]
		clear(row)
		if n == 0 {
			continue
		}
		for t := range n {
			at := (b*steps + t) * cols
			Accumulate(row, x[at:at+cols])
		}
		Scale(row, 1/T(n), row)
	}
}

// MeanTimeGrad adds the gradient of MeanTime to dx.
func MeanTimeGrad[T Float](dx, dy []T, lengths []int, steps, cols int) {
	for b, n := range lengths {
		for t := range n {
			at := (b*steps + t) * cols
			Axpy(1/T(n), dy[b*cols:(b+1)*cols], dx[at:at+cols])
		}
	}
}

// MaxTime sets dst[b] to the greatest value over the first lengths[b] steps of x[b] [steps, cols],
// zeros for none, and where[b] to its step, the first if several, -1 for none.
func MaxTime[T Float](dst []T, where []int32, x []T, lengths []int, steps, cols int) {
	for b, n := range lengths {
		for c := range cols {
			best, at := T(0), int32(-1)
			for t := range n {
				if v := x[(b*steps+t)*cols+c]; at < 0 || v > best {
					best, at = v, int32(t)
				}
			}
			dst[b*cols+c], where[b*cols+c] = best, at
		}
	}
}

// MaxTimeGrad adds the gradient of MaxTime to dx.
func MaxTimeGrad[T Float](dx, dy []T, where []int32, steps, cols int) {
	for i, t := range where {
		if t >= 0 {
			dx[(i/cols*steps+int(t))*cols+i%cols] += dy[i]
		}
	}
}

// MaskTime copies the first lengths[b] steps of x[b] [steps, cols] to dst and sets the others to
// zero.
func MaskTime[T Float](dst, x []T, lengths []int, steps, cols int) {
	for b, n := range lengths {
		at, cut, end := b*steps*cols, (b*steps+n)*cols, (b+1)*steps*cols
		copy(dst[at:cut], x[at:cut])
		clear(dst[cut:end])
	}
}

// MaskTimeGrad adds the gradient of MaskTime to dx.
func MaskTimeGrad[T Float](dx, dy []T, lengths []int, steps, cols int) {
	for b, n := range lengths {
		at, cut := b*steps*cols, (b*steps+n)*cols
		Accumulate(dx[at:cut], dy[at:cut])
	}
}
