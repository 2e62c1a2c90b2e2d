package dsp

import "math"

// Log is the natural logarithm of a positive, normal x to within 2e-7
// absolute plus two float32 roundings; other values give an arbitrary finite number.
//
// x = m·2^e with m in [√½, √2); ln m = 2·atanh(s), s = (m-1)/(m+1), by its
// odd series, which converges quickly since |s| < 0.1716.
func Log(x float32) float32 {
	b := math.Float32bits(x)
	e := int32(b-0x3f3504f3) >> 23
	m := math.Float32frombits(b - uint32(e)<<23)
	s := (m - 1) / (m + 1)
	z := s * s
	return float32(e)*math.Ln2 + s*(2+z*(2.0/3+z*(2.0/5+z*(2.0/7+z*(2.0/9)))))
}

// AddLog replaces every value v >= 0 of x by ln(v + floor); floor > 0.
func AddLog(x []float32, floor float32) {
	for i, v := range x {
		x[i] = Log(v + floor)
	}
}
