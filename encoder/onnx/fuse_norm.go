package onnx

import "github.com/fusor-ml/fusor/internal/kernel"

// layerNorm finds (x - mean) / √(variance + eps) w + b over the last axis, spelled out from its
// Sqrt on.
func (m *matcher) layerNorm(n *node) {
	if n.op != "Sqrt" || m.types[n.out[0]] != Float32 {
		return
	}
	add := m.made(n.in[0], "Add")
	if add == nil {
		return
	}
	var eps float64
	variance := -1
	// eps may be on either side.
	for i, id := range add.in {
		if v, ok := m.number(id); ok && v >= 0 {
			eps, variance = v, add.in[1-i]
		}
	}
	mean2 := m.lastMean(variance)
	// Each intermediate must have one user: with another it has to be computed anyway.
	if mean2 == nil || !m.once(variance) {
		return
	}
	square := m.maker[mean2.in[0]]
	if square == nil || !m.once(mean2.in[0]) {
		return
	}
	// PyTorch writes the square as a power, others as a product.
	d := square.in[0] // x - mean
	switch {
	case square.op == "Mul" && square.in[1] == d:
	case square.op == "Pow" && square.in[1] >= 0 && m.g.consts[square.in[1]] != nil && m.g.consts[square.in[1]].Len() == 1 &&
		m.g.consts[square.in[1]].scalar() == 2:
	default:
		return
	}
	x, ok := m.centered(d)
	if !ok {
		return
	}
	div := m.user(n.out[0], "Div")
	if div == nil || div.in[1] != n.out[0] {
		return
	}
	// x − mean may be computed twice, as two nodes.
	if x2, ok := m.centered(div.in[0]); !ok || x2 != x {
		return
	}
	mul := m.user(div.out[0], "Mul")
	if mul == nil {
		return
	}
	w, _ := other(mul, div.out[0])
	if !m.vector(w) {
		return
	}
	// The shift is optional.
	last, in := mul, []int{x, w}
	if plus := m.user(mul.out[0], "Add"); plus != nil {
		if b, _ := other(plus, mul.out[0]); m.vector(b) && m.g.consts[b].Len() == m.g.consts[w].Len() {
			last, in = plus, append(in, b)
		}
	}
	m.replace(last, "LayerNormalization", in)
	last.attrs["epsilon"] = &attrProto{name: "epsilon", typ: attrFloat, f: float32(eps)}
}

// centered returns x of a value x - mean of x over the last axis.
func (m *matcher) centered(id int) (x int, ok bool) {
	n := m.maker[id]
	if n == nil || n.op != "Sub" {
		return 0, false
	}
	mean := m.lastMean(n.in[1])
	if mean == nil || mean.in[0] != n.in[0] {
		return 0, false
	}
	return n.in[0], true
}

// lastMean returns the node of a mean over the last axis that keeps it, or nil.
func (m *matcher) lastMean(id int) *node {
	if id < 0 {
		return nil
	}
	n := m.maker[id]
	if n == nil || n.op != "ReduceMean" {
		return nil
	}
	if a := n.attrs["keepdims"]; a != nil && a.i != 1 {
		return nil
	}
	var axes []int64
	if a := n.attrs["axes"]; a != nil {
		axes = a.ints
	}
	if len(n.in) > 1 && n.in[1] >= 0 && m.g.consts[n.in[1]] != nil {
		axes, _ = m.g.consts[n.in[1]].Data.([]int64)
	}
	if len(axes) != 1 || axes[0] != -1 {
		return nil
	}
	return n
}

// vector reports whether a value is a constant vector of float32s.
func (m *matcher) vector(id int) bool {
	t := m.g.consts[max(id, 0)]
	return id >= 0 && t != nil && t.Type == Float32 && len(t.Shape) == 1 && t.Shape[0] > 1
}

// convNorm folds a batch normalization into the convolution before it.
func (m *matcher) convNorm(n *node) {
	if n.op != "BatchNormalization" || m.types[n.out[0]] != Float32 {
		return
	}
	conv := m.made(n.in[0], "Conv")
	if conv == nil {
		return
	}
	w := m.g.consts[max(conv.in[1], 0)]
	if conv.in[1] < 0 || w == nil || len(w.Shape) < 3 || w.Type != Float32 {
		return
	}
	// Weights are [out, in / groups, ...].
	ch := w.Shape[0]
	var p [4][]float32
	for i := range p {
		t := m.g.consts[n.in[i+1]]
		if t == nil || t.Type != Float32 || t.Len() != ch {
			return
		}
		p[i] = t.f32()
	}
	bias := make([]float32, ch)
	if len(conv.in) > 2 && conv.in[2] >= 0 {
		t := m.g.consts[conv.in[2]]
		if t == nil || t.Type != Float32 || t.Len() != ch {
			return
		}
		copy(bias, t.f32())
	}
	// It would use the batch's own statistics.
	if a := n.attrs["training_mode"]; a != nil && a.i != 0 {
		return
	}
	eps := float64(float32(1e-5))
	if a := n.attrs["epsilon"]; a != nil {
		eps = float64(a.f)
	}
	scale, shift := make([]float32, ch), make([]float32, ch)
	// scale = γ/√(σ² + eps), shift = β − μ·scale.
	foldBatchNorm(scale, shift, p[0], p[1], p[2], p[3], eps)
	// A copy, since other nodes may use the weights.
	folded := w.clone()
	each := w.Len() / max(ch, 1)
	x := folded.f32()
	for i := range ch {
		kernel.Scale(x[i*each:(i+1)*each], scale[i], x[i*each:(i+1)*each])
		shift[i] += bias[i] * scale[i]
	}
	// replace clears them; they are the convolution's.
	attrs := conv.attrs
	m.replace(n, "Conv", []int{conv.in[0], m.constant(folded), m.constant(NewTensor(shift, ch))})
	n.attrs = attrs
}

// padConv folds a padding by zeros into the convolution after it.
func (m *matcher) padConv(n *node) {
	if n.op != "Conv" {
		return
	}
	pad := m.made(n.in[0], "Pad")
	if pad == nil || len(pad.in) > 3 && pad.in[3] >= 0 {
		return
	}
	if a := pad.attrs["mode"]; a != nil && a.s != "constant" {
		return
	}
	// SAME depends on the size of the input, which padding changes.
	if a := n.attrs["auto_pad"]; a != nil && a.s != "NOTSET" && a.s != "VALID" {
		return
	}
	var pads []int64
	if m.g.opset < 11 {
		if a := pad.attrs["value"]; a != nil && a.f != 0 {
			return
		}
		if a := pad.attrs["pads"]; a != nil {
			pads = a.ints
		}
	} else {
		if len(pad.in) < 2 || pad.in[1] < 0 {
			return
		}
		t := m.g.consts[pad.in[1]]
		if t == nil {
			return
		}
		pads, _ = t.Data.([]int64)
		if len(pad.in) > 2 && pad.in[2] >= 0 {
			if v, ok := m.number(pad.in[2]); !ok || v != 0 {
				return
			}
		}
	}
	rank := len(pads) / 2
	// Batch, channels and one or two axes.
	if rank < 3 || rank > 4 || len(pads)%2 != 0 {
		return
	}
	old := make([]int64, 2*(rank-2))
	if a := n.attrs["pads"]; a != nil && (n.attrs["auto_pad"] == nil || n.attrs["auto_pad"].s == "NOTSET") {
		if len(a.ints) != len(old) {
			return
		}
		copy(old, a.ints)
	}
	sums := make([]int64, len(old))
	for i, p := range pads {
		axis := i % rank
		// A negative pad cuts, which a convolution cannot; padding of batch or channels neither.
		if p < 0 || p > 1<<30 || axis < 2 && p != 0 {
			return
		}
		if axis >= 2 {
			at := i/rank*(rank-2) + axis - 2
			// Pad lists all begins, then all ends, over all axes; Conv over the spatial ones alone.
			sums[at] = old[at] + p
		}
	}
	attrs, in := n.attrs, append([]int{pad.in[0]}, n.in[1:]...)
	m.replace(n, "Conv", in)
	for k, a := range attrs {
		if k != "auto_pad" {
			n.attrs[k] = a
		}
	}
	n.attrs["pads"] = &attrProto{name: "pads", typ: attrInts, ints: sums}
}
