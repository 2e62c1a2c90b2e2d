package imagefile

import "github.com/fusor-ml/fusor/internal/vision"

// Tables of the conversion from YCbCr to RGB (JFIF 1.02), 16 fraction bits.
var crToR, cbToB, crToG, cbToG = func() (r, b, g, h [256]int32) {
	for i := range 256 {
		c := int32(i) - 128
		r[i] = (91881*c + 1<<15) >> 16
		b[i] = (116130*c + 1<<15) >> 16
		g[i] = -46802 * c
		h[i] = -22554*c + 1<<15
	}
	return
}()

// jpegColors is what the components of a JPEG are taken for.
type jpegColors int

const (
	colorsByMarkers jpegColors = iota
	colorsRGB                  // as they stand
	colorsYCC
	colorsInk // four components, 0 is no ink
)

// isRGB reports whether three components are red, green and blue as they stand. A JFIF header
// means YCbCr whatever else the file states, as libjpeg has it.
func (d *jpegDecoder) isRGB() bool {
	switch {
	case d.colors != colorsByMarkers:
		return d.colors == colorsRGB
	case d.jfif:
		return false
	case d.adobe:
		return d.transform == 0
	}
	return d.comps[0].id == 'R' && d.comps[1].id == 'G' && d.comps[2].id == 'B'
}

// paint converts the rows of MCU row my and hands them on.
func (d *jpegDecoder) paint(my int) {
	rows := d.vMax * d.scale
	width := d.sink.width
	height := (d.height*d.scale + 7) / 8
	for y := my * rows; y < min(height, (my+1)*rows); y++ {
		oy, or, og, ob := d.sink.next()
		var in [4][]uint8
		for i := range d.comps {
			in[i] = d.comps[i].line(d.rows[i], my, y)[:width]
		}
		switch {
		case len(d.comps) == 1:
			copy(oy, in[0])
		case len(d.comps) == 4:
			d.inked(or, og, ob, in)
			lumaRow(oy, or, og, ob)
		case d.isRGB():
			copy(or, in[0])
			copy(og, in[1])
			copy(ob, in[2])
			lumaRow(oy, or, og, ob)
		default:
			copy(oy, in[0])
			fullChroma(or, og, ob, in[0], in[1], in[2])
		}
		d.sink.commit()
	}
}

// fullChroma converts a row of as many chroma as luma samples.
func fullChroma(r, g, b, ys, cbs, crs []uint8) {
	n := len(ys)
	r, g, b, cbs, crs = r[:n], g[:n], b[:n], cbs[:n], crs[:n]
	for i, v := range ys {
		cb, cr, y := cbs[i], crs[i], int32(v)
		r[i] = clampTable[(y+crToR[cr])&1023]
		g[i] = clampTable[(y+(crToG[cr]+cbToG[cb])>>16)&1023]
		b[i] = clampTable[(y+cbToB[cb])&1023]
	}
}

// inked converts CMYK or YCCK. Adobe writes inks inverted, 255 is no ink, and so does everyone
// who leaves Adobe's marker out.
func (d *jpegDecoder) inked(r, g, b []uint8, in [4][]uint8) {
	c, m, y, k := in[0], in[1], in[2], in[3]
	switch {
	case d.colors == colorsInk:
		for i := range r {
			kk := 255 - k[i]
			r[i], g[i], b[i] = scale255(255-c[i], kk), scale255(255-m[i], kk), scale255(255-y[i], kk)
		}
	case d.adobe && d.transform != 0:
		// YCC is of the inks themselves, black alone is inverted.
		fullChroma(r, g, b, c, m, y)
		for i, v := range k {
			r[i], g[i], b[i] = scale255(255-r[i], v), scale255(255-g[i], v), scale255(255-b[i], v)
		}
	default:
		for i, v := range k {
			r[i], g[i], b[i] = scale255(c[i], v), scale255(m[i], v), scale255(y[i], v)
		}
	}
}

// scale255 is a*b/255, rounded.
func scale255(a, b uint8) uint8 {
	x := uint32(a)*uint32(b) + 128
	return uint8((x + x>>8) >> 8)
}

func lumaRow(dst, r, g, b []uint8) {
	for i := range dst {
		dst[i] = vision.Luma(r[i], g[i], b[i])
	}
}
