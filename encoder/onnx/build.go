package onnx

import (
	"fmt"
	"slices"
)

// operator is an entry of the table of operators.
type operator struct {
	since, until int // opsets that have it: since <= opset < until; 0 is no bound
	minIn, maxIn int
	maxOut       int
	layouts      bool // its kernel takes and may return channels-last tensors
	build        func(b *builder) runner
}

// many is a number of inputs or outputs that is not bounded by the operator.
const many = 1 << 20

// builder makes the kernel of one node: it reads the attributes, each of which must be asked for.
type builder struct {
	g     *Graph
	opset int
	n     *node
	files external
	read  map[string]bool
}

func (b *builder) plain() bool { return b.g.options.Plain }

// attr returns an attribute of the given kind, or nil.
func (b *builder) attr(name string, typ attrType) *attrProto {
	b.read[name] = true
	a := b.n.attrs[name]
	if a != nil && a.typ != typ {
		failf("the attribute %q is of the wrong kind", name)
	}
	return a
}

func (b *builder) has(name string) bool { return b.n.attrs[name] != nil }

func (b *builder) int(name string, without int) int {
	if a := b.attr(name, attrInt); a != nil {
		return int(a.i)
	}
	return without
}

// flag returns an attribute that is 0 or 1.
func (b *builder) flag(name string, without bool) bool {
	a := b.attr(name, attrInt)
	if a == nil {
		return without
	}
	if a.i != 0 && a.i != 1 {
		failf("the attribute %q is %d, not 0 or 1", name, a.i)
	}
	return a.i == 1
}

func (b *builder) float(name string, without float64) float64 {
	if a := b.attr(name, attrFloat); a != nil {
		return float64(a.f)
	}
	return without
}

func (b *builder) string(name, without string) string {
	if a := b.attr(name, attrString); a != nil {
		return a.s
	}
	return without
}

// ints returns a list, nil if the attribute is left out.
func (b *builder) ints(name string) []int {
	a := b.attr(name, attrInts)
	if a == nil {
		return nil
	}
	return append([]int{}, convert[int](a.ints)...)
}

func (b *builder) tensor(name string) *Tensor {
	a := b.attr(name, attrTensor)
	if a == nil {
		return nil
	}
	t, err := b.files.tensor(a.t, b.g.options.Limits)
	if err != nil {
		panic(fault{err})
	}
	return t
}

// only fails unless an attribute that changes the result is left at its default.
func (b *builder) only(name string, want int) {
	if v := b.int(name, want); v != want {
		failf("%s = %d is not supported", name, v)
	}
}

// ignore notes an attribute that changes nothing.
func (b *builder) ignore(names ...string) {
	for _, n := range names {
		b.read[n] = true
	}
}

// leftOver reports an attribute that no one asked for.
func (b *builder) leftOver() error {
	for name := range b.n.attrs {
		if !b.read[name] {
			return fmt.Errorf("its attribute %q is not supported", name)
		}
	}
	return nil
}

// given reports whether input i is there.
func (b *builder) given(i int) bool { return i < len(b.n.in) && b.n.in[i] >= 0 }

// constant returns input i if it is known now, else nil.
func (b *builder) constant(i int) *Tensor {
	if !b.given(i) {
		return nil
	}
	return b.g.consts[b.n.in[i]]
}

// take is constant for a kernel that keeps what it needs of the input itself.
func (b *builder) take(i int) *Tensor {
	t := b.constant(i)
	if t != nil {
		b.n.in[i] = -1
	}
	return t
}

// arg returns input i of a call, or nil.
func (c *call) arg(i int) *Tensor {
	if i >= len(c.in) {
		return nil
	}
	return c.in[i]
}

// axesOf returns how a kernel finds its axes: by an attribute before opset since, and by input i
// from then on. The kernel gets nil where none are named.
func (b *builder) axesOf(i, since int) func(c *call) []int {
	if b.opset >= since {
		return func(c *call) []int {
			if t := c.arg(i); t != nil {
				return t.ints()
			}
			return nil
		}
	}
	axes := b.ints("axes")
	return func(*call) []int { return axes }
}

// same reports whether two shapes are equal.
func same(a, b []int) bool { return slices.Equal(a, b) }

// float32s returns the elements of a small tensor as float32, for parameters.
func float32s(t *Tensor) []float32 {
	switch d := t.Data.(type) {
	case []float32:
		return d
	case []float64:
		return convert[float32](d)
	case []int64:
		return convert[float32](d)
	case []int32:
		return convert[float32](d)
	}
	failf("%v where float32 is needed", t.Type)
	return nil
}
