package kernel

import "unsafe"

// vectors returns the functions for vectors of T in the active tier, nil where plain Go has to do.
func vectors[T Float]() *vectorKernels {
	var z T
	if unsafe.Sizeof(z) != 4 {
		return nil
	}
	return vectorTiers[active]
}

// at is the start of x, whose elements have four bytes.
func at[T Float](x []T) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(x))) }

// at2 and at3 are at for slices that must be as long as the first. A shorter one panics like an
// index.
func at2[T Float](x, a []T) (int, *float32, *float32) {
	n := len(x)
	return n, at(x), at(a[:n])
}

func at3[T Float](x, a, b []T) (int, *float32, *float32, *float32) {
	n := len(x)
	return n, at(x), at(a[:n]), at(b[:n])
}

// floats is memory for the duration of one call.
type floats struct{ x []float32 }

var scratch freeList[floats]

// scratchLen is how much of it there is.
const scratchLen = 4096

func takeScratch() *floats {
	s := scratch.take()
	if s.x == nil {
		s.x = make([]float32, scratchLen)
	}
	return s
}
