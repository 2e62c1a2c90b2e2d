package celt

import "math"

// haar adds and subtracts neighbours, which lie so far apart: it doubles the
// resolution in time or in frequency of interleaved blocks (RFC 6716, section 4.3.4.5).
func haar(x []float32, stride int) {
	for at := 0; at+2*stride <= len(x); at += 2 * stride {
		for i := at; i < at+stride; i++ {
			a, b := math.Sqrt2/2*x[i], math.Sqrt2/2*x[i+stride]
			x[i], x[i+stride] = a+b, a-b
		}
	}
}

// Blocks that came of splitting are ordered by frequency: orders[log2 of how many - 1]
// has the place of each.
var orders = [4][]int{
	{1, 0},
	{3, 0, 2, 1},
	{7, 0, 4, 3, 6, 1, 5, 2},
	{15, 0, 8, 7, 12, 3, 11, 4, 14, 1, 9, 6, 13, 2, 10, 5},
}

// placeOf returns where block k of so many is put.
func placeOf(k, blocks int, split bool) int {
	if !split {
		return k
	}
	for _, o := range orders {
		if len(o) == blocks {
			return o[k]
		}
	}
	return k
}

// deinterleave puts the coefficients of each block together.
func (s *shapes) deinterleave(x []float32, blocks int, split bool) {
	n := len(x) / blocks
	y := s.ordered[:len(x)]
	for k := range blocks {
		to := y[placeOf(k, blocks, split)*n:][:n]
		for i := range to {
			to[i] = x[i*blocks+k]
		}
	}
	copy(x, y)
}

// interleave undoes deinterleave.
func (s *shapes) interleave(x []float32, blocks int, split bool) {
	n := len(x) / blocks
	y := s.ordered[:len(x)]
	for k := range blocks {
		from := x[placeOf(k, blocks, split)*n:][:n]
		for i, v := range from {
			y[i*blocks+k] = v
		}
	}
	copy(x, y)
}

// mergeMask halves a mask: of two blocks that become one.
func mergeMask(mask uint) (half uint) {
	for k := range 4 {
		if mask>>(2*k)&3 != 0 {
			half |= 1 << k
		}
	}
	return half
}

// splitMask doubles a mask.
func splitMask(mask uint) (double uint) {
	for k := range 4 {
		double |= mask >> k & 1 * 3 << (2 * k)
	}
	return double
}

// spread turns neighbours, and coefficients further apart, a little into each
// other, the more so the fewer pulses there are (section 4.3.4.3).
func spread(x []float32, blocks, pulses, how int) {
	n := len(x)
	if how == spreadNone || 2*pulses >= n {
		return
	}
	factor := [4]int{0, 15, 10, 5}[how]
	gain := float64(n) / float64(n+factor*pulses)
	sin, cos := math.Sincos(math.Pi / 4 * gain * gain)
	far := 0
	if n >= 8*blocks {
		// The root of the length, rounded.
		for far = 1; (far*far+far)*blocks+blocks/4 < n; {
			far++
		}
	}
	each := n / blocks
	for at := 0; at+each <= n; at += each {
		if far > 0 {
			turn(x[at:at+each], far, float32(sin), float32(cos))
		}
		turn(x[at:at+each], 1, float32(cos), float32(sin))
	}
}

// turn turns each pair that lies so far apart, forwards and then back.
func turn(x []float32, stride int, cos, sin float32) {
	for i := range len(x) - stride {
		a, b := x[i], x[i+stride]
		x[i], x[i+stride] = cos*a-sin*b, cos*b+sin*a
	}
	for i := len(x) - 2*stride - 1; i >= 0; i-- {
		a, b := x[i], x[i+stride]
		x[i], x[i+stride] = cos*a-sin*b, cos*b+sin*a
	}
}
