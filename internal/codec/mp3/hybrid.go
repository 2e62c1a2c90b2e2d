package mp3

import "math"

// butterflies are the coefficients cs and ca of the alias reduction (ISO/IEC
// 11172-3, table 3-B.9).
var butterflies = func() (t [8][2]float32) {
	for i, c := range [8]float64{-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037} {
		n := math.Sqrt(1 + c*c)
		t[i] = [2]float32{float32(1 / n), float32(c / n)}
	}
	return t
}()

// windows are the windows of long blocks by block type (2.4.3.4.10.3), and in
// the place of the short type that of one short block.
var windows = func() (t [4][36]float32) {
	for i := range 36 {
		long := math.Sin(math.Pi / 36 * (float64(i) + 0.5))
		rise := math.Sin(math.Pi / 12 * (float64(i%6) + 0.5))
		fall := math.Cos(math.Pi / 12 * (float64(i%6) + 0.5))
		t[0][i] = float32(long)
		switch i / 6 {
		case 0:
			t[1][i], t[3][i] = float32(long), 0
			t[shortBlock][i] = float32(rise)
		case 1:
			t[1][i], t[3][i] = float32(long), float32(rise)
			t[shortBlock][i] = float32(fall)
		case 2:
			t[1][i], t[3][i] = float32(long), 1
		case 3:
			t[1][i], t[3][i] = 1, float32(long)
		case 4:
			t[1][i], t[3][i] = float32(fall), float32(long)
		case 5:
			t[1][i], t[3][i] = 0, float32(long)
		}
	}
	return t
}()

// slots are the subband samples of a granule: 18 of each of 32 subbands.
type slots [18][32]float32

// hybrid turns the first n lines of a granule into subband samples: it brings
// short blocks into order, reduces aliases, transforms and overlaps.
func (g *granule) hybrid(row int, s shape, lines *[576]float32, n int, overlap *[576]float32, out *slots) {
	// Of a mixed block the first two subbands are long (2.4.3.4.10).
	long := 32 // subbands of long blocks
	if g.blockType == shortBlock {
		if long = 0; s.long > 0 {
			long = 2
		}
		// Short lines come window by window; the transform takes three windows side by side.
		n = interleave(row, s, lines, n)
	}
	// Aliases reach 8 lines into the next subband.
	used := min(32, (n+17)/18)
	if long > 0 {
		used = min(32, (n+17+8)/18)
	}
	// Between long subbands only (2.4.3.4.10.1).
	for sb := 1; sb < min(long, used); sb++ {
		x := (*[16]float32)(lines[18*sb-8:])
		for i, c := range butterflies {
			a, b := x[7-i], x[8+i]
			x[7-i], x[8+i] = a*c[0]-b*c[1], b*c[0]+a*c[1]
		}
	}
	for sb := range 32 {
		x := (*[18]float32)(lines[18*sb:])
		tail := (*[18]float32)(overlap[18*sb:])
		switch {
		// Silence in, but the second half of the block before still sounds.
		case sb >= used:
			for t, v := range tail {
				out[t][sb] = v
			}
			*tail = [18]float32{}
		case sb < long:
			kind := g.blockType
			if g.mixed && sb < 2 || kind == shortBlock {
				// The long part of a mixed block has the normal window.
				kind = 0
			}
			imdct36(x, &windows[kind], tail, sb, out)
		default:
			imdct12(x, tail, sb, out)
		}
		if sb%2 == 1 { // the polyphase filter mirrors every second subband
			for t := 1; t < 18; t += 2 {
				out[t][sb] = -out[t][sb]
			}
		}
	}
}

// interleave brings the lines of short blocks from window after window of each
// band into the order of frequency, the windows side by side. It returns the
// number of lines that are not sure to be 0.
func interleave(row int, s shape, lines *[576]float32, n int) int {
	var band [3 * 66]float32 // the widest one is of 66 lines
	at := int(longBands[row][s.long])
	for i := s.short; i < 13 && at < n; i++ {
		w := int(shortWidths[row][i])
		b := lines[at : at+3*w]
		for k := range w {
			band[3*k], band[3*k+1], band[3*k+2] = b[k], b[w+k], b[2*w+k]
		}
		copy(b, band[:])
		at += 3 * w
	}
	return max(n, at)
}

// imdct36 transforms 18 lines into 36 samples, windows them and adds their
// first half to the tail of the block before; the second half is the new tail
// (2.4.3.4.10.2).
func imdct36(x *[18]float32, window *[36]float32, tail *[18]float32, sb int, out *slots) {
	var y [18]float32
	dct4of18(x, &y)
	for i := range 9 {
		out[i][sb] = tail[i] + y[9+i]*window[i]
		out[9+i][sb] = tail[9+i] - y[17-i]*window[9+i]
	}
	for i := range 9 {
		tail[i] = -y[8-i] * window[18+i]
		tail[9+i] = -y[i] * window[27+i]
	}
}

// imdct12 does so for three short blocks of 6 lines side by side, which
// overlap in the middle of the 36 samples.
func imdct12(x *[18]float32, tail *[18]float32, sb int, out *slots) {
	var z [36]float32
	win := &windows[shortBlock]
	for w := range 3 {
		var y [6]float32
		for i := range y {
			c := &cos12[i]
			y[i] = x[w]*c[0] + x[3+w]*c[1] + x[6+w]*c[2] + x[9+w]*c[3] + x[12+w]*c[4] + x[15+w]*c[5]
		}
		o := z[6+6*w : 18+6*w]
		for i := range 3 {
			o[i] += y[3+i] * win[i]
			o[3+i] -= y[5-i] * win[3+i]
			o[6+i] -= y[2-i] * win[6+i]
			o[9+i] -= y[i] * win[9+i]
		}
	}
	for i := range 18 {
		out[i][sb] = tail[i] + z[i]
		tail[i] = z[18+i]
	}
}

// cos12[n][k] is cos(π/24 (2n+1)(2k+1)), the matrix of the DCT-IV of 6.
var cos12 = func() (t [6][6]float32) {
	for n := range t {
		for k := range t[n] {
			t[n][k] = float32(math.Cos(math.Pi / 24 * float64((2*n+1)*(2*k+1))))
		}
	}
	return t
}()

// secants holds 1/(2 cos(π(2n+1)/72)) and 1/(2 cos(π(2n+1)/36)).
var secants18, secants9 = func() (a [18]float32, b [9]float32) {
	for n := range a {
		a[n] = float32(0.5 / math.Cos(math.Pi*float64(2*n+1)/72))
	}
	for n := range b {
		b[n] = float32(0.5 / math.Cos(math.Pi*float64(2*n+1)/36))
	}
	return a, b
}()

// dct4of18 computes y[n] = Σ x[k] cos(π/72 (2n+1)(2k+1)). As 2 cos a cos b =
// cos(a+b) + cos(a-b), a DCT-IV times 2 cos(π(2n+1)/72) is the DCT-III of
// x[k] + x[k-1]. That one is the DCT-III of its even terms and, mirrored with
// a change of sign, the DCT-IV of its odd ones, to which the same applies.
func dct4of18(x, y *[18]float32) {
	var even, odd [9]float32
	even[0] = x[0]
	odd[0] = x[1] + x[0]
	for k := 1; k < 9; k++ {
		even[k] = x[2*k] + x[2*k-1]
		odd[k] = x[2*k+1] + x[2*k]
	}
	for k := 8; k > 0; k-- {
		odd[k] += odd[k-1]
	}
	dct3of9(&even)
	dct3of9(&odd)
	for n := range 9 {
		e, o := even[n], odd[n]*secants9[n]
		y[n] = (e + o) * secants18[n]
		y[17-n] = (e - o) * secants18[17-n]
	}
}

// The cosines of multiples of 10 degrees.
const (
	cos10 = 0.98480775301220805937
	cos20 = 0.93969262078590838405
	cos30 = 0.86602540378443864676
	cos40 = 0.76604444311897803520
	cos50 = 0.64278760968653932632
	cos70 = 0.34202014332566873304
	cos80 = 0.17364817766693034885
)

// dct3of9 computes y[n] = Σ x[k] cos(π/18 k(2n+1)) in place.
func dct3of9(x *[9]float32) {
	a, b := x[0]+0.5*x[6], x[0]-x[6]
	c := x[2] - x[4] - x[8]
	e0 := a + cos20*x[2] + cos40*x[4] + cos80*x[8]
	e1 := b + 0.5*c
	e2 := a - cos80*x[2] - cos20*x[4] + cos40*x[8]
	e3 := a - cos40*x[2] + cos80*x[4] - cos20*x[8]
	e4 := b - c
	o0 := cos10*x[1] + cos30*x[3] + cos50*x[5] + cos70*x[7]
	o1 := cos30 * (x[1] - x[5] - x[7])
	o2 := cos50*x[1] - cos30*x[3] - cos70*x[5] + cos10*x[7]
	o3 := cos70*x[1] - cos30*x[3] + cos10*x[5] - cos50*x[7]
	*x = [9]float32{e0 + o0, e1 + o1, e2 + o2, e3 + o3, e4, e3 - o3, e2 - o2, e1 - o1, e0 - o0}
}
