package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tier is one instruction set. Kernels are written once against its methods; VEX and EVEX forms of an instruction share
// their name in Go assembly, so only registers, masks and zeroing differ.
type tier struct {
	suffix string // of function names
	lanes  int    // float32 lanes of a vector
	rows   int    // rows of the matrix product's tile
}

var (
	avx512 = tier{suffix: "512", lanes: 16, rows: 12}
	avx2   = tier{suffix: "256", lanes: 8, rows: 6}
)

// bytes is the size of a vector.
func (t tier) bytes() int { return 4 * t.lanes }

// vec allocates a vector register.
func (t tier) vec() VecVirtual {
	if t.lanes == 16 {
		return ZMM()
	}
	return YMM()
}

// vecs allocates n of them.
func (t tier) vecs(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = t.vec()
	}
	return v
}

// zero clears v.
func (t tier) zero(v VecVirtual) { VXORPS(v, v, v) }

// tail is the set of the first n lanes (0 <= n <= lanes).
type tail struct {
	t tier
	k OpmaskVirtual // AVX-512
	y VecVirtual    // AVX2
}

// tails makes masks for n floats spread over count vectors: the first vectors full, then a partial one, then empty ones.
func (t tier) tails(n Register, count int) []tail {
	ts := make([]tail, count)
	if t.lanes == 16 {
		if count > 4 {
			panic("tails: too many")
		}
		ones, bits := GP64(), GP64()
		MOVQ(I32(-1), ones)
		BZHIQ(n, ones, bits)
		for i := range ts {
			ts[i] = tail{t: t, k: K()}
			KMOVW(bits.As32(), ts[i].k)
			if i+1 < count {
				SHRQ(U8(16), bits)
			}
		}
		return ts
	}
	table := windowTable()
	base, rest, off, zero := GP64(), GP64(), GP64(), GP64()
	LEAQ(table, base)
	MOVQ(n, rest)
	XORQ(zero, zero)
	for i := range ts {
		ts[i] = tail{t: t, y: YMM()}
		// The window starts at 8 - clamp(rest, 0, 8) in the table of eight -1 and eight 0.
		MOVQ(U32(8), off)
		CMPQ(rest, off)
		CMOVQLT(rest, off)
		CMPQ(off, zero)
		CMOVQLT(zero, off)
		NEGQ(off)
		VMOVUPS(Mem{Base: base, Index: off, Scale: 4, Disp: 32}, ts[i].y)
		SUBQ(U8(8), rest)
	}
	return ts
}

// rest is the mask of the first n lanes, 0 < n < lanes; n is used up.
func (t tier) rest(n Register) *tail {
	if t.lanes == 16 {
		return &t.tails(n, 1)[0]
	}
	base, y := GP64(), YMM()
	LEAQ(windowTable(), base)
	NEGQ(n)
	VMOVUPS(Mem{Base: base, Index: n, Scale: 4, Disp: 32}, y)
	return &tail{t: t, y: y}
}

var window *Mem

// windowTable is eight lanes of ones before eight of zeros.
func windowTable() Mem {
	if window == nil {
		m := GLOBL("window", 24 /* RODATA|NOPTR */)
		for i := range 16 {
			v := uint32(0)
			if i < 8 {
				v = 0xffffffff
			}
			DATA(4*i, U32(v))
		}
		window = &m
	}
	return *window
}

// load reads the lanes of the tail, others become zero.
func (m tail) load(from Mem, to VecVirtual) {
	if m.t.lanes == 16 {
		VMOVUPS_Z(from, m.k, to)
	} else {
		VMASKMOVPS(from, m.y, to)
	}
}

// store writes the lanes of the tail and leaves the others alone.
func (m tail) store(from VecVirtual, to Mem) {
	if m.t.lanes == 16 {
		VMOVUPS(from, m.k, to)
	} else {
		VMASKMOVPS(from, m.y, to)
	}
}
