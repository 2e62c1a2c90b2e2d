package vision

import (
	"encoding/binary"
	"math/bits"
)

// Local binary patterns: T. Ojala, M. Pietikäinen and T. Mäenpää,
// "Multiresolution gray-scale and rotation invariant texture classification
// with local binary patterns", PAMI 24 (2002).

// RotationInvariantBins is the length of a histogram of rotation-invariant
// uniform patterns of 8 neighbors: 0 to 8 ones in a row, and the rest.
const RotationInvariantBins = 10

// UniformBins is the length of a histogram of uniform patterns of 8
// neighbors that keep their direction: 58 of at most two changes, and the rest.
const UniformBins = 59

// rotationInvariant maps a pattern of 8 bits to its bin of RotationInvariantBins.
var rotationInvariant, uniform = func() (ri, u [256]uint8) {
	next := uint8(0)
	for p := range 256 {
		changes := bits.OnesCount8(uint8(p) ^ bits.RotateLeft8(uint8(p), 1))
		ri[p], u[p] = RotationInvariantBins-1, UniformBins-1
		if changes <= 2 {
			ri[p] = uint8(bits.OnesCount8(uint8(p)))
			u[p] = next
			next++
		}
	}
	return
}()

// CircularLBP adds the histogram of the rotation-invariant uniform patterns of
// 8 neighbors on a circle of radius 1 to dst [RotationInvariantBins]: what
// skimage.feature.local_binary_pattern(y, 8, 1, "uniform") yields. Neighbors
// between pixels are interpolated; beyond the border they are 0.
func CircularLBP(dst []uint32, y []uint8, width, height int) {
	if width < 1 || height < 1 {
		return
	}
	// Rows with a border of one zero pixel on all sides.
	w := width + 2
	buf := make([]uint8, 3*w)
	rows := [3][]uint8{buf[:w], buf[w : 2*w], buf[2*w:]}
	copy(rows[2][1:], y[:width])
	codes := make([]uint8, width)
	for r := range height {
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
		if r+1 < height {
			copy(rows[2][1:], y[(r+1)*width:(r+2)*width])
		} else {
			clear(rows[2])
		}
		circlePatterns(codes, rows[0], rows[1], rows[2])
		RotationInvariant(dst, codes)
	}
}

// Weights of the diagonal neighbor at (√½, √½), rounded to five digits as
// skimage rounds it, without their common factor: of each of the two pixels
// beside, and of the one in the corner.
const (
	besideWeight = 29289
	cornerWeight = 70711
)

// circlePatterns sets bit k of codes[i] where the neighbor of pixel i+1 of mid
// at k·45° is not below it. All is exact: the interpolated neighbor is
// compared in whole numbers.
func circlePatterns(codes, up, mid, down []uint8) {
	up, mid, down = up[:len(codes)+2], mid[:len(codes)+2], down[:len(codes)+2]
	u0, m0, d0 := int32(up[0]), int32(mid[0]), int32(down[0])
	u1, m1, d1 := int32(up[1]), int32(mid[1]), int32(down[1])
	for i := range codes {
		u2, m2, d2 := int32(up[i+2]), int32(mid[i+2]), int32(down[i+2])
		n, s, e, w := (u1-m1)*besideWeight, (d1-m1)*besideWeight, (m2-m1)*besideWeight, (m0-m1)*besideWeight
		ne := n + e + (u2-m1)*cornerWeight
		nw := n + w + (u0-m1)*cornerWeight
		sw := s + w + (d0-m1)*cornerWeight
		se := s + e + (d2-m1)*cornerWeight
		below := uint32(e)>>31 | uint32(ne)>>31<<1 | uint32(n)>>31<<2 | uint32(nw)>>31<<3 |
			uint32(w)>>31<<4 | uint32(sw)>>31<<5 | uint32(s)>>31<<6 | uint32(se)>>31<<7
		codes[i] = ^uint8(below)
		u0, m0, d0, u1, m1, d1 = u1, m1, d1, u2, m2, d2
	}
}

// LBPCodes writes the patterns of the 3 × 3 squares around the pixels inside
// the border, row by row [(height-2)*(width-2)], and returns them: bit k is set
// where the neighbor at k·45° is not below the middle (Ojala's first form, the
// neighbors on the square instead of the circle). A plane less than 3 pixels
// wide or high has none. Eight pixels are compared at a time.
func LBPCodes(dst, y []uint8, width, height int) []uint8 {
	if width < 3 || height < 3 {
		return dst[:0]
	}
	w := width - 2
	n := w * (height - 2)
	if cap(dst) < n {
		dst = make([]uint8, n)
	}
	dst = dst[:n]
	for r := range height - 2 {
		up, mid, down := y[r*width:(r+1)*width], y[(r+1)*width:(r+2)*width], y[(r+2)*width:(r+3)*width]
		out := dst[r*w : (r+1)*w]
		i := 0
		for ; i+8 <= w; i += 8 {
			binary.LittleEndian.PutUint64(out[i:], codes8(up[i:i+10], mid[i:i+10], down[i:i+10]))
		}
		if i < w && w >= 8 {
			i = w - 8 // some of the last eight a second time
			binary.LittleEndian.PutUint64(out[i:], codes8(up[i:i+10], mid[i:i+10], down[i:i+10]))
			continue
		}
		for ; i < w; i++ {
			out[i] = code1(up[i:i+3], mid[i:i+3], down[i:i+3])
		}
	}
	return dst
}

func code1(up, mid, down []uint8) (code uint8) {
	c := mid[1]
	for k, v := range [8]uint8{mid[2], up[2], up[1], up[0], mid[0], down[0], down[1], down[2]} {
		if v >= c {
			code |= 1 << k
		}
	}
	return code
}

const highBits = 0x8080808080808080

// codes8 is code1 of eight neighbors at once, a byte each.
func codes8(up, mid, down []uint8) uint64 {
	le := binary.LittleEndian
	_, _, _ = up[9], mid[9], down[9]
	c := le.Uint64(mid[1:])
	low := c &^ highBits
	return notBelow(le.Uint64(mid[2:]), c, low)>>7 |
		notBelow(le.Uint64(up[2:]), c, low)>>6 |
		notBelow(le.Uint64(up[1:]), c, low)>>5 |
		notBelow(le.Uint64(up), c, low)>>4 |
		notBelow(le.Uint64(mid), c, low)>>3 |
		notBelow(le.Uint64(down), c, low)>>2 |
		notBelow(le.Uint64(down[1:]), c, low)>>1 |
		notBelow(le.Uint64(down[2:]), c, low)
}

// notBelow sets the high bit of every byte of a that is at least that of c.
func notBelow(a, c, low uint64) uint64 {
	return (a&^c | ^(a^c)&((a|highBits)-low)) & highBits
}

// RotationInvariant and Uniform add the histograms of patterns to dst
// [RotationInvariantBins] and [UniformBins].
func RotationInvariant(dst []uint32, codes []uint8) { count(dst, codes, &rotationInvariant) }

// Uniform: see [RotationInvariant].
func Uniform(dst []uint32, codes []uint8) { count(dst, codes, &uniform) }

func count(dst []uint32, codes []uint8, table *[256]uint8) {
	// Two counters, so that equal patterns in a row don't wait for each other.
	var a, b [UniformBins + 5]uint32 // 64
	i := 0
	for ; i+2 <= len(codes); i += 2 {
		a[table[codes[i]]&63]++
		b[table[codes[i+1]]&63]++
	}
	for ; i < len(codes); i++ {
		a[table[codes[i]]&63]++
	}
	for bin := range dst {
		dst[bin] += a[bin] + b[bin]
	}
}
