package network

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// plane is a picture or what a convolution makes of one: [h, w, c], channels last.
type plane struct {
	h, w, c int
	x       []float32
}

// conv is a convolution in two dimensions with square kernels.
type conv struct {
	k, stride, pad int
	w              *linear // of a window [k, k, in]
}

// conv reads weights [out, in, k, k] and lays them out for windows with channels last. scale and
// shift, if not nil, are applied to the outputs.
func (w *Weights) conv(name string, in, out, k, stride, pad int, scale, shift []float32) *conv {
	raw := w.values(name+".weight", out, in, k, k)
	c := &conv{k: k, stride: stride, pad: pad}
	if w.err != nil {
		return c
	}
	weight := make([]float32, len(raw))
	for o := range out {
		f := float32(1)
		if scale != nil {
			f = scale[o]
		}
		for i := range in {
			for p := range k * k {
				weight[(o*k*k+p)*in+i] = raw[(o*in+i)*k*k+p] * f
			}
		}
	}
	c.w = newLinear(k*k*in, out, weight, shift)
	return c
}

// batchNorm reads the statistics and weights of a batch normalization as a scale and a shift.
func (w *Weights) batchNorm(name string, n int) (scale, shift []float32) {
	weight, bias := w.values(name+".weight", n), w.values(name+".bias", n)
	mean, variance := w.values(name+".running_mean", n), w.values(name+".running_var", n)
	if w.err != nil {
		return nil, nil
	}
	scale, shift = make([]float32, n), make([]float32, n)
	for i := range scale {
		if variance[i] < 0 {
			w.fail("the tensor %s%s.running_var holds a negative variance", w.prefix, name)
		}
		f := float64(weight[i]) / math.Sqrt(float64(variance[i])+1e-5)
		scale[i], shift[i] = float32(f), float32(float64(bias[i])-float64(mean[i])*f)
	}
	return scale, shift
}

// side returns the size of the output for a side of n.
func (c *conv) side(n int) int { return (n+2*c.pad-c.k)/c.stride + 1 }

// convRows is how many windows are laid out at a time.
const convRows = 240

// run returns the convolution of in.
func (c *conv) run(s *Scratch, in plane) plane {
	out := plane{c.side(in.h), c.side(in.w), c.w.out, nil}
	out.x = s.take(out.h * out.w * out.c)
	rows := out.h * out.w
	if c.k == 1 && c.stride == 1 && c.pad == 0 {
		c.w.apply(out.x, out.c, in.x, in.c, rows)
		return out
	}
	mark := s.mark()
	defer s.release(mark)
	size := c.k * c.k * in.c
	windows := s.take(min(convRows, rows) * size)
	for from := 0; from < rows; from += convRows {
		n := min(convRows, rows-from)
		for r := range n {
			c.window(windows[r*size:(r+1)*size], in, (from+r)/out.w, (from+r)%out.w)
		}
		c.w.apply(out.x[from*out.c:], out.c, windows, size, n)
	}
	return out
}

// window copies the window of the output at y, x.
func (c *conv) window(to []float32, in plane, y, x int) {
	line := c.k * in.c
	left := x*c.stride - c.pad
	lo, hi := max(-left, 0), min(in.w-left, c.k) // columns of the window inside the picture
	for ky := range c.k {
		part := to[ky*line : (ky+1)*line]
		iy := y*c.stride - c.pad + ky
		if iy < 0 || iy >= in.h || lo >= hi {
			clear(part)
			continue
		}
		clear(part[:lo*in.c])
		copy(part[lo*in.c:hi*in.c], in.x[(iy*in.w+left+lo)*in.c:])
		clear(part[hi*in.c:])
	}
}

// maxPool returns the maxima of windows of k by k.
func maxPool(s *Scratch, in plane, k, stride, pad int) plane {
	side := func(n int) int { return (n+2*pad-k)/stride + 1 }
	out := plane{side(in.h), side(in.w), in.c, nil}
	out.x = s.take(out.h * out.w * out.c)
	for y := range out.h {
		for x := range out.w {
			to := out.x[(y*out.w+x)*out.c:][:out.c]
			first := true
			for iy := max(y*stride-pad, 0); iy < min(y*stride-pad+k, in.h); iy++ {
				for ix := max(x*stride-pad, 0); ix < min(x*stride-pad+k, in.w); ix++ {
					from := in.x[(iy*in.w+ix)*in.c:][:in.c]
					if first {
						copy(to, from)
						first = false
						continue
					}
					for i, v := range from {
						to[i] = max(to[i], v)
					}
				}
			}
		}
	}
	return out
}

// mean sets y to the mean over a plane.
func (p plane) mean(y []float32) {
	clear(y)
	kernel.ColSum(y, p.x[:p.h*p.w*p.c])
	kernel.Scale(y, 1/float32(p.h*p.w), y)
}

// channelsLast copies the pixels of a picture [3, h, w].
func channelsLast(s *Scratch, in *Input) plane {
	p := plane{in.Height, in.Width, 3, nil}
	p.x = s.take(3 * p.h * p.w)
	n := p.h * p.w
	for c := range 3 {
		for i, v := range in.Pixels[c*n : (c+1)*n] {
			p.x[3*i+c] = v
		}
	}
	return p
}

// conv1d is a convolution over time with channels last, so that a window is a run of memory.
type conv1d struct {
	k, stride int
	in        int
	w         *linear // of a window [k, in]
}

// conv1d reads weights [out, in, k].
func (w *Weights) conv1d(name string, in, out, k, stride int, bias bool) *conv1d {
	raw := w.values(name+".weight", out, in, k)
	var b []float32
	if bias {
		b = w.values(name+".bias", out)
	}
	c := &conv1d{k: k, stride: stride, in: in}
	if w.err == nil {
		c.w = newLinear(k*in, out, windowsOf(raw, out, in, k), b)
	}
	return c
}

// windowsOf turns weights [out, in, k] to [out, k, in].
func windowsOf(raw []float32, out, in, k int) []float32 {
	weight := make([]float32, len(raw))
	for o := range out {
		for i := range in {
			for p := range k {
				weight[(o*k+p)*in+i] = raw[(o*in+i)*k+p]
			}
		}
	}
	return weight
}

// steps returns the length of the output for an input of n steps.
func (c *conv1d) steps(n int) int {
	if n < c.k {
		return 0
	}
	return (n-c.k)/c.stride + 1
}

// run sets y [steps, out] to the convolution of x [n, in].
func (c *conv1d) run(y, x []float32, n int) {
	c.w.apply(y, c.w.out, x, c.stride*c.in, c.steps(n))
}
