package onnx

import "slices"

// attention finds softmax(q kᵀ alpha + masks) v with the transpositions around it.
func (m *matcher) attention(n *node) {
	if n.op != "Softmax" || m.types[n.out[0]] != Float32 {
		return
	}
	// Exporters scale q, k, both (by the fourth root) or the scores; all are multiplied into alpha.
	a := &attention{alpha: 1}
	var masks []int
	scores := m.scores(n.in[0], a, &masks)
	if scores == nil {
		return
	}
	q, qs := m.scaled(scores.in[0], a)
	k, ks := m.scaled(scores.in[1], a)
	if !qs || !ks {
		return
	}
	p := n.out[0]
	// PyTorch's exporter guards rows without a key, by IsNaN and Where.
	if zeroed := m.nanToZero(n); zeroed >= 0 {
		a.noNaN, p = true, zeroed
	}
	last := m.user(p, "MatMul")
	// The weights have to be the left factor.
	if last == nil || last.in[0] != p || last.in[1] == p {
		return
	}
	v := last.in[1]
	q, a.q = m.turned(q)
	k, a.k = m.turned(k)
	v, a.v = m.turned(v)
	rank := 0
	for _, perm := range [][]int{a.q, a.k, a.v} {
		if perm != nil {
			if rank > 0 && rank != len(perm) {
				return
			}
			rank = len(perm)
		}
	}
	// Softmax's default before opset 13, where it flattens from axis 1 on: the last axis only of a
	// matrix.
	axis := int64(1)
	if m.g.opset >= 13 {
		axis = -1
	}
	if at := n.attrs["axis"]; at != nil {
		axis = at.i
	}
	if axis != -1 && (rank == 0 || int(axis) != rank-1) {
		return
	}
	// Heads back beside one another; any permutation that keeps the last axis whole can be written at
	// once.
	if t := m.user(last.out[0], "Transpose"); t != nil && t.attrs["perm"] != nil {
		perm := convert[int](t.attrs["perm"].ints)
		if r := len(perm); r >= 2 && (rank == 0 || r == rank) && isPermutation(perm) && perm[r-1] == r-1 {
			a.out, last = perm, t
		}
	}
	m.replace(last, "attention", append([]int{q, k, v}, masks...))
	last.kernel = a.run
}

// scores follows the sums of a product of queries and keys with masks, and its scale.
func (m *matcher) scores(id int, a *attention, masks *[]int) *node {
	if !m.once(id) {
		return nil
	}
	n := m.maker[id]
	if n == nil || m.types[id] != Float32 {
		return nil
	}
	switch n.op {
	case "MatMul":
		return n
	case "Mul", "Div":
		for i := range 2 {
			f, ok := m.number(n.in[1-i])
			if !ok || n.op == "Div" && i == 1 || f == 0 {
				continue
			}
			if s := m.made(n.in[i], "MatMul"); s != nil {
				if n.op == "Div" {
					f = 1 / f
				}
				a.alpha *= f
				return s
			}
		}
	case "Add":
		for i := range 2 {
			before := len(*masks)
			if s := m.scores(n.in[i], a, masks); s != nil {
				*masks = append(*masks, n.in[1-i])
				return s
			}
			*masks = (*masks)[:before]
		}
	}
	return nil
}

// scaled takes a constant factor off a value.
func (m *matcher) scaled(id int, a *attention) (int, bool) {
	if m.types[id] != Float32 {
		return id, false
	}
	n := m.maker[id]
	if n == nil || n.op != "Mul" && n.op != "Div" || !m.once(id) {
		return id, true
	}
	for i := range 2 {
		if f, ok := m.number(n.in[1-i]); ok && f != 0 && (n.op == "Mul" || i == 0) {
			if n.op == "Div" {
				f = 1 / f
			}
			a.alpha *= f
			return n.in[i], true
		}
	}
	return id, true
}

// nanToZero returns the value that is the softmax n with 0 in place of NaN, or -1.
func (m *matcher) nanToZero(n *node) int {
	id := n.out[0]
	if len(m.users[id]) != 2 || m.output[id] {
		return -1
	}
	for _, u := range m.users[id] {
		if u.op != "IsNaN" {
			continue
		}
		where := m.user(u.out[0], "Where")
		if where == nil || where.in[0] != u.out[0] || where.in[2] != id {
			return -1
		}
		if v, ok := m.number(where.in[1]); ok && v == 0 {
			return where.out[0]
		}
	}
	return -1
}

// turned returns what a value is a transposition of, and the permutation; nil if it is none.
func (m *matcher) turned(id int) (int, []int) {
	var perm []int
	for {
		n := m.maker[id]
		if n == nil || n.op != "Transpose" || n.attrs["perm"] == nil {
			return id, perm
		}
		p := convert[int](n.attrs["perm"].ints)
		if !isPermutation(p) || perm != nil && len(p) != len(perm) {
			return id, perm
		}
		if perm == nil {
			perm = p
		} else {
			composed := make([]int, len(p))
			for i, x := range perm {
				composed[i] = p[x]
			}
			perm = composed
		}
		id = n.in[0]
	}
}

func isPermutation(p []int) bool {
	sorted := slices.Clone(p)
	slices.Sort(sorted)
	return isIdentity(sorted)
}
