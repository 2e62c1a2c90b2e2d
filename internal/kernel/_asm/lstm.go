package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

var labels int

// label makes a name that is used once.
func label(stem string) string {
	labels++
	return fmt.Sprintf("%s%d", stem, labels)
}

// lstm writes one step of one row of an LSTM and its gradient. Gates stand as i, f, g, o, each n floats (PyTorch's order).
func lstm(t tier) {
	t.begin("vlstm", "makes gates of the sums z in place and c = f c' + i g, tc = tanh c, h = o tc.", "n int, z, c0, c, tc, h *float32", "")
	p := pointers("n", "z", "c0", "c", "tc", "h")
	z := gatePointers(p[0], p[1])
	t.each("", p[0], 1, func(s span, _ int) {
		i := t.sigmoid(s.load(z[0]))
		s.store(i, z[0])
		g := t.tanh(s.load(z[2]))
		s.store(g, z[2])
		VMULPS(g, i, i)
		f := t.sigmoid(s.load(z[1]))
		s.store(f, z[1])
		VFMADD231PS(s.load(p[2]), f, i)
		s.store(i, p[3])
		tc := t.tanh(i)
		s.store(tc, p[4])
		o := t.sigmoid(s.load(z[3]))
		s.store(o, z[3])
		VMULPS(o, tc, tc)
		s.store(tc, p[5])
	})
	end()

	t.begin("vlstmback", "turns the gradients dh of h and dc of c into dz of the sums and dc of c', with gates a.", "n int, dz, dc, dh, a, c0, tc *float32", "")
	p = pointers("n", "dz", "dc", "dh", "a", "c0", "tc")
	d, a := gatePointers(p[0], p[1]), gatePointers(p[0], p[4])
	// slope returns dy y (1 - y).
	slope := func(dy, y VecVirtual) VecVirtual {
		u := t.copyOf(num(1))
		VSUBPS(y, u, u)
		VMULPS(y, u, u)
		VMULPS(dy, u, u)
		return u
	}
	t.each("", p[0], 1, func(s span, _ int) {
		dh, tc, o := s.load(p[3]), s.load(p[6]), s.load(a[3])
		do := t.vec()
		VMULPS(tc, dh, do)
		s.store(slope(do, o), d[3])
		u := t.copyOf(num(1))
		VFNMADD231PS(tc, tc, u)
		VMULPS(o, dh, dh)
		dc := s.load(p[2])
		VFMADD231PS(u, dh, dc)
		i, g := s.load(a[0]), s.load(a[2])
		di, dg := t.vec(), t.copyOf(num(1))
		VMULPS(g, dc, di)
		s.store(slope(di, i), d[0])
		VFNMADD231PS(g, g, dg)
		VMULPS(i, dg, dg)
		VMULPS(dc, dg, dg)
		s.store(dg, d[2])
		f, df := s.load(a[1]), s.load(p[5])
		VMULPS(dc, df, df)
		s.store(slope(df, f), d[1])
		VMULPS(f, dc, dc)
		s.store(dc, p[2])
	})
	end()
}

// gatePointers are the starts of the four gates.
func gatePointers(n, first Register) [4]Register {
	g := [4]Register{first}
	for i := 1; i < 4; i++ {
		g[i] = GP64()
		LEAQ(Mem{Base: g[i-1], Index: n, Scale: 4}, g[i])
	}
	return g
}
