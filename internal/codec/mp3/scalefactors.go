package mp3

// A band's intensity position that rules intensity stereo out.
const noPosition = 0xff

// The bits of the scale factors of the lower and the upper bands, by
// scalefac_compress (ISO/IEC 11172-3, 2.4.2.7).
var (
	lowBits  = [16]int{0, 0, 0, 0, 3, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4}
	highBits = [16]int{0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 2, 3}
)

// scfsiBands are the groups of bands that the second granule may share.
var scfsiBands = [5]int{0, 6, 11, 16, 21}

// readFactors reads the scale factors of MPEG-1; before are the ones of the
// granule before where shared allows to keep them.
func (g *granule) readFactors(r *bitReader, s shape, shared [4]bool, factors *[39]uint8) {
	low, high := lowBits[g.compress], highBits[g.compress]
	if g.blockType == shortBlock {
		border := s.long + 3*(6-s.short)
		readRun(r, factors[:border], low)
		readRun(r, factors[border:s.bands()-3], high)
		clear(factors[s.bands()-3:])
		return
	}
	for i, keep := range shared {
		if keep {
			continue
		}
		bits := low
		if i >= 2 {
			bits = high
		}
		readRun(r, factors[scfsiBands[i]:scfsiBands[i+1]], bits)
	}
	clear(factors[21:])
}

// lsfRuns are the numbers of scale factors in the four runs of a granule of
// MPEG-2, by the class of scalefac_compress and by long, short and mixed
// blocks (ISO/IEC 13818-3, 2.4.3.2).
var lsfRuns = [6][3][4]int{
	{{6, 5, 5, 5}, {9, 9, 9, 9}, {6, 9, 9, 9}},
	{{6, 5, 7, 3}, {9, 9, 12, 6}, {6, 9, 12, 6}},
	{{11, 10, 0, 0}, {18, 18, 0, 0}, {15, 18, 0, 0}},
	{{7, 7, 7, 0}, {12, 12, 12, 0}, {6, 15, 12, 0}},
	{{6, 6, 6, 3}, {12, 9, 9, 6}, {6, 12, 9, 6}},
	{{8, 8, 5, 0}, {15, 12, 9, 0}, {6, 18, 9, 0}},
}

// readLSFFactors reads the scale factors of MPEG-2 and 2.5. Of the right
// channel of intensity stereo they are positions.
func (g *granule) readLSFFactors(r *bitReader, positions bool, factors *[39]uint8) {
	// ISO/IEC 13818-3, 2.4.3.2: slen1 to slen4 are digits of scalefac_compress, in the bases of its
	// range.
	c := g.compress
	var bits [4]int
	var class int
	switch {
	// The lowest bit of intensity positions is the table of ratios, see joint.
	case positions && c>>1 < 180:
		c >>= 1
		class, bits = 3, [4]int{c / 36, c % 36 / 6, c % 6, 0}
	case positions && c>>1 < 244:
		c = c>>1 - 180
		class, bits = 4, [4]int{c >> 4 & 3, c >> 2 & 3, c & 3, 0}
	case positions:
		c = c>>1 - 244
		class, bits = 5, [4]int{c / 3, c % 3, 0, 0}
	case c < 400:
		class, bits = 0, [4]int{c >> 4 / 5, c >> 4 % 5, c >> 2 & 3, c & 3}
	case c < 500:
		c -= 400
		class, bits = 1, [4]int{c >> 2 / 5, c >> 2 % 5, c & 3, 0}
	default:
		c -= 500
		class, bits = 2, [4]int{c / 3, c % 3, 0, 0}
		// Only the last range has preflag, which MPEG-1 has a bit for.
		g.preflag = true
	}
	kind := 0
	if g.blockType == shortBlock {
		if kind = 1; g.mixed {
			kind = 2
		}
	}
	at := 0
	for i, n := range lsfRuns[class][kind] {
		run := factors[at : at+n]
		readRun(r, run, bits[i])
		if positions && bits[i] > 0 {
			for k, f := range run {
				// The largest value of each run is no position, whatever its width.
				if int(f) == 1<<bits[i]-1 {
					run[k] = noPosition
				}
			}
		}
		at += n
	}
	clear(factors[at:])
}

// readRun reads numbers of equal size.
func readRun(r *bitReader, dst []uint8, bits int) {
	if bits == 0 {
		clear(dst)
		return
	}
	for i := range dst {
		dst[i] = uint8(r.read(bits))
	}
}
