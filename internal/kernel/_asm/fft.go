package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// swapPairs exchanges the halves of complex numbers in VPERMILPS.
const swapPairs = 0xb1

// fft writes one pass of a Fourier transform. Its runs may be as short as 8 floats: both tiers use vectors of that size.
func fft(t tier) {
	t.begin("vradix4", "is a radix-4 pass over m runs, each of n > 0 floats, a multiple of 8, m > 0; see ref.Radix4Pass.", "n, m int, y, x, w *float32", "")
	p := pointers("n", "m", "y", "x", "w")
	run, m, w := p[0], p[1], p[4]
	SHLQ(U8(2), run)
	quarter := GP64() // distance of the four inputs
	MOVQ(m, quarter)
	IMULQ(run, quarter)
	var x, y [4]Register
	x[0], y[0] = p[3], p[2]
	for k := 1; k < 4; k++ {
		x[k], y[k] = GP64(), GP64()
		LEAQ(Mem{Base: x[k-1], Index: quarter, Scale: 1}, x[k])
		LEAQ(Mem{Base: y[k-1], Index: run, Scale: 1}, y[k])
	}
	threeRuns := GP64()
	LEAQ(Mem{Base: run, Index: run, Scale: 2}, threeRuns)
	turns := make([]VecVirtual, 6)
	for i := range turns {
		turns[i] = YMM()
	}
	at := GP64()

	Label("run")
	for i, v := range turns {
		VBROADCASTSS(Mem{Base: w, Disp: 4 * i}, v)
	}
	XORQ(at, at)
	Label("butterflies")
	load := func(k int) VecVirtual {
		v := YMM()
		VMOVUPS(Mem{Base: x[k], Index: at, Scale: 1}, v)
		return v
	}
	store := func(v VecVirtual, k int) { VMOVUPS(v, Mem{Base: y[k], Index: at, Scale: 1}) }
	// turn multiplies by the k-th twiddle.
	turn := func(z VecVirtual, k int) VecVirtual {
		s := YMM()
		VPERMILPS(U8(swapPairs), z, s)
		VMULPS(turns[2*k+1], s, s)
		VFMADDSUB213PS(s, turns[2*k], z)
		return z
	}
	both := func(a, b VecVirtual) (sum, difference VecVirtual) {
		sum, difference = YMM(), YMM()
		VADDPS(b, a, sum)
		VSUBPS(b, a, difference)
		return sum, difference
	}
	a, b, c, d := load(0), load(1), load(2), load(3)
	s, u := both(a, c)
	r, v := both(b, d)
	back := YMM() // d - b
	VSUBPS(b, d, back)
	VPERMILPS(U8(swapPairs), v, v)
	VPERMILPS(U8(swapPairs), back, back)
	y0, y2 := both(s, r)
	store(y0, 0)
	VADDSUBPS(back, u, back) // u - i(b - d)
	store(turn(back, 0), 1)
	store(turn(y2, 1), 2)
	VADDSUBPS(v, u, v) // u + i(b - d)
	store(turn(v, 2), 3)
	ADDQ(U8(32), at)
	CMPQ(at, run)
	JLT(LabelRef("butterflies"))

	ADDQ(U8(24), w)
	for k := range 4 {
		ADDQ(run, x[k])
		ADDQ(run, y[k])
		ADDQ(threeRuns, y[k])
	}
	DECQ(m)
	JNZ(LabelRef("run"))
	end()
}
