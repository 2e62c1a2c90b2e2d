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

// isRGB reports whether three components are red, green and blue as they stand.
func (d *jpegDecoder) isRGB() bool {
	if d.adobe {
		return d.transform == 0
	}
	return d.comps[0].id == 'R' && d.comps[1].id == 'G' && d.comps[2].id == 'B'
}

// emit converts the rows of the stripe of MCU row my and hands them on.
func (d *jpegDecoder) emit(my int) {
	first := &d.comps[0]
	scale := d.scale
	rows := d.vMax * scale
	width := d.sink.width
	height := (d.height*scale + 7) / 8
	for y := range min(rows, height-my*rows) {
		oy, or, og, ob := d.sink.next()
		if len(d.comps) == 1 {
			copy(oy, first.stripe[y*first.stride:])
			d.sink.commit()
			continue
		}
		var in [4][]uint8
		fullY := first.stride == d.mcusX*d.hMax*scale
		half := len(d.comps) == 3 && fullY && !d.isRGB()
		for i := range d.comps {
			c := &d.comps[i]
			cy := y * c.v * c.size / rows
			line := c.stripe[cy*c.stride : (cy+1)*c.stride]
			factor := d.hMax * scale / (c.h * c.size)
			if i > 0 && factor != 2 {
				half = false
			}
			in[i] = line
		}
		if half {
			copy(oy, in[0][:width])
			halfChroma(or, og, ob, in[0][:width], in[1], in[2])
			d.sink.commit()
			continue
		}
		for i := range d.comps {
			c := &d.comps[i]
			if factor := d.hMax * scale / (c.h * c.size); factor > 1 {
				in[i] = widen(d.rows[i], in[i], factor)
			}
			in[i] = in[i][:width]
		}
		switch {
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

// widen repeats every sample factor times.
func widen(dst, src []uint8, factor int) []uint8 {
	for i, v := range src {
		if (i+1)*factor > len(dst) {
			break
		}
		out := dst[i*factor : (i+1)*factor]
		for j := range out {
			out[j] = v
		}
	}
	return dst
}

// halfChroma converts a row whose chroma has half the width.
func halfChroma(r, g, b, ys, cbs, crs []uint8) {
	n := len(ys)
	r, g, b = r[:n], g[:n], b[:n]
	pairs := n / 2
	cbs, crs = cbs[:(n+1)/2], crs[:(n+1)/2]
	for i := range pairs {
		cb, cr := cbs[i], crs[i]
		dr, dg, db := crToR[cr], (crToG[cr]+cbToG[cb])>>16, cbToB[cb]
		y0, y1 := int32(ys[2*i]), int32(ys[2*i+1])
		r[2*i] = clampTable[(y0+dr)&1023]
		g[2*i] = clampTable[(y0+dg)&1023]
		b[2*i] = clampTable[(y0+db)&1023]
		r[2*i+1] = clampTable[(y1+dr)&1023]
		g[2*i+1] = clampTable[(y1+dg)&1023]
		b[2*i+1] = clampTable[(y1+db)&1023]
	}
	if n&1 == 1 {
		fullChroma(r[n-1:], g[n-1:], b[n-1:], ys[n-1:], cbs[n/2:], crs[n/2:])
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

// inked converts CMYK or YCCK. Adobe writes inks inverted: 255 is no ink.
func (d *jpegDecoder) inked(r, g, b []uint8, in [4][]uint8) {
	c, m, y, k := in[0], in[1], in[2], in[3]
	if d.adobe && d.transform == 2 {
		// YCC is of the inks themselves, black alone is inverted.
		fullChroma(r, g, b, c, m, y)
		for i, v := range k {
			r[i], g[i], b[i] = scale255(255-r[i], v), scale255(255-g[i], v), scale255(255-b[i], v)
		}
		return
	}
	for i := range r {
		cc, mm, yy, kk := c[i], m[i], y[i], k[i]
		if !d.adobe {
			cc, mm, yy, kk = 255-cc, 255-mm, 255-yy, 255-kk
		}
		r[i], g[i], b[i] = scale255(cc, kk), scale255(mm, kk), scale255(yy, kk)
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
