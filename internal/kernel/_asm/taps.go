package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// taps writes the sum of a depthwise convolution for pixels side by side: several vectors at a time,
// each held in a register over all taps.
func taps(t tier) {
	t.begin("vtaps", "is dst = bias + Σ over count taps of x[tap.X:] w[tap.W:], one chain of fused multiply-adds, within lo and hi, for pixels > 0 pixels of n elements, step elements apart in x; taps is an array of Tap.",
		"n int, dst, bias, x, w *float32, taps *byte, count, pixels, step int, lo, hi float32", "")
	p := pointers("dst", "x", "pixels", "step")
	dst, from, pixels, step := p[0], p[1], p[2], p[3]
	lo, hi := t.scalar("lo"), t.scalar("hi")
	n, bias, x, w := GP64(), GP64(), GP64(), GP64()
	block := func(name string, vectors int, part *tail) {
		at := func(base Register, i int) Mem { return Mem{Base: base, Disp: i * t.bytes()} }
		load := func(from Mem, to VecVirtual) {
			if part != nil {
				part.load(from, to)
			} else {
				VMOVUPS(from, to)
			}
		}
		acc := t.vecs(vectors)
		for i, v := range acc {
			load(at(bias, i), v)
		}
		tap, left, px, pw := GP64(), GP64(), GP64(), GP64()
		Load(Param("taps"), tap)
		Load(Param("count"), left)
		TESTQ(left, left)
		JZ(LabelRef(name + "Store"))
		Label(name + "Taps")
		MOVQ(Mem{Base: tap}, px)
		LEAQ(Mem{Base: x, Index: px, Scale: 4}, px)
		MOVQ(Mem{Base: tap, Disp: 8}, pw)
		LEAQ(Mem{Base: w, Index: pw, Scale: 4}, pw)
		for i, v := range acc {
			in := t.vec()
			load(at(px, i), in)
			if part != nil {
				f := t.vec()
				part.load(at(pw, i), f)
				VFMADD231PS(f, in, v)
			} else {
				VFMADD231PS(at(pw, i), in, v)
			}
		}
		ADDQ(U8(16), tap)
		DECQ(left)
		JNZ(LabelRef(name + "Taps"))
		Label(name + "Store")
		for i, v := range acc {
			VMAXPS(v, lo, v) // NaN stays
			VMINPS(v, hi, v)
			if part != nil {
				part.store(v, at(dst, i))
			} else {
				VMOVUPS(v, at(dst, i))
			}
		}
	}
	Label("pixel")
	Load(Param("n"), n)
	Load(Param("bias"), bias)
	Load(Param("w"), w)
	MOVQ(from, x)
	for _, vectors := range []int{6, 4, 2, 1} {
		name := map[int]string{6: "six", 4: "four", 2: "two", 1: "one"}[vectors]
		Label(name)
		CMPQ(n, U32(vectors*t.lanes))
		JLT(LabelRef(name + "End"))
		block(name, vectors, nil)
		for _, r := range []Register{dst, bias, x, w} {
			ADDQ(U32(vectors*t.bytes()), r)
		}
		SUBQ(U32(vectors*t.lanes), n)
		JMP(LabelRef(name))
		Label(name + "End")
	}
	TESTQ(n, n)
	JZ(LabelRef("next"))
	rest := GP64()
	MOVQ(n, rest)
	block("rest", 1, t.rest(rest))
	LEAQ(Mem{Base: dst, Index: n, Scale: 4}, dst)
	Label("next")
	LEAQ(Mem{Base: from, Index: step, Scale: 4}, from)
	DECQ(pixels)
	JNZ(LabelRef("pixel"))
	end()
}
