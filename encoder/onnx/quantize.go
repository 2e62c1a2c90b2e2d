package onnx

import (
	"math"
	"slices"
)

// perAxis is a scale and a zero point for a tensor, or for each place along an axis.
type perAxis struct {
	scale        []float32
	zero         []int32
	outer, inner int
}

// at returns the scale and zero point of element group g.
func (p *perAxis) at(g int) (float32, int32) {
	i := g % len(p.scale)
	if p.zero == nil {
		return p.scale[i], 0
	}
	return p.scale[i], p.zero[i]
}

// quantization reads the scale (input 1) and zero point (input 2).
func (c *call) quantization(a int) perAxis {
	t, scale, zero := c.in[0], c.in[1], c.arg(2)
	p := perAxis{scale: scale.f32(), outer: 1, inner: t.Len()}
	if scale.Len() != 1 || len(scale.Shape) == 1 && len(t.Shape) > 0 && scale.Len() == t.Shape[min(max(a, 0), len(t.Shape)-1)] {
		if scale.Len() == 1 && len(p.scale) == 1 {
			// one number for all
		} else {
			at := axis(a, len(t.Shape))
			if len(scale.Shape) != 1 || scale.Len() != t.Shape[at] {
				failf("a scale of shape %v for the shape %v", scale.Shape, t.Shape)
			}
			p.outer, p.inner = size(t.Shape[:at+1]), size(t.Shape[at+1:])
		}
	}
	if zero != nil {
		if zero.Len() != scale.Len() {
			failf("a zero point of shape %v and a scale of shape %v", zero.Shape, scale.Shape)
		}
		p.zero = int32s(zero)
	}
	return p
}

// int32s returns the elements of a tensor of small integers.
func int32s(t *Tensor) []int32 {
	switch d := t.Data.(type) {
	case []uint8:
		return convert[int32](d)
	case []int8:
		return convert[int32](d)
	case []int32:
		return d
	}
	failf("the type %v is not supported", t.Type)
	return nil
}

func buildQuantize(b *builder) runner {
	a := b.int("axis", 1)
	b.ignore("saturate")
	b.only("block_size", 0)
	as := Type(b.int("output_dtype", 0))
	return func(c *call) {
		typ := as
		if z := c.arg(2); z != nil {
			typ = z.Type
		} else if typ == 0 {
			typ = Uint8
		}
		p := c.quantization(a)
		out := c.alloc(typ, c.in[0].Shape...)
		c.out[0] = out
		x := c.in[0].f32()
		for g := range p.outer {
			scale, zero := p.at(g)
			part := x[g*p.inner : (g+1)*p.inner]
			switch y := out.Data.(type) {
			case []uint8:
				quantize(y[g*p.inner:(g+1)*p.inner], part, scale, zero, 0, 255)
			case []int8:
				quantize(y[g*p.inner:(g+1)*p.inner], part, scale, zero, -128, 127)
			default:
				failf("the type %v is not supported", typ)
			}
		}
	}
}

// quantize sets y to x/scale, rounded half to even, plus zero, within lo and hi.
func quantize[T uint8 | int8](y []T, x []float32, scale float32, zero, lo, hi int32) {
	for i, v := range x {
		q := math.RoundToEven(float64(v/scale)) + float64(zero)
		y[i] = T(int32(min(max(q, float64(lo)), float64(hi))))
	}
}

func buildDequantize(b *builder) runner {
	a := b.int("axis", 1)
	b.only("block_size", 0)
	return func(c *call) {
		p := c.quantization(a)
		out := c.alloc(Float32, c.in[0].Shape...)
		c.out[0] = out
		y := out.f32()
		for g := range p.outer {
			scale, zero := p.at(g)
			from, to := g*p.inner, (g+1)*p.inner
			switch x := c.in[0].Data.(type) {
			case []uint8:
				dequantize(y[from:to], x[from:to], scale, zero)
			case []int8:
				dequantize(y[from:to], x[from:to], scale, zero)
			case []int32:
				dequantize(y[from:to], x[from:to], scale, zero)
			default:
				failf("the type %v is not supported", c.in[0].Type)
			}
		}
	}
}

func dequantize[T uint8 | int8 | int32](y []float32, x []T, scale float32, zero int32) {
	for i, v := range x {
		y[i] = float32(int32(v)-zero) * scale
	}
}

// buildDynamicQuantize makes bytes of floats, with a scale such that all of them and 0 fit.
func buildDynamicQuantize(*builder) runner {
	return func(c *call) {
		t := c.in[0]
		x := t.f32()
		scale, zero := dynamicScale(x)
		out := c.alloc(Uint8, t.Shape...)
		c.out[0] = out
		y := data[uint8](out)
		c.parallel(len(x), grain, func(from, to int) { quantizeBytes(y[from:to], x[from:to], scale, zero) })
		for i, s := range []*Tensor{NewTensor([]float32{scale}), NewTensor([]uint8{zero})} {
			if i+1 < len(c.out) && c.n.out[i+1] >= 0 {
				c.out[i+1] = s
			}
		}
	}
}

// dynamicScale returns the scale and zero point of DynamicQuantizeLinear.
func dynamicScale(x []float32) (scale float32, zero uint8) {
	lo, hi := extremes(x)
	lo, hi = min(lo, 0), max(hi, 0)
	if scale = (hi - lo) / 255; scale == 0 {
		scale = 1
	}
	z := math.RoundToEven(float64(min(max(0-lo/scale, 0), 255)))
	return scale, uint8(z)
}

// integerProduct multiplies matrices of bytes, less their zero points.
func integerProduct(c *call, x, y, zx, zy *Tensor) (product, []int32) {
	p := newProduct(x.Shape, y.Shape)
	z := temporary[int32](c, size(p.shape))
	a, b := centered(x, zx, true), centered(y, zy, false)
	multiplyInts(&p, z, a, b)
	return p, z
}

// centered returns the elements less the zero point: one number, or one for each row or column.
func centered(t, zero *Tensor, byRow bool) []int32 {
	x := slices.Clone(int32s(t))
	if zero == nil {
		return x
	}
	z := int32s(zero)
	cols := 1
	if n := len(t.Shape); n > 0 {
		cols = t.Shape[n-1]
	}
	switch {
	case len(z) == 1:
		for i := range x {
			x[i] -= z[0]
		}
	case byRow && len(t.Shape) >= 2 && len(z) == t.Shape[len(t.Shape)-2]:
		for i := range x {
			x[i] -= z[i/cols%len(z)]
		}
	case !byRow && len(z) == cols:
		for i := range x {
			x[i] -= z[i%cols]
		}
	default:
		failf("a zero point of shape %v for the shape %v", zero.Shape, t.Shape)
	}
	return x
}

func buildMatMulInteger(b *builder) runner {
	if f := fastMatMulInteger(b); f != nil {
		return f
	}
	return func(c *call) {
		p, z := integerProduct(c, c.in[0], c.in[1], c.arg(2), c.arg(3))
		c.out[0] = c.alloc(Int32, p.shape...)
		copy(data[int32](c.out[0]), z)
	}
}

// requantize sets the output to sums times a scale for each of cols columns, rounded, plus zero.
func (c *call) requantize(shape []int, sums []int32, scale func(i int) float32, zero *Tensor) {
	out := c.alloc(zero.Type, shape...)
	c.out[0] = out
	at := int32s(zero)[0]
	switch y := out.Data.(type) {
	case []uint8:
		for i, s := range sums {
			y[i] = uint8(saturate(s, scale(i), at, 0, 255))
		}
	case []int8:
		for i, s := range sums {
			y[i] = int8(saturate(s, scale(i), at, -128, 127))
		}
	default:
		failf("the type %v is not supported", zero.Type)
	}
}

func saturate(s int32, scale float32, zero int32, lo, hi float64) int32 {
	return int32(min(max(math.RoundToEven(float64(float32(s)*scale))+float64(zero), lo), hi))
}

func buildQLinearMatMul(*builder) runner {
	return func(c *call) {
		p, z := integerProduct(c, c.in[0], c.in[3], c.in[2], c.in[5])
		sa, sb, sy := c.in[1].f32(), c.in[4].f32(), c.in[6].f32()
		if len(sa) != 1 || len(sy) != 1 || len(sb) != 1 && len(sb) != p.n {
			failf("scales of the shapes %v, %v and %v", c.in[1].Shape, c.in[4].Shape, c.in[6].Shape)
		}
		c.requantize(p.shape, z, func(i int) float32 { return sa[0] * sb[i%p.n%len(sb)] / sy[0] }, c.in[7])
	}
}

// integerConv sums products of bytes less their zero points; zw may be one for each output channel.
func (c *call) integerConv(win *window, groups int, x, w, zx, zw *Tensor) ([]int, []int32) {
	checkConv(w.Shape, groups)
	if len(x.Shape) != len(w.Shape) || x.Shape[1] != groups*w.Shape[1] || !same(w.Shape[2:], win.size[2-win.axes:]) {
		failf("the shape %v for weights of shape %v in %d groups", x.Shape, w.Shape, groups)
	}
	p := win.place(x.Shape)
	shape := p.shape(x.Shape[0], w.Shape[0])
	if n, ok := count(shape); !ok || int64(n) > c.r.arena.limit/4 {
		failf("its result would have the shape %v", shape)
	}
	f := slices.Clone(int32s(w))
	if zw != nil {
		z := int32s(zw)
		if len(z) != 1 && len(z) != w.Shape[0] {
			failf("a zero point of shape %v for weights of shape %v", zw.Shape, w.Shape)
		}
		each := len(f) / w.Shape[0]
		for i := range f {
			f[i] -= z[i/each%len(z)]
		}
	}
	if zx != nil && zx.Len() != 1 {
		failf("a zero point of shape %v", zx.Shape)
	}
	z := temporary[int32](c, size(shape))
	convolve(&p, z, centered(x, zx, true), f, x.Shape[0], groups, w.Shape[1], w.Shape[0]/groups)
	return shape, z
}

// convWindow reads the attributes of a convolution whose weights are input i and known.
func convWindow(b *builder, i int) (*window, int) {
	w := b.constant(i)
	if len(w.Shape) < 3 {
		failf("weights of shape %v", w.Shape)
	}
	return windowOf(b, w.Shape[2:])
}

func windowOf(b *builder, size []int) (*window, int) {
	groups := b.int("group", 1)
	if groups < 1 {
		failf("group = %d is not supported", groups)
	}
	return newWindow(b, size), groups
}

// convWindows returns how a kernel finds its window: once where the weights or kernel_shape are
// known, else from the shape of the weights of each run.
func convWindows(b *builder, i int) func(c *call) (*window, int) {
	if w := b.constant(i); w != nil || b.has("kernel_shape") {
		var win *window
		var groups int
		if w != nil {
			win, groups = convWindow(b, i)
		} else {
			win, groups = windowOf(b, nil)
		}
		return func(*call) (*window, int) { return win, groups }
	}
	b.ignore("group", "auto_pad", "pads", "strides", "dilations") // read at the run
	return func(c *call) (*window, int) {
		w := c.in[i]
		if len(w.Shape) < 3 {
			failf("weights of shape %v", w.Shape)
		}
		own := *b
		own.read = map[string]bool{}
		return windowOf(&own, w.Shape[2:])
	}
}

func buildConvInteger(b *builder) runner {
	window := convWindows(b, 1)
	return func(c *call) {
		win, groups := window(c)
		shape, z := c.integerConv(win, groups, c.in[0], c.in[1], c.arg(2), c.arg(3))
		c.out[0] = c.alloc(Int32, shape...)
		copy(data[int32](c.out[0]), z)
	}
}

func buildQLinearConv(b *builder) runner {
	window := convWindows(b, 3)
	return func(c *call) {
		win, groups := window(c)
		shape, z := c.integerConv(win, groups, c.in[0], c.in[3], c.in[2], c.in[5])
		ch, area := shape[1], max(1, size(shape[2:]))
		if bias := c.arg(8); bias != nil {
			d := data[int32](bias)
			if len(d) != ch {
				failf("a bias of shape %v for %d channels", bias.Shape, ch)
			}
			for i := range z {
				z[i] += d[i/area%ch]
			}
		}
		sx, sw, sy := c.in[1].f32(), c.in[4].f32(), c.in[6].f32()
		if len(sx) != 1 || len(sy) != 1 || len(sw) != 1 && len(sw) != ch {
			failf("scales of the shapes %v, %v and %v", c.in[1].Shape, c.in[4].Shape, c.in[6].Shape)
		}
		c.requantize(shape, z, func(i int) float32 { return sx[0] * sw[i/area%ch%len(sw)] / sy[0] }, c.in[7])
	}
}
