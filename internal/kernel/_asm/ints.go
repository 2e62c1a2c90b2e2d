package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// ints writes the kernels of 8-bit products. They are of AVX2 alone: VPMADDWD on numbers widened to 16
// bits is exact, which VPMADDUBSW on bytes is not.
func ints() {
	intPanel()
	widen()
	quantize()
}

const intRows = 6

// intPanel multiplies all rows of A with a panel of B that is 16 columns wide.
func intPanel() {
	TEXT("intPanel256", NOSPLIT, "func(m, pairs int, a *int16, ars int, b *int8, c *int32, crs int)")
	Doc("intPanel256 computes m rows and 16 columns of C from A[m,2·pairs] and a panel of B, [pairs,16,2], pairs > 0.",
		"ars and crs are the distances of rows in bytes.")
	Pragma("noescape")
	m := Load(Param("m"), GP64())
	a, c := Load(Param("a"), GP64()), Load(Param("c"), GP64())
	ars := Load(Param("ars"), GP64())
	ars3 := GP64()
	LEAQ(Mem{Base: ars, Index: ars, Scale: 2}, ars3)
	tile := func(rows int) {
		label := fmt.Sprintf("pairs%d", rows)
		var acc [intRows][2]VecVirtual
		for i := range rows {
			for j := range 2 {
				acc[i][j] = YMM()
				VPXOR(acc[i][j], acc[i][j], acc[i][j])
			}
		}
		left, b := Load(Param("pairs"), GP64()), Load(Param("b"), GP64())
		first, second := GP64(), GP64()
		MOVQ(a, first)
		if rows > 3 {
			LEAQ(Mem{Base: a, Index: ars3, Scale: 1}, second)
		}
		Label(label)
		b0, b1 := YMM(), YMM()
		VPMOVSXBW(Mem{Base: b}, b0)
		VPMOVSXBW(Mem{Base: b, Disp: 16}, b1)
		for i := range rows {
			at := Mem{Base: first}
			if i >= 3 {
				at.Base = second
			}
			switch i % 3 {
			case 1:
				at.Index, at.Scale = ars, 1
			case 2:
				at.Index, at.Scale = ars, 2
			}
			x, y := YMM(), YMM()
			VPBROADCASTD(at, x)
			VPMADDWD(b0, x, y)
			VPADDD(y, acc[i][0], acc[i][0])
			VPMADDWD(b1, x, x)
			VPADDD(x, acc[i][1], acc[i][1])
		}
		ADDQ(U8(4), first)
		if rows > 3 {
			ADDQ(U8(4), second)
		}
		ADDQ(U8(32), b)
		DECQ(left)
		JNZ(LabelRef(label))
		crs := Load(Param("crs"), GP64())
		for i := range rows {
			VMOVDQU(acc[i][0], Mem{Base: c})
			VMOVDQU(acc[i][1], Mem{Base: c, Disp: 32})
			ADDQ(crs, c)
		}
	}
	Label("tiles")
	CMPQ(m, U8(intRows))
	JLT(LabelRef("rest"))
	tile(intRows)
	SUBQ(U8(intRows), m)
	LEAQ(Mem{Base: a, Index: ars3, Scale: 2}, a)
	JMP(LabelRef("tiles"))
	Label("rest")
	for r := intRows - 1; r >= 1; r-- {
		CMPQ(m, U8(r))
		JEQ(LabelRef(fmt.Sprintf("rows%d", r)))
	}
	end()
	for r := intRows - 1; r >= 1; r-- {
		Label(fmt.Sprintf("rows%d", r))
		tile(r)
		end()
	}
}

// widen makes 16-bit numbers of bytes.
func widen() {
	TEXT("widen256", NOSPLIT, "func(n int, dst *int16, x *uint8, zero int16)")
	Doc("widen256 is dst = x - zero for n elements, a multiple of 16.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	dst, x := Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	z, zero := GP32(), YMM()
	MOVWLSX(NewParamAddr("zero", 24), z)
	low := XMM()
	VMOVD(z, low)
	VPBROADCASTW(low, zero)
	Label("loop")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	v := YMM()
	VPMOVZXBW(Mem{Base: x}, v)
	VPSUBW(zero, v, v)
	VMOVDQU(v, Mem{Base: dst})
	ADDQ(U8(16), x)
	ADDQ(U8(32), dst)
	SUBQ(U8(16), n)
	JMP(LabelRef("loop"))
	Label("done")
	end()
}

// quantize makes bytes of floats.
func quantize() {
	TEXT("quantize256", NOSPLIT, "func(n int, dst *uint8, x *float32, scale float32, zero int32)")
	Doc("quantize256 is dst = x/scale, rounded half to even, plus zero, within 0 and 255, for n elements, a multiple of 32.",
		"|x/scale| must be below 2³⁰.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	dst, x := Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	scale, zero := YMM(), YMM()
	z := XMM()
	VBROADCASTSS(place(Param("scale")), scale)
	zr := GP32()
	Load(Param("zero"), zr)
	VMOVD(zr, z)
	VPBROADCASTD(z, zero)
	order := GLOBL("order", 24 /* RODATA|NOPTR */)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(v))
	}
	lanes := YMM()
	VMOVDQU(order, lanes)
	Label("loop")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	var q [4]VecVirtual
	for i := range q {
		q[i] = YMM()
		VMOVUPS(Mem{Base: x, Disp: 32 * i}, q[i])
		VDIVPS(scale, q[i], q[i])
		VCVTPS2DQ(q[i], q[i])
		VPADDD(zero, q[i], q[i])
	}
	VPACKSSDW(q[1], q[0], q[0])
	VPACKSSDW(q[3], q[2], q[2])
	VPACKUSWB(q[2], q[0], q[0])
	VPERMD(q[0], lanes, q[0])
	VMOVDQU(q[0], Mem{Base: dst})
	ADDQ(U32(128), x)
	ADDQ(U8(32), dst)
	SUBQ(U8(32), n)
	JMP(LabelRef("loop"))
	Label("done")
	end()
}
