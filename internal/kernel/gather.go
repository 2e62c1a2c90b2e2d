package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// GatherRows sets dst[i] = x[idx[i]] for rows of cols elements, zeros where idx[i] < 0.
func GatherRows[T Float](dst, x []T, idx []int32, cols int) { ref.GatherRows(dst, x, idx, cols) }

// ScatterAddRows adds src[i] to dst[idx[i]] for rows of cols elements, in the order of i; idx[i] <
// 0 is left out.
func ScatterAddRows[T Float](dst, src []T, idx []int32, cols int) {
	if vectors[T]() != nil {
		for i, r := range idx {
			if r >= 0 {
				Accumulate(dst[int(r)*cols:(int(r)+1)*cols], src[i*cols:(i+1)*cols])
			}
		}
		return
	}
	ref.ScatterAddRows(dst, src, idx, cols)
}

// Bag sets dst[b] to the sum over i in offsets[b] … offsets[b+1] of weights[i] w[ids[i]], rows of
// cols elements. A nil weights means ones; ids below zero are left out.
func Bag[T Float](dst, w []T, ids, offsets []int32, weights []float32, cols int) {
	if vectors[T]() != nil {
		for b := range len(offsets) - 1 {
			row := dst[b*cols : (b+1)*cols]
			clear(row)
			for i := offsets[b]; i < offsets[b+1]; i++ {
				id, f := int(ids[i]), T(1)
				if weights != nil {
					f = T(weights[i])
				}
				if id >= 0 {
					Axpy(f, w[id*cols:(id+1)*cols], row)
				}
			}
		}
		return
	}
	ref.Bag(dst, w, ids, offsets, weights, cols)
}

// BagGrad adds the gradient of Bag to dw.
func BagGrad[T Float](dw, dy []T, ids, offsets []int32, weights []float32, cols int) {
	if vectors[T]() != nil {
		for b := range len(offsets) - 1 {
			row := dy[b*cols : (b+1)*cols]
			for i := offsets[b]; i < offsets[b+1]; i++ {
				id, f := int(ids[i]), T(1)
				if weights != nil {
					f = T(weights[i])
				}
				if id >= 0 {
					Axpy(f, row, dw[id*cols:(id+1)*cols])
				}
			}
		}
		return
	}
	ref.BagGrad(dw, dy, ids, offsets, weights, cols)
}
