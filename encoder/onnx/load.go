package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// Opsets that are known.
const (
	minOpset = 9
	maxOpset = 21
)

// load makes a graph of the bytes of a model file.
func load(b []byte, files external, o Options) (*Graph, error) {
	// Limits come first: the decoder counts nodes and tensors while it reads.
	d := decoder{Limits: o.withDefaults()}
	o.Limits = d.Limits
	m, err := d.model(b)
	if err != nil {
		return nil, err
	}
	opset, ok := m.opsets[""]
	switch {
	case !ok:
		return nil, errors.New("it does not name the version of ONNX's operators (opset_import)")
	case opset < minOpset || opset > maxOpset:
		return nil, fmt.Errorf("opset %d is not supported; %d to %d are", opset, minOpset, maxOpset)
	}
	l := loader{
		g:   &Graph{options: o, opset: int(opset), producer: m.producer},
		ids: map[string]int{}, made: map[int]bool{}, files: files,
	}
	if err := l.values(&m.graph); err != nil {
		return nil, err
	}
	if err := l.nodes(&m.graph); err != nil {
		return nil, err
	}
	if err := l.chooseOutputs(); err != nil {
		return nil, err
	}
	if err := l.sort(); err != nil {
		return nil, err
	}
	// Constants first: patterns of fuse look for constant shapes and bounds.
	if err := l.fold(); err != nil {
		return nil, err
	}
	if !o.Plain {
		// A matcher meets shapes that no exporter writes; a panic there is the file's fault.
		if err := guard(l.fuse); err != nil {
			return nil, err
		}
	}
	for _, n := range l.g.nodes {
		if err := l.build(n); err != nil {
			return nil, fmt.Errorf("%v: %w", n, err)
		}
	}
	l.finish()
	return l.g, nil
}

// loader turns a model file into a Graph.
type loader struct {
	g     *Graph
	ids   map[string]int // of values by name
	made  map[int]bool   // values that are inputs, constants, or some node's output
	files external
}

// id returns the place of a name in the list of values.
func (l *loader) id(name string) int {
	id, ok := l.ids[name]
	if !ok {
		id = l.add(name)
		l.ids[name] = id
	}
	return id
}

// add makes room for another value.
func (l *loader) add(name string) int {
	l.g.names = append(l.g.names, name)
	l.g.consts = append(l.g.consts, nil)
	return len(l.g.names) - 1
}

// constant adds a value that is known.
func (l *loader) constant(t *Tensor) int {
	id := l.add("")
	l.g.consts[id] = t
	l.made[id] = true
	return id
}

// make notes that a value exists; there must be one source of it.
func (l *loader) make(name string) (int, error) {
	if name == "" {
		return 0, errors.New("a value has no name")
	}
	id := l.id(name)
	if l.made[id] {
		return 0, fmt.Errorf("the value %q is made twice", name)
	}
	l.made[id] = true
	return id, nil
}

// values reads weights, inputs and outputs.
func (l *loader) values(p *graphProto) error {
	for i := range p.initializers {
		t, err := l.files.tensor(&p.initializers[i], l.g.options.Limits)
		if err != nil {
			return err
		}
		id, err := l.make(p.initializers[i].name)
		if err != nil {
			return err
		}
		l.g.consts[id] = t
		p.initializers[i] = tensorProto{} // so that its memory can go
	}
	for _, v := range p.inputs {
		if id, ok := l.ids[v.name]; ok && l.g.consts[id] != nil {
			continue // before IR 4 weights are listed among the inputs
		}
		id, err := l.make(v.name)
		if err != nil {
			return err
		}
		if !v.typ.supported() {
			return fmt.Errorf("input %q: the element type %v is not supported", v.name, v.typ)
		}
		l.g.inputs = append(l.g.inputs, v.value())
		l.g.inputIDs = append(l.g.inputIDs, id)
	}
	for _, v := range p.outputs {
		l.g.outputs = append(l.g.outputs, v.value())
	}
	return nil
}

// value describes v for users.
func (v *valueProto) value() Value {
	out := Value{Name: v.name, Type: v.typ}
	if v.ranked {
		out.Shape, out.Axes = make([]int, len(v.dims)), make([]string, len(v.dims))
		for i, d := range v.dims {
			out.Shape[i], out.Axes[i] = -1, d.name
			if d.name == "" && d.size > 0 {
				out.Shape[i] = int(d.size)
			}
		}
	}
	return out
}

// nodes reads the operators.
func (l *loader) nodes(p *graphProto) error {
	for i := range p.nodes {
		q := &p.nodes[i]
		n := &node{op: q.op, name: q.name, attrs: map[string]*attrProto{}}
		// Operators of com.microsoft and others are refused by name.
		if q.domain != "" && q.domain != "ai.onnx" {
			return fmt.Errorf("operator %s: the domain %q is not supported", q.op, q.domain)
		}
		op, ok := operators[q.op]
		if !ok || op.since > l.g.opset || op.until > 0 && l.g.opset >= op.until {
			return fmt.Errorf("operator %s of opset %d is not supported", q.op, l.g.opset)
		}
		// Trailing empty names mean absent, as no name does.
		for len(q.inputs) > 0 && q.inputs[len(q.inputs)-1] == "" {
			q.inputs = q.inputs[:len(q.inputs)-1]
		}
		if len(q.inputs) < op.minIn || len(q.inputs) > op.maxIn || len(q.outputs) < 1 || len(q.outputs) > op.maxOut {
			return fmt.Errorf("%v has %d inputs and %d outputs, which is not supported", n, len(q.inputs), len(q.outputs))
		}
		for j, name := range q.inputs {
			if name != "" {
				n.in = append(n.in, l.id(name))
				continue
			}
			if j < op.minIn {
				return fmt.Errorf("%v: input %d is missing", n, j)
			}
			// An optional input that is left out keeps its place.
			n.in = append(n.in, -1)
		}
		for _, name := range q.outputs {
			id := -1
			if name != "" {
				var err error
				if id, err = l.make(name); err != nil {
					return fmt.Errorf("%v: %w", n, err)
				}
			}
			n.out = append(n.out, id)
		}
		for j := range q.attrs {
			a := &q.attrs[j]
			if n.attrs[a.name] != nil {
				return fmt.Errorf("%v: the attribute %q stands twice", n, a.name)
			}
			n.attrs[a.name] = a
		}
		l.g.nodes = append(l.g.nodes, n)
	}
	// In a second pass: the standard demands topological order, but not all writers keep to it, see
	// sort.
	for _, n := range l.g.nodes {
		for _, id := range n.in {
			if id >= 0 && !l.made[id] {
				return fmt.Errorf("%v: nothing makes its input %q", n, l.g.names[id])
			}
		}
	}
	return nil
}

// chooseOutputs finds the outputs that were asked for.
func (l *loader) chooseOutputs() error {
	all := l.g.outputs
	if len(all) == 0 {
		return errors.New("the graph has no outputs")
	}
	if want := l.g.options.Outputs; want != nil {
		l.g.outputs = nil
		for _, name := range want {
			i := slices.IndexFunc(all, func(v Value) bool { return v.Name == name })
			if i < 0 {
				return fmt.Errorf("the graph has no output %q", name)
			}
			l.g.outputs = append(l.g.outputs, all[i])
		}
	}
	for _, v := range all {
		id, ok := l.ids[v.Name]
		if !ok || !l.made[id] {
			return fmt.Errorf("nothing makes the output %q", v.Name)
		}
	}
	for _, v := range l.g.outputs {
		l.g.outputIDs = append(l.g.outputIDs, l.ids[v.Name])
	}
	return nil
}

// sort brings the nodes into an order in which each comes after what it needs.
func (l *loader) sort() error {
	maker := l.makers()
	const waiting, done = 1, 2
	state := map[*node]int{}
	sorted := make([]*node, 0, len(l.g.nodes))
	type visit struct {
		n    *node
		next int // input to look at
	}
	for _, first := range l.g.nodes {
		if state[first] == done {
			continue
		}
		state[first] = waiting
		stack := []visit{{n: first}}
		for len(stack) > 0 {
			v := &stack[len(stack)-1]
			if v.next == len(v.n.in) {
				state[v.n] = done
				sorted = append(sorted, v.n)
				stack = stack[:len(stack)-1]
				continue
			}
			id := v.n.in[v.next]
			v.next++
			need := maker[id]
			if id < 0 || need == nil || state[need] == done {
				continue
			}
			if state[need] == waiting {
				return fmt.Errorf("%v: it needs its own result", need)
			}
			state[need] = waiting
			stack = append(stack, visit{n: need})
		}
	}
	l.g.nodes = sorted
	l.prune()
	return nil
}

// makers returns the node that makes each value.
func (l *loader) makers() map[int]*node {
	m := make(map[int]*node, len(l.g.nodes))
	for _, n := range l.g.nodes {
		for _, id := range n.out {
			if id >= 0 {
				m[id] = n
			}
		}
	}
	return m
}

// prune drops nodes whose results nothing needs.
func (l *loader) prune() {
	needed := make([]bool, len(l.g.names))
	for _, id := range l.g.outputIDs {
		needed[id] = true
	}
	kept := l.g.nodes[:0:0]
	for i := len(l.g.nodes) - 1; i >= 0; i-- {
		n := l.g.nodes[i]
		if !slices.ContainsFunc(n.out, func(id int) bool { return id >= 0 && needed[id] }) {
			continue
		}
		for _, id := range n.in {
			if id >= 0 {
				needed[id] = true
			}
		}
		for j, id := range n.out {
			if id >= 0 && !needed[id] {
				n.out[j] = -1
			}
		}
		kept = append(kept, n)
	}
	slices.Reverse(kept)
	l.g.nodes = kept
}

// maxFolded is how many bytes a result that is computed at loading may have; larger ones are left
// to the run.
const maxFolded = 64 << 20

// fold computes what does not depend on the inputs.
func (l *loader) fold() error {
	r := &run{g: l.g, arena: arena{limit: min(4*maxFolded, l.g.options.MaxMemory)}, values: l.g.consts}
	r.call.r = r
	kept := l.g.nodes[:0:0]
	for _, n := range l.g.nodes {
		constant := true
		for _, id := range n.in {
			constant = constant && (id < 0 || l.g.consts[id] != nil)
		}
		if !constant || !l.small(n) {
			kept = append(kept, n)
			continue
		}
		if err := l.build(n); err != nil {
			return fmt.Errorf("%v: %w", n, err)
		}
		if err := r.step(n); err != nil {
			return fmt.Errorf("%v: %w", n, err)
		}
		for _, id := range n.out {
			if id >= 0 {
				t := l.g.consts[id]
				if t.last {
					t = r.call.rowMajor(t)
				}
				l.g.consts[id] = t.clone()
				r.arena.release(t.buf)
			}
		}
	}
	l.g.nodes = kept
	return nil
}

// small reports whether the result of a node with constant inputs is certainly not much larger than
// they are.
func (l *loader) small(n *node) bool {
	switch n.op {
	case "Expand", "Tile", "ConstantOfShape", "Range", "OneHot", "Resize", "Upsample", "Pad", "Conv", "MatMul", "Einsum":
		bytes := 0
		for _, id := range n.in {
			if id < 0 {
				continue
			}
			t := l.g.consts[id]
			bytes += t.Len() * t.Type.held()
			if n.op == "ConstantOfShape" || n.op == "Expand" {
				if d, ok := t.Data.([]int64); ok && len(t.Shape) == 1 {
					p := 8
					for _, v := range d {
						if v < 0 || v > maxFolded || p > maxFolded {
							return true // an error, or too much for any run: found now
						}
						p *= int(max(v, 1))
					}
					if p > maxFolded {
						return false
					}
				}
			}
		}
		return bytes < maxFolded
	}
	return true
}

// build makes the kernel of a node.
func (l *loader) build(n *node) error {
	if n.kernel != nil {
		return nil
	}
	op := operators[n.op]
	b := &builder{g: l.g, opset: l.g.opset, n: n, files: l.files, read: map[string]bool{}}
	n.layouts = op.layouts
	if err := guard(func() { n.kernel = op.build(b) }); err != nil {
		return err
	}
	return b.leftOver()
}

// finish notes where each value is needed last and drops constants that no kernel reads any more.
func (l *loader) finish() {
	g := l.g
	needed := make([]bool, len(g.names))
	for i, id := range g.outputIDs {
		needed[id] = true
		if t := g.consts[id]; t == nil && !contains(g.inputIDs, id) && l.lastly(id) {
			g.outputIDs[i] = l.densify(id)
			needed = append(needed, true)
		}
	}
	for i := len(g.nodes) - 1; i >= 0; i-- {
		n := g.nodes[i]
		for _, id := range n.in {
			if id >= 0 && !needed[id] {
				needed[id] = true
				if g.consts[id] == nil {
					n.ends = append(n.ends, id)
				}
			}
		}
		for _, id := range n.out { // a result that nothing reads ends at once
			if id >= 0 && !needed[id] {
				n.ends = append(n.ends, id)
			}
		}
		g.mixes = g.mixes || n.op == "DynamicQuantizeLinear"
	}
	for id := range g.consts {
		if !needed[id] {
			g.consts[id] = nil
		}
	}
	for _, id := range g.inputIDs { // inputs belong to the caller
		for _, n := range g.nodes {
			n.ends = slices.DeleteFunc(n.ends, func(e int) bool { return e == id })
		}
	}
}

// lastly reports whether the node that makes a value may leave it channels last.
func (l *loader) lastly(id int) bool {
	n := l.makers()[id]
	return n != nil && n.layouts
}

// densify adds a node that brings a value into the usual order.
func (l *loader) densify(id int) int {
	to := l.add(l.g.names[id])
	l.g.nodes = append(l.g.nodes, &node{op: "order", in: []int{id}, out: []int{to}, kernel: func(c *call) {
		c.out[0] = c.view(c.in[0], c.in[0].Shape...)
	}})
	return to
}
