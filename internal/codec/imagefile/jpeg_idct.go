package imagefile

// The inverse discrete cosine transform in whole numbers, after C. Loeffler,
// A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT algorithms with 11
// multiplications", ICASSP 1989; constants have 13 fraction bits.

const (
	fracBits = 13
	passBits = 2 // extra fraction bits kept between the passes

	c0298 = 2446  // 0.298631336
	c0390 = 3196  // 0.390180644
	c0541 = 4433  // 0.541196100
	c0765 = 6270  // 0.765366865
	c0899 = 7373  // 0.899976223
	c1175 = 9633  // 1.175875602
	c1501 = 12299 // 1.501321110
	c1847 = 15137 // 1.847759065
	c1961 = 16069 // 1.961570560
	c2053 = 16819 // 2.053119869
	c2562 = 20995 // 2.562915447
	c3072 = 25172 // 3.072711026
)

// clampTable maps x&1023, of x from -384 to 639, to 0 … 255.
var clampTable = func() (t [1024]uint8) {
	for i := range t {
		x := i
		if x >= 640 {
			x -= 1024
		}
		t[i] = uint8(min(max(x, 0), 255))
	}
	return t
}()

func clamp8(x int32) uint8 {
	if uint32(x) > 255 {
		return uint8(^(x >> 31))
	}
	return uint8(x)
}

// idct8 writes the 8×8 samples of the dequantized block b, row by row at
// stride. last is the zigzag index of the last coefficient that isn't zero.
func idct8(dst []uint8, stride int, b *[64]int32, last int) {
	// DC alone: with the scaling of the two-dimensional transform a sample is DC/8.
	if last == 0 {
		fillBlock(dst, stride, 8, clamp8((b[0]+4)>>3+128))
		return
	}
	var ws [64]int32
	cols := 8
	if last <= 9 {
		cols = 4 // the first ten of the zigzag lie in the upper left 4×4
	}
	// Columns first, into ws with passBits more bits of fraction; columns beyond cols are all zero.
	for c := range cols {
		in := b[c : c+57 : c+57]
		out := ws[c : c+57 : c+57]
		if in[8]|in[16]|in[24]|in[32]|in[40]|in[48]|in[56] == 0 {
			v := in[0] << passBits
			out[0], out[8], out[16], out[24] = v, v, v, v
			out[32], out[40], out[48], out[56] = v, v, v, v
			continue
		}
		// Even part: coefficients 0, 2, 4 and 6, a rotation by 3π/8 for 2 and 6.
		z2, z3 := in[16], in[48]
		z1 := (z2 + z3) * c0541
		t2 := z1 - z3*c1847
		t3 := z1 + z2*c0765
		t0 := (in[0] + in[32]) << fracBits
		t1 := (in[0] - in[32]) << fracBits
		t10, t13, t11, t12 := t0+t3, t0-t3, t1+t2, t1-t2

		// Odd part: coefficients 1, 3, 5 and 7; y5 is the product that two rotations share.
		u0, u1, u2, u3 := in[56], in[40], in[24], in[8]
		y1, y2, y3, y4 := u0+u3, u1+u2, u0+u2, u1+u3
		y5 := (y3 + y4) * c1175
		u0 *= c0298
		u1 *= c2053
		u2 *= c3072
		u3 *= c1501
		y1 *= -c0899
		y2 *= -c2562
		y3 = y5 - y3*c1961
		y4 = y5 - y4*c0390
		u0 += y1 + y3
		u1 += y2 + y4
		u2 += y2 + y3
		u3 += y1 + y4

		const half, shift = 1 << (fracBits - passBits - 1), fracBits - passBits
		out[0] = (t10 + u3 + half) >> shift
		out[56] = (t10 - u3 + half) >> shift
		out[8] = (t11 + u2 + half) >> shift
		out[48] = (t11 - u2 + half) >> shift
		out[16] = (t12 + u1 + half) >> shift
		out[40] = (t12 - u1 + half) >> shift
		out[24] = (t13 + u0 + half) >> shift
		out[32] = (t13 - u0 + half) >> shift
	}
	// 3 bits more for the factor 8 of both passes; 128 is the level shift of T.81, A.3.1, put into the
	// rounding.
	const shift = fracBits + passBits + 3
	const half = 1<<(shift-1) + 128<<shift
	// The row pass where inputs 4 to 7 are zero, with the products that are left.
	if cols == 4 {
		for r := range 8 {
			in := ws[8*r : 8*r+4 : 8*r+4]
			out := dst[r*stride : r*stride+8 : r*stride+8]
			z2 := in[2]
			t2, t3 := z2*c0541, z2*(c0541+c0765)
			t0 := in[0]<<fracBits + half
			t10, t13, t11, t12 := t0+t3, t0-t3, t0+t2, t0-t2
			a, b := in[3], in[1]
			y5 := (a + b) * c1175
			y3, y4 := y5-a*c1961, y5-b*c0390
			u0 := y3 - b*c0899
			u1 := y4 - a*c2562
			u2 := a*(c3072-c2562) + y3
			u3 := b*(c1501-c0899) + y4
			out[0] = clamp8((t10 + u3) >> shift)
			out[7] = clamp8((t10 - u3) >> shift)
			out[1] = clamp8((t11 + u2) >> shift)
			out[6] = clamp8((t11 - u2) >> shift)
			out[2] = clamp8((t12 + u1) >> shift)
			out[5] = clamp8((t12 - u1) >> shift)
			out[3] = clamp8((t13 + u0) >> shift)
			out[4] = clamp8((t13 - u0) >> shift)
		}
		return
	}
	for r := range 8 {
		in := ws[8*r : 8*r+8 : 8*r+8]
		out := dst[r*stride : r*stride+8 : r*stride+8]
		z2, z3 := in[2], in[6]
		z1 := (z2 + z3) * c0541
		t2 := z1 - z3*c1847
		t3 := z1 + z2*c0765
		t0 := (in[0]+in[4])<<fracBits + half
		t1 := (in[0]-in[4])<<fracBits + half
		t10, t13, t11, t12 := t0+t3, t0-t3, t1+t2, t1-t2

		u0, u1, u2, u3 := in[7], in[5], in[3], in[1]
		y1, y2, y3, y4 := u0+u3, u1+u2, u0+u2, u1+u3
		y5 := (y3 + y4) * c1175
		u0 *= c0298
		u1 *= c2053
		u2 *= c3072
		u3 *= c1501
		y1 *= -c0899
		y2 *= -c2562
		y3 = y5 - y3*c1961
		y4 = y5 - y4*c0390
		u0 += y1 + y3
		u1 += y2 + y4
		u2 += y2 + y3
		u3 += y1 + y4

		out[0] = clamp8((t10 + u3) >> shift)
		out[7] = clamp8((t10 - u3) >> shift)
		out[1] = clamp8((t11 + u2) >> shift)
		out[6] = clamp8((t11 - u2) >> shift)
		out[2] = clamp8((t12 + u1) >> shift)
		out[5] = clamp8((t12 - u1) >> shift)
		out[3] = clamp8((t13 + u0) >> shift)
		out[4] = clamp8((t13 - u0) >> shift)
	}
}

// idct4 writes the 4×4 samples that the block takes at half its size: the
// inverse 4-point transform of its lowest 4×4 frequencies.
func idct4(dst []uint8, stride int, b *[64]int32, last int) {
	if last == 0 {
		fillBlock(dst, stride, 4, clamp8((b[0]+4)>>3+128))
		return
	}
	var ws [16]int32
	for c := range 4 {
		e0, e1 := (b[c]+b[16+c])<<fracBits, (b[c]-b[16+c])<<fracBits
		z := (b[8+c] + b[24+c]) * c0541
		o0, o1 := z+b[8+c]*c0765, z-b[24+c]*c1847
		const half, shift = 1 << (fracBits - passBits - 1), fracBits - passBits
		ws[c] = (e0 + o0 + half) >> shift
		ws[12+c] = (e0 - o0 + half) >> shift
		ws[4+c] = (e1 + o1 + half) >> shift
		ws[8+c] = (e1 - o1 + half) >> shift
	}
	const shift = fracBits + passBits + 3
	const half = 1<<(shift-1) + 128<<shift
	for r := range 4 {
		in := ws[4*r : 4*r+4 : 4*r+4]
		out := dst[r*stride : r*stride+4 : r*stride+4]
		e0, e1 := (in[0]+in[2])<<fracBits+half, (in[0]-in[2])<<fracBits+half
		z := (in[1] + in[3]) * c0541
		o0, o1 := z+in[1]*c0765, z-in[3]*c1847
		out[0] = clamp8((e0 + o0) >> shift)
		out[3] = clamp8((e0 - o0) >> shift)
		out[1] = clamp8((e1 + o1) >> shift)
		out[2] = clamp8((e1 - o1) >> shift)
	}
}

// idct2 writes the 2×2 samples that the block takes at a quarter of its size.
func idct2(dst []uint8, stride int, b *[64]int32, last int) {
	if last == 0 {
		fillBlock(dst, stride, 2, clamp8((b[0]+4)>>3+128))
		return
	}
	s, d := b[0]+b[8], b[0]-b[8]
	t, e := b[1]+b[9], b[1]-b[9]
	dst[0] = clamp8((s+t+4)>>3 + 128)
	dst[1] = clamp8((s-t+4)>>3 + 128)
	dst[stride] = clamp8((d+e+4)>>3 + 128)
	dst[stride+1] = clamp8((d-e+4)>>3 + 128)
}

// idct1 writes the one sample that the block takes at an eighth of its size: its mean.
func idct1(dst []uint8, _ int, b *[64]int32, _ int) {
	dst[0] = clamp8((b[0]+4)>>3 + 128)
}

func fillBlock(dst []uint8, stride, n int, v uint8) {
	for r := range n {
		row := dst[r*stride : r*stride+n]
		for i := range row {
			row[i] = v
		}
	}
}
