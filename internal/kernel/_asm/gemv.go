package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// block reads four columns of some rows and turns them, so that a register holds one column: t.lanes rows a group.
type block struct {
	t      tier
	base   [][]Register // [group][lane/4] address of row group*lanes + 4*lane
	ld, l3 Register     // distance of rows, and three times that
}

// newBlock sets up the addresses of groups*lanes rows from b, ld bytes apart.
func newBlock(t tier, groups int, b, ld Register) *block {
	x := &block{t: t, ld: ld, l3: GP64()}
	LEAQ(Mem{Base: ld, Index: ld, Scale: 2}, x.l3)
	last := b
	for g := range groups {
		x.base = append(x.base, nil)
		for l := range t.lanes / 4 {
			if g+l > 0 {
				p := GP64()
				LEAQ(Mem{Base: last, Index: ld, Scale: 4}, p)
				last = p
			}
			x.base[g] = append(x.base[g], last)
		}
	}
	return x
}

// at is the address of row 4*lane + i of a group.
func (x *block) at(g, lane, i int) Mem {
	m := Mem{Base: x.base[g][lane]}
	switch i {
	case 1:
		m.Index, m.Scale = x.ld, 1
	case 2:
		m.Index, m.Scale = x.ld, 2
	case 3:
		m.Index, m.Scale = x.l3, 1
	}
	return m
}

// columns reads four columns of a group.
func (x *block) columns(g int) []VecVirtual {
	r := x.t.vecs(4)
	for i, v := range r {
		if x.t.lanes == 8 {
			VBROADCASTF128(x.at(g, 0, i), v)
			VINSERTF128(U8(1), x.at(g, 1, i), v, v)
			continue
		}
		VBROADCASTF32X4(x.at(g, 0, i), v)
		for q := 1; q < 4; q++ {
			VINSERTF32X4(U8(q), x.at(g, q, i), v, v)
		}
	}
	lo01, hi01, lo23, hi23 := x.t.vec(), x.t.vec(), x.t.vec(), x.t.vec()
	VUNPCKLPS(r[1], r[0], lo01)
	VUNPCKHPS(r[1], r[0], hi01)
	VUNPCKLPS(r[3], r[2], lo23)
	VUNPCKHPS(r[3], r[2], hi23)
	c := x.t.vecs(4)
	VUNPCKLPD(lo23, lo01, c[0])
	VUNPCKHPD(lo23, lo01, c[1])
	VUNPCKLPD(hi23, hi01, c[2])
	VUNPCKHPD(hi23, hi01, c[3])
	return c
}

// column reads a single column of a group.
func (x *block) column(g int) VecVirtual {
	v := x.t.vec()
	for lane := range x.t.lanes / 4 {
		part := XMM()
		if lane == 0 {
			VBROADCASTSS(x.at(g, lane, 0), v)
			part = v.AsX().(VecVirtual)
		} else {
			VMOVSS(x.at(g, lane, 0), part)
		}
		for i := 1; i < 4; i++ {
			VINSERTPS(U8(i<<4), x.at(g, lane, i), part, part)
		}
		switch {
		case lane == 0:
		case x.t.lanes == 8:
			VINSERTF128(U8(1), part, v, v)
		default:
			VINSERTF32X4(U8(lane), part, v, v)
		}
	}
	return v
}

// next moves all addresses by n columns.
func (x *block) next(n int) {
	for _, g := range x.base {
		for _, p := range g {
			ADDQ(U8(4*n), p)
		}
	}
}

// gemv multiplies few rows of A with the transpose of B, which it turns on the way. For one or two rows AVX2 takes four
// groups, so that four sums are under way; that is the fastest on AVX-512 as well, where wide shuffles are the bound.
func gemv(t tier, rows int) {
	groups := 2
	if t.lanes == 8 && rows <= 2 {
		groups = 4
	}
	width := groups * t.lanes
	TEXT(fmt.Sprintf("gemv%sx%d", t.suffix, rows), NOSPLIT, "func(k int, a *float32, ars int, b *float32, brs int, c *float32, crs int, add bool)")
	Doc(fmt.Sprintf("gemv%sx%d computes %d rows and %d columns of C from A[%d,k] and the transpose of B[%d,k], k > 0.",
		t.suffix, rows, rows, width, rows, width),
		"Strides between rows are in bytes. Sums are in the order of k.")
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	a, ars := Load(Param("a"), GP64()), Load(Param("ars"), GP64())
	b, brs := Load(Param("b"), GP64()), Load(Param("brs"), GP64())
	x := newBlock(t, groups, b, brs)
	acc := make([][]VecVirtual, rows)
	for i := range acc {
		acc[i] = t.vecs(groups)
		for _, v := range acc[i] {
			t.zero(v)
		}
	}
	// rowA walks over the rows of A; the third multiple of ars would need one register too many.
	step := func(col int, cols []VecVirtual) {
		p := GP64()
		MOVQ(a, p)
		for i := range acc {
			s := t.vec()
			VBROADCASTSS(Mem{Base: p, Disp: 4 * col}, s)
			for g, c := range cols {
				if c != nil {
					VFMADD231PS(c, s, acc[i][g])
				}
			}
			if i+1 < rows {
				ADDQ(ars, p)
			}
		}
	}
	Label("four")
	CMPQ(k, U8(4))
	JLT(LabelRef("rest"))
	for g := range groups {
		for col, c := range x.columns(g) {
			only := make([]VecVirtual, groups)
			only[g] = c
			step(col, only)
		}
	}
	x.next(4)
	ADDQ(U8(16), a)
	SUBQ(U8(4), k)
	JMP(LabelRef("four"))
	Label("rest")
	TESTQ(k, k)
	JZ(LabelRef("store"))
	for g := range groups {
		only := make([]VecVirtual, groups)
		only[g] = x.column(g)
		step(0, only)
	}
	x.next(1)
	ADDQ(U8(4), a)
	DECQ(k)
	JMP(LabelRef("rest"))
	Label("store")
	c, crs := Load(Param("c"), GP64()), Load(Param("crs"), GP64())
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JNZ(LabelRef("add"))
	for i, sum := range acc {
		for g, v := range sum {
			VMOVUPS(v, Mem{Base: c, Disp: g * t.bytes()})
		}
		if i+1 < rows {
			ADDQ(crs, c)
		}
	}
	VZEROUPPER()
	RET()
	Label("add")
	for i, sum := range acc {
		for g, v := range sum {
			at := Mem{Base: c, Disp: g * t.bytes()}
			VADDPS(at, v, v)
			VMOVUPS(v, at)
		}
		if i+1 < rows {
			ADDQ(crs, c)
		}
	}
	VZEROUPPER()
	RET()
}

// transpose interleaves as many rows as a vector has lanes.
func transpose(t tier) {
	TEXT("transpose"+t.suffix, NOSPLIT, "func(k int, src *float32, srs int, dst *float32, drs int)")
	Doc(fmt.Sprintf("transpose%s writes k > 0 columns of %d rows, drs bytes apart; the rows are srs bytes apart.", t.suffix, t.lanes))
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	src, srs := Load(Param("src"), GP64()), Load(Param("srs"), GP64())
	dst, drs := Load(Param("dst"), GP64()), Load(Param("drs"), GP64())
	x := newBlock(t, 1, src, srs)
	Label("four")
	CMPQ(k, U8(4))
	JLT(LabelRef("rest"))
	for _, c := range x.columns(0) {
		VMOVUPS(c, Mem{Base: dst})
		ADDQ(drs, dst)
	}
	x.next(4)
	SUBQ(U8(4), k)
	JMP(LabelRef("four"))
	Label("rest")
	TESTQ(k, k)
	JZ(LabelRef("end"))
	VMOVUPS(x.column(0), Mem{Base: dst})
	ADDQ(drs, dst)
	x.next(1)
	DECQ(k)
	JMP(LabelRef("rest"))
	Label("end")
	VZEROUPPER()
	RET()
}
