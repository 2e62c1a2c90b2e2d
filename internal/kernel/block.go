package kernel

import "unsafe"

// Block returns memory for n elements, zeros. It is meant for large blocks that are used for long.
func Block[T Float](n int) []T {
	x := make([]T, n)
	if n > 0 {
		advise(unsafe.Pointer(&x[0]), n*int(unsafe.Sizeof(x[0])))
	}
	return x
}
