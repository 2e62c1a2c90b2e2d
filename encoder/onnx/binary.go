package onnx

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// pair is a function of two runs, one of which may be a single element: dst[i] = f(a[i], b[i]).
type pair[T any] func(dst, a, b []T)

// lift makes a pair of a function of two elements.
func lift[T, R any](f func(a, b T) R) func(dst []R, a, b []T) {
	return func(dst []R, a, b []T) {
		switch {
		case len(a) == 1 && len(dst) != 1:
			x := a[0]
			for i, y := range b {
				dst[i] = f(x, y)
			}
		case len(b) == 1:
			y := b[0]
			for i, x := range a {
				dst[i] = f(x, y)
			}
		default:
			for i, x := range a {
				dst[i] = f(x, b[i])
			}
		}
	}
}

// arithmetic is one operator on each type that has it; nil where it has none.
type arithmetic struct {
	f32 pair[float32]
	f64 pair[float64]
	i64 pair[int64]
	i32 pair[int32]
	u8  pair[uint8]
	i8  pair[int8]
}

// numbers makes an arithmetic of one function on every type.
func numbers(
	f32 pair[float32], f64 func(a, b float64) float64, i64 func(a, b int64) int64, i32 func(a, b int32) int32,
	u8 func(a, b uint8) uint8, i8 func(a, b int8) int8,
) arithmetic {
	return arithmetic{f32, lift(f64), lift(i64), lift(i32), lift(u8), lift(i8)}
}

func add[T number](a, b T) T { return a + b }
func sub[T number](a, b T) T { return a - b }
func mul[T number](a, b T) T { return a * b }

// div truncates integers toward zero.
func div[T number](a, b T) T {
	if b == 0 && T(1)/2 == 0 {
		failf("an integer is divided by zero")
	}
	return a / b
}

func least[T number](a, b T) T    { return min(a, b) }
func greatest[T number](a, b T) T { return max(a, b) }

func fastAdd(dst, a, b []float32) {
	switch {
	case len(b) == 1:
		kernel.AddScalar(dst, a, b[0])
	case len(a) == 1:
		kernel.AddScalar(dst, b, a[0])
	default:
		kernel.Add(dst, a, b)
	}
}

func fastSub(dst, a, b []float32) {
	switch {
	case len(b) == 1:
		kernel.AddScalar(dst, a, -b[0])
	case len(a) == 1:
		x := a[0]
		for i, y := range b {
			dst[i] = x - y
		}
	default:
		kernel.Sub(dst, a, b)
	}
}

func fastMul(dst, a, b []float32) {
	switch {
	case len(b) == 1:
		kernel.Scale(dst, b[0], a)
	case len(a) == 1:
		kernel.Scale(dst, a[0], b)
	default:
		kernel.Mul(dst, a, b)
	}
}

var (
	adding      = numbers(fastAdd, add[float64], add[int64], add[int32], add[uint8], add[int8])
	subtracting = numbers(fastSub, sub[float64], sub[int64], sub[int32], sub[uint8], sub[int8])
	multiplying = numbers(fastMul, mul[float64], mul[int64], mul[int32], mul[uint8], mul[int8])
	dividing    = numbers(lift(div[float32]), div[float64], div[int64], div[int32], div[uint8], div[int8])
	minimum     = numbers(lift(least[float32]), least[float64], least[int64], least[int32], least[uint8], least[int8])
	maximum     = numbers(lift(greatest[float32]), greatest[float64], greatest[int64], greatest[int32], greatest[uint8], greatest[int8])
)

// elementwise returns the builder of an arithmetic operator of two inputs.
func elementwise(a *arithmetic) func(*builder) runner {
	return func(*builder) runner {
		return func(c *call) { c.combine(a) }
	}
}

// combine computes an arithmetic operator of inputs 0 and 1.
func (c *call) combine(a *arithmetic) {
	if c.in[0].Type != c.in[1].Type {
		failf("the types %v and %v differ", c.in[0].Type, c.in[1].Type)
	}
	shapes, last := c.layout()
	out := c.result(c.in[0].Type, shapes, last)
	c.out[0] = out
	w := newWalk(broadcastShape(shapes...), shapes...)
	switch c.in[0].Data.(type) {
	case []float32:
		apply(c, &w, a.f32)
	case []float64:
		apply(c, &w, a.f64)
	case []int64:
		apply(c, &w, a.i64)
	case []int32:
		apply(c, &w, a.i32)
	case []uint8:
		apply(c, &w, a.u8)
	case []int8:
		apply(c, &w, a.i8)
	default:
		failf("the type %v is not supported", c.in[0].Type)
	}
}

// apply runs f over inputs 0 and 1 into output 0.
func apply[T, R element](c *call, w *walk, f func(dst []R, a, b []T)) {
	if f == nil {
		failf("the type %v is not supported", c.in[0].Type)
	}
	x, y, z := data[T](c.in[0]), data[T](c.in[1]), data[R](c.out[0])
	if len(w.outer) == 0 && w.total > 0 {
		c.parallel(w.run, grain, func(from, to int) {
			f(z[from:to], slice(x, w.step[0], from, to), slice(y, w.step[1], from, to))
		})
		return
	}
	w.each(func(out int, at []int) {
		f(z[out:out+w.run], part(x, at[0], w.step[0], w.run), part(y, at[1], w.step[1], w.run))
	})
}

func slice[T any](x []T, step, from, to int) []T {
	if step == 0 {
		return x[:1]
	}
	return x[from:to]
}

// buildVariadic folds any number of inputs.
func buildVariadic(a *arithmetic, mean bool) func(*builder) runner {
	return func(*builder) runner {
		return func(c *call) {
			all := append([]*Tensor{}, c.in...)
			sum := c.in[0]
			for _, t := range all[1:] {
				c.in, c.dead = append(c.in[:0], sum, t), append(c.dead[:0], false, false)
				c.combine(a)
				sum = c.out[0]
				if sum.buf != nil {
					c.scratch = append(c.scratch, sum.buf)
				}
			}
			c.in, c.dead = append(c.in[:0], sum), append(c.dead[:0], false)
			n := float64(len(all))
			if !mean {
				n = 1
			}
			if n == 1 {
				c.out[0] = c.view(sum, sum.Shape...)
				c.out[0].last = sum.last
				return
			}
			mapFloats(func(x float64) float64 { return x / n }, nil)(c)
		}
	}
}

// comparing returns the builder of an operator that compares numbers.
func comparing(
	f32 func(a, b float32) bool, f64 func(a, b float64) bool, i64 func(a, b int64) bool, i32 func(a, b int32) bool,
	u8 func(a, b uint8) bool, i8 func(a, b int8) bool, bools func(a, b bool) bool,
) func(*builder) runner {
	return func(*builder) runner {
		return func(c *call) {
			w := c.boolResult()
			switch c.in[0].Data.(type) {
			case []float32:
				apply(c, w, lift(f32))
			case []float64:
				apply(c, w, lift(f64))
			case []int64:
				apply(c, w, lift(i64))
			case []int32:
				apply(c, w, lift(i32))
			case []uint8:
				apply(c, w, lift(u8))
			case []int8:
				apply(c, w, lift(i8))
			default:
				if bools == nil {
					failf("the type %v is not supported", c.in[0].Type)
				}
				apply(c, w, lift(bools))
			}
		}
	}
}

// boolResult allocates a bool output of two inputs and returns the way through them.
func (c *call) boolResult() *walk {
	if c.in[0].Type != c.in[1].Type {
		failf("the types %v and %v differ", c.in[0].Type, c.in[1].Type)
	}
	a, b := c.in[0].Shape, c.in[1].Shape
	shape := broadcastShape(a, b)
	c.out[0] = c.alloc(Bool, shape...)
	w := newWalk(shape, a, b)
	return &w
}

func greater[T number](a, b T) bool        { return a > b }
func less[T number](a, b T) bool           { return a < b }
func greaterOrEqual[T number](a, b T) bool { return a >= b }
func lessOrEqual[T number](a, b T) bool    { return a <= b }
func equal[T comparable](a, b T) bool      { return a == b }

// logic returns the builder of an operator on bools.
func logic(f func(a, b bool) bool) func(*builder) runner {
	return func(*builder) runner {
		return func(c *call) { apply(c, c.boolResult(), lift(f)) }
	}
}

func buildMod(b *builder) runner {
	c := b.flag("fmod", false)
	a := arithmetic{
		i64: lift(modulo[int64](c)), i32: lift(modulo[int32](c)), u8: lift(modulo[uint8](c)), i8: lift(modulo[int8](c)),
	}
	if c { // without it floats are not allowed
		a.f64 = lift(math.Mod)
		a.f32 = lift(func(a, b float32) float32 { return float32(math.Mod(float64(a), float64(b))) })
	}
	return func(c *call) { c.combine(&a) }
}

// modulo returns the remainder with the sign of the divisor, or of the dividend as C has it.
func modulo[T int64 | int32 | uint8 | int8](asC bool) func(a, b T) T {
	return func(a, b T) T {
		if b == 0 {
			failf("an integer is divided by zero")
		}
		m := a % b
		if !asC && m != 0 && (m < 0) != (b < 0) {
			m += b
		}
		return m
	}
}

// buildPow raises to powers; the exponent may be of another type.
func buildPow(*builder) runner {
	pow := arithmetic{
		f32: fastPow, f64: lift(math.Pow), i64: lift(powInt[int64]), i32: lift(powInt[int32]),
	}
	return func(c *call) {
		if x, p := c.in[0], c.in[1]; x.Type != p.Type {
			if p.Type.float() && !x.Type.float() { // through float64, and back toward zero
				c.in[0], c.in[1] = c.castScratch(x, Float64), c.castScratch(p, Float64)
				c.dead[0], c.dead[1] = false, false
				c.combine(&pow)
				c.in[0] = c.out[0]
				if c.in[0].buf != nil {
					c.scratch = append(c.scratch, c.in[0].buf)
				}
				c.cast(x.Type)
				return
			}
			c.in[1], c.dead[1] = c.castScratch(p, x.Type), false
		}
		c.combine(&pow)
	}
}

// castScratch converts a tensor for the duration of the call.
func (c *call) castScratch(t *Tensor, to Type) *Tensor {
	old := c.in[0]
	c.in[0] = t
	c.cast(to)
	c.in[0] = old
	if b := c.out[0].buf; b != nil {
		c.scratch = append(c.scratch, b)
	}
	return c.out[0]
}

func fastPow(dst, a, b []float32) {
	if len(b) == 1 {
		switch b[0] {
		case 2:
			square := a
			if len(a) == len(dst) {
				kernel.Mul(dst, square, square)
				return
			}
		case 3:
			for i, x := range a {
				dst[i] = x * x * x
			}
			return
		case 0.5:
			fastSqrt(dst, a)
			return
		}
	}
	lift(func(a, b float32) float32 { return float32(math.Pow(float64(a), float64(b))) })(dst, a, b)
}

func powInt[T int64 | int32](a, b T) T {
	if b < 0 {
		switch a {
		case 0:
			failf("zero is raised to a negative power")
		case 1:
			return 1
		case -1:
			return 1 - 2*(b&1)
		}
		return 0
	}
	r := T(1)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			r *= a
		}
		a *= a
	}
	return r
}

// buildPRelu multiplies negative elements by a slope.
func buildPRelu(*builder) runner {
	prelu := arithmetic{f32: lift(slope[float32]), f64: lift(slope[float64])}
	return func(c *call) { c.combine(&prelu) }
}

func slope[T float](x, s T) T {
	if x < 0 {
		return s * x
	}
	return x
}

func buildWhere(*builder) runner {
	return func(c *call) {
		if c.in[1].Type != c.in[2].Type {
			failf("the types %v and %v differ", c.in[1].Type, c.in[2].Type)
		}
		shapes := [][]int{c.in[0].Shape, c.in[1].Shape, c.in[2].Shape}
		shape := broadcastShape(shapes...)
		c.out[0] = c.alloc(c.in[1].Type, shape...)
		w := newWalk(shape, shapes...)
		switch c.in[1].Type.held() {
		case 1:
			choose(c, &w, words[uint8](c.out[0]), words[uint8](c.in[1]), words[uint8](c.in[2]))
		case 4:
			choose(c, &w, words[uint32](c.out[0]), words[uint32](c.in[1]), words[uint32](c.in[2]))
		default:
			choose(c, &w, words[uint64](c.out[0]), words[uint64](c.in[1]), words[uint64](c.in[2]))
		}
	}
}

func choose[T any](c *call, w *walk, z, x, y []T) {
	cond := data[bool](c.in[0])
	w.each(func(out int, at []int) {
		p, a, b := at[0], at[1], at[2]
		for i := range w.run {
			if cond[p] {
				z[out+i] = x[a]
			} else {
				z[out+i] = y[b]
			}
			p += w.step[0]
			a += w.step[1]
			b += w.step[2]
		}
	})
}
