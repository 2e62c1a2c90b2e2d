// Package npy reads and writes NumPy's .npy arrays and .npz archives.
//
// The format is NEP 1 (https://numpy.org/neps/nep-0001-npy-format.html), versions 1.0 to 3.0.
// Booleans, integers and floats of every width and byte order are read, in C and Fortran
// order; everything else (objects, strings, records, complex numbers) is refused. Memory
// taken is bounded by the size of the file, whatever its header claims.
package npy

import (
	"fmt"
	"math"
)

// Float is what values are converted to.
type Float interface{ float32 | float64 }

// Array is an n-dimensional array in C order: the last index runs fastest.
type Array[T Float] struct {
	Shape []int
	Data  []T // len = product of Shape
}

// Named is one array of an archive.
type Named[T Float] struct {
	Name string // without .npy; "" where a file holds one array
	Array[T]
}

// Matrix reads a as rows of equal width: [N] is N rows of one value, [N, …] N rows of the
// product of the rest, a scalar one row of one value.
func (a *Array[T]) Matrix() (rows, cols int) {
	switch len(a.Shape) {
	case 0:
		return 1, 1
	case 1:
		return a.Shape[0], 1
	}
	cols = 1
	for _, n := range a.Shape[1:] {
		cols *= n
	}
	return a.Shape[0], cols
}

// Count is the product of shape, or an error where a length is negative or the product
// (of the lengths that aren't 0) does not fit an int.
func Count(shape []int) (int, error) {
	n, empty := 1, false
	for _, d := range shape {
		switch {
		case d < 0:
			return 0, fmt.Errorf("negative length in shape %v", shape)
		case d == 0:
			empty = true
		case n > math.MaxInt/d:
			return 0, fmt.Errorf("shape %v is too large", shape)
		default:
			n *= d
		}
	}
	if empty {
		return 0, nil
	}
	return n, nil
}

// toCOrder turns data in Fortran order (the first index runs fastest) into C order.
func toCOrder[T Float](data []T, shape []int) []T {
	if len(shape) < 2 || len(data) == 0 {
		return data
	}
	out := make([]T, len(data))
	stride := make([]int, len(shape)) // of each index in Fortran order
	for i, s := 0, 1; i < len(shape); i++ {
		stride[i] = s
		s *= shape[i]
	}
	index := make([]int, len(shape))
	from := 0
	for to := range out {
		out[to] = data[from]
		for k := len(shape) - 1; k >= 0; k-- {
			index[k]++
			from += stride[k]
			if index[k] < shape[k] {
				break
			}
			from -= stride[k] * shape[k]
			index[k] = 0
		}
	}
	return out
}

// FromBytes decodes an array whose values lie in data, which must hold exactly what shape needs.
// data is not kept.
func FromBytes[T Float](d DType, shape []int, fortran bool, data []byte) *Array[T] {
	out := make([]T, len(data)/d.Size)
	Convert(out, data, d)
	if fortran {
		out = toCOrder(out, shape)
	}
	return &Array[T]{Shape: shape, Data: out}
}
