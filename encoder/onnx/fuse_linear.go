package onnx

import "github.com/fusor-ml/fusor/internal/kernel"

// epilogue is what follows a product whose rows are finished one block at a time.
type epilogue interface {
	// setBias adds a vector of one number for each column.
	setBias(m *matcher, b *Tensor) bool
	// setActivation maps the result.
	setActivation(f *activation) bool
	// setResidual adds input i of the node.
	setResidual(i int) bool
}

func (l *linear) setBias(_ *matcher, b *Tensor) bool {
	if l.bias != nil || l.act != nil || l.residual > 0 || b.Len() != l.n {
		return false
	}
	l.bias = b.f32()
	return true
}

func (l *linear) setActivation(f *activation) bool {
	if l.act != nil || l.residual > 0 {
		return false
	}
	l.act = f
	return true
}

func (l *linear) setResidual(i int) bool {
	if l.residual > 0 {
		return false
	}
	l.residual = i
	return true
}

// finished is the runner of a node that an epilogue may follow.
type finished interface {
	epilogue
	run(c *call)
}

// set returns n the runner of f.
func (m *matcher) set(n *node, f finished) {
	n.fused = f
	n.kernel = f.run
	_, n.layouts = f.(*conv)
}

// move makes last do what n does, and what follows it.
func (m *matcher) move(n, last *node, f finished) {
	op, in := n.op, append([]int{}, n.in...)
	m.replace(last, op, in)
	m.set(last, f)
}

// linear lays out constant weights of a MatMul and adds the bias that follows.
func (m *matcher) linear(n *node) {
	if n.op != "MatMul" || m.types[n.in[0]] != Float32 {
		return
	}
	w := m.g.consts[max(n.in[1], 0)]
	if n.in[1] < 0 || w == nil || len(w.Shape) != 2 || w.Type != Float32 || w.Len() == 0 || m.g.consts[max(n.in[0], 0)] != nil {
		return
	}
	l := &linear{k: w.Shape[0], n: w.Shape[1]}
	l.weights = kernel.NewWeights(false, l.n, l.k, w.f32(), l.n)
	m.replace(n, "linear", []int{n.in[0]})
	m.set(n, l)
	m.bias(n, l)
}

// bias adds the constant vector that follows n.
func (m *matcher) bias(n *node, f finished) {
	add := m.user(n.out[0], "Add")
	if add == nil {
		return
	}
	b, _ := other(add, n.out[0])
	if m.vector(b) && f.setBias(m, m.g.consts[b]) {
		m.move(n, add, f)
	}
}

// convBias prepares convolutions with constant weights for what may follow.
func (m *matcher) convBias(n *node) {
	if n.op != "Conv" || n.kernel != nil || m.types[n.in[0]] != Float32 {
		return
	}
	if b := m.g.consts[max(n.in[1], 0)]; n.in[1] < 0 || b == nil {
		return
	}
	f := m.convOf(n)
	if f == nil {
		return
	}
	m.replace(n, "conv", []int{n.in[0]})
	m.set(n, f)
}

// convOf makes the convolution of a node, or nil if its constants or attributes do not fit, which
// is reported when its kernel is built.
func (m *matcher) convOf(n *node) (v *conv) {
	b := &builder{g: m.g, opset: m.g.opset, n: n, files: m.files, read: map[string]bool{}}
	if guard(func() { v = constantConv(b) }) != nil || v == nil || b.leftOver() != nil {
		return nil
	}
	return v
}

// activation moves a map into the product before it.
func (m *matcher) activation(n *node) {
	f := m.activationOf(n)
	if f == nil || !m.once(n.in[0]) {
		return
	}
	before := m.maker[n.in[0]]
	if before == nil {
		return
	}
	if p, ok := before.fused.(finished); ok && p.setActivation(f) {
		m.move(before, n, p)
	}
}

// residual moves a sum into one of the products that it adds.
func (m *matcher) residual(n *node) {
	if n.op != "Add" || m.types[n.out[0]] != Float32 || n.in[0] == n.in[1] {
		return
	}
	for i := len(n.in) - 1; i >= 0; i-- {
		before := m.maker[n.in[i]]
		if before == nil || !m.once(n.in[i]) || m.types[n.in[1-i]] != Float32 {
			continue
		}
		p, ok := before.fused.(finished)
		if !ok || !p.setResidual(len(before.in)) {
			continue
		}
		in := append(append([]int{}, before.in...), n.in[1-i])
		m.replace(n, before.op, in)
		m.set(n, p)
		return
	}
}
