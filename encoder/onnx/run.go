package onnx

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"unsafe"
)

// runner computes a node. What it cannot compute it reports with failf.
type runner func(c *call)

// node is an operator with its places in the list of values; an input that is left out is -1.
type node struct {
	op, name string
	in, out  []int
	attrs    map[string]*attrProto
	kernel   runner
	fused    any   // what a fused kernel is made of
	layouts  bool  // kernel takes and may return channels-last tensors
	ends     []int // values that no later node needs
}

// String names the node for errors.
func (n *node) String() string {
	return fmt.Sprintf("operator %s (%s)", n.op, cmp.Or(n.name, "-"))
}

// fault is an error that a kernel ends with. Kernels panic with it, so that shapes can be checked
// where they are computed; guard is the only place that recovers it.
type fault struct{ err error }

func failf(format string, args ...any) { panic(fault{fmt.Errorf(format, args...)}) }

// buffer is memory that tensors share.
type buffer struct {
	refs int
	mem  []uint64
}

// arena hands out memory within a limit and reuses what comes back.
type arena struct {
	free        []*buffer
	held, limit int64 // bytes
}

// take returns memory of at least n bytes, with unknown content.
func (a *arena) take(n int64) *buffer {
	words := (n + 7) / 8
	best := -1
	for i, b := range a.free {
		if c := int64(len(b.mem)); c >= words && c <= 2*words+1024 && (best < 0 || c < int64(len(a.free[best].mem))) {
			best = i
		}
	}
	if best >= 0 {
		b := a.free[best]
		last := len(a.free) - 1
		a.free[best] = a.free[last]
		a.free = a.free[:last]
		b.refs = 1
		return b
	}
	if words > 512 {
		words = (words + 511) &^ 511
	}
	if a.held+8*words > a.limit {
		a.drop()
	}
	if a.held+8*words > a.limit {
		failf("its result needs %d MB, but a run may use %d MB", n>>20, a.limit>>20)
	}
	a.held += 8 * words
	return &buffer{refs: 1, mem: make([]uint64, words)}
}

// drop returns the free memory back.
func (a *arena) drop() {
	for _, b := range a.free {
		a.held -= int64(8 * len(b.mem))
	}
	clear(a.free)
	a.free = a.free[:0]
}

// release takes back a reference.
func (a *arena) release(b *buffer) {
	if b == nil {
		return
	}
	if b.refs--; b.refs == 0 {
		a.free = append(a.free, b)
	}
}

// run is one evaluation of a graph.
type run struct {
	g      *Graph
	arena  arena
	values []*Tensor
	call   call
}

func newRun(g *Graph) *run {
	r := &run{g: g, arena: arena{limit: g.options.MaxMemory}, values: make([]*Tensor, len(g.consts))}
	copy(r.values, g.consts)
	r.call.r = r
	return r
}

// maxKept is how many bytes a run that is over keeps for the next one.
const maxKept = 128 << 20

// reset takes all memory back.
func (r *run) reset() {
	for i, t := range r.values {
		if t != nil && r.g.consts[i] == nil {
			r.arena.release(t.buf)
		}
	}
	copy(r.values, r.g.consts)
	if r.arena.held > maxKept {
		r.arena.drop()
	}
}

// all runs every node.
func (r *run) all(ctx context.Context) error {
	for _, n := range r.g.nodes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.step(n); err != nil {
			return fmt.Errorf("cannot run the graph: %v: %w", n, err)
		}
	}
	return nil
}

// step runs a node.
func (r *run) step(n *node) error {
	return guard(func() {
		c := &r.call
		c.begin(n)
		n.kernel(c)
		c.end()
	})
}

// guard turns what f panics with into an error: a fault, or a bound that no check has foreseen,
// which is the model's fault and not the program's end.
func guard(f func()) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case fault:
			err = p.err
		case runtime.Error:
			err = fmt.Errorf("its inputs do not fit: %w", p)
		default: // package kernel checks sizes
			err = fmt.Errorf("its inputs do not fit: %v", p)
		}
	}()
	f()
	return nil
}

// call is what a kernel gets: its inputs, and what it needs to make its outputs.
type call struct {
	r       *run
	n       *node
	in, out []*Tensor
	dead    []bool // whether the memory of an input may be overwritten
	scratch []*buffer
}

// begin gathers the inputs of a node.
func (c *call) begin(n *node) {
	c.n = n
	c.in, c.out, c.dead = c.in[:0], c.out[:0], c.dead[:0]
	for _, id := range n.in {
		var t *Tensor
		if id >= 0 {
			t = c.r.values[id]
			if t.last && !n.layouts {
				t = c.r.dense(id)
			}
		}
		c.in = append(c.in, t)
		c.dead = append(c.dead, false)
	}
	for i, t := range c.in {
		if t == nil || t.buf == nil || t.buf.refs != 1 {
			continue
		}
		uses := 0
		for _, id := range n.in {
			if id == n.in[i] {
				uses++
			}
		}
		c.dead[i] = uses == 1 && contains(n.ends, n.in[i])
	}
	for range n.out {
		c.out = append(c.out, nil)
	}
}

func contains(s []int, v int) bool {
	for _, x := range s {
		if x == v {
			return true
		}
	}
	return false
}

// end stores the outputs and lets go of what is not needed any more.
func (c *call) end() {
	n := c.n
	for i, id := range n.out {
		t := c.out[i]
		if id < 0 {
			if t != nil {
				c.r.arena.release(t.buf)
			}
			continue
		}
		if t == nil {
			failf("its output %d is not supported", i)
		}
		if t.Type.half() {
			roundHalf(t.Type, t.f32())
		}
		c.r.values[id] = t
	}
	c.free()
	for _, id := range n.ends {
		c.r.arena.release(c.r.values[id].buf)
		c.r.values[id] = nil
	}
	clear(c.in)
	clear(c.out)
}

// free returns the scratch memory back.
func (c *call) free() {
	for i, b := range c.scratch {
		c.r.arena.release(b)
		c.scratch[i] = nil
	}
	c.scratch = c.scratch[:0]
}

// smallTensor is the number of bytes up to which memory comes from the heap.
const smallTensor = 256

// alloc returns a tensor of unknown content.
func (c *call) alloc(typ Type, shape ...int) *Tensor {
	n, ok := count(shape)
	if !ok {
		failf("its result would have the shape %v", shape)
	}
	t := &Tensor{Type: typ, Shape: shape}
	if bytes := int64(n) * int64(typ.held()); bytes > smallTensor {
		t.buf = c.r.arena.take(bytes)
		t.Data = typed(typ, t.buf.mem, n)
	} else {
		t.Data = small(typ, n)
	}
	return t
}

// reuse is alloc in the memory of input i, if nothing else needs that.
func (c *call) reuse(i int, typ Type, shape []int) *Tensor {
	t := c.in[i]
	if c.dead[i] && t.Type.held() == typ.held() && t.Len() == size(shape) {
		t.buf.refs++
		c.dead[i] = false
		return &Tensor{Type: typ, Shape: shape, Data: typed(typ, t.buf.mem, t.Len()), buf: t.buf}
	}
	return c.alloc(typ, shape...)
}

// view returns the elements of t in another shape of the same size, without a copy.
func (c *call) view(t *Tensor, shape ...int) *Tensor {
	if t.buf != nil {
		t.buf.refs++
	}
	return &Tensor{Type: t.Type, Shape: shape, Data: t.Data, buf: t.buf}
}

// floats returns memory until the end of the call.
func (c *call) floats(n int) []float32 { return temporary[float32](c, n) }

func temporary[T element](c *call, n int) []T {
	if n == 0 {
		return nil
	}
	b := c.r.arena.take(int64(n) * int64(typeOf[T]().held()))
	c.scratch = append(c.scratch, b)
	return typed(typeOf[T](), b.mem, n).([]T)
}

// typed returns the first n elements that lie in mem.
func typed(typ Type, mem []uint64, n int) any {
	p := unsafe.Pointer(unsafe.SliceData(mem))
	switch typ {
	case Float64:
		return unsafe.Slice((*float64)(p), n)
	case Int64:
		return unsafe.Slice((*int64)(p), n)
	case Int32:
		return unsafe.Slice((*int32)(p), n)
	case Uint8:
		return unsafe.Slice((*uint8)(p), n)
	case Int8:
		return unsafe.Slice((*int8)(p), n)
	case Bool:
		clear(mem[:(n+7)/8]) // other bytes than 0 and 1 are no bools
		return unsafe.Slice((*bool)(p), n)
	}
	return unsafe.Slice((*float32)(p), n)
}

func small(typ Type, n int) any {
	switch typ {
	case Float64:
		return make([]float64, n)
	case Int64:
		return make([]int64, n)
	case Int32:
		return make([]int32, n)
	case Uint8:
		return make([]uint8, n)
	case Int8:
		return make([]int8, n)
	case Bool:
		return make([]bool, n)
	}
	return make([]float32, n)
}

// clone returns a copy on the heap.
func (t *Tensor) clone() *Tensor {
	c := &Tensor{Type: t.Type, Shape: append([]int{}, t.Shape...), Data: small(t.Type, t.Len())}
	switch d := t.Data.(type) {
	case []float32:
		copy(c.Data.([]float32), d)
	case []float64:
		copy(c.Data.([]float64), d)
	case []int64:
		copy(c.Data.([]int64), d)
	case []int32:
		copy(c.Data.([]int32), d)
	case []uint8:
		copy(c.Data.([]uint8), d)
	case []int8:
		copy(c.Data.([]int8), d)
	case []bool:
		copy(c.Data.([]bool), d)
	}
	return c
}

// dense brings a value from channels-last into the usual order.
func (r *run) dense(id int) *Tensor {
	t := r.values[id]
	d := r.call.rowMajor(t)
	r.arena.release(t.buf)
	r.values[id] = d
	return d
}

// rowMajor returns a channels-last tensor in the usual order.
func (c *call) rowMajor(t *Tensor) *Tensor {
	d := c.alloc(t.Type, t.Shape...)
	n, ch := t.Shape[0], t.Shape[1]
	turnPlanes(c, d.Data, t.Data, n, size(t.Shape[2:]), ch)
	return d
}

// channelsLast returns a tensor with its channels last.
func (c *call) channelsLast(t *Tensor) *Tensor {
	d := c.alloc(t.Type, t.Shape...)
	n, ch := t.Shape[0], t.Shape[1]
	turnPlanes(c, d.Data, t.Data, n, ch, size(t.Shape[2:]))
	d.last = true
	return d
}
