package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

var constants = map[uint32]Mem{}

// bits is a vector of copies of a 32-bit pattern in memory.
func bits(b uint32) Mem {
	m, ok := constants[b]
	if !ok {
		m = GLOBL(fmt.Sprintf("c%08x", b), 24 /* RODATA|NOPTR */)
		for i := range 16 {
			DATA(4*i, U32(b))
		}
		constants[b] = m
	}
	return m
}

// num is a vector of copies of a number in memory.
func num(x float64) Mem { return bits(math.Float32bits(float32(x))) }

// copyOf is a register with the same content.
func (t tier) copyOf(v Op) VecVirtual {
	c := t.vec()
	VMOVUPS(v, c)
	return c
}

// choose returns yes where a < b and no elsewhere, also where one is NaN.
func (t tier) choose(a VecVirtual, b Op, yes, no VecVirtual) VecVirtual {
	r := t.vec()
	if t.lanes == 16 {
		k := K()
		VCMPPS(U8(0x11), b, a, k)
		VBLENDMPS(yes, no, k, r)
		return r
	}
	mask := t.vec()
	VCMPPS(U8(0x11), b, a, mask)
	VBLENDVPS(mask, yes, no, r)
	return r
}

// horner evaluates a polynomial, coefficients from the lowest.
func (t tier) horner(x VecVirtual, coef ...float64) VecVirtual {
	p := t.copyOf(num(coef[len(coef)-1]))
	for i := len(coef) - 2; i >= 0; i-- {
		VFMADD213PS(num(coef[i]), x, p)
	}
	return p
}

// exp returns eˣ: x = n ln 2 + r, e^r by a polynomial (minimax, relative error 5e-11 before rounding), then two scalings by
// powers of two, so that the ends of the range come out right. NaN stays NaN.
func (t tier) exp(x VecVirtual) VecVirtual {
	r, n := t.copyOf(num(89)), t.vec()
	VMINPS(x, r, r)
	low := t.copyOf(num(-104.5))
	VMAXPS(r, low, r)
	VMULPS(num(math.Log2E), r, n)
	if t.lanes == 16 {
		VRNDSCALEPS(U8(8), n, n)
	} else {
		VROUNDPS(U8(8), n, n)
	}
	hi := float64(float32(math.Ln2))
	VFNMADD231PS(num(hi), n, r)
	VFNMADD231PS(num(math.Ln2-hi), n, r)
	p := t.horner(r, 0.5, 0.1666666716337204, 0.04166625440120697, 0.008333262987434864, 0.0013947224942967296, 0.00019919377518817782)
	square := t.vec()
	VMULPS(r, r, square)
	VFMADD213PS(r, square, p)
	VADDPS(num(1), p, p)
	half := t.vec()
	VCVTPS2DQ(n, n)
	VPSRAD(U8(1), n, half)
	VPSUBD(half, n, n)
	for _, e := range []VecVirtual{half, n} {
		VPADDD(bits(127), e, e)
		VPSLLD(U8(23), e, e)
		VMULPS(e, p, p)
	}
	return p
}

// sigmoid returns 1/(1+e⁻ˣ).
func (t tier) sigmoid(x VecVirtual) VecVirtual {
	neg, one := t.vec(), t.vec()
	VXORPS(bits(1<<31), x, neg)
	e := t.exp(neg)
	VMOVUPS(num(1), one)
	VADDPS(one, e, e)
	VDIVPS(e, one, e)
	return e
}

// tanh returns x + x³P(x²) for small x and ±(1 - 2/(e^2|x| + 1)) elsewhere.
func (t tier) tanh(x VecVirtual) VecVirtual {
	abs, double := t.vec(), t.vec()
	VANDPS(bits(1<<31-1), x, abs)
	VADDPS(abs, abs, double)
	e, one := t.exp(double), t.vec()
	VMOVUPS(num(1), one)
	VADDPS(one, e, e)
	big := t.copyOf(num(2))
	VDIVPS(e, big, big)
	VSUBPS(big, one, big)
	sign := t.vec()
	VANDPS(bits(1<<31), x, sign)
	VORPS(sign, big, big)
	z := t.vec()
	VMULPS(x, x, z)
	p := t.horner(z, -0.333333283662796, 0.13333158195018768, -0.05394056439399719, 0.02166634425520897, -0.00809196475893259, 0.002064662054181099)
	VMULPS(z, p, p)
	VFMADD213PS(x, x, p)
	return t.choose(abs, num(0.625), p, big)
}

// gate returns s tanh(x s): for s = 1 the hyperbolic tangent, and for s = 1/2, with 1/2 added, the sigmoid of x. It is a
// quotient of polynomials in (x s)² (minimax on [-8, 8], relative error 7e-9 before rounding), cheaper than tanh and
// sigmoid and within 4e-7, which is what the gates of an LSTM need.
func (t tier) gate(x VecVirtual, s float64) VecVirtual {
	y := t.copyOf(num(8 / s))
	VMINPS(x, y, y)
	low := t.copyOf(num(-8 / s))
	VMAXPS(y, low, y)
	z := t.vec()
	VMULPS(y, y, z)
	scaled := func(coef ...float64) VecVirtual {
		f := 1.0
		for i := range coef {
			coef[i] *= f
			f *= s * s
		}
		return t.horner(z, coef...)
	}
	p := scaled(1, 0.13444526493549347, 0.0035716311540454626, 2.1895208192290738e-05, 1.523118342561247e-08)
	q := scaled(1, 0.4677785336971283, 0.026164568960666656, 0.00034113461151719093, 8.522757752871257e-07)
	VMULPS(y, p, p)
	if s != 1 {
		VMULPS(num(s*s), p, p)
	}
	VDIVPS(q, p, p)
	if s != 1 {
		VADDPS(num(0.5), p, p)
	}
	return p
}

// normal returns Φ(x) and φ(x) of the normal distribution. The tail Φ(-|x|) is e^(-x²/2) times a polynomial in
// 1/(1+|x|/4); the rounding of x² is put right to first order.
func (t tier) normal(x VecVirtual) (cdf, pdf VecVirtual) {
	abs, sq, low, arg := t.vec(), t.vec(), t.vec(), t.vec()
	VANDPS(bits(1<<31-1), x, abs)
	top := t.copyOf(num(15))
	VMINPS(abs, top, abs) // beyond that the tail is zero in float32; NaN stays
	VMULPS(abs, abs, sq)
	VMOVUPS(sq, low)
	VFMSUB231PS(abs, abs, low) // low = abs² - sq, see below
	VMULPS(num(-0.5), sq, arg)
	e := t.exp(arg)
	VMULPS(num(-0.5), low, low)
	VFMADD231PS(low, e, e)
	u := t.copyOf(num(0.25))
	VFMADD213PS(num(1), abs, u)
	one := t.copyOf(num(1))
	VDIVPS(u, one, u)
	p := t.horner(u, -2.1600410036626272e-05, 0.10022900253534317, 0.09482019394636154, 0.1215682402253151, -0.02038499340415001,
		0.30448874831199646, -0.3334716856479645, 0.39500337839126587, -0.19617821276187897, 0.03394689783453941)
	VMULPS(e, p, p)
	upper := t.vec()
	one = t.copyOf(num(1))
	VSUBPS(p, one, upper)
	zero := t.vec()
	t.zero(zero)
	VMULPS(num(1/math.Sqrt(2*math.Pi)), e, e)
	return t.choose(x, zero, p, upper), e
}

// fold reduces a vector to one float with op, always in the same order.
func (t tier) fold(v VecVirtual, op func(a, b, to Op)) VecVirtual {
	x := v.AsX()
	if t.lanes == 16 {
		half := YMM()
		VEXTRACTF64X4(U8(1), v, half)
		op(half, v.AsY(), v.AsY())
	}
	q := XMM()
	VEXTRACTF128(U8(1), v.AsY(), q)
	op(q, x, x)
	VMOVHLPS(x, x, q)
	op(q, x, x)
	VMOVSHDUP(x, q)
	op(q, x, x)
	return v
}

func add(a, b, to Op)  { VADDPS(a, b, to) }
func max2(a, b, to Op) { VMAXPS(a, b, to) }
