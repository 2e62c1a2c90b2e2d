package onnx

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

func buildLayerNorm(b *builder) runner {
	a, eps := b.int("axis", -1), b.float("epsilon", float64(float32(1e-5)))
	b.only("stash_type", 1)
	return func(c *call) {
		t := c.in[0]
		at := axis(a, len(t.Shape))
		n := size(t.Shape[at:])
		w := c.parameter(1, n)
		var bias []float32
		if c.arg(2) != nil {
			bias = c.parameter(2, n)
		}
		x := t.f32()
		rows := 0
		if n > 0 {
			rows = len(x) / n
		}
		stats := c.floats(2 * rows)
		mean, rstd := stats[:rows], stats[rows:]
		out := c.reuse(0, t.Type, t.Shape)
		c.out[0] = out
		layerNorm(c, out.f32(), mean, rstd, x, w, bias, eps)
		for i, s := range [][]float32{mean, rstd} {
			if i+1 < len(c.out) && c.n.out[i+1] >= 0 {
				shape := append([]int{}, t.Shape...)
				for j := at; j < len(shape); j++ {
					shape[j] = 1
				}
				c.out[i+1] = c.alloc(Float32, shape...)
				copy(c.out[i+1].f32(), s)
			}
		}
	}
}

// layerNorm normalizes rows of len(w) elements.
func layerNorm(c *call, y, mean, rstd, x, w, bias []float32, eps float64) {
	n := len(w)
	if n == 0 {
		return
	}
	if bias == nil {
		bias = c.floats(n)
		clear(bias)
	}
	c.parallel(len(mean), max(1, grain/n), func(from, to int) {
		kernel.LayerNorm(y[from*n:to*n], mean[from:to], rstd[from:to], x[from*n:to*n], w, bias, eps)
	})
}

// parameter returns input i as n numbers; one number represents all.
func (c *call) parameter(i, n int) []float32 {
	p := float32s(c.in[i])
	if len(p) == 1 && n > 1 {
		all := c.floats(n)
		for j := range all {
			all[j] = p[0]
		}
		return all
	}
	if len(p) != n {
		failf("its input %d has the shape %v, but %d elements are needed", i, c.in[i].Shape, n)
	}
	return p
}

func buildBatchNorm(b *builder) runner {
	eps := b.float("epsilon", float64(float32(1e-5)))
	b.ignore("momentum")
	b.only("training_mode", 0)
	b.only("spatial", 1)
	return func(c *call) {
		t := c.in[0]
		if len(t.Shape) < 2 {
			failf("a tensor of shape %v has no channels", t.Shape)
		}
		ch := t.Shape[1]
		w, bias, mean, variance := c.parameter(1, ch), c.parameter(2, ch), c.parameter(3, ch), c.parameter(4, ch)
		p := c.floats(2 * ch)
		scale, shift := p[:ch], p[ch:]
		foldBatchNorm(scale, shift, w, bias, mean, variance, eps)
		out := c.reuse(0, t.Type, t.Shape)
		out.last = t.last
		c.out[0] = out
		perChannel(out.f32(), t.f32(), scale, shift, t)
	}
}

// foldBatchNorm makes a batch normalization x scale + shift.
func foldBatchNorm(scale, shift, w, b, mean, variance []float32, eps float64) {
	for i := range w {
		s := float64(w[i]) / math.Sqrt(float64(variance[i])+eps)
		scale[i], shift[i] = float32(s), float32(float64(b[i])-float64(mean[i])*s)
	}
}

// perChannel sets y = x scale + shift with numbers for each channel (axis 1) of t.
func perChannel(y, x, scale, shift []float32, t *Tensor) {
	ch, area := t.Shape[1], size(t.Shape[2:])
	if t.last {
		kernel.MulRow(y, x, scale)
		kernel.AddRow(y, y, shift)
		return
	}
	for p := range t.Shape[0] * ch {
		s, d := scale[p%ch], shift[p%ch]
		row := y[p*area : (p+1)*area]
		for i, v := range x[p*area : (p+1)*area] {
			row[i] = v*s + d
		}
	}
}

func buildInstanceNorm(b *builder) runner {
	eps := b.float("epsilon", float64(float32(1e-5)))
	return func(c *call) {
		t := c.in[0]
		if len(t.Shape) < 3 {
			failf("the shape %v", t.Shape)
		}
		c.groupNorm(t.Shape[1], eps, false)
	}
}

// buildGroupNorm has scale and bias per group at opsets 18 to 20, per channel since 21.
func buildGroupNorm(b *builder) runner {
	eps, groups := b.float("epsilon", float64(float32(1e-5))), b.int("num_groups", 0)
	if b.opset >= 21 {
		b.only("stash_type", 1)
	}
	byGroup := b.opset < 21
	return func(c *call) { c.groupNorm(groups, eps, byGroup) }
}

// groupNorm normalizes groups of channels of input 0.
func (c *call) groupNorm(groups int, eps float64, byGroup bool) {
	t := c.in[0]
	if len(t.Shape) < 2 || groups < 1 || t.Shape[1]%groups != 0 {
		failf("%d groups in the shape %v", groups, t.Shape)
	}
	ch, area := t.Shape[1], size(t.Shape[2:])
	per := ch / groups
	count := ch
	if byGroup {
		count = groups
	}
	w, bias := c.parameter(1, count), c.parameter(2, count)
	out := c.reuse(0, t.Type, t.Shape)
	c.out[0] = out
	x, y := t.f32(), out.f32()
	n := per * area
	for g := range t.Shape[0] * groups {
		mean, rstd := moments(x[g*n:(g+1)*n], eps)
		for i := range per {
			p := g%groups*per + i
			at := g*n + i*area
			if byGroup {
				p = g % groups
			}
			s := float64(w[p]) * rstd
			scale, shift := float32(s), float32(float64(bias[p])-mean*s)
			for j, v := range x[at : at+area] {
				y[at+j] = v*scale + shift
			}
		}
	}
}

// moments returns the mean and 1/√(variance + eps).
func moments(x []float32, eps float64) (mean, rstd float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += float64(v)
	}
	mean /= n
	variance := 0.0
	for _, v := range x {
		d := float64(v) - mean
		variance += d * d
	}
	return mean, 1 / math.Sqrt(variance/n+eps)
}

func buildLpNorm(b *builder) runner {
	a, p := b.int("axis", -1), b.int("p", 2)
	if p != 1 && p != 2 {
		failf("p = %d is not supported", p)
	}
	return func(c *call) {
		t := c.in[0]
		at := axis(a, len(t.Shape))
		d, inner := t.Shape[at], size(t.Shape[at+1:])
		out := c.alloc(t.Type, t.Shape...)
		c.out[0] = out
		x, y := t.f32(), out.f32()
		if len(x) == 0 {
			return
		}
		row := make([]float32, d)
		eachColumn(len(x)/d, inner, d, func(first int) {
			gatherColumn(row, x[first:], inner)
			s := 0.0
			for _, v := range row {
				if p == 1 {
					s += math.Abs(float64(v))
				} else {
					s += float64(v) * float64(v)
				}
			}
			if p == 2 {
				s = math.Sqrt(s)
			}
			for i, v := range row {
				row[i] = 0
				if s != 0 {
					row[i] = float32(float64(v) / s)
				}
			}
			scatterColumn(y[first:], row, inner)
		})
	}
}

func buildMeanVarianceNorm(b *builder) runner {
	axes := b.ints("axes")
	if axes == nil {
		axes = []int{0, 2, 3}
	}
	return func(c *call) {
		t := c.in[0]
		gone := axisSet(axes, len(t.Shape))
		r := newReduction(t, gone, true)
		out := c.alloc(t.Type, t.Shape...)
		c.out[0] = out
		if t.Len() == 0 {
			return
		}
		x := &Tensor{Type: Float32, Shape: r.lies.shape, Data: c.floats(t.Len())}
		pack(x, t, r.lies)
		rows := x.f32()
		for i := range r.rows {
			row := rows[i*r.cols : (i+1)*r.cols]
			mean, _ := moments(row, 0)
			variance := 0.0
			for _, v := range row {
				variance += (float64(v) - mean) * (float64(v) - mean)
			}
			dev := math.Sqrt(variance/float64(r.cols)) + 1e-9
			for j, v := range row {
				row[j] = float32((float64(v) - mean) / dev)
			}
		}
		unpack(out, x, r.lies)
	}
}

// unpack is pack the other way: it sets the elements that a view of dst names.
func unpack(dst, src *Tensor, v strided) {
	y, x := dst.f32(), src.f32()
	eachIndex(v.shape, func(n int, at []int) {
		p := v.from
		for i, j := range at {
			p += j * v.strides[i]
		}
		y[p] = x[n]
	})
}
