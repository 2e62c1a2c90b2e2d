package vision

import (
	"math"
	"sync"
)

// ZernikeOrder is the highest order of the moments of [Zernike].
const ZernikeOrder = 8

// ZernikeLen is how many moments there are up to ZernikeOrder, m ≥ 0.
const ZernikeLen = 25

// zernikeSide is the side of the square that a picture is brought to.
const zernikeSide = 32

// zernikeBasis holds the complex polynomials over the square [ZernikeLen][side²],
// zero outside the inscribed disc.
var zernikeBasis = sync.OnceValue(func() *[ZernikeLen][2][zernikeSide * zernikeSide]float32 {
	t := new([ZernikeLen][2][zernikeSide * zernikeSide]float32)
	k := 0
	for n := 0; n <= ZernikeOrder; n++ {
		for m := n & 1; m <= n; m += 2 {
			inside := 0
			for i := range zernikeSide * zernikeSide {
				x := (2*float64(i%zernikeSide) + 1 - zernikeSide) / zernikeSide
				y := (2*float64(i/zernikeSide) + 1 - zernikeSide) / zernikeSide
				rho := math.Hypot(x, y)
				if rho > 1 {
					continue
				}
				inside++
				sin, cos := math.Sincos(float64(m) * math.Atan2(y, x))
				r := zernikeRadial(n, m, rho)
				t[k][0][i], t[k][1][i] = float32(r*cos), float32(-r*sin)
			}
			f := float32(n+1) / float32(inside)
			for i := range zernikeSide * zernikeSide {
				t[k][0][i] *= f
				t[k][1][i] *= f
			}
			k++
		}
	}
	return t
})

// zernikeRadial is the radial polynomial R_nm.
func zernikeRadial(n, m int, rho float64) float64 {
	factorial := func(k int) float64 { return math.Gamma(float64(k) + 1) }
	sum, sign := 0.0, 1.0
	for s := 0; s <= (n-m)/2; s++ {
		c := factorial(n-s) / (factorial(s) * factorial((n+m)/2-s) * factorial((n-m)/2-s))
		sum += sign * c * math.Pow(rho, float64(n-2*s))
		sign = -sign
	}
	return sum
}

// Zernike writes the moduli of the Zernike moments of the plane, brought to a
// square, over its inscribed disc to dst [ZernikeLen], orders 0 to
// ZernikeOrder: A. Khotanzad and Y. Hong, "Invariant image recognition by
// Zernike moments", PAMI 12 (1990). They don't change when the plane is turned.
func Zernike(dst []float32, y []uint8, width, height int) {
	sq := Resize(nil, y, width, height, zernikeSide, zernikeSide)
	var f [zernikeSide * zernikeSide]float32
	for i, v := range sq {
		f[i] = float32(v) / 255
	}
	for k := range zernikeBasis() {
		b := &zernikeBasis()[k]
		var re, im float32
		for i, v := range f[:] {
			re += v * b[0][i]
			im += v * b[1][i]
		}
		dst[k] = float32(math.Hypot(float64(re), float64(im)))
	}
}
