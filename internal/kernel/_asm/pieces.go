package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The places in a gemmPiece.
const (
	pieceK    = 0
	pieceA    = 8
	pieceARS  = 16
	pieceACS  = 24
	pieceB    = 32
	pieceNext = 40
	pieceStep = 48
	pieceSize = 56
)

// gemmPieces multiplies rows of A with a panel of B, where the inner sum goes on over several pieces of memory.
func gemmPieces(t tier) {
	TEXT("gemmPieces"+t.suffix, NOSPLIT, "func(from, to int, p *byte, count int, boff, brs int, c *float32, crs, n int, add bool)")
	Doc(fmt.Sprintf("gemmPieces%s computes rows from to to and n <= %d columns of C in tiles of %d rows; c is the place of the first.",
		t.suffix, 2*t.lanes, t.rows),
		"The inner sum goes over count > 0 pieces, a gemmPiece each, one after the other. boff is added to the place of each piece of B, brs is the",
		"distance of its rows, crs that of C's, in bytes. What a piece names as next is fetched meanwhile. Each output is one chain of fused multiply-adds, then stored or added to C.")
	Pragma("noescape")
	p := pieces{t: t}
	p.row = Load(Param("from"), GP64())
	p.c = Load(Param("c"), GP64())
	Label("tiles")
	left := Load(Param("to"), GP64())
	SUBQ(p.row, left)
	CMPQ(left, U8(t.rows))
	JLT(LabelRef("rest"))
	p.tile(t.rows)
	ADDQ(U8(t.rows), p.row)
	JMP(LabelRef("tiles"))

	Label("rest")
	for r := t.rows - 1; r >= 1; r-- {
		CMPQ(left, U8(r))
		JEQ(LabelRef(fmt.Sprintf("rows%d", r)))
	}
	VZEROUPPER()
	RET()
	for r := t.rows - 1; r >= 1; r-- {
		Label(fmt.Sprintf("rows%d", r))
		p.tile(r)
		VZEROUPPER()
		RET()
	}
}

type pieces struct {
	t      tier
	row, c Register
}

// tile computes one tile of the given rows and moves c behind it.
func (p pieces) tile(rows int) {
	const nv = 2
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	acc := make([][]VecVirtual, rows)
	for i := range acc {
		acc[i] = p.t.vecs(nv)
		for _, v := range acc[i] {
			p.t.zero(v)
		}
	}
	piece, count := Load(Param("p"), GP64()), Load(Param("count"), GP64())
	brs := Load(Param("brs"), GP64())
	k, b, ars, acs, ars3 := GP64(), GP64(), GP64(), GP64(), GP64()
	groups := make([]Register, (rows+3)/4) // a pointer for each four rows
	for g := range groups {
		groups[g] = GP64()
	}
	bv := p.t.vecs(nv)

	Label(label("piece"))
	MOVQ(Mem{Base: piece, Disp: pieceARS}, ars)
	MOVQ(ars, groups[0])
	IMULQ(p.row, groups[0])
	ADDQ(Mem{Base: piece, Disp: pieceA}, groups[0])
	for g := 1; g < len(groups); g++ {
		LEAQ(Mem{Base: groups[g-1], Index: ars, Scale: 4}, groups[g])
	}
	LEAQ(Mem{Base: ars, Index: ars, Scale: 2}, ars3)
	MOVQ(Mem{Base: piece, Disp: pieceACS}, acs)
	Load(Param("boff"), b)
	ADDQ(Mem{Base: piece, Disp: pieceB}, b)
	MOVQ(Mem{Base: piece, Disp: pieceK}, k)
	next := GP64()
	MOVQ(Mem{Base: piece, Disp: pieceNext}, next)

	Label(label("k"))
	PREFETCHT1(Mem{Base: next})
	ADDQ(Mem{Base: piece, Disp: pieceStep}, next)
	for j, v := range bv {
		VMOVUPS(Mem{Base: b, Disp: j * p.t.bytes()}, v)
	}
	for i := range rows {
		at := Mem{Base: groups[i/4]}
		switch i % 4 {
		case 1:
			at.Index, at.Scale = ars, 1
		case 2:
			at.Index, at.Scale = ars, 2
		case 3:
			at.Index, at.Scale = ars3, 1
		}
		x := p.t.vec()
		VBROADCASTSS(at, x)
		for j := range bv {
			VFMADD231PS(bv[j], x, acc[i][j])
		}
	}
	for _, g := range groups {
		ADDQ(acs, g)
	}
	ADDQ(brs, b)
	DECQ(k)
	JNZ(LabelRef(label("k")))
	MOVQ(next, Mem{Base: piece, Disp: pieceNext})
	ADDQ(U8(pieceSize), piece)
	DECQ(count)
	JNZ(LabelRef(label("piece")))
	storeTile(p.t, acc, p.c, label)
}
