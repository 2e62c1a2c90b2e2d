package onnx

import "math"

// activationOf returns what a node maps float32 elements by, or nil.
func (m *matcher) activationOf(n *node) *activation {
	if len(n.in) == 0 || m.types[n.out[0]] != Float32 {
		return nil
	}
	if f, ok := n.fused.(*activation); ok {
		return f
	}
	switch n.op {
	case "Relu":
		return between(0, float32(math.Inf(1)))
	case "Tanh":
		return &activation{f: fastTanh}
	case "Sigmoid":
		return &activation{f: fastSigmoid}
	case "HardSwish":
		return &activation{f: fastHardSwish}
	case "Gelu":
		if a := n.attrs["approximate"]; a == nil || a.s == "none" {
			return &activation{f: fastGELU}
		}
		return &activation{f: fastGELUTanh}
	case "Clip":
		lo, hi := float32(math.Inf(-1)), float32(math.Inf(1))
		// Bounds were attributes, and are inputs since.
		if m.g.opset < 11 {
			if a := n.attrs["min"]; a != nil {
				lo = a.f
			}
			if a := n.attrs["max"]; a != nil {
				hi = a.f
			}
		}
		for i, to := range []*float32{&lo, &hi} {
			if i+1 < len(n.in) && n.in[i+1] >= 0 {
				v, ok := m.number(n.in[i+1])
				// Bounds that are computed: the operator stays as it is.
				if !ok {
					return nil
				}
				*to = float32(v)
			}
		}
		return between(lo, hi)
	}
	return nil
}

// setActivation turns a node into one that maps x by f.
func (m *matcher) setActivation(n *node, op string, x int, f func(dst, x []float32)) {
	m.replace(n, op, []int{x})
	n.fused = &activation{f: f}
	n.layouts = true
	n.kernel = mapFloats(nil, f)
}

// gelu finds x/2 (1 + erf(x/√2)), the factors in any order.
func (m *matcher) gelu(n *node) {
	if n.op != "Erf" || m.types[n.out[0]] != Float32 {
		return
	}
	arg := m.maker[n.in[0]]
	if arg == nil || !m.once(n.in[0]) {
		return
	}
	x, ok := m.withNumber(arg, "Mul", 1/math.Sqrt2)
	if !ok {
		if arg.op != "Div" || !m.is(arg.in[1], math.Sqrt2) {
			return
		}
		x = arg.in[0]
	}
	add := m.user(n.out[0], "Add")
	if _, ok := m.withNumber(add, "Add", 1); !ok {
		return
	}
	if last := m.halfProduct(add.out[0], x); last != nil {
		m.setActivation(last, "gelu", x, fastGELU)
	}
}

// halfProduct finds the product of a value, x and 1/2 and returns its last node.
func (m *matcher) halfProduct(v, x int) *node {
	mul := m.user(v, "Mul")
	if mul == nil {
		return nil
	}
	factor, _ := other(mul, v)
	switch {
	case factor == x:
		last := m.user(mul.out[0], "Mul")
		if _, ok := m.withNumber(last, "Mul", 0.5); ok {
			return last
		}
		if last = m.user(mul.out[0], "Div"); last != nil && last.in[0] == mul.out[0] && m.is(last.in[1], 2) {
			return last
		}
	case m.is(factor, 0.5):
		last := m.user(mul.out[0], "Mul")
		if last != nil {
			if o, ok := other(last, mul.out[0]); ok && o == x {
				return last
			}
		}
	default:
		if half, ok := m.withNumber(m.maker[factor], "Mul", 0.5); ok && half == x && m.once(factor) {
			return mul
		}
	}
	return nil
}

// geluTanh finds x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
func (m *matcher) geluTanh(n *node) {
	if n.op != "Tanh" || m.types[n.out[0]] != Float32 {
		return
	}
	inner, ok := m.withNumber(m.maker[n.in[0]], "Mul", math.Sqrt(2/math.Pi))
	if !ok || !m.once(n.in[0]) {
		return
	}
	sum := m.made(inner, "Add")
	if sum == nil {
		return
	}
	for i := range 2 {
		x, cubic := sum.in[i], sum.in[1-i]
		cube, ok := m.withNumber(m.maker[cubic], "Mul", 0.044715)
		if !ok || !m.isCube(cube, x) {
			continue
		}
		add := m.user(n.out[0], "Add")
		if _, ok := m.withNumber(add, "Add", 1); !ok {
			return
		}
		if last := m.halfProduct(add.out[0], x); last != nil {
			m.setActivation(last, "gelu tanh", x, fastGELUTanh)
		}
		return
	}
}

// isCube reports whether a value is x³.
func (m *matcher) isCube(id, x int) bool {
	n := m.maker[id]
	if n == nil {
		return false
	}
	if n.op == "Pow" && n.in[0] == x {
		t := m.g.consts[max(n.in[1], 0)]
		return n.in[1] >= 0 && t != nil && t.Len() == 1 && t.scalar() == 3
	}
	if n.op != "Mul" {
		return false
	}
	square, ok := other(n, x)
	if !ok {
		return false
	}
	k := m.maker[square]
	return k != nil && (k.op == "Mul" && k.in[0] == x && k.in[1] == x || k.op == "Pow" && k.in[0] == x && k.in[1] >= 0 &&
		m.g.consts[k.in[1]] != nil && m.g.consts[k.in[1]].Len() == 1 && m.g.consts[k.in[1]].scalar() == 2)
}

// silu finds x sigmoid(alpha x), which is SiLU for alpha = 1 and CLIP's quick GELU for 1.702.
func (m *matcher) silu(n *node) {
	if n.op != "Sigmoid" || m.types[n.out[0]] != Float32 {
		return
	}
	mul := m.user(n.out[0], "Mul")
	if mul == nil {
		return
	}
	x, _ := other(mul, n.out[0])
	alpha := 1.0
	if n.in[0] != x {
		scaled := m.made(n.in[0], "Mul")
		if scaled == nil {
			return
		}
		factor, ok := other(scaled, x)
		if !ok {
			return
		}
		if alpha, ok = m.number(factor); !ok {
			return
		}
	}
	m.setActivation(mul, "silu", x, fastSiLU(float32(alpha)))
}

// hardSwish finds x hardsigmoid(x) with 1/6 and 1/2.
func (m *matcher) hardSwish(n *node) {
	if n.op != "HardSigmoid" || m.types[n.out[0]] != Float32 {
		return
	}
	a, b := n.attrs["alpha"], n.attrs["beta"]
	if a == nil || math.Abs(float64(a.f)-1.0/6) > 1e-6 || b != nil && b.f != 0.5 {
		return
	}
	if mul := m.user(n.out[0], "Mul"); mul != nil {
		if x, _ := other(mul, n.out[0]); x == n.in[0] {
			m.setActivation(mul, "hardswish", x, fastHardSwish)
		}
	}
}
