package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// Softmax sets every row of dst, cols elements, to exp(x)/Σ exp(x).
func Softmax[T Float](dst, x []T, cols int) { ref.Softmax(dst, x, cols) }

// SoftmaxGrad adds y (dy - Σ dy y) to dx, where y = softmax x, row by row.
func SoftmaxGrad[T Float](dx, y, dy []T, cols int) { ref.SoftmaxGrad(dx, y, dy, cols) }

// LogSoftmax sets every row of dst, cols elements, to x - ln Σ exp(x).
func LogSoftmax[T Float](dst, x []T, cols int) { ref.LogSoftmax(dst, x, cols) }

// LogSoftmaxGrad adds dy - exp(y) Σ dy to dx, where y = log softmax x, row by row.
func LogSoftmaxGrad[T Float](dx, y, dy []T, cols int) { ref.LogSoftmaxGrad(dx, y, dy, cols) }

// MaskedSoftmax is Softmax over the elements of each row whose mask is not zero; the others become zero and are not
// read. A row without any such element becomes zeros.
func MaskedSoftmax[T Float](dst, x, mask []T, cols int) { ref.MaskedSoftmax(dst, x, mask, cols) }

// MaskedSoftmaxGrad is SoftmaxGrad over the elements whose mask is not zero; dy is not read at the others.
func MaskedSoftmaxGrad[T Float](dx, y, dy, mask []T, cols int) {
	ref.MaskedSoftmaxGrad(dx, y, dy, mask, cols)
}
