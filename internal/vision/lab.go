package vision

import "math"

// Lab converts one sRGB pixel to CIE 1976 L*a*b* under D65 (CIE 15:2004):
// L* in [0, 100], a* and b* about [-110, 110].
func Lab(r, g, b uint8) (l, a, bb float32) {
	lin := func(c uint8) float64 {
		v := float64(c) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return 7.787*t + 16.0/116
	}
	lr, lg, lb := lin(r), lin(g), lin(b)
	x := f((0.412453*lr + 0.357580*lg + 0.180423*lb) / 0.95047)
	y := f(0.212671*lr + 0.715160*lg + 0.072169*lb)
	z := f((0.019334*lr + 0.119193*lg + 0.950227*lb) / 1.08883)
	return float32(116*y - 16), float32(500 * (x - y)), float32(200 * (y - z))
}
