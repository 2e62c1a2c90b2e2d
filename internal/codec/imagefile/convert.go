package imagefile

import (
	"image"
	"image/color"

	"github.com/fusor-ml/fusor/internal/vision"
)

// fromImage converts a decoded picture, laid over white where it is
// transparent, with the longer side at most side.
func fromImage(src image.Image, side int) *vision.Image {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	switch src := src.(type) {
	case *image.Gray:
		s := newRowSink(w, h, w, h, side, true)
		for y := range h {
			dst, _, _, _ := s.next()
			copy(dst, src.Pix[y*src.Stride:y*src.Stride+w])
			s.commit()
		}
		return s.image
	case *image.Gray16:
		s := newRowSink(w, h, w, h, side, true)
		for y := range h {
			dst, _, _, _ := s.next()
			row := src.Pix[y*src.Stride : y*src.Stride+2*w]
			for x := range dst {
				dst[x] = narrow(uint32(row[2*x])<<8 | uint32(row[2*x+1]))
			}
			s.commit()
		}
		return s.image
	}
	s := newRowSink(w, h, w, h, side, false)
	fill := filler(src, w)
	for y := range h {
		ly, r, g, bl := s.next()
		fill(y, r, g, bl)
		lumaRow(ly, r, g, bl)
		s.commit()
	}
	return s.image
}

// filler returns a function that writes row y of src over white, by the way
// that fits src's memory.
func filler(src image.Image, w int) func(y int, r, g, b []uint8) {
	switch src := src.(type) {
	case *image.RGBA:
		return func(y int, r, g, b []uint8) {
			row := src.Pix[y*src.Stride : y*src.Stride+4*w]
			for x := range w {
				p := row[4*x : 4*x+4 : 4*x+4]
				white := 255 - p[3] // already multiplied by alpha
				r[x], g[x], b[x] = p[0]+white, p[1]+white, p[2]+white
			}
		}
	case *image.NRGBA:
		return func(y int, r, g, b []uint8) {
			row := src.Pix[y*src.Stride : y*src.Stride+4*w]
			for x := range w {
				p := row[4*x : 4*x+4 : 4*x+4]
				r[x], g[x], b[x] = overWhite(p[0], p[3]), overWhite(p[1], p[3]), overWhite(p[2], p[3])
			}
		}
	case *image.Paletted:
		// 256 entries whatever the palette has, so that no index of the pixels is out of range.
		var table [256][3]uint8
		for i, c := range src.Palette {
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			table[i&255] = [3]uint8{overWhite(n.R, n.A), overWhite(n.G, n.A), overWhite(n.B, n.A)}
		}
		return func(y int, r, g, b []uint8) {
			for x, i := range src.Pix[y*src.Stride : y*src.Stride+w] {
				c := table[i]
				r[x], g[x], b[x] = c[0], c[1], c[2]
			}
		}
	}
	origin := src.Bounds().Min
	at := func(x, y int) (r, g, b, a uint32) { return src.At(origin.X+x, origin.Y+y).RGBA() }
	// Without an interface value for each pixel, which At allocates.
	if fast, ok := src.(image.RGBA64Image); ok {
		at = func(x, y int) (r, g, b, a uint32) {
			c := fast.RGBA64At(origin.X+x, origin.Y+y)
			return uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A)
		}
	}
	return func(y int, r, g, b []uint8) {
		for x := range w {
			cr, cg, cb, ca := at(x, y)
			// RGBA is premultiplied: white shows through by what is left of full opacity. Sums of broken
			// files may exceed it.
			white := 0xffff - ca
			r[x], g[x], b[x] = narrow(min(cr+white, 0xffff)), narrow(min(cg+white, 0xffff)), narrow(min(cb+white, 0xffff))
		}
	}
}

// opaque returns src with its stored colors and without transparency; it may change src. Colors
// that are stored multiplied by alpha are left as they are.
func opaque(src image.Image) image.Image {
	switch m := src.(type) {
	case *image.NRGBA:
		for i := 3; i < len(m.Pix); i += 4 {
			m.Pix[i] = 0xff
		}
	case *image.NRGBA64:
		for i := 6; i+1 < len(m.Pix); i += 8 {
			m.Pix[i], m.Pix[i+1] = 0xff, 0xff
		}
	case *image.Paletted:
		for i, c := range m.Palette {
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			n.A = 0xff
			m.Palette[i] = n
		}
	case *image.NYCbCrA:
		return &m.YCbCr
	}
	return src
}

// overWhite lays v with opacity a over 255.
func overWhite(v, a uint8) uint8 { return 255 - scale255(255-v, a) }

// narrow brings 16 bits to 8, rounded.
func narrow(v uint32) uint8 { return uint8((v*255 + 32767) / 65535) }
