package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// Dropout sets dst = x/(1-p) with probability 1-p, else 0. Which elements stay depends on key and
// their place alone, so that the way back needs no stored mask: it calls DropoutGrad with the same
// key.
func Dropout[T Float](dst, x []T, p float64, key uint64) { ref.Dropout(dst, x, p, key) }

// DropoutGrad adds dy/(1-p) to dx where Dropout kept the element.
func DropoutGrad[T Float](dx, dy []T, p float64, key uint64) { ref.DropoutGrad(dx, dy, p, key) }
