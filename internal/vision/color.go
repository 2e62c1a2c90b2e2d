package vision

import (
	"math"
	"sync"
)

// ColorBins is a division of the HSV cone into bins of one joint histogram:
// hue × saturation × value, with the middle of hue bin 0 at red, and Grays bins
// of value alone for colors too pale or too dark to have a hue.
type ColorBins struct {
	Hue, Saturation, Value, Grays int
}

// Len is the number of bins.
func (c ColorBins) Len() int { return c.Hue*c.Saturation*c.Value + c.Grays }

// paleBelow is the saturation and the value below which a hue is only noise.
const paleBelow = 0.12

var colorTables sync.Map // ColorBins -> []uint16

// table maps every color cell to its bin.
func (c ColorBins) table() []uint16 {
	if t, ok := colorTables.Load(c); ok {
		return t.([]uint16)
	}
	t := make([]uint16, colorCells)
	part := func(v float32, n int) int { return min(int(v*float32(n)), n-1) }
	for i := range t {
		h, s, v := HSV(cellColor(i))
		if c.Grays > 0 && (s < paleBelow || v < paleBelow) {
			t[i] = uint16(c.Hue*c.Saturation*c.Value + part(v, c.Grays))
			continue
		}
		hue := int(h*float32(c.Hue)+0.5) % c.Hue
		t[i] = uint16((hue*c.Saturation+part(s, c.Saturation))*c.Value + part(v, c.Value))
	}
	colorTables.Store(c, t)
	return t
}

// Rect is the half-open rectangle of the pixels x0 ≤ x < x1, y0 ≤ y < y1.
type Rect struct{ X0, Y0, X1, Y1 int }

// Whole is the rectangle of a picture.
func (m *Image) Whole() Rect { return Rect{0, 0, m.Width, m.Height} }

// Middle is the central rectangle of half the width and height, at least a pixel.
func (m *Image) Middle() Rect {
	w, h := max(1, m.Width/2), max(1, m.Height/2)
	x, y := (m.Width-w)/2, (m.Height-h)/2
	return Rect{x, y, x + w, y + h}
}

// Tile is tile (tx, ty) of n × n. Tiles of a picture narrower than n overlap,
// so that each holds a pixel.
func (m *Image) Tile(tx, ty, n int) Rect {
	cut := func(i, size int) (int, int) {
		a := min(i*size/n, size-1)
		return a, max(a+1, (i+1)*size/n)
	}
	x0, x1 := cut(tx, m.Width)
	y0, y1 := cut(ty, m.Height)
	return Rect{x0, y0, x1, y1}
}

// Count adds the joint histogram of the rectangle's colors, quantized to 5
// bits a channel, to dst [Len].
func (c ColorBins) Count(dst []uint32, m *Image, r Rect) {
	table := c.table()[:colorCells]
	for y := r.Y0; y < r.Y1; y++ {
		rs := m.R[y*m.Width+r.X0 : y*m.Width+r.X1]
		gs, bs := m.G[y*m.Width+r.X0:][:len(rs)], m.B[y*m.Width+r.X0:][:len(rs)]
		for i, v := range rs {
			dst[table[colorCell(v, gs[i], bs[i])]]++
		}
	}
}

// LabMoments writes the mean, the deviation and the cube root of the third
// central moment of L*, a* and b* over the rectangle to dst [9] (M. Stricker
// and M. Orengo, "Similarity of color images", SPIE 2420, 1995).
func LabMoments(dst []float32, m *Image, r Rect) {
	table := labTable()
	var sum, square, cube [3]float64
	for y := r.Y0; y < r.Y1; y++ {
		rs := m.R[y*m.Width+r.X0 : y*m.Width+r.X1]
		gs, bs := m.G[y*m.Width+r.X0:][:len(rs)], m.B[y*m.Width+r.X0:][:len(rs)]
		var s, q, k [3]float32
		for i, v := range rs {
			lab := &table[colorCell(v, gs[i], bs[i])]
			l, a, b := lab[0], lab[1], lab[2]
			l2, a2, b2 := l*l, a*a, b*b
			s[0] += l
			s[1] += a
			s[2] += b
			q[0] += l2
			q[1] += a2
			q[2] += b2
			k[0] += l2 * l
			k[1] += a2 * a
			k[2] += b2 * b
		}
		for c := range 3 {
			sum[c] += float64(s[c])
			square[c] += float64(q[c])
			cube[c] += float64(k[c])
		}
	}
	n := float64(max(1, (r.X1-r.X0)*(r.Y1-r.Y0)))
	for c := range 3 {
		mean := sum[c] / n
		variance := max(0, square[c]/n-mean*mean)
		third := cube[c]/n - 3*mean*square[c]/n + 2*mean*mean*mean
		dst[3*c], dst[3*c+1], dst[3*c+2] = float32(mean), float32(math.Sqrt(variance)), float32(math.Cbrt(third))
	}
}
