package onnx

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// buildSoftmax normalizes along an axis since opset 13, and before that over all axes from one on
// (the input is flattened to a matrix there).
func buildSoftmax(rows func(dst, x []float32, cols int), one func(y, x []float64)) func(*builder) runner {
	return func(b *builder) runner {
		flat := b.opset < 13
		without := -1
		// The default axis is 1 before opset 13, and the last since.
		if flat {
			without = 1
		}
		a := b.int("axis", without)
		return func(c *call) {
			t := c.in[0]
			at := axis(a, len(t.Shape))
			inner := 1
			cols := t.Shape[at]
			if flat {
				cols = size(t.Shape[at:])
			} else {
				inner = size(t.Shape[at+1:])
			}
			out := c.reuse(0, t.Type, t.Shape)
			c.out[0] = out
			if t.Len() == 0 {
				return
			}
			switch x := t.Data.(type) {
			case []float32:
				y := out.f32()
				if inner == 1 {
					// So many rows a piece that a goroutine is worth it.
					per := max(1, grain/cols)
					c.parallel(len(x)/cols, per, func(from, to int) {
						rows(y[from*cols:to*cols], x[from*cols:to*cols], cols)
					})
					return
				}
				row := c.floats(cols)
				eachColumn(len(x)/cols, inner, cols, func(first int) {
					// An inner axis: each column is brought together, so that one function serves all layouts.
					gatherColumn(row, x[first:], inner)
					rows(row, row, cols)
					scatterColumn(y[first:], row, inner)
				})
			// Rare (float64 is not what networks compute in): the plain way alone.
			case []float64:
				y, row := data[float64](out), make([]float64, cols)
				eachColumn(len(x)/cols, inner, cols, func(first int) {
					gatherColumn(row, x[first:], inner)
					one(row, row)
					scatterColumn(y[first:], row, inner)
				})
			default:
				failf("the type %v is not supported", t.Type)
			}
		}
	}
}

// eachColumn calls f with the first element of every column of length cols.
func eachColumn(columns, inner, cols int, f func(first int)) {
	for i := range columns {
		f(i/inner*inner*cols + i%inner)
	}
}

func gatherColumn[T any](row, x []T, step int) {
	for i := range row {
		row[i] = x[i*step]
	}
}

func scatterColumn[T any](y, row []T, step int) {
	for i, v := range row {
		y[i*step] = v
	}
}

func softmaxRows(dst, x []float32, cols int)    { kernel.Softmax(dst, x, cols) }
func logSoftmaxRows(dst, x []float32, cols int) { kernel.LogSoftmax(dst, x, cols) }

func softmax(y, x []float64) {
	top, s := math.Inf(-1), 0.0
	for _, v := range x {
		top = max(top, v)
	}
	for i, v := range x {
		y[i] = math.Exp(v - top)
		s += y[i]
	}
	for i := range y {
		y[i] /= s
	}
}

func logSoftmax(y, x []float64) {
	top, s := math.Inf(-1), 0.0
	for _, v := range x {
		top = max(top, v)
	}
	for _, v := range x {
		s += math.Exp(v - top)
	}
	for i, v := range x {
		y[i] = v - top - math.Log(s)
	}
}

// hardmaxRows sets the first greatest element of each row to 1 and the others to 0.
func hardmaxRows(dst, x []float32, cols int) {
	for from := 0; from < len(x); from += cols {
		best := bestOf[float32](true, false)(x[from : from+cols])
		clear(dst[from : from+cols])
		dst[from+int(best)] = 1
	}
}

func hardmax(y, x []float64) {
	best := bestOf[float64](true, false)(x)
	clear(y)
	y[best] = 1
}
