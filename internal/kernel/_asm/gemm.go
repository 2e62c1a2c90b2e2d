package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// gemm writes the matrix product's kernels of a tier.
func gemm(t tier) {
	for nv := 1; nv <= 2; nv++ {
		gemmPanel(t, nv)
		copyPanel(t, nv)
	}
	gemmPieces(t)
	gemmRow(t)
	for rows := 1; rows <= 4; rows++ {
		if t.lanes == 8 || rows > 2 {
			gemv(t, rows)
		}
	}
	transpose(t)
	if t.lanes == 8 {
		transpose4()
		ints()
	}
	peak(t)
}

// gemmPanel multiplies all rows of A with a panel of B that is nv vectors wide.
func gemmPanel(t tier, nv int) {
	TEXT(fmt.Sprintf("gemmPanel%sx%d", t.suffix, nv), NOSPLIT,
		"func(m, k int, a *float32, ars, acs, astep int, b *float32, brs int, c *float32, crs, n int, add bool)")
	Doc(fmt.Sprintf("gemmPanel%sx%d computes m rows and n <= %d columns of C from A[m,k] and a panel B[k,%d] in tiles of %d rows.",
		t.suffix, nv, nv*t.lanes, nv*t.lanes, t.rows),
		"Strides are in bytes: ars, acs between rows and columns of A, astep from one tile of A to the next, brs and crs between rows.",
		"Each output is one chain of fused multiply-adds in the order of k, then stored or added to C.")
	Pragma("noescape")
	p := panel{t: t, nv: nv}
	p.m = Load(Param("m"), GP64())
	p.a = Load(Param("a"), GP64())
	p.c = Load(Param("c"), GP64())
	p.ars = Load(Param("ars"), GP64())
	p.acs = Load(Param("acs"), GP64())
	p.ars3 = GP64()
	LEAQ(Mem{Base: p.ars, Index: p.ars, Scale: 2}, p.ars3)

	Label("tiles")
	CMPQ(p.m, U8(t.rows))
	JLT(LabelRef("rest"))
	p.tile(t.rows)
	SUBQ(U8(t.rows), p.m)
	step := Load(Param("astep"), GP64())
	ADDQ(step, p.a)
	JMP(LabelRef("tiles"))

	Label("rest")
	for r := t.rows - 1; r >= 1; r-- {
		CMPQ(p.m, U8(r))
		JEQ(LabelRef(fmt.Sprintf("rows%d", r)))
	}
	p.done()
	for r := t.rows - 1; r >= 1; r-- {
		Label(fmt.Sprintf("rows%d", r))
		p.tile(r)
		p.done()
	}
}

type panel struct {
	t              tier
	nv             int
	m, a, c        Register
	ars, ars3, acs Register
}

func (p panel) done() {
	VZEROUPPER()
	RET()
}

// tile computes one tile of the given rows and moves c behind it.
func (p panel) tile(rows int) {
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	acc := make([][]VecVirtual, rows)
	for i := range acc {
		acc[i] = p.t.vecs(p.nv)
		for _, v := range acc[i] {
			p.t.zero(v)
		}
	}
	k := Load(Param("k"), GP64())
	b := Load(Param("b"), GP64())
	brs := Load(Param("brs"), GP64())
	groups := make([]Register, (rows+3)/4) // a pointer for each four rows
	for g := range groups {
		r := GP64()
		if g == 0 {
			MOVQ(p.a, r)
		} else {
			LEAQ(Mem{Base: groups[g-1], Index: p.ars, Scale: 4}, r)
		}
		groups[g] = r
	}
	bv := p.t.vecs(p.nv)

	Label(label("k"))
	for j, v := range bv {
		VMOVUPS(Mem{Base: b, Disp: j * p.t.bytes()}, v)
	}
	for i := range rows {
		at := Mem{Base: groups[i/4]}
		switch i % 4 {
		case 1:
			at.Index, at.Scale = p.ars, 1
		case 2:
			at.Index, at.Scale = p.ars, 2
		case 3:
			at.Index, at.Scale = p.ars3, 1
		}
		x := p.t.vec()
		VBROADCASTSS(at, x)
		for j := range bv {
			VFMADD231PS(bv[j], x, acc[i][j])
		}
	}
	for _, g := range groups {
		ADDQ(p.acs, g)
	}
	ADDQ(brs, b)
	DECQ(k)
	JNZ(LabelRef(label("k")))

	storeTile(p.t, acc, p.c, label)
}

// storeTile stores the sums of a tile, or adds them to C, and moves c behind it.
func storeTile(t tier, acc [][]VecVirtual, c Register, label func(string) string) {
	nv := len(acc[0])
	crs := Load(Param("crs"), GP64())
	n := Load(Param("n"), GP64())
	add := Load(Param("add"), GP8())
	CMPQ(n, U8(nv*t.lanes))
	JLT(LabelRef(label("partial")))
	each := func(f func(v VecVirtual, j int, at Mem)) {
		for _, sums := range acc {
			for j := range nv {
				f(sums[j], j, Mem{Base: c, Disp: j * t.bytes()})
			}
			ADDQ(crs, c)
		}
		JMP(LabelRef(label("end")))
	}
	TESTB(add, add)
	JNZ(LabelRef(label("add")))
	each(func(v VecVirtual, _ int, at Mem) { VMOVUPS(v, at) })
	Label(label("add"))
	each(func(v VecVirtual, _ int, at Mem) { VADDPS(at, v, v); VMOVUPS(v, at) })
	Label(label("partial"))
	ts := t.tails(n, nv)
	TESTB(add, add)
	JNZ(LabelRef(label("partialAdd")))
	each(func(v VecVirtual, j int, at Mem) { ts[j].store(v, at) })
	Label(label("partialAdd"))
	each(func(v VecVirtual, j int, at Mem) {
		old := t.vec()
		ts[j].load(at, old)
		VADDPS(old, v, v)
		ts[j].store(v, at)
	})
	Label(label("end"))
}

// gemmRow multiplies a single row of A with two neighbouring panels of B, so that there are enough sums to keep the
// multipliers busy.
func gemmRow(t tier) {
	TEXT("gemmRow"+t.suffix, NOSPLIT, "func(k int, a *float32, acs int, b0, b1 *float32, brs int, c *float32, add bool)")
	Doc(fmt.Sprintf("gemmRow%s computes %d columns of one row of C from A[1,k] and two panels of B[k,%d], k > 0. Strides are in bytes.",
		t.suffix, 4*t.lanes, 2*t.lanes))
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	a, acs := Load(Param("a"), GP64()), Load(Param("acs"), GP64())
	b := []Register{Load(Param("b0"), GP64()), Load(Param("b1"), GP64())}
	brs := Load(Param("brs"), GP64())
	acc := t.vecs(4)
	for _, v := range acc {
		t.zero(v)
	}
	Label("k")
	x := t.vec()
	VBROADCASTSS(Mem{Base: a}, x)
	for j, v := range acc {
		VFMADD231PS(Mem{Base: b[j/2], Disp: j % 2 * t.bytes()}, x, v)
	}
	ADDQ(acs, a)
	ADDQ(brs, b[0])
	ADDQ(brs, b[1])
	DECQ(k)
	JNZ(LabelRef("k"))
	c := Load(Param("c"), GP64())
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JZ(LabelRef("store"))
	for j, v := range acc {
		VADDPS(Mem{Base: c, Disp: j * t.bytes()}, v, v)
	}
	Label("store")
	for j, v := range acc {
		VMOVUPS(v, Mem{Base: c, Disp: j * t.bytes()})
	}
	VZEROUPPER()
	RET()
}

// copyPanel copies n columns of k rows and pads them with zeros to nv vectors.
func copyPanel(t tier, nv int) {
	TEXT(fmt.Sprintf("copyPanel%sx%d", t.suffix, nv), NOSPLIT, "func(k int, src *float32, srs int, dst *float32, drs, n int)")
	Doc(fmt.Sprintf("copyPanel%sx%d copies k > 0 rows of n <= %d floats and writes zeros behind them up to %d. Strides are in bytes.",
		t.suffix, nv, nv*t.lanes, nv*t.lanes))
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	src, srs := Load(Param("src"), GP64()), Load(Param("srs"), GP64())
	dst, drs := Load(Param("dst"), GP64()), Load(Param("drs"), GP64())
	n := Load(Param("n"), GP64())
	loop := func(name string, load func(j int, at Mem, v VecVirtual)) {
		Label(name)
		for j := range nv {
			v := t.vec()
			load(j, Mem{Base: src, Disp: j * t.bytes()}, v)
			VMOVUPS(v, Mem{Base: dst, Disp: j * t.bytes()})
		}
		ADDQ(srs, src)
		ADDQ(drs, dst)
		DECQ(k)
		JNZ(LabelRef(name))
		VZEROUPPER()
		RET()
	}
	CMPQ(n, U8(nv*t.lanes))
	JLT(LabelRef("partial"))
	loop("full", func(_ int, at Mem, v VecVirtual) { VMOVUPS(at, v) })
	Label("partial")
	ts := t.tails(n, nv)
	loop("masked", func(j int, at Mem, v VecVirtual) { ts[j].load(at, v) })
}

// transpose4 interleaves four rows.
func transpose4() {
	TEXT("transpose4", NOSPLIT, "func(k int, p0, p1, p2, p3, dst *float32, drs int)")
	Doc("transpose4 writes k > 0 groups of four floats, one of each row, drs bytes apart.")
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	var p [4]Register
	for i := range p {
		p[i] = Load(Param(fmt.Sprintf("p%d", i)), GP64())
	}
	dst, drs := Load(Param("dst"), GP64()), Load(Param("drs"), GP64())
	Label("four")
	CMPQ(k, U8(4))
	JLT(LabelRef("rest"))
	var r [4]VecVirtual
	for i := range r {
		r[i] = XMM()
		VMOVUPS(Mem{Base: p[i]}, r[i])
		ADDQ(U8(16), p[i])
	}
	lo01, hi01, lo23, hi23 := XMM(), XMM(), XMM(), XMM()
	VUNPCKLPS(r[1], r[0], lo01)
	VUNPCKHPS(r[1], r[0], hi01)
	VUNPCKLPS(r[3], r[2], lo23)
	VUNPCKHPS(r[3], r[2], hi23)
	for _, pair := range [][2]VecVirtual{{lo01, lo23}, {hi01, hi23}} {
		even, odd := XMM(), XMM()
		VMOVLHPS(pair[1], pair[0], even)
		VMOVHLPS(pair[0], pair[1], odd)
		VMOVUPS(even, Mem{Base: dst})
		ADDQ(drs, dst)
		VMOVUPS(odd, Mem{Base: dst})
		ADDQ(drs, dst)
	}
	SUBQ(U8(4), k)
	JMP(LabelRef("four"))
	Label("rest")
	TESTQ(k, k)
	JZ(LabelRef("end"))
	v := XMM()
	VMOVSS(Mem{Base: p[0]}, v)
	for i := 1; i < 4; i++ {
		VINSERTPS(U8(i<<4), Mem{Base: p[i]}, v, v)
	}
	VMOVUPS(v, Mem{Base: dst})
	for i := range p {
		ADDQ(U8(4), p[i])
	}
	ADDQ(drs, dst)
	DECQ(k)
	JMP(LabelRef("rest"))
	Label("end")
	RET()
}

// peak is a loop of independent multiply-adds on registers only.
func peak(t tier) {
	const chains = 12
	TEXT("peak"+t.suffix, NOSPLIT, "func(n int)")
	Doc(fmt.Sprintf("peak%s runs n > 0 times %d independent fused multiply-adds of %d lanes: what the machine can do at best.", t.suffix, chains, t.lanes))
	n := Load(Param("n"), GP64())
	acc := t.vecs(chains)
	for _, v := range acc {
		t.zero(v)
	}
	x := t.vec()
	t.zero(x)
	Label("loop")
	for _, v := range acc {
		VFMADD231PS(x, x, v)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
