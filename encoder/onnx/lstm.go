package onnx

import (
	"slices"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// lstm is the operator LSTM with its default activations: gates in the order i, o, f, c, peepholes
// for i, o and f (Gers & Schmidhuber 2000), sequences along axis 0.
type lstm struct {
	hidden  int
	reverse []bool // by direction
	coupled bool   // the input gate is 1 minus the forget gate
}

func buildLSTM(b *builder) runner {
	l := &lstm{hidden: b.int("hidden_size", 0), coupled: b.flag("input_forget", false)}
	switch d := b.string("direction", "forward"); d {
	case "forward":
		l.reverse = []bool{false}
	case "reverse":
		l.reverse = []bool{true}
	case "bidirectional":
		l.reverse = []bool{false, true}
	default:
		failf("direction %q is not supported", d)
	}
	if b.opset >= 14 {
		b.only("layout", 0)
	}
	if a := b.attr("activations", attrStrings); a != nil && !slices.Equal(a.strings, slices.Repeat([]string{"Sigmoid", "Tanh", "Tanh"}, len(l.reverse))) {
		failf("activations %q are not supported", a.strings)
	}
	return l.run
}

// run computes Y [T, directions, B, H], zeros past the lengths, Y_h and Y_c [directions, B, H].
func (l *lstm) run(c *call) {
	x := c.in[0]
	if len(x.Shape) != 3 {
		failf("an input of the shape %v", x.Shape)
	}
	T, B, in := x.Shape[0], x.Shape[1], x.Shape[2]
	// hidden_size is optional; the recurrent weights have it.
	D, H := len(l.reverse), l.hidden
	if H == 0 && len(c.in[2].Shape) == 3 {
		H = c.in[2].Shape[2]
	}
	fits(c.in[1], D, 4*H, in)
	fits(c.in[2], D, 4*H, H)
	fits(c.arg(3), D, 8*H)
	fits(c.arg(5), D, B, H)
	fits(c.arg(6), D, B, H)
	fits(c.arg(7), D, 3*H)
	lengths := slices.Repeat([]int{T}, B)
	if t := c.arg(4); t != nil {
		fits(t, B)
		lengths = t.ints()
		for _, n := range lengths {
			if n < 0 || n > T {
				failf("a sequence of %d steps in a batch of %d", n, T)
			}
		}
	}
	y := c.alloc(Float32, T, D, B, H)
	clear(y.f32())
	h, cell := l.state(c, 5, D, B, H), l.state(c, 6, D, B, H)
	gates, forget := c.floats(4*H*T*B), c.floats(H)
	for d, reverse := range l.reverse {
		w, r := c.in[1].f32()[d*4*H*in:], c.in[2].f32()[d*4*H*H:(d+1)*4*H*H]
		// Gates begin as the biases, to which both products are added: [T·B × 4H], in ONNX's order i, o,
		// f, c.
		l.bias(c, gates, d, T*B, H)
		if T*B > 0 && H > 0 && in > 0 {
			// The input's part for all steps at once; only the recurrent part is sequential.
			kernel.Gemm(false, true, T*B, 4*H, in, x.f32(), in, w, in, gates, 4*H, true)
		}
		var p []float32
		if t := c.arg(7); t != nil {
			p = t.f32()[d*3*H:]
		}
		for b, n := range lengths {
			hb, cb := h.f32()[(d*B+b)*H:][:H], cell.f32()[(d*B+b)*H:][:H]
			for i := range n {
				at := i
				// Backward from the sequence's own end, not from the padding's.
				if reverse {
					at = n - 1 - i
				}
				g := gates[(at*B+b)*4*H:][:4*H]
				if H > 0 {
					kernel.Gemm(false, true, 1, 4*H, H, hb, H, r, H, g, 4*H, true)
				}
				l.step(hb, cb, g, p, forget, H)
				copy(y.f32()[((at*D+d)*B+b)*H:], hb)
			}
		}
	}
	for i, t := range []*Tensor{y, h, cell} {
		if i < len(c.out) {
			c.out[i] = t
		} else {
			c.r.arena.release(t.buf)
		}
	}
}

// step moves one row's state h and c on by the sums g of its gates, with the peepholes p or nil.
func (l *lstm) step(h, c, g, p, forget []float32, H int) {
	in, out, f, cand := g[:H], g[H:2*H], g[2*H:3*H], g[3*H:]
	if p != nil {
		for j, v := range c {
			in[j] += p[j] * v
			f[j] += p[2*H+j] * v
		}
	}
	kernel.Sigmoid(in, in)
	kernel.Sigmoid(forget, f)
	kernel.Tanh(cand, cand)
	for j := range c {
		if l.coupled {
			in[j] = 1 - forget[j]
		}
		c[j] = forget[j]*c[j] + in[j]*cand[j]
		if p != nil {
			out[j] += p[H+j] * c[j]
		}
	}
	kernel.Sigmoid(out, out)
	kernel.Tanh(h, c)
	for j := range h {
		h[j] *= out[j]
	}
}

// state returns a copy of the initial state that input i holds, zeros where it is left out.
func (l *lstm) state(c *call, i, D, B, H int) *Tensor {
	s := c.alloc(Float32, D, B, H)
	clear(s.f32())
	if t := c.arg(i); t != nil {
		copy(s.f32(), t.f32())
	}
	return s
}

// bias fills each of n rows of gates with the sum of the biases of both products.
func (l *lstm) bias(c *call, gates []float32, d, n, H int) {
	clear(gates)
	t := c.arg(3)
	if t == nil {
		return
	}
	b := t.f32()[d*8*H:]
	for i := range n {
		row := gates[i*4*H:][:4*H]
		for j := range row {
			row[j] = b[j] + b[4*H+j]
		}
	}
}

// fits reports an input of another shape; nil is one that is left out.
func fits(t *Tensor, shape ...int) {
	if t != nil && !slices.Equal(t.Shape, shape) {
		failf("an input of the shape %v where %v is needed", t.Shape, shape)
	}
}
