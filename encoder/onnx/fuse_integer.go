package onnx

// integerLinear finds a product of bytes with constant weights that is scaled to floats.
func (m *matcher) integerLinear(n *node) {
	if n.op != "MatMulInteger" || m.types[n.in[0]] != Uint8 {
		return
	}
	zero := -1
	if len(n.in) > 2 {
		zero = n.in[2]
	}
	// Zero points of weights have to be known, since sums over weights are computed once.
	var wz *Tensor
	if len(n.in) > 3 && n.in[3] >= 0 {
		if wz = m.g.consts[n.in[3]]; wz == nil {
			return
		}
	}
	cast := m.user(n.out[0], "Cast")
	if cast == nil || m.types[cast.out[0]] != Float32 {
		return
	}
	mul := m.user(cast.out[0], "Mul")
	if mul == nil {
		return
	}
	// ONNX Runtime's dynamic quantization multiplies the scales of input and weights first, then the
	// sums.
	both, _ := other(mul, cast.out[0])
	scales := m.maker[both]
	if scales == nil || scales.op != "Mul" {
		return
	}
	// The product's operands come in either order.
	for i := range 2 {
		w := m.g.consts[scales.in[i]]
		x := scales.in[1-i]
		from := m.maker[x]
		if w == nil || w.Type != Float32 || len(w.Shape) > 1 || from == nil || from.op != "DynamicQuantizeLinear" || from.out[1] != x {
			continue
		}
		// Sums of bytes are exact in int32, so that their order does not matter.
		p := newIntegers(m.g.consts[max(n.in[1], 0)], wz)
		if n.in[1] < 0 || p == nil || w.Len() != 1 && w.Len() != p.n {
			return
		}
		f := &integerLinear{integers: p, linear: linear{k: p.k, n: p.n}}
		for j := range p.n {
			f.scale = append(f.scale, w.f32()[j%w.Len()])
		}
		m.replace(mul, "integer linear", []int{n.in[0], zero, x})
		m.set(mul, f)
		m.bias(mul, f)
		return
	}
}
