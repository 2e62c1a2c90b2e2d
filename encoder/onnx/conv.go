package onnx

import (
	"math"
	"sync"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// conv is a convolution with constant weights on channels-last tensors: products of gathered rows
// with weights that are laid out, or sums over the taps of each channel where it is depthwise.
type conv struct {
	*window
	groups    int
	cin, cout int               // channels of a group
	weights   []*kernel.Weights // of each group, [taps, cin] by cout
	depthwise []float32         // [taps, channels] instead
	linear                      // what follows
}

func buildConv(b *builder) runner {
	if v := constantConv(b); v != nil {
		b.n.in = b.n.in[:1]
		return v.run
	}
	window := convWindows(b, 1)
	return func(c *call) {
		win, groups := window(c)
		directConv(c, win, groups)
	}
}

// constantConv is the convolution of a node with constant float32 weights, or nil.
func constantConv(b *builder) *conv {
	w, bias := b.constant(1), b.constant(2)
	if b.plain() || w == nil || w.Type != Float32 || b.given(2) && bias == nil {
		return nil
	}
	win, groups := convWindow(b, 1)
	checkConv(w.Shape, groups)
	v := newConv(win, groups, w)
	if bias != nil {
		if bias.Len() != w.Shape[0] {
			failf("a bias of shape %v for %d channels", bias.Shape, w.Shape[0])
		}
		v.bias = bias.f32()
	}
	return v
}

// checkConv reports weights that cannot be cut into groups.
func checkConv(w []int, groups int) {
	if len(w) < 3 || w[0]%groups != 0 || size(w) == 0 {
		failf("weights of shape %v in %d groups", w, groups)
	}
}

func newConv(win *window, groups int, w *Tensor) *conv {
	v := &conv{window: win, groups: groups, cin: w.Shape[1], cout: w.Shape[0] / groups}
	taps := win.size[0] * win.size[1]
	x := w.f32()
	v.n, v.k = w.Shape[0], taps*v.cin
	if v.cin == 1 && v.cout == 1 {
		v.depthwise = make([]float32, taps*groups)
		for g := range groups {
			for t := range taps {
				v.depthwise[t*groups+g] = x[g*taps+t]
			}
		}
		return v
	}
	k := taps * v.cin
	turned := make([]float32, k*v.cout)
	for g := range groups {
		for o := range v.cout {
			for ch := range v.cin {
				for t := range taps {
					turned[(t*v.cin+ch)*v.cout+o] = x[((g*v.cout+o)*v.cin+ch)*taps+t]
				}
			}
		}
		v.weights = append(v.weights, kernel.NewWeights(false, v.cout, k, turned, v.cout))
	}
	return v
}

func (v *conv) run(c *call) {
	t := c.in[0]
	if t.Type != Float32 || len(t.Shape) < 3 || t.Shape[1] != v.groups*v.cin {
		failf("%v of shape %v for weights of %d channels", t.Type, t.Shape, v.groups*v.cin)
	}
	p := v.place(t.Shape)
	if !t.last {
		t = c.channelsLast(t)
		c.scratch = append(c.scratch, t.buf)
		t.buf = nil
	}
	out := c.alloc(Float32, p.shape(t.Shape[0], v.n)...)
	out.last = true
	c.out[0] = out
	var add []float32
	if v.residual > 0 {
		r := c.in[v.residual]
		if same(r.Shape, out.Shape) {
			if !r.last {
				r = c.channelsLast(r)
				c.scratch = append(c.scratch, r.buf)
				r.buf = nil
			}
			add = r.f32()
		}
	}
	j := &convJob{conv: v, placed: p, x: t.f32(), y: out.f32(), add: add}
	rows := t.Shape[0] * p.out[0] * p.out[1]
	j.step = v.block(rows, c.r.g.options.Workers)
	switch {
	case v.depthwise != nil:
		c.parallel(t.Shape[0]*p.out[0], 4, j.channels)
	case v.pointwise():
		c.parallel(rows, j.step, j.points)
	default:
		c.parallel(rows, j.step, j.gathered)
	}
	if v.residual > 0 && add == nil {
		c.addTo(out, c.in[v.residual])
	}
}

// pointwise reports whether every output is made of one pixel, at the same place.
func (v *conv) pointwise() bool {
	one := [2]int{1, 1}
	return v.groups == 1 && v.size == one && v.stride == one && v.begin == [2]int{} && v.end == [2]int{}
}

// convJob is one convolution; its methods compute a range of rows (output pixels, or lines of
// them).
type convJob struct {
	*conv
	placed
	x, y, add []float32
	step      int // rows that are finished at a time
}

func (j *convJob) points(from, to int) {
	for i := from; i < to; i += j.step {
		e := min(i+j.step, to)
		y := j.y[i*j.n : e*j.n]
		j.weights[0].Mul(e-i, j.x[i*j.cin:e*j.cin], j.cin, y, j.n, false)
		j.finish(y, j.add, i*j.n)
	}
}

var gatherRooms = sync.Pool{New: func() any { return new([]float32) }}

func (j *convJob) gathered(from, to int) {
	k := j.k
	room := gatherRooms.Get().(*[]float32)
	defer gatherRooms.Put(room)
	if len(*room) < j.step*k {
		*room = make([]float32, j.step*k)
	}
	for i := from; i < to; i += j.step {
		e := min(i+j.step, to)
		y := j.y[i*j.n : e*j.n]
		for g, w := range j.weights {
			for r := i; r < e; r++ {
				j.gather((*room)[(r-i)*k:(r-i+1)*k], r, g)
			}
			w.Mul(e-i, *room, k, y[g*j.cout:], j.n, false)
		}
		j.finish(y, j.add, i*j.n)
	}
}

// gather copies what output pixel r of group g is made of.
func (j *convJob) gather(dst []float32, r, g int) {
	p := &j.placed
	ox, r := r%p.out[1], r/p.out[1]
	oy, n := r%p.out[0], r/p.out[0]
	firstY, y0, y1 := p.taps(0, oy)
	firstX, x0, x1 := p.taps(1, ox)
	channels := j.groups * j.cin
	width := p.window.size[1] * j.cin
	clear(dst[:y0*width])
	for ky := y0; ky < y1; ky++ {
		line := ((n*p.in[0]+firstY+ky*p.dilation[0])*p.in[1] + firstX) * channels
		to := dst[ky*width : (ky+1)*width]
		clear(to[:x0*j.cin])
		clear(to[x1*j.cin:])
		if x0 == x1 {
			continue
		}
		if j.groups == 1 && p.dilation[1] == 1 {
			copy(to[x0*j.cin:x1*j.cin], j.x[line+x0*channels:])
			continue
		}
		for kx := x0; kx < x1; kx++ {
			at := line + kx*p.dilation[1]*channels + g*j.cin
			copy(to[kx*j.cin:(kx+1)*j.cin], j.x[at:at+j.cin])
		}
	}
	clear(dst[y1*width:])
}

// channels computes lines of a depthwise convolution, the pixels between the edges at once.
func (j *convJob) channels(from, to int) {
	p := &j.placed
	ch := j.groups
	lo, hi := float32(math.Inf(-1)), float32(math.Inf(1))
	if j.act != nil && j.act.bounded {
		lo, hi = j.act.lo, j.act.hi
	}
	taps := make([]kernel.Tap, 0, p.window.size[0]*p.window.size[1])
	for line := from; line < to; line++ {
		oy, n := line%p.out[0], line/p.out[0]
		firstY, y0, y1 := p.taps(0, oy)
		first := line * p.out[1] * ch
		y := j.y[first : first+p.out[1]*ch]
		for ox := 0; ox < p.out[1]; {
			firstX, x0, x1 := p.taps(1, ox)
			run := 1
			if x0 == 0 && x1 == p.window.size[1] { // until a window ends in the padding
				reach := (x1-1)*p.dilation[1] + 1
				run = min((p.in[1]-reach-firstX)/p.stride[1]+1, p.out[1]-ox)
			}
			taps = taps[:0]
			for ky := y0; ky < y1; ky++ {
				at := ((n*p.in[0]+firstY+ky*p.dilation[0])*p.in[1] + firstX) * ch
				for kx := x0; kx < x1; kx++ {
					taps = append(taps, kernel.Tap{X: at + kx*p.dilation[1]*ch, W: (ky*p.window.size[1] + kx) * ch})
				}
			}
			kernel.WeightedTaps(ch, run, y[ox*ch:(ox+run)*ch], j.bias, j.x, j.depthwise, taps, p.stride[1]*ch, lo, hi)
			ox += run
		}
		if j.act != nil && !j.act.bounded {
			j.act.f(y, y)
		}
		if j.add != nil {
			kernel.Add(y, y, j.add[first:first+len(y)])
		}
	}
}

// directConv is the definition of a convolution, with weights and bias as inputs.
func directConv(c *call, win *window, groups int) {
	t, w := c.in[0], c.in[1]
	checkConv(w.Shape, groups)
	if len(t.Shape) != len(w.Shape) || t.Shape[1] != groups*w.Shape[1] || t.Type != w.Type {
		failf("%v of shape %v for weights %v of shape %v in %d groups", t.Type, t.Shape, w.Type, w.Shape, groups)
	}
	kernelShape := [2]int{1, 1}
	copy(kernelShape[4-len(w.Shape):], w.Shape[2:])
	if kernelShape != win.size {
		failf("weights of shape %v for a window of %v", w.Shape, win.size)
	}
	p := win.place(t.Shape)
	out := c.alloc(t.Type, p.shape(t.Shape[0], w.Shape[0])...)
	c.out[0] = out
	if t.Type == Float64 {
		convolve(&p, data[float64](out), data[float64](t), data[float64](w), t.Shape[0], groups, w.Shape[1], w.Shape[0]/groups)
	} else {
		convolve(&p, out.f32(), t.f32(), w.f32(), t.Shape[0], groups, w.Shape[1], w.Shape[0]/groups)
	}
	if c.arg(2) != nil {
		bias := c.parameter(2, w.Shape[0])
		area := p.out[0] * p.out[1]
		y := out.f32()
		for i := range t.Shape[0] * w.Shape[0] {
			kernel.AddScalar(y[i*area:(i+1)*area], y[i*area:(i+1)*area], bias[i%w.Shape[0]])
		}
	}
}

// convolve sums the products of n pictures x [groups*cin, in] with weights w [groups*cout, cin,
// size].
func convolve[T number](p *placed, y, x, w []T, n, groups, cin, cout int) {
	area, taps := p.in[0]*p.in[1], p.size[0]*p.size[1]
	at := 0
	for i := range n * groups * cout {
		g, o := i/cout%groups, i%(groups*cout)
		from := x[(i/(groups*cout)*groups+g)*cin*area:]
		f := w[o*cin*taps:]
		for oy := range p.out[0] {
			firstY, y0, y1 := p.taps(0, oy)
			for ox := range p.out[1] {
				firstX, x0, x1 := p.taps(1, ox)
				var s T
				for ch := range cin {
					for ky := y0; ky < y1; ky++ {
						line := ch*area + (firstY+ky*p.dilation[0])*p.in[1] + firstX
						for kx := x0; kx < x1; kx++ {
							s += from[line+kx*p.dilation[1]] * f[ch*taps+ky*p.size[1]+kx]
						}
					}
				}
				y[at] = s
				at++
			}
		}
	}
}
