package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// GatherRows sets dst[i] = x[idx[i]] for rows of cols elements, zeros where idx[i] < 0.
func GatherRows[T Float](dst, x []T, idx []int32, cols int) { ref.GatherRows(dst, x, idx, cols) }

// ScatterAddRows adds src[i] to dst[idx[i]] for rows of cols elements, in the order of i; idx[i] < 0 is left out.
func ScatterAddRows[T Float](dst, src []T, idx []int32, cols int) {
	ref.ScatterAddRows(dst, src, idx, cols)
}

// Bag sets dst[b] to the sum over i in offsets[b] … offsets[b+1] of weights[i] w[ids[i]], rows of cols elements. A nil
// weights means ones; ids below zero are left out.
func Bag[T Float](dst, w []T, ids, offsets []int32, weights []float32, cols int) {
	ref.Bag(dst, w, ids, offsets, weights, cols)
}

// BagGrad adds the gradient of Bag to dw.
func BagGrad[T Float](dw, dy []T, ids, offsets []int32, weights []float32, cols int) {
	ref.BagGrad(dw, dy, ids, offsets, weights, cols)
}
