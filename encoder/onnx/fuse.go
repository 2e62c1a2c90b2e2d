package onnx

import (
	"math"
	"slices"
)

// fuse replaces groups of nodes by single kernels that compute the same with fewer passes over
// memory. What is not recognized stays as it is.
func (l *loader) fuse() {
	l.dropCasts()
	l.forwardShapes()
	for _, pass := range []func(m *matcher, n *node){
		(*matcher).gelu, (*matcher).geluTanh, (*matcher).silu, (*matcher).hardSwish,
		(*matcher).layerNorm, (*matcher).attention,
		(*matcher).padConv, (*matcher).convNorm,
		(*matcher).integerLinear, (*matcher).linear, (*matcher).convBias,
		(*matcher).activation, (*matcher).residual, (*matcher).activation,
	} {
		m := newMatcher(l)
		for _, n := range slices.Clone(l.g.nodes) {
			if m.alive(n) {
				pass(m, n)
			}
		}
		l.prune()
	}
}

// matcher finds what surrounds a node.
type matcher struct {
	*loader
	maker  map[int]*node
	users  map[int][]*node
	output map[int]bool
	types  []Type
}

func newMatcher(l *loader) *matcher {
	m := &matcher{loader: l, maker: l.makers(), users: map[int][]*node{}, output: map[int]bool{}, types: l.types()}
	for _, n := range l.g.nodes {
		for _, id := range n.in {
			if id >= 0 {
				m.users[id] = append(m.users[id], n)
			}
		}
	}
	for _, id := range l.g.outputIDs {
		m.output[id] = true
	}
	return m
}

// alive reports whether n still makes what it did when the matcher was made.
func (m *matcher) alive(n *node) bool {
	for _, id := range n.out {
		if id >= 0 {
			return m.maker[id] == n && (len(m.users[id]) > 0 || m.output[id])
		}
	}
	return false
}

// replace turns n into another node with the same first output; its inputs change.
func (m *matcher) replace(n *node, op string, in []int) *node {
	for _, id := range n.in {
		m.unuse(id, n)
	}
	n.op, n.in, n.attrs, n.kernel, n.fused = op, in, map[string]*attrProto{}, nil, nil
	n.out = n.out[:1]
	for _, id := range in {
		if id >= 0 {
			m.users[id] = append(m.users[id], n)
		}
	}
	return n
}

// unuse notes that n does not read a value any more; makers that nothing reads let go of theirs.
func (m *matcher) unuse(id int, n *node) {
	if id < 0 {
		return
	}
	i := slices.Index(m.users[id], n)
	if i < 0 {
		return
	}
	m.users[id] = slices.Delete(slices.Clone(m.users[id]), i, i+1)
	if len(m.users[id]) > 0 || m.output[id] {
		return
	}
	if k := m.maker[id]; k != nil {
		for _, o := range k.out {
			if o >= 0 && (len(m.users[o]) > 0 || m.output[o]) {
				return
			}
		}
		for _, in := range k.in {
			m.unuse(in, k)
		}
	}
}

// made returns the node of the given operator that makes a value which nothing else reads, or nil.
func (m *matcher) made(id int, op string) *node {
	n := m.maker[id]
	if n == nil || n.op != op || !m.once(id) {
		return nil
	}
	return n
}

// once reports whether one node alone reads a value.
func (m *matcher) once(id int) bool { return len(m.users[id]) == 1 && !m.output[id] }

// user returns the only node that reads a value if it is of the given operator, or nil.
func (m *matcher) user(id int, op string) *node {
	if !m.once(id) || m.users[id][0].op != op {
		return nil
	}
	return m.users[id][0]
}

// number returns a constant that is a single float.
func (m *matcher) number(id int) (float64, bool) {
	if id < 0 || m.g.consts[id] == nil {
		return 0, false
	}
	t := m.g.consts[id]
	if t.Len() != 1 || !t.Type.float() {
		return 0, false
	}
	return t.scalar(), true
}

// is reports whether a value is the constant x.
func (m *matcher) is(id int, x float64) bool {
	v, ok := m.number(id)
	return ok && math.Abs(v-x) <= 2e-6*math.Abs(x)
}

// other returns the input of a node of two inputs that is not id; ok is false if id is none of
// them.
func other(n *node, id int) (int, bool) {
	switch {
	case len(n.in) != 2:
	case n.in[0] == id:
		return n.in[1], true
	case n.in[1] == id:
		return n.in[0], true
	}
	return 0, false
}

// withNumber returns the other input of a node of the given operator that has x as one.
func (m *matcher) withNumber(n *node, op string, x float64) (int, bool) {
	if n == nil || n.op != op || len(n.in) != 2 {
		return 0, false
	}
	for i, id := range n.in {
		if m.is(id, x) {
			return n.in[1-i], true
		}
	}
	return 0, false
}

// types returns the element type of every value, 0 where it is not known.
func (l *loader) types() []Type {
	t := make([]Type, len(l.g.names))
	for id, c := range l.g.consts {
		if c != nil {
			t[id] = c.Type
		}
	}
	for i, id := range l.g.inputIDs {
		t[id] = l.g.inputs[i].Type
	}
	for _, n := range l.g.nodes {
		for i, id := range n.out {
			if id >= 0 {
				t[id] = l.typeOf(n, i, t)
			}
		}
	}
	return t
}

func (l *loader) typeOf(n *node, out int, t []Type) Type {
	in := func(i int) Type {
		if i < len(n.in) && n.in[i] >= 0 {
			return t[n.in[i]]
		}
		return 0
	}
	switch n.op {
	case "Cast":
		if a := n.attrs["to"]; a != nil {
			return Type(min(max(a.i, 0), 255))
		}
	case "CastLike", "Where":
		return in(1)
	case "Shape", "Size", "ArgMax", "ArgMin", "NonZero":
		return Int64
	case "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "IsNaN", "IsInf":
		return Bool
	case "DynamicQuantizeLinear":
		return [...]Type{Uint8, Float32, Uint8}[out]
	case "DequantizeLinear", "integer linear":
		return Float32
	case "MatMulInteger", "ConvInteger":
		return Int32
	case "OneHot":
		return in(2)
	case "QuantizeLinear", "QLinearConv", "QLinearMatMul", "EyeLike", "ConstantOfShape", "Constant":
		return 0
	case "TopK":
		if out == 1 {
			return Int64
		}
	}
	return in(0)
}

// dropCasts removes nodes that change nothing.
func (l *loader) dropCasts() {
	types := l.types()
	same := map[int]int{}
	for _, n := range l.g.nodes {
		for i, id := range n.in {
			if to, ok := same[id]; ok {
				n.in[i] = to
			}
		}
		switch n.op {
		case "Identity":
		case "Dropout":
			if len(n.in) > 2 || len(n.out) > 1 && n.out[1] >= 0 {
				continue
			}
		case "Cast":
			if t := types[n.in[0]]; t == 0 || t != types[n.out[0]] {
				continue
			}
		default:
			continue
		}
		same[n.out[0]] = n.in[0]
	}
	for i, id := range l.g.outputIDs {
		if to, ok := same[id]; ok && l.g.consts[to] == nil && !contains(l.g.inputIDs, to) {
			l.g.outputIDs[i] = to
		}
	}
	l.prune()
}

// forwardShapes asks for shapes as early as possible: of a transposed value by its input's shape,
// so that the transposed value itself may not be needed.
func (l *loader) forwardShapes() {
	maker := l.makers()
	var nodes []*node
	for _, n := range l.g.nodes {
		nodes = append(nodes, n)
		if n.op != "Shape" || len(n.attrs) > 0 {
			continue
		}
		t := maker[n.in[0]]
		if t == nil || t.op != "Transpose" || t.attrs["perm"] == nil {
			continue
		}
		if k := maker[t.in[0]]; k != nil && k.op == "MatMul" { // a result that is better made transposed at once
			continue
		}
		perm := t.attrs["perm"].ints
		whole := l.add("")
		l.made[whole] = true
		nodes[len(nodes)-1] = &node{op: "Shape", in: []int{t.in[0]}, out: []int{whole}, attrs: map[string]*attrProto{}}
		n.op, n.in = "Gather", []int{whole, l.constant(NewTensor(slices.Clone(perm), len(perm)))}
		nodes = append(nodes, n)
	}
	l.g.nodes = nodes
}
