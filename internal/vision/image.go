// Package vision holds the algorithms on pixels: scaling, color spaces and
// histograms, histograms of oriented gradients, local binary patterns,
// co-occurrence matrices, Gabor energies and moments. It knows no file format.
package vision

// Image is a picture of 8-bit planes, row by row without padding.
//
// Y is the luma of BT.601 in full range (0.299 R + 0.587 G + 0.114 B). Of a
// gray picture R, G and B are the same memory as Y.
type Image struct {
	Width, Height int
	Y, R, G, B    []uint8 // each [Height*Width]
}

// NewGray returns a black gray picture.
func NewGray(width, height int) *Image {
	p := make([]uint8, width*height)
	return &Image{Width: width, Height: height, Y: p, R: p, G: p, B: p}
}

// NewColor returns a black picture with planes of its own.
func NewColor(width, height int) *Image {
	n := width * height
	p := make([]uint8, 4*n)
	return &Image{
		Width: width, Height: height,
		Y: p[:n:n], R: p[n : 2*n : 2*n], G: p[2*n : 3*n : 3*n], B: p[3*n : 4*n : 4*n],
	}
}

// FromRGB makes a picture of interleaved 8-bit RGB, 3*width*height bytes.
func FromRGB(width, height int, rgb []uint8) *Image {
	m := NewColor(width, height)
	for i := range m.Y {
		r, g, b := rgb[3*i], rgb[3*i+1], rgb[3*i+2]
		m.R[i], m.G[i], m.B[i] = r, g, b
		m.Y[i] = Luma(r, g, b)
	}
	return m
}

// FromGray makes a picture whose luma is y (not copied).
func FromGray(width, height int, y []uint8) *Image {
	return &Image{Width: width, Height: height, Y: y, R: y, G: y, B: y}
}

// IsGray reports whether the picture has luma only.
func (m *Image) IsGray() bool { return len(m.Y) == 0 || &m.R[0] == &m.Y[0] }

// Luma is BT.601's weighting of R, G and B, rounded.
func Luma(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

// Orient undoes the orientation o of EXIF 2.3 (tag 0x0112, 1 to 8): the result
// is the picture as it is to be seen. Any other o means upright.
func (m *Image) Orient(o int) *Image {
	if o < 2 || o > 8 {
		return m
	}
	turned := o >= 5
	w, h := m.Width, m.Height
	if turned {
		w, h = h, w
	}
	var out *Image
	planes := [][2][]uint8{}
	if m.IsGray() {
		out = NewGray(w, h)
		planes = append(planes, [2][]uint8{out.Y, m.Y})
	} else {
		out = NewColor(w, h)
		planes = append(planes, [2][]uint8{out.Y, m.Y}, [2][]uint8{out.R, m.R}, [2][]uint8{out.G, m.G}, [2][]uint8{out.B, m.B})
	}
	// The source pixel of output (x, y) is start + x*dx + y*dy.
	var start, dx, dy int
	sw, last := m.Width, m.Width*m.Height-1
	switch o {
	case 2: // mirrored
		start, dx, dy = sw-1, -1, sw
	case 3: // upside down
		start, dx, dy = last, -1, -sw
	case 4: // upside down and mirrored
		start, dx, dy = last-sw+1, 1, -sw
	case 5: // transposed
		start, dx, dy = 0, sw, 1
	case 6: // to be turned clockwise
		start, dx, dy = last-sw+1, -sw, 1
	case 7: // transposed along the other diagonal
		start, dx, dy = last, -sw, -1
	case 8: // to be turned anticlockwise
		start, dx, dy = sw-1, sw, -1
	}
	for _, p := range planes {
		dst, src := p[0], p[1]
		i := 0
		for y := range h {
			s := start + y*dy
			for range w {
				dst[i] = src[s]
				i++
				s += dx
			}
		}
	}
	return out
}
