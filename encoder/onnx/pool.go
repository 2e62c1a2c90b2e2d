package onnx

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// pooled is a pool over planes of pixels, each pixel being depth numbers side by side: all channels
// where they come last, else one.
type pooled struct {
	placed
	planes, depth int
	x, y          []float32
}

// pool prepares the output of a pool.
func (c *call) pool(w *window) *pooled {
	t := c.in[0]
	p := &pooled{placed: w.place(t.Shape), depth: 1, planes: t.Shape[0] * t.Shape[1], x: t.f32()}
	out := c.alloc(t.Type, p.shape(t.Shape[0], t.Shape[1])...)
	if t.last {
		p.depth, p.planes, out.last = t.Shape[1], t.Shape[0], true
	}
	c.out[0] = out
	p.y = out.f32()
	return p
}

// each calls f with every output pixel and the taps of its window that lie in the input.
func (p *pooled) each(f func(y []float32, plane []float32, ty, tx [3]int)) {
	area := p.in[0] * p.in[1] * p.depth
	at := 0
	for i := range p.planes {
		plane := p.x[i*area : (i+1)*area]
		for oy := range p.out[0] {
			fy, y0, y1 := p.taps(0, oy)
			for ox := range p.out[1] {
				fx, x0, x1 := p.taps(1, ox)
				f(p.y[at:at+p.depth], plane, [3]int{fy, y0, y1}, [3]int{fx, x0, x1})
				at += p.depth
			}
		}
	}
}

// fold calls f with the numbers of every tap.
func (p *pooled) fold(plane []float32, ty, tx [3]int, f func(x []float32)) {
	for ky := ty[1]; ky < ty[2]; ky++ {
		line := (ty[0] + ky*p.dilation[0]) * p.in[1]
		for kx := tx[1]; kx < tx[2]; kx++ {
			at := (line + tx[0] + kx*p.dilation[1]) * p.depth
			f(plane[at : at+p.depth])
		}
	}
}

func buildMaxPool(b *builder) runner {
	w := newWindow(b, nil)
	w.ceil = b.flag("ceil_mode", false)
	b.only("storage_order", 0)
	return func(c *call) {
		if len(c.out) > 1 && c.n.out[1] >= 0 {
			failf("the places of the greatest are not supported")
		}
		if c.in[0].Type != Float32 {
			c.maxPoolBytes(w)
			return
		}
		p := c.pool(w)
		p.each(func(y, plane []float32, ty, tx [3]int) {
			maxTaps(p, y, plane, ty, tx)
		})
	}
}

func maxTaps(p *pooled, y, plane []float32, ty, tx [3]int) {
	for i := range y {
		y[i] = float32(math.Inf(-1))
	}
	p.fold(plane, ty, tx, func(x []float32) {
		for i, v := range x {
			y[i] = max(y[i], v)
		}
	})
}

// maxPoolBytes is the pool of 8-bit numbers, through float32, which holds them exactly.
func (c *call) maxPoolBytes(w *window) {
	t := c.in[0]
	if t.Type != Uint8 && t.Type != Int8 {
		failf("the type %v is not supported", t.Type)
	}
	c.cast(Float32)
	wide := c.out[0]
	if wide.buf != nil {
		c.scratch = append(c.scratch, wide.buf)
	}
	c.in[0], c.dead[0] = wide, false
	p := c.pool(w)
	p.each(func(y, plane []float32, ty, tx [3]int) {
		maxTaps(p, y, plane, ty, tx)
	})
	result := c.out[0]
	if result.buf != nil {
		c.scratch = append(c.scratch, result.buf)
	}
	c.in[0] = result
	c.cast(t.Type)
}

func buildAveragePool(b *builder) runner {
	w := newWindow(b, nil)
	w.ceil = b.flag("ceil_mode", false)
	padded := b.flag("count_include_pad", false)
	return func(c *call) {
		p := c.pool(w)
		p.each(func(y, plane []float32, ty, tx [3]int) {
			clear(y)
			n := 0
			p.fold(plane, ty, tx, func(x []float32) {
				n++
				kernel.Accumulate(y, x)
			})
			if padded { // what lies in the padding counts, but not what lies beyond it
				n = p.counted(0, ty[0]) * p.counted(1, tx[0])
			}
			for i := range y {
				y[i] /= float32(n)
			}
		})
	}
}

// counted is how many taps along an axis lie in the padded input.
func (p *pooled) counted(i, first int) int {
	end := p.in[i] + p.end[i]
	return min(p.window.size[i], (end-first+p.dilation[i]-1)/p.dilation[i])
}

func buildLpPool(b *builder) runner {
	w := newWindow(b, nil)
	w.ceil = b.flag("ceil_mode", false)
	n := b.int("p", 2)
	return func(c *call) {
		p := c.pool(w)
		p.each(func(y, plane []float32, ty, tx [3]int) {
			sum := make([]float64, len(y))
			p.fold(plane, ty, tx, func(x []float32) { addPowers(sum, x, n) })
			for i, s := range sum {
				y[i] = float32(math.Pow(s, 1/float64(n)))
			}
		})
	}
}

func addPowers(sum []float64, x []float32, p int) {
	for i, v := range x {
		sum[i] += math.Pow(math.Abs(float64(v)), float64(p))
	}
}

// globalPool folds all pixels of a channel: f gets one pixel after the other, end the number of
// them.
func globalPool(c *call, start float32, f func(y, x []float32), end func(y []float32, n int)) {
	t := c.in[0]
	if len(t.Shape) < 3 {
		failf("the shape %v has no pixels", t.Shape)
	}
	shape := append([]int{}, t.Shape...)
	for i := 2; i < len(shape); i++ {
		shape[i] = 1
	}
	area := size(t.Shape[2:])
	if area == 0 {
		failf("the shape %v has no pixels", t.Shape)
	}
	out := c.alloc(t.Type, shape...)
	c.out[0] = out
	x, y := t.f32(), out.f32()
	ch := t.Shape[1]
	for i := range y {
		y[i] = start
	}
	for n := range t.Shape[0] {
		if t.last {
			for i := range area {
				f(y[n*ch:(n+1)*ch], x[(n*area+i)*ch:(n*area+i+1)*ch])
			}
			end(y[n*ch:(n+1)*ch], area)
			continue
		}
		for k := n * ch; k < (n+1)*ch; k++ {
			for i := range area {
				f(y[k:k+1], x[k*area+i:k*area+i+1])
			}
			end(y[k:k+1], area)
		}
	}
}

func buildGlobalAveragePool(*builder) runner {
	return func(c *call) {
		t := c.in[0]
		if t.last || len(t.Shape) < 3 {
			globalPool(c, 0, func(y, x []float32) { kernel.Accumulate(y, x) }, func(y []float32, n int) {
				for i := range y {
					y[i] /= float32(n)
				}
			})
			return
		}
		gone := make([]bool, len(t.Shape))
		for i := 2; i < len(gone); i++ {
			gone[i] = true
		}
		c.reduce(&reduceMean, newReduction(t, gone, true))
	}
}

func buildGlobalMaxPool(*builder) runner {
	return func(c *call) {
		globalPool(c, float32(math.Inf(-1)), func(y, x []float32) {
			for i, v := range x {
				y[i] = max(y[i], v)
			}
		}, func([]float32, int) {})
	}
}

func buildGlobalLpPool(b *builder) runner {
	p := b.int("p", 2)
	return func(c *call) {
		globalPool(c, 0, func(y, x []float32) {
			for i, v := range x {
				y[i] += float32(math.Pow(math.Abs(float64(v)), float64(p)))
			}
		}, func(y []float32, _ int) {
			for i, v := range y {
				y[i] = float32(math.Pow(float64(v), 1/float64(p)))
			}
		})
	}
}
