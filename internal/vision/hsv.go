package vision

import "sync"

// reciprocal holds ceil(2^40/d): n*reciprocal[d]>>40 is the exact n/d for every
// n below 2^28 and d up to 6·255.
var reciprocal = func() (t [6*255 + 1]uint64) {
	for d := 1; d < len(t); d++ {
		t[d] = (1<<40 + uint64(d) - 1) / uint64(d)
	}
	return t
}()

// hueTurn returns a hue as the fraction num/(6·delta) of a turn, delta > 0, for
// the largest sample hi and the chroma delta (A. R. Smith, "Color gamut
// transform pairs", SIGGRAPH 1978).
func hueTurn(r, g, b, hi, delta int32) int32 {
	switch hi {
	case r:
		n := g - b
		if n < 0 {
			n += 6 * delta
		}
		return n
	case g:
		return b - r + 2*delta
	default:
		return r - g + 4*delta
	}
}

// HSVHistograms adds the counts of hue, saturation and value of every pixel,
// each in bins equal parts of [0, 1], to dst [3*bins]: what numpy.histogram
// yields of skimage.color.rgb2hsv. The hue of a gray pixel is 0.
func HSVHistograms(dst []uint32, m *Image, bins int) {
	n := uint64(bins)
	last := bins - 1
	var valueBin [256]uint8
	for v := range valueBin {
		// numpy.histogram's bins are half-open but for the last.
		valueBin[v] = uint8(min(v*bins/255, last))
	}
	h, s, v := dst[:bins], dst[bins:2*bins], dst[2*bins:3*bins]
	if m.IsGray() {
		h[0] += uint32(len(m.Y))
		s[0] += uint32(len(m.Y))
		for _, y := range m.Y {
			v[valueBin[y]]++
		}
		return
	}
	rs := m.R
	gs, bs := m.G[:len(rs)], m.B[:len(rs)]
	for i := range rs {
		r, g, b := int32(rs[i]), int32(gs[i]), int32(bs[i])
		hi, lo := max(r, g, b), min(r, g, b)
		v[valueBin[hi]]++
		delta := hi - lo
		if delta == 0 {
			h[0]++
			s[0]++
			continue
		}
		num := n * uint64(delta)
		// Division by a multiplication with 2⁴⁰/x, exact in these ranges.
		bin := num * reciprocal[hi] >> 40
		// On the edge between two bins the rounding of skimage's floats decides: computed as there.
		if bin*uint64(hi) == num {
			bin = uint64(edgeSaturation(hi, lo, bins))
		}
		s[bin]++
		num = n * uint64(hueTurn(r, g, b, hi, delta))
		bin = num * reciprocal[6*delta] >> 40
		if bin*uint64(6*delta) == num {
			bin = uint64(edgeHue(r, g, b, hi, lo, bins))
		}
		h[bin]++
	}
}

// edgeSaturation and edgeHue find the bin of a value that lies on an edge
// between two: there the rounding of skimage's float64 arithmetic decides.
func edgeSaturation(hi, lo int32, bins int) int {
	v := float64(hi) / 255
	s := (v - float64(lo)/255) / v
	return min(int(s*float64(bins)), bins-1)
}

func edgeHue(r, g, b, hi, lo int32, bins int) int {
	fr, fg, fb := float64(r)/255, float64(g)/255, float64(b)/255
	delta := float64(hi)/255 - float64(lo)/255
	// The order of the cases is skimage's: of equal samples the last one counts.
	var h float64
	switch hi {
	case b:
		h = 4 + float64(fr-fg)/delta
	case g:
		h = 2 + float64(fb-fr)/delta
	default:
		h = float64(fg-fb) / delta
	}
	h /= 6
	if h < 0 {
		h++
	}
	return min(int(h*float64(bins)), bins-1)
}

// HSV converts one pixel to hue, saturation and value in [0, 1].
func HSV(r, g, b uint8) (h, s, v float32) {
	ri, gi, bi := int32(r), int32(g), int32(b)
	hi, lo := max(ri, gi, bi), min(ri, gi, bi)
	v = float32(hi) / 255
	if delta := hi - lo; delta > 0 {
		s = float32(delta) / float32(hi)
		h = float32(hueTurn(ri, gi, bi, hi, delta)) / float32(6*delta)
	}
	return h, s, v
}

// colorCells is the number of colors of 5 bits a channel; a table over them
// holds what is computed per color.
const colorCells = 1 << 15

// colorCell is the index of a pixel's cell.
func colorCell(r, g, b uint8) int {
	return int(r>>3)<<10 | int(g>>3)<<5 | int(b>>3)
}

// cellColor is the middle of a cell.
func cellColor(i int) (r, g, b uint8) {
	return uint8(i>>10)<<3 | 4, uint8(i>>5&31)<<3 | 4, uint8(i&31)<<3 | 4
}

// labTable holds CIE L*a*b* of the middle of every color cell.
var labTable = sync.OnceValue(func() *[colorCells][3]float32 {
	t := new([colorCells][3]float32)
	for i := range t {
		l, a, b := Lab(cellColor(i))
		t[i] = [3]float32{l, a, b}
	}
	return t
})
