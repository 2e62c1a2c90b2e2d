package onnx

import "unsafe"

// words returns the elements of a tensor as unsigned integers of the same size, for operators that
// only move them.
func words[T uint8 | uint32 | uint64](t *Tensor) []T {
	n := t.Len()
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(pointer(t.Data)), n)
}

// raw returns the memory of a tensor.
func raw(t *Tensor) []byte {
	n := t.Len() * t.Type.held()
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(t.Data)), n)
}

func pointer(data any) unsafe.Pointer {
	switch d := data.(type) {
	case []float32:
		return unsafe.Pointer(unsafe.SliceData(d))
	case []float64:
		return unsafe.Pointer(unsafe.SliceData(d))
	case []int64:
		return unsafe.Pointer(unsafe.SliceData(d))
	case []int32:
		return unsafe.Pointer(unsafe.SliceData(d))
	case []uint8:
		return unsafe.Pointer(unsafe.SliceData(d))
	case []int8:
		return unsafe.Pointer(unsafe.SliceData(d))
	case []bool:
		return unsafe.Pointer(unsafe.SliceData(d))
	}
	return nil
}

// turnPlanes sets dst to the transposes of n matrices [rows, cols].
func turnPlanes(c *call, dst, src any, n, rows, cols int) {
	if n*rows*cols == 0 {
		return
	}
	switch d := dst.(type) {
	case []float32:
		turn(c, d, src.([]float32), n, rows, cols)
	case []int32:
		turn(c, d, src.([]int32), n, rows, cols)
	case []uint8:
		turn(c, d, src.([]uint8), n, rows, cols)
	case []int8:
		turn(c, d, src.([]int8), n, rows, cols)
	case []float64:
		turn(c, d, src.([]float64), n, rows, cols)
	case []int64:
		turn(c, d, src.([]int64), n, rows, cols)
	case []bool:
		turn(c, d, src.([]bool), n, rows, cols)
	}
}

// turnTile is the side of the squares in which matrices are transposed, so that both sides stay in
// the cache.
const turnTile = 16

func turn[T any](c *call, dst, src []T, n, rows, cols int) {
	if rows == 1 || cols == 1 {
		copy(dst, src)
		return
	}
	for p := range n {
		s, d := src[p*rows*cols:(p+1)*rows*cols], dst[p*rows*cols:(p+1)*rows*cols]
		for i0 := 0; i0 < rows; i0 += turnTile {
			i1 := min(i0+turnTile, rows)
			for j0 := 0; j0 < cols; j0 += turnTile {
				j1 := min(j0+turnTile, cols)
				for j := j0; j < j1; j++ {
					to := d[j*rows+i0 : j*rows+i1]
					at := i0*cols + j
					for i := range to {
						to[i] = s[at]
						at += cols
					}
				}
			}
		}
	}
}

// strided is a view of a tensor's elements: its shape, the distance of neighbors along each axis,
// and where it starts.
type strided struct {
	shape, strides []int
	from           int
}

// pack copies the elements of a view of src to dst, row-major.
func pack(dst, src *Tensor, v strided) {
	switch src.Type.held() {
	case 1:
		packWords(words[uint8](dst), words[uint8](src), v)
	case 4:
		packWords(words[uint32](dst), words[uint32](src), v)
	default:
		packWords(words[uint64](dst), words[uint64](src), v)
	}
}

func packWords[T any](dst, src []T, v strided) {
	if len(dst) == 0 {
		return
	}
	// Axes of length 1 go, and neighbors that lie as one axis become one.
	var shape, step []int
	for i, d := range v.shape {
		if d == 1 {
			continue
		}
		if n := len(shape); n > 0 && step[n-1] == v.strides[i]*d {
			shape[n-1] *= d
			step[n-1] = v.strides[i]
			continue
		}
		shape, step = append(shape, d), append(step, v.strides[i])
	}
	// A single element, of whatever rank.
	if len(shape) == 0 {
		dst[0] = src[v.from]
		return
	}
	// Runs along the last axis; an odometer over the others keeps at without a product.
	n := len(shape) - 1
	run, by := shape[n], step[n]
	index := make([]int, n)
	at := v.from
	for out := 0; out < len(dst); out += run {
		to := dst[out : out+run]
		switch by {
		case 1:
			copy(to, src[at:at+run])
		// A repeated axis (Expand): one element for the whole run.
		case 0:
			x := src[at]
			for i := range to {
				to[i] = x
			}
		default:
			p := at
			for i := range to {
				to[i] = src[p]
				p += by
			}
		}
		for i := n - 1; i >= 0; i-- {
			index[i]++
			at += step[i]
			if index[i] < shape[i] {
				break
			}
			at -= step[i] * shape[i]
			index[i] = 0
		}
	}
}
