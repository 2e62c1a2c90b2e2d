package onnx

import (
	"math"
	"slices"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// reducer folds the elements of one result.
type reducer struct {
	floats func(x []float64) float64
	f32    func(x []float32) float32 // the same on float32, or nil
	ints   func(x []int64) int64     // the same on integers, or nil
	empty  bool                      // has a value for no elements
}

var (
	reduceSum  = reducer{floats: sumOf[float64], f32: kernel.Sum[float32], ints: sumOf[int64], empty: true}
	reduceMean = reducer{
		floats: func(x []float64) float64 { return sumOf(x) / float64(len(x)) },
		f32:    func(x []float32) float32 { return kernel.Sum(x) / float32(len(x)) },
		ints:   func(x []int64) int64 { return sumOf(x) / int64(len(x)) },
	}
	reduceMax  = reducer{floats: slices.Max[[]float64], f32: slices.Max[[]float32], ints: slices.Max[[]int64]}
	reduceMin  = reducer{floats: slices.Min[[]float64], f32: slices.Min[[]float32], ints: slices.Min[[]int64]}
	reduceProd = reducer{floats: productOf[float64], ints: productOf[int64], empty: true}
	reduceL1   = reducer{floats: func(x []float64) float64 {
		s := 0.0
		for _, v := range x {
			s += math.Abs(v)
		}
		return s
	}, ints: func(x []int64) int64 {
		s := int64(0)
		for _, v := range x {
			s += absInt(v)
		}
		return s
	}, empty: true}
	reduceL2 = reducer{
		floats: func(x []float64) float64 { return math.Sqrt(squares(x)) },
		f32:    func(x []float32) float32 { return float32(math.Sqrt(kernel.SumSquares(x))) },
		ints:   func(x []int64) int64 { return int64(math.Sqrt(float64(squares(x)))) }, empty: true,
	}
	reduceSumSquare = reducer{
		floats: squares[float64], f32: func(x []float32) float32 { return float32(kernel.SumSquares(x)) },
		ints: squares[int64], empty: true,
	}
	reduceLogSum = reducer{
		floats: func(x []float64) float64 { return math.Log(sumOf(x)) },
		ints:   func(x []int64) int64 { return int64(math.Log(float64(sumOf(x)))) }, empty: true,
	}
	reduceLogSumExp = reducer{floats: func(x []float64) float64 {
		if len(x) == 0 {
			return math.Inf(-1)
		}
		top, s := slices.Max(x), 0.0
		if math.IsInf(top, 0) {
			return top
		}
		for _, v := range x {
			s += math.Exp(v - top)
		}
		return top + math.Log(s)
	}, ints: func(x []int64) int64 {
		s := 0.0
		for _, v := range x {
			s += math.Exp(float64(v))
		}
		return int64(math.Log(s))
	}, empty: true}
)

func sumOf[T number](x []T) T {
	var s T
	for _, v := range x {
		s += v
	}
	return s
}

func productOf[T number](x []T) T {
	p := T(1)
	for _, v := range x {
		p *= v
	}
	return p
}

func squares[T number](x []T) T {
	var s T
	for _, v := range x {
		s += v * v
	}
	return s
}

// reduction is how a tensor is folded: the axes that go come last in lies.
type reduction struct {
	shape      []int // of the result
	lies       strided
	rows, cols int
	inPlace    bool // the elements of a row already lie so
}

// newReduction finds the way for the axes that are set; none are all, unless keep.
func newReduction(t *Tensor, gone []bool, keepDims bool) reduction {
	r := reduction{rows: 1, cols: 1, shape: []int{}}
	own := t.distances()
	var kept, folded []int
	for i, d := range t.Shape {
		if gone[i] {
			folded = append(folded, i)
			r.cols *= d
			if keepDims {
				r.shape = append(r.shape, 1)
			}
			continue
		}
		kept = append(kept, i)
		r.rows *= d
		r.shape = append(r.shape, d)
	}
	for _, i := range slices.Concat(kept, folded) {
		r.lies.shape = append(r.lies.shape, t.Shape[i])
		r.lies.strides = append(r.lies.strides, own[i])
	}
	r.inPlace = true
	dense := strides(r.lies.shape)
	for i, d := range r.lies.shape {
		r.inPlace = r.inPlace && (d == 1 || r.lies.strides[i] == dense[i])
	}
	return r
}

// buildReduce is a reduction over axes that are an attribute before opset since.
func buildReduce(f *reducer, since int) func(*builder) runner {
	return func(b *builder) runner {
		axes := b.axesOf(1, since)
		keep := b.flag("keepdims", true)
		noop := b.opset >= since && b.flag("noop_with_empty_axes", false)
		return func(c *call) {
			t, list := c.in[0], axes(c)
			gone := make([]bool, len(t.Shape))
			for _, a := range list {
				gone[axis(a, len(t.Shape))] = true
			}
			if len(list) == 0 && !noop { // noop reduces each element by itself
				for i := range gone {
					gone[i] = true
				}
			}
			c.reduce(f, newReduction(t, gone, keep))
		}
	}
}

func (c *call) reduce(f *reducer, r reduction) {
	t := c.in[0]
	if r.cols == 0 && r.rows > 0 && !f.empty {
		failf("nothing is reduced: the shape is %v", t.Shape)
	}
	out := c.alloc(t.Type, r.shape...)
	c.out[0] = out
	if !r.inPlace && r.planes(c, f) {
		return
	}
	switch x := t.Data.(type) {
	case []float32:
		if f.f32 != nil {
			reduceRows(c, out.f32(), x, r, f.f32)
			return
		}
		reduceRows(c, out.f32(), x, r, through(f.floats, float64s[float32]))
	case []float64:
		reduceRows(c, data[float64](out), x, r, f.floats)
	case []int64:
		reduceRows(c, data[int64](out), x, r, f.ints)
	case []int32:
		reduceRows(c, data[int32](out), x, r, throughInts[int32](f.ints))
	case []uint8:
		reduceRows(c, data[uint8](out), x, r, throughInts[uint8](f.ints))
	case []int8:
		reduceRows(c, data[int8](out), x, r, throughInts[int8](f.ints))
	default:
		failf("the type %v is not supported", t.Type)
	}
}

// planes sums along a middle axis of float32s without turning them.
func (r *reduction) planes(c *call, f *reducer) bool {
	// The two that a column sum computes.
	if f != &reduceSum && f != &reduceMean || c.in[0].Type.held() != 4 || !c.in[0].Type.float() {
		return false
	}
	// rows are [outer, inner] and columns one axis between them.
	s, n := r.lies, len(r.lies.shape)
	var axes [][2]int
	for i := range n {
		if s.shape[i] != 1 {
			axes = append(axes, [2]int{s.shape[i], s.strides[i]})
		}
	}
	// Axes that lie as one become one, so that any rank is [outer, cols, inner] if it can be.
	merged := axes[:0:0]
	for _, a := range axes {
		if m := len(merged); m > 0 && merged[m-1][1] == a[0]*a[1] {
			merged[m-1] = [2]int{merged[m-1][0] * a[0], a[1]}
			continue
		}
		merged = append(merged, a)
	}
	var outer, inner, cols int
	switch {
	// The kept axis has step 1, the summed one the width of a row.
	case len(merged) == 2 && merged[0][1] == 1 && merged[1][1] == merged[0][0]:
		outer, inner, cols = 1, merged[0][0], merged[1][0]
	case len(merged) == 3 && merged[1][1] == 1 && merged[2][1] == merged[1][0] && merged[0][1] == merged[1][0]*merged[2][0]:
		outer, inner, cols = merged[0][0], merged[1][0], merged[2][0]
	default:
		return false
	}
	x, y := c.in[0].f32(), c.out[0].f32()
	for o := range outer {
		row := y[o*inner : (o+1)*inner]
		clear(row)
		kernel.ColSum(row, x[o*inner*cols:(o+1)*inner*cols])
		if f == &reduceMean {
			n := float32(cols)
			for i := range row {
				row[i] /= n
			}
		}
	}
	return true
}

func float64s[T number](x []T) []float64 { return convert[float64](x) }

func through(f func([]float64) float64, to func([]float32) []float64) func([]float32) float32 {
	return func(x []float32) float32 { return float32(f(to(x))) }
}

func throughInts[T int32 | uint8 | int8](f func([]int64) int64) func([]T) T {
	if f == nil {
		return nil
	}
	return func(x []T) T { return T(f(convert[int64](x))) }
}

func reduceRows[T element, R any](c *call, y []R, x []T, r reduction, f func([]T) R) {
	if f == nil {
		failf("the type %v is not supported", c.in[0].Type)
	}
	if !r.inPlace {
		turned := &Tensor{Type: c.in[0].Type, Shape: r.lies.shape, Data: temporary[T](c, len(x))}
		if len(x) > 0 {
			pack(turned, c.in[0], r.lies)
		}
		x = turned.Data.([]T)
	}
	for i := range y {
		y[i] = f(x[i*r.cols : (i+1)*r.cols])
	}
}

// buildArg finds the place of the best element along an axis.
func buildArg(greatest bool) func(*builder) runner {
	return func(b *builder) runner {
		a, keep := b.int("axis", 0), b.flag("keepdims", true)
		atEnd := b.flag("select_last_index", false)
		return func(c *call) {
			t := c.in[0]
			gone := make([]bool, len(t.Shape))
			gone[axis(a, len(t.Shape))] = true
			r := newReduction(t, gone, keep)
			if r.cols == 0 {
				failf("nothing is reduced: the shape is %v", t.Shape)
			}
			out := c.alloc(Int64, r.shape...)
			c.out[0] = out
			y := data[int64](out)
			switch x := t.Data.(type) {
			case []float32:
				reduceRows(c, y, x, r, bestOf[float32](greatest, atEnd))
			case []float64:
				reduceRows(c, y, x, r, bestOf[float64](greatest, atEnd))
			case []int64:
				reduceRows(c, y, x, r, bestOf[int64](greatest, atEnd))
			case []int32:
				reduceRows(c, y, x, r, bestOf[int32](greatest, atEnd))
			case []uint8:
				reduceRows(c, y, x, r, bestOf[uint8](greatest, atEnd))
			case []int8:
				reduceRows(c, y, x, r, bestOf[int8](greatest, atEnd))
			default:
				failf("the type %v is not supported", t.Type)
			}
		}
	}
}

func bestOf[T number](greatest, atEnd bool) func(x []T) int64 {
	return func(x []T) int64 {
		best := 0
		for i, v := range x {
			if greatest && v > x[best] || !greatest && v < x[best] || atEnd && v == x[best] {
				best = i
			}
		}
		return int64(best)
	}
}
