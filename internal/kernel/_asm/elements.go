package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// vectors writes the functions on vectors of a tier.
func vectors(t tier) {
	elements(t)
	sums(t)
	norms(t)
	optimisers(t)
	lstm(t)
	fft(t)
	taps(t)
}

// elements writes the element-wise functions and their gradients.
func elements(t tier) {
	unary := func(name, doc string, unroll int, f func(x VecVirtual) VecVirtual) {
		t.mapping(name, doc, "x", "", unroll, func(in, _ []VecVirtual) VecVirtual { return f(in[0]) })
	}
	unary("vexp", "is dst = e^x.", 1, t.exp)
	unary("vtanh", "is dst = tanh x.", 1, t.tanh)
	unary("vsigmoid", "is dst = 1/(1+e^-x).", 1, t.sigmoid)
	unary("vgelu", "is dst = x Φ(x).", 1, func(x VecVirtual) VecVirtual {
		cdf, _ := t.normal(x)
		VMULPS(x, cdf, cdf)
		return cdf
	})
	unary("vrelu", "is dst = max(x, 0).", 4, func(x VecVirtual) VecVirtual {
		z := t.vec()
		t.zero(z)
		VMAXPS(x, z, z)
		return z
	})
	binary := func(name, doc string, op func(a, b, to Op)) {
		t.mapping(name, doc, "a b", "", 4, func(in, _ []VecVirtual) VecVirtual {
			op(in[1], in[0], in[0])
			return in[0]
		})
	}
	binary("vadd", "is dst = a + b.", add)
	binary("vsub", "is dst = a - b.", func(a, b, to Op) { VSUBPS(a, b, to) })
	binary("vmul", "is dst = a b.", func(a, b, to Op) { VMULPS(a, b, to) })
	t.mapping("vaddrelu", "is dst = max(a + b, 0).", "a b", "", 4, func(in, _ []VecVirtual) VecVirtual {
		VADDPS(in[1], in[0], in[0])
		z := t.vec()
		t.zero(z)
		VMAXPS(in[0], z, z)
		return z
	})
	t.mapping("vclip", "is dst = x within lo and hi.", "x", "lo hi", 4, func(in, sc []VecVirtual) VecVirtual {
		VMAXPS(in[0], sc[0], in[0]) // NaN stays
		VMINPS(in[0], sc[1], in[0])
		return in[0]
	})
	t.mapping("vaddclip", "is dst = x + b within lo and hi.", "x b", "lo hi", 4, func(in, sc []VecVirtual) VecVirtual {
		VADDPS(in[1], in[0], in[0])
		VMAXPS(in[0], sc[0], in[0]) // NaN stays
		VMINPS(in[0], sc[1], in[0])
		return in[0]
	})
	t.mapping("vintsum", "is dst = x f + b, the product rounded first; x holds int32s.", "x f b", "", 2, func(in, _ []VecVirtual) VecVirtual {
		VCVTDQ2PS(in[0], in[0])
		VMULPS(in[1], in[0], in[0])
		VADDPS(in[2], in[0], in[0])
		return in[0]
	})
	t.mapping("vscale", "is dst = s x.", "x", "s", 4, func(in, sc []VecVirtual) VecVirtual {
		VMULPS(sc[0], in[0], in[0])
		return in[0]
	})
	t.adding("vmuladd", "is dst += a b, the product rounded first.", "a b", "", 4, func(in, _ []VecVirtual) VecVirtual {
		VMULPS(in[1], in[0], in[0])
		return in[0]
	})
	t.adding("vaxpy", "is dst += s x, the product rounded first.", "x", "s", 4, func(in, sc []VecVirtual) VecVirtual {
		VMULPS(sc[0], in[0], in[0])
		return in[0]
	})
	t.adding("vtanhback", "is dx += dy (1 - y²).", "dy y", "", 2, func(in, _ []VecVirtual) VecVirtual {
		u := t.copyOf(num(1))
		VFNMADD231PS(in[1], in[1], u)
		VMULPS(in[0], u, u)
		return u
	})
	t.adding("vsigmoidback", "is dx += dy y (1 - y).", "dy y", "", 2, func(in, _ []VecVirtual) VecVirtual {
		u := t.copyOf(num(1))
		VSUBPS(in[1], u, u)
		VMULPS(in[1], u, u)
		VMULPS(in[0], u, u)
		return u
	})
	t.adding("vreluback", "is dx += dy where y > 0.", "dy y", "", 2, func(in, _ []VecVirtual) VecVirtual {
		z := t.vec()
		t.zero(z)
		return t.choose(z, in[1], in[0], z)
	})
	t.adding("vgeluback", "is dx += dy (Φ(x) + x φ(x)).", "dy x", "", 1, func(in, _ []VecVirtual) VecVirtual {
		cdf, pdf := t.normal(in[1])
		VFMADD231PS(in[1], pdf, cdf)
		VMULPS(in[0], cdf, cdf)
		return cdf
	})
	t.adding("vsoftmaxback", "is dx += y (dy - s).", "dy y", "s", 2, func(in, sc []VecVirtual) VecVirtual {
		VSUBPS(sc[0], in[0], in[0])
		VMULPS(in[1], in[0], in[0])
		return in[0]
	})
	t.adding("vlogsoftmaxback", "is dx += dy - s e^y.", "dy y", "s", 1, func(in, sc []VecVirtual) VecVirtual {
		e := t.exp(in[1])
		VFNMADD231PS(sc[0], e, in[0])
		return in[0]
	})
}

// sums writes the reductions.
func sums(t tier) {
	t.reducing("vdot", "is Σ a b.", "a b", "", num(0), add, func(s span, src []Register, _ []VecVirtual) VecVirtual {
		v := s.load(src[0])
		VMULPS(s.load(src[1]), v, v)
		return v
	})
	t.reducing("vsum", "is Σ x.", "x", "", num(0), add, func(s span, src []Register, _ []VecVirtual) VecVirtual { return s.load(src[0]) })
	t.reducing("vmax", "is the greatest of x, -Inf if there is none; NaN only by chance.", "x", "", num(math.Inf(-1)), max2,
		func(s span, src []Register, _ []VecVirtual) VecVirtual {
			return s.fill(s.load(src[0]), num(math.Inf(-1)))
		})
	t.reducing("vmin", "is the least of x, +Inf if there is none; NaN only by chance.", "x", "", num(math.Inf(1)), func(a, b, to Op) { VMINPS(a, b, to) },
		func(s span, src []Register, _ []VecVirtual) VecVirtual {
			return s.fill(s.load(src[0]), num(math.Inf(1)))
		})
	t.reducing("vexpsum", "is Σ e^(x-s) and leaves the terms in dst.", "dst x", "s", num(0), add, func(s span, src []Register, sc []VecVirtual) VecVirtual {
		v := s.load(src[1])
		VSUBPS(sc[0], v, v)
		e := t.exp(v)
		s.store(e, src[0])
		s.keep(e)
		return e
	})
	t.reducing("vsqdev", "is Σ (x-s)².", "x", "s", num(0), add, func(s span, src []Register, sc []VecVirtual) VecVirtual {
		v := s.load(src[0])
		VSUBPS(sc[0], v, v)
		VMULPS(v, v, v)
		s.keep(v)
		return v
	})
	t.begin("vcolsum", "is dst[j] += Σ over rows r of x[r,j], in the order of rows; rs is the distance of rows in bytes.", "n int, dst, x *float32, rows, rs int", "")
	p := pointers("n", "dst", "x", "rs")
	t.each("", p[0], 4, func(s span, _ int) {
		v := s.load(p[1])
		row, left := GP64(), GP64()
		MOVQ(p[2], row)
		Load(Param("rows"), left)
		name := label("rows")
		Label(name)
		VADDPS(s.load(row), v, v)
		ADDQ(p[3], row)
		DECQ(left)
		JNZ(LabelRef(name))
		s.store(v, p[1])
	})
	end()
}

// norms writes layer normalisation.
func norms(t tier) {
	t.mapping("vnormalize", "is dst = (x - mean) rstd w + b.", "x w b", "mean rstd", 2, func(in, sc []VecVirtual) VecVirtual {
		VSUBPS(sc[0], in[0], in[0])
		VMULPS(sc[1], in[0], in[0])
		VFMADD213PS(in[2], in[1], in[0])
		return in[0]
	})
	t.begin("vnormback", "is dx += rstd (dy w - s1 - x̂ s2), dw += dy x̂, db += dy with x̂ = (x - mean) rstd, s1 = Σ dy w / n, s2 = Σ dy w x̂ / n.",
		"n int, dx, dw, db, dy, x, w *float32, mean, rstd, inv float32", "")
	p := pointers("n", "dx", "dw", "db", "dy", "x", "w")
	mean, rstd := t.scalar("mean"), t.scalar("rstd")
	s1, s2 := t.vec(), t.vec()
	t.zero(s1)
	t.zero(s2)
	hat := func(s span) VecVirtual {
		x := s.load(p[5])
		VSUBPS(mean, x, x)
		VMULPS(rstd, x, x)
		return x
	}
	count := GP64()
	MOVQ(p[0], count)
	t.each("sums", count, 1, func(s span, _ int) {
		g := s.load(p[4])
		VMULPS(s.load(p[6]), g, g) // zero beyond the end
		VFMADD231PS(hat(s), g, s2)
		VADDPS(g, s1, s1)
	})
	inv := t.scalar("inv")
	for _, v := range []VecVirtual{s1, s2} {
		t.fold(v, add)
		VBROADCASTSS(v.AsX(), v)
		VMULPS(inv, v, v)
	}
	t.each("apply", p[0], 1, func(s span, _ int) {
		dy, x := s.load(p[4]), hat(s)
		g := s.load(p[6])
		VMULPS(dy, g, g)
		VSUBPS(s1, g, g)
		VFNMADD231PS(x, s2, g)
		VMULPS(rstd, g, g)
		s.add(g, p[1])
		VMULPS(dy, x, x)
		s.add(x, p[2])
		s.add(dy, p[3])
	})
	end()
}

// optimisers writes Adam.
func optimisers(t tier) {
	t.begin("vadam", "updates w, m and v by the gradient g: g += decay w, w *= keep, m = b1 m + (1-b1) g, v = b2 v + (1-b2) g², w -= step m / (√v inv + eps).",
		"n int, w, m, v, grad *float32, decay, keep, b1, c1, b2, c2, step, inv, eps float32", "")
	p := pointers("n", "w", "m", "v", "grad")
	var sc []VecVirtual
	for _, name := range []string{"decay", "keep", "b1", "c1", "b2", "c2", "step", "inv", "eps"} {
		sc = append(sc, t.scalar(name))
	}
	t.each("", p[0], 1, func(s span, _ int) {
		g, w := s.load(p[4]), s.load(p[1])
		VFMADD231PS(sc[0], w, g)
		VMULPS(sc[1], w, w)
		m := s.load(p[2])
		VMULPS(sc[2], m, m)
		VFMADD231PS(sc[3], g, m)
		s.store(m, p[2])
		v := s.load(p[3])
		VMULPS(g, g, g)
		VMULPS(sc[4], v, v)
		VFMADD231PS(sc[5], g, v)
		s.store(v, p[3])
		VSQRTPS(v, v)
		VFMADD213PS(sc[8], sc[7], v)
		VMULPS(sc[6], m, m)
		VDIVPS(v, m, m)
		VSUBPS(m, w, w)
		s.store(w, p[1])
	})
	end()
}
