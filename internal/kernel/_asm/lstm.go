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
	t.begin("vlstm", "makes gates of the sums z + r + b, left in z, and c = f c0 + i g, h = o tanh c, stored twice; soon [4n] is fetched meanwhile.", "n int, z, r, b, c0, c, h, h2, soon *float32", "")
	p := pointers("n", "z", "r", "b", "c0", "c", "h", "h2", "soon")
	n := copyOf(p[0])
	t.each("", p[0], 1, func(s span, _ int) {
		at := s.gates(n)
		for _, g := range at {
			PREFETCHT0(g.at(p[8]))
		}
		sum := func(g int) VecVirtual {
			v := at[g].load(p[2])
			VADDPS(at[g].load(p[3]), v, v)
			VADDPS(at[g].load(p[1]), v, v)
			return v
		}
		i := t.gate(sum(0), 0.5)
		at[0].store(i, p[1])
		g := t.gate(sum(2), 1)
		at[2].store(g, p[1])
		VMULPS(g, i, i)
		f := t.gate(sum(1), 0.5)
		at[1].store(f, p[1])
		VFMADD231PS(s.load(p[4]), f, i)
		s.store(i, p[5])
		tc := t.gate(i, 1)
		o := t.gate(sum(3), 0.5)
		at[3].store(o, p[1])
		VMULPS(o, tc, tc)
		s.store(tc, p[6])
		s.store(tc, p[7])
	})
	end()

	t.begin("vlstmback", "turns the gradients dh of h and dc of c into dz of the sums, stored twice, and dc of c0, with gates a and cell states c; soon [4n] is fetched meanwhile.", "n int, dz, dz2, dc, dh, a, c0, c, soon *float32", "")
	p = pointers("n", "dz", "dc", "dh", "a", "c0", "c", "dz2", "soon")
	n = copyOf(p[0])
	// slope returns dy y (1 - y).
	slope := func(dy, y VecVirtual) VecVirtual {
		u := t.copyOf(num(1))
		VSUBPS(y, u, u)
		VMULPS(y, u, u)
		VMULPS(dy, u, u)
		return u
	}
	both := func(s span, v VecVirtual) {
		s.store(v, p[1])
		s.store(v, p[7])
	}
	t.each("", p[0], 1, func(s span, _ int) {
		at := s.gates(n)
		for _, g := range at {
			PREFETCHT0(g.at(p[8]))
		}
		dh, tc, o := s.load(p[3]), t.gate(s.load(p[6]), 1), at[3].load(p[4])
		do := t.vec()
		VMULPS(tc, dh, do)
		both(at[3], slope(do, o))
		u := t.copyOf(num(1))
		VFNMADD231PS(tc, tc, u)
		VMULPS(o, dh, dh)
		dc := s.load(p[2])
		VFMADD231PS(u, dh, dc)
		i, g := at[0].load(p[4]), at[2].load(p[4])
		di, dg := t.vec(), t.copyOf(num(1))
		VMULPS(g, dc, di)
		both(at[0], slope(di, i))
		VFNMADD231PS(g, g, dg)
		VMULPS(i, dg, dg)
		VMULPS(dc, dg, dg)
		both(at[2], dg)
		f, df := at[1].load(p[4]), s.load(p[5])
		VMULPS(dc, df, df)
		both(at[1], slope(df, f))
		VMULPS(f, dc, dc)
		s.store(dc, p[2])
	})
	end()
}

func copyOf(r Register) Register {
	c := GP64()
	MOVQ(r, c)
	return c
}

// gates are the places of s in four vectors of n floats that follow each other.
func (s span) gates(n Register) [4]span {
	g := [4]span{s, s, s, s}
	for i := 1; i < 4; i++ {
		g[i].index = GP64()
		LEAQ(Mem{Base: g[i-1].index, Index: n, Scale: 1}, g[i].index)
	}
	return g
}
