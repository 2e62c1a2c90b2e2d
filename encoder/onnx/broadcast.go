package onnx

import (
	"slices"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// broadcastShape is the shape of an element-wise result (ONNX's multidirectional broadcasting).
func broadcastShape(shapes ...[]int) []int {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := make([]int, rank)
	for i := range out {
		out[i] = 1
		for _, s := range shapes {
			j := i - rank + len(s)
			if j < 0 || s[j] == 1 {
				continue
			}
			if out[i] != 1 && out[i] != s[j] {
				failf("the shapes %v do not fit together", shapes)
			}
			out[i] = s[j]
		}
	}
	return out
}

// walk passes over an element-wise result in runs along which every input either goes on by one
// element or stays.
type walk struct {
	outer   []int
	strides [][]int // by input, along outer
	run     int
	step    []int // by input: 1 or 0 along a run
	total   int
}

// newWalk merges neighboring axes that all inputs treat alike.
func newWalk(out []int, shapes ...[]int) walk {
	w := walk{run: 1, step: make([]int, len(shapes)), strides: make([][]int, len(shapes)), total: size(out)}
	var dims []int
	var moves [][]bool
	for i, d := range out {
		if d == 1 {
			continue
		}
		m := make([]bool, len(shapes))
		for k, s := range shapes {
			j := i - len(out) + len(s)
			m[k] = j >= 0 && s[j] != 1
		}
		if n := len(dims); n > 0 && slices.Equal(moves[n-1], m) {
			dims[n-1] *= d
			continue
		}
		dims, moves = append(dims, d), append(moves, m)
	}
	if len(dims) == 0 {
		return w
	}
	n := len(dims) - 1
	w.outer, w.run = dims[:n], dims[n]
	for k := range shapes {
		w.strides[k] = make([]int, n)
		at := 1
		if moves[n][k] {
			w.step[k] = 1
			at = dims[n]
		}
		for i := n - 1; i >= 0; i-- {
			if moves[i][k] {
				w.strides[k][i] = at
				at *= dims[i]
			}
		}
	}
	return w
}

// each calls f for every run with the place of its first element in the output and in each input.
func (w *walk) each(f func(out int, at []int)) {
	if w.total == 0 {
		return
	}
	at := make([]int, len(w.step))
	index := make([]int, len(w.outer))
	for out := 0; ; out += w.run {
		f(out, at)
		i := len(index) - 1
		for ; i >= 0; i-- {
			index[i]++
			for k, s := range w.strides {
				at[k] += s[i]
			}
			if index[i] < w.outer[i] {
				break
			}
			for k, s := range w.strides {
				at[k] -= s[i] * w.outer[i]
			}
			index[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

// part returns the elements of a run in an input: all of it, or the one that stays.
func part[T any](x []T, at, step, run int) []T {
	if step == 0 {
		return x[at : at+1]
	}
	return x[at : at+run]
}

// layout brings the inputs of an element-wise operator into one order of elements. It returns their
// shapes in that order, and whether it is channels last.
func (c *call) layout() (shapes [][]int, last bool) {
	rank := 0
	for _, t := range c.in {
		if t != nil {
			last = last || t.last
			rank = max(rank, len(t.Shape))
		}
	}
	shapes = make([][]int, len(c.in))
	for i, t := range c.in {
		if t != nil {
			shapes[i] = t.Shape
			// Broadcasting pairs axes from the back, and channels last has another back: only full ranks can
			// stay.
			if last && t.last && len(t.Shape) != rank {
				return c.allRowMajor(), false
			}
		}
	}
	if !last {
		return shapes, false
	}
	for i, t := range c.in {
		if t == nil {
			continue
		}
		s := t.Shape
		if !t.last {
			s = make([]int, rank)
			for j := range s {
				s[j] = 1
			}
			copy(s[rank-len(t.Shape):], t.Shape)
			// With one channel, or one pixel, both orders are the same bytes.
			if s[1] != 1 && size(s[2:]) != 1 { // the orders differ
				full := *t
				full.Shape, full.buf = s, nil
				turned := c.channelsLast(&full)
				// Released with the node; as an input it would live on.
				c.scratch = append(c.scratch, turned.buf)
				turned.buf = nil
				c.in[i], c.dead[i] = turned, false
			}
		}
		shapes[i] = lastShape(s)
	}
	return shapes, true
}

// allRowMajor brings every input into the usual order.
func (c *call) allRowMajor() [][]int {
	shapes := make([][]int, len(c.in))
	for i, t := range c.in {
		if t == nil {
			continue
		}
		if t.last {
			d := c.rowMajor(t)
			c.scratch = append(c.scratch, d.buf)
			d.buf = nil
			c.in[i], c.dead[i] = d, false
		}
		shapes[i] = t.Shape
	}
	return shapes
}

// result returns the tensor of an element-wise operator with inputs of the given shapes as they
// lie.
func (c *call) result(typ Type, shapes [][]int, last bool) *Tensor {
	lies := broadcastShape(shapes...)
	shape := lies
	if last {
		shape = slices.Clone(lies)
		copy(shape[2:], lies[1:])
		shape[1] = lies[len(lies)-1]
	}
	for i, t := range c.in {
		if t != nil && c.dead[i] && same(t.Shape, shape) && t.Type.held() == typ.held() && typ != Bool {
			out := c.reuse(i, typ, shape)
			out.last = last
			return out
		}
	}
	out := c.alloc(typ, shape...)
	out.last = last
	return out
}

// grain is how many elements make a piece of element-wise work.
const grain = 1 << 14

// pieces is work over a range of elements, cut independently of the number of workers.
type pieces struct {
	n, step int
	f       func(from, to int)
}

// Run does piece i.
func (p *pieces) Run(i int) { p.f(i*p.step, min((i+1)*p.step, p.n)) }

// parallel calls f over pieces of at most step of n.
func (c *call) parallel(n, step int, f func(from, to int)) {
	if n <= step || c.r.g.options.Workers <= 1 {
		if n > 0 {
			f(0, n)
		}
		return
	}
	kernel.Do(c.r.g.options.Workers, (n+step-1)/step, &pieces{n, step, f})
}
