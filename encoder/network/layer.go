package network

import (
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// linear is y = x Wᵀ + b with W [out, in], laid out once for products.
type linear struct {
	in, out int
	w       kernel.Packed[float32]
	b       []float32 // nil: none
}

// newLinear lays out w [out, in], which is used up.
func newLinear(in, out int, w, b []float32) *linear {
	l := &linear{in: in, out: out, b: b}
	if len(w) == in*out {
		l.w.Pack(true, out, in, w, in)
		l.w.Release()
	}
	return l
}

// linear reads a layer: name.weight and, if bias is set, name.bias.
func (w *Weights) linear(name string, in, out int, bias bool) *linear {
	weight := w.borrow(name+".weight", out, in)
	var b []float32
	if bias {
		b = w.values(name+".bias", out)
	}
	return newLinear(in, out, weight, b)
}

// scaled reads a layer whose outputs are multiplied by scale, element by element, if it is not nil.
func (w *Weights) scaled(name string, in, out int, bias bool, scale []float32) *linear {
	weight := w.borrow(name+".weight", out, in)
	var b []float32
	if bias {
		b = w.values(name+".bias", out)
	}
	if scale != nil && w.err == nil {
		for o, s := range scale {
			kernel.Scale(weight[o*in:(o+1)*in], s, weight[o*in:(o+1)*in])
		}
		if b != nil {
			kernel.Mul(b, b, scale)
		}
	}
	return newLinear(in, out, weight, b)
}

// apply sets y [rows, out], rows ldy apart, to the layer of x, rows ldx apart.
func (l *linear) apply(y []float32, ldy int, x []float32, ldx, rows int) {
	l.w.Mul(rows, x, ldx, y, ldy, false)
	l.bias(y, ldy, rows)
}

// add adds the layer of x to y.
func (l *linear) add(y, x []float32, rows int) {
	l.w.Mul(rows, x, l.in, y, l.out, true)
	l.bias(y, l.out, rows)
}

func (l *linear) bias(y []float32, ldy, rows int) {
	if l.b == nil {
		return
	}
	for r := range rows {
		row := y[r*ldy : r*ldy+l.out]
		kernel.Add(row, row, l.b)
	}
}

// norm is a layer normalization.
type norm struct {
	w, b []float32
	eps  float64
}

func (w *Weights) norm(name string, n int, eps float64) *norm {
	return &norm{w.values(name+".weight", n), w.values(name+".bias", n), eps}
}

// apply normalizes rows of x into y, which may be x.
func (n *norm) apply(s *Scratch, y, x []float32, rows int) {
	mark := s.mark()
	stats := s.take(2 * rows)
	kernel.LayerNorm(y, stats[:rows], stats[rows:], x, n.w, n.b, n.eps)
	s.release(mark)
}

// table is a matrix of embeddings whose rows are read where they lie in the file.
type table struct {
	t         *safetensors.Raw
	rows, dim int
}

// table finds a matrix of embeddings and checks its values.
func (w *Weights) table(name string, rows, dim int) table {
	t := w.find(name, rows, dim)
	if t == nil {
		return table{nil, rows, dim}
	}
	buf := make([]float32, 1<<14)
	for from, n := 0, t.Len(); from < n && w.err == nil; from += len(buf) {
		buf = buf[:min(len(buf), n-from)]
		t.Floats(buf, from)
		w.finite(t, buf)
	}
	if w.done != nil {
		w.done(t)
	}
	return table{t, rows, dim}
}

// row copies row i to dst.
func (t table) row(dst []float32, i int) { t.t.Floats(dst[:t.dim], i*t.dim) }

// Scratch is memory for one call of Run at a time.
type Scratch struct {
	buf  []float32
	used int
	need int // of the largest call so far
}

// take returns n floats, whose content is undefined.
func (s *Scratch) take(n int) []float32 {
	n16 := (n + 15) &^ 15
	s.need = max(s.need, s.used+n16)
	from := s.used
	s.used += n16
	if s.used > len(s.buf) {
		return make([]float32, n16)[:n]
	}
	return s.buf[from : from+n : from+n16]
}

// mark and release bracket takes that are used up together.
func (s *Scratch) mark() int { return s.used }

func (s *Scratch) release(mark int) { s.used = mark }

// reset begins a call of Run. Memory that was too small is replaced.
func (s *Scratch) reset() {
	if s.need > len(s.buf) {
		s.buf = make([]float32, s.need)
	}
	s.used, s.need = 0, 0
}
