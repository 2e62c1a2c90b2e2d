package vision

import (
	"encoding/binary"
	"math/bits"
)

// Local binary patterns: T. Ojala, M. Pietikäinen and T. Mäenpää,
// "Multiresolution gray-scale and rotation invariant texture classification
// with local binary patterns", PAMI 24 (2002).

// RotationInvariantBins is the length of a histogram of rotation-invariant
// uniform patterns of 8 neighbours: 0 to 8 ones in a row, and the rest.
const RotationInvariantBins = 10

// UniformBins is the length of a histogram of uniform patterns of 8
// neighbours that keep their direction: 58 of at most two changes, and the rest.
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
// 8 neighbours on a circle of radius 1 to dst [RotationInvariantBins]: what
// skimage.feature.local_binary_pattern(y, 8, 1, "uniform") gives. Neighbours
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
	for r := range height {
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
		if r+1 < height {
			copy(rows[2][1:], y[(r+1)*width:(r+2)*width])
		} else {
			clear(rows[2])
		}
		up, mid, down := rows[0], rows[1][:len(rows[0])], rows[2][:len(rows[0])]
		for i := 2; i < len(up); i++ {
			dst[rotationInvariant[circlePattern(up[i-2:i+1], mid[i-2:i+1], down[i-2:i+1])]]++
		}
	}
}

// Weights of the diagonal neighbour at (√½, √½), rounded to five digits as
// skimage rounds it: of the two pixels beside, and of the one in the corner.
const (
	besideWeight = 70711 * 29289
	cornerWeight = 70711 * 70711
)

// circlePattern sets bit k where the neighbour at k·45° is not below the
// middle. All is exact: the interpolated neighbour is compared in whole numbers.
func circlePattern(up, mid, down []uint8) uint8 {
	_, _, _ = up[2], mid[2], down[2]
	c := int64(mid[1])
	n, s, e, w := int64(up[1])-c, int64(down[1])-c, int64(mid[2])-c, int64(mid[0])-c
	nw, ne, sw, se := int64(up[0])-c, int64(up[2])-c, int64(down[0])-c, int64(down[2])-c
	ne = besideWeight*(n+e) + cornerWeight*ne
	nw = besideWeight*(n+w) + cornerWeight*nw
	sw = besideWeight*(s+w) + cornerWeight*sw
	se = besideWeight*(s+e) + cornerWeight*se
	below := uint64(e)>>63 | uint64(ne)>>63<<1 | uint64(n)>>63<<2 | uint64(nw)>>63<<3 |
		uint64(w)>>63<<4 | uint64(sw)>>63<<5 | uint64(s)>>63<<6 | uint64(se)>>63<<7
	return ^uint8(below)
}

// LBPCodes writes the patterns of the 3 × 3 squares around the pixels inside
// the border, row by row [(height-2)*(width-2)], and returns them: bit k is set
// where the neighbour at k·45° is not below the middle (Ojala's first form, the
// neighbours on the square instead of the circle). A plane less than 3 pixels
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

// codes8 is code1 of eight neighbours at once, a byte each.
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
	var a, b [256]uint32 // two, so that equal patterns in a row don't wait for each other
	i := 0
	for ; i+2 <= len(codes); i += 2 {
		a[codes[i]]++
		b[codes[i+1]]++
	}
	for ; i < len(codes); i++ {
		a[codes[i]]++
	}
	for p, bin := range table {
		dst[bin] += a[p] + b[p]
	}
}
