package vision

import "math/bits"

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
