package onnx

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// mapping returns the builder of an operator that maps floats one by one.
func mapping(f func(float64) float64, fast func(dst, x []float32)) func(*builder) runner {
	return func(*builder) runner { return mapFloats(f, fast) }
}

// mapFloats returns the kernel of f; fast is f on float32 vectors, or nil.
func mapFloats(f func(float64) float64, fast func(dst, x []float32)) runner {
	return func(c *call) {
		t := c.in[0]
		out := c.reuse(0, t.Type, t.Shape)
		out.last = t.last
		c.out[0] = out
		switch x := t.Data.(type) {
		case []float32:
			y := out.f32()
			c.parallel(len(x), grain, func(from, to int) {
				if fast != nil {
					fast(y[from:to], x[from:to])
					return
				}
				for i := from; i < to; i++ {
					y[i] = float32(f(float64(x[i])))
				}
			})
		case []float64:
			y := data[float64](out)
			for i, v := range x {
				y[i] = f(v)
			}
		default:
			failf("the type %v is not supported", t.Type)
		}
	}
}

// mapNumbers returns the kernel of an operator on floats and integers.
func mapNumbers(f func(float64) float64, i64 func(int64) int64) runner {
	floats := mapFloats(f, nil)
	return func(c *call) {
		t := c.in[0]
		if t.Type.float() {
			floats(c)
			return
		}
		out := c.reuse(0, t.Type, t.Shape)
		out.last = t.last
		c.out[0] = out
		switch x := t.Data.(type) {
		case []int64:
			mapInts(data[int64](out), x, i64)
		case []int32:
			mapInts(data[int32](out), x, i64)
		case []int8:
			mapInts(data[int8](out), x, i64)
		case []uint8:
			mapInts(data[uint8](out), x, i64)
		default:
			failf("the type %v is not supported", t.Type)
		}
	}
}

func mapInts[T int64 | int32 | int8 | uint8](y, x []T, f func(int64) int64) {
	for i, v := range x {
		y[i] = T(f(int64(v)))
	}
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0 and NaN
}

func signInt(x int64) int64 { return int64(sign(float64(x))) }

func absInt(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 {
	if x > 30 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// gelu is x Φ(x).
func gelu(x float64) float64 { return x * 0.5 * math.Erfc(-x/math.Sqrt2) }

// geluTanh is the approximation of GELU by tanh.
func geluTanh(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

func hardSwish(x float64) float64 { return x * max(0, min(1, x/6+0.5)) }

func fastGELU(dst, x []float32)    { kernel.GELU(dst, x) }
func fastSigmoid(dst, x []float32) { kernel.Sigmoid(dst, x) }
func fastTanh(dst, x []float32)    { kernel.Tanh(dst, x) }
func fastExp(dst, x []float32)     { kernel.Exp(dst, x) }
func fastReLU(dst, x []float32)    { kernel.ReLU(dst, x) }

func fastSqrt(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(math.Sqrt(float64(v)))
	}
}

func fastHardSwish(dst, x []float32) {
	for i, v := range x {
		dst[i] = v * max(0, min(1, v*(1.0/6)+0.5))
	}
}

// fastGELUTanh is geluTanh: x sigmoid(2 y) with y the argument of the tanh.
func fastGELUTanh(dst, x []float32) {
	var room [1024]float32
	for len(x) > 0 {
		n := min(len(x), len(room))
		y := room[:n]
		for i, v := range x[:n] {
			y[i] = float32(2*0.7978845608028654) * (v + 0.044715*v*v*v)
		}
		kernel.Sigmoid(y, y)
		kernel.Mul(dst[:n], x[:n], y)
		dst, x = dst[n:], x[n:]
	}
}

// fastSiLU returns the function x sigmoid(alpha x).
func fastSiLU(alpha float32) func(dst, x []float32) {
	return func(dst, x []float32) {
		var room [1024]float32
		for len(x) > 0 {
			n := min(len(x), len(room))
			y := room[:n]
			if alpha == 1 {
				kernel.Sigmoid(y, x[:n])
			} else {
				kernel.Scale(y, alpha, x[:n])
				kernel.Sigmoid(y, y)
			}
			kernel.Mul(dst[:n], x[:n], y)
			dst, x = dst[n:], x[n:]
		}
	}
}

func buildLeakyRelu(b *builder) runner {
	alpha := b.float("alpha", 0.01)
	a := float32(alpha)
	return mapFloats(func(x float64) float64 {
		if x < 0 {
			return alpha * x
		}
		return x
	}, func(dst, x []float32) {
		for i, v := range x {
			if v < 0 {
				v *= a
			}
			dst[i] = v
		}
	})
}

func buildElu(b *builder) runner {
	alpha := b.float("alpha", 1)
	return mapFloats(func(x float64) float64 {
		if x < 0 {
			return alpha * math.Expm1(x)
		}
		return x
	}, nil)
}

func buildCelu(b *builder) runner {
	alpha := b.float("alpha", 1)
	return mapFloats(func(x float64) float64 { return max(0, x) + min(0, alpha*math.Expm1(x/alpha)) }, nil)
}

func buildSelu(b *builder) runner {
	alpha := b.float("alpha", float64(float32(1.67326319217681884765625)))
	gamma := b.float("gamma", float64(float32(1.05070102214813232421875)))
	return mapFloats(func(x float64) float64 {
		if x <= 0 {
			return gamma * alpha * math.Expm1(x)
		}
		return gamma * x
	}, nil)
}

func buildThresholdedRelu(b *builder) runner {
	alpha := b.float("alpha", 1)
	return mapFloats(func(x float64) float64 {
		if x > alpha {
			return x
		}
		return 0
	}, nil)
}

func buildHardSigmoid(b *builder) runner {
	alpha, beta := b.float("alpha", float64(float32(0.2))), b.float("beta", 0.5)
	a, d := float32(alpha), float32(beta)
	return mapFloats(func(x float64) float64 { return max(0, min(1, alpha*x+beta)) }, func(dst, x []float32) {
		for i, v := range x {
			dst[i] = max(0, min(1, a*v+d))
		}
	})
}

func buildGelu(b *builder) runner {
	switch kind := b.string("approximate", "none"); kind {
	case "none":
		return mapFloats(gelu, fastGELU)
	case "tanh":
		return mapFloats(geluTanh, fastGELUTanh)
	default:
		failf("approximate = %q is not supported", kind)
	}
	return nil
}

func buildIdentity(*builder) runner {
	return func(c *call) {
		c.out[0] = c.view(c.in[0], c.in[0].Shape...)
		c.out[0].last = c.in[0].last
	}
}

func buildDropout(b *builder) runner {
	b.ignore("ratio", "seed")
	return func(c *call) {
		if m := c.arg(2); m != nil && data[bool](m)[0] {
			failf("training mode is not supported")
		}
		if len(c.out) > 1 && c.n.out[1] >= 0 {
			failf("the mask is not supported")
		}
		c.out[0] = c.view(c.in[0], c.in[0].Shape...)
		c.out[0].last = c.in[0].last
	}
}

// buildClip bounds elements, by attributes before opset 11 and by inputs since.
func buildClip(b *builder) runner {
	lo, hi := math.Inf(-1), math.Inf(1)
	if b.opset < 11 {
		lo, hi = b.float("min", -math.MaxFloat32), b.float("max", math.MaxFloat32)
	}
	return func(c *call) {
		lo, hi := lo, hi
		if t := c.arg(1); t != nil {
			lo = t.scalar()
		}
		if t := c.arg(2); t != nil {
			hi = t.scalar()
		}
		t := c.in[0]
		out := c.reuse(0, t.Type, t.Shape)
		out.last = t.last
		c.out[0] = out
		switch x := t.Data.(type) {
		case []float32:
			kernel.Clip(out.f32(), x, float32(lo), float32(hi))
		case []float64:
			clip(data[float64](out), x, lo, hi)
		case []int64:
			clip(data[int64](out), x, bound[int64](lo, math.MinInt64), bound[int64](hi, math.MaxInt64))
		case []int32:
			clip(data[int32](out), x, bound[int32](lo, math.MinInt32), bound[int32](hi, math.MaxInt32))
		case []uint8:
			clip(data[uint8](out), x, bound[uint8](lo, 0), bound[uint8](hi, 255))
		case []int8:
			clip(data[int8](out), x, bound[int8](lo, -128), bound[int8](hi, 127))
		default:
			failf("the type %v is not supported", t.Type)
		}
	}
}

// bound is x, or the end of the type's range where there is no bound.
func bound[T number](x float64, end T) T {
	if math.IsInf(x, 0) {
		return end
	}
	return T(x)
}

func clip[T number](y, x []T, lo, hi T) {
	for i, v := range x {
		y[i] = min(max(v, lo), hi)
	}
}

func buildNot(*builder) runner {
	return func(c *call) {
		x := data[bool](c.in[0])
		c.out[0] = c.alloc(Bool, c.in[0].Shape...)
		c.out[0].last = c.in[0].last
		y := data[bool](c.out[0])
		for i, v := range x {
			y[i] = !v
		}
	}
}

// floatTest returns the kernel of an operator that answers for every float.
func floatTest(f func(float64) bool) runner {
	return func(c *call) {
		c.out[0] = c.alloc(Bool, c.in[0].Shape...)
		c.out[0].last = c.in[0].last
		y := data[bool](c.out[0])
		switch x := c.in[0].Data.(type) {
		case []float32:
			for i, v := range x {
				y[i] = f(float64(v))
			}
		case []float64:
			for i, v := range x {
				y[i] = f(v)
			}
		default:
			failf("the type %v is not supported", c.in[0].Type)
		}
	}
}

func buildIsInf(b *builder) runner {
	neg, pos := b.flag("detect_negative", true), b.flag("detect_positive", true)
	return floatTest(func(x float64) bool { return neg && math.IsInf(x, -1) || pos && math.IsInf(x, 1) })
}

func buildCast(b *builder) runner {
	b.ignore("saturate") // of float8 types
	if !b.has("to") {
		failf("the attribute \"to\" is missing")
	}
	to := Type(min(max(b.int("to", 0), 0), 255))
	if !to.supported() {
		failf("the element type %v is not supported", to)
	}
	return func(c *call) { c.cast(to) }
}

func buildCastLike(b *builder) runner {
	b.ignore("saturate")
	return func(c *call) { c.cast(c.in[1].Type) }
}

// cast converts the elements of input 0.
func (c *call) cast(to Type) {
	t := c.in[0]
	if t.Type == to || to == Float32 && t.Type.half() {
		c.out[0] = c.view(t, t.Shape...)
		c.out[0].Type, c.out[0].last = to, t.last
		return
	}
	out := c.alloc(to, t.Shape...)
	out.last = t.last
	c.out[0] = out
	switch x := t.Data.(type) {
	case []float32:
		castTo(out, x)
	case []float64:
		castTo(out, x)
	case []int64:
		castTo(out, x)
	case []int32:
		castTo(out, x)
	case []uint8:
		castTo(out, x)
	case []int8:
		castTo(out, x)
	case []bool:
		ones := temporary[uint8](c, len(x))
		for i, v := range x {
			ones[i] = 0
			if v {
				ones[i] = 1
			}
		}
		castTo(out, ones)
	}
}

// castTo converts as C does: toward zero, and modulo the range of a small integer.
func castTo[From number](out *Tensor, x []From) {
	switch y := out.Data.(type) {
	case []float32:
		for i, v := range x {
			y[i] = float32(v)
		}
	case []float64:
		for i, v := range x {
			y[i] = float64(v)
		}
	case []int64:
		for i, v := range x {
			y[i] = int64(v)
		}
	case []int32:
		for i, v := range x {
			y[i] = int32(int64(v))
		}
	case []uint8:
		for i, v := range x {
			y[i] = uint8(int64(v))
		}
	case []int8:
		for i, v := range x {
			y[i] = int8(int64(v))
		}
	case []bool:
		for i, v := range x {
			y[i] = v != 0
		}
	}
}

func buildRelu(*builder) runner {
	floats := mapFloats(func(x float64) float64 { return max(x, 0) }, fastReLU)
	ints := mapNumbers(nil, func(x int64) int64 { return max(x, 0) })
	return func(c *call) {
		if c.in[0].Type.float() {
			floats(c)
			return
		}
		ints(c)
	}
}
