package imagefile

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/fusor-ml/fusor/internal/vision"
)

// Values of a bitmap's field Compression.
const (
	bmpRGB         = 0
	bmpRLE8        = 1
	bmpRLE4        = 2
	bmpFields      = 3
	bmpAlphaFields = 6
)

// bmpHeader is a Windows or OS/2 bitmap's header, of any of their versions.
type bmpHeader struct {
	width, height int
	topDown       bool
	bits          int
	compression   uint32
	masks         [4]uint32 // red, green, blue, opacity
	palette       [256][3]uint8
	colors        int
	pixels        []byte
}

var errBMP = errors.New("the header of the bitmap is damaged")

// openBMP reads the headers and the palette.
func openBMP(data []byte) (*bmpHeader, error) {
	le := binary.LittleEndian
	if len(data) < 26 {
		return nil, errTruncated
	}
	offset, size := int64(le.Uint32(data[10:])), int64(le.Uint32(data[14:]))
	// The second header's length is its version: 12 and 64 of OS/2, 16 a short form of that, 40 of
	// Windows 3, 52 to 124 later ones. isBMP has checked that it is one of these.
	if size > int64(len(data))-14 {
		return nil, errTruncated
	}
	p := data[14 : 14+size]
	h := &bmpHeader{}
	used := int64(0)
	entry := 4      // bytes of a color of the palette
	if size == 12 { // of OS/2 1
		h.width, h.height, h.bits = int(le.Uint16(p[4:])), int(le.Uint16(p[6:])), int(le.Uint16(p[10:]))
		entry = 3
	} else {
		h.width, h.height, h.bits = int(int32(le.Uint32(p[4:]))), int(int32(le.Uint32(p[8:]))), int(le.Uint16(p[14:]))
		// Windows: rows from the top down.
		if h.height < 0 {
			h.topDown, h.height = true, -h.height
		}
		if size >= 40 {
			h.compression, used = le.Uint32(p[16:]), int64(le.Uint32(p[32:]))
		} else if size >= 20 {
			h.compression = le.Uint32(p[16:])
		}
	}
	at := 14 + size
	switch {
	case (size == 16 || size == 64) && h.compression >= bmpFields: // of OS/2 2: Huffman, RLE24
		return nil, unsupported("OS/2 bitmap with compression %d", h.compression)
	// Masks are part of the header from version 2 (52 bytes) on, and follow the one of 40 bytes.
	case h.compression == bmpFields || h.compression == bmpAlphaFields:
		fields := p
		if size >= 52 {
			fields = p[40:]
		} else { // the masks stand behind the header
			fields = data[at:]
			n := 12
			if h.compression == bmpAlphaFields {
				n = 16
			}
			if len(fields) < n {
				return nil, errTruncated
			}
			fields = fields[:n]
			at += int64(n)
		}
		for i := range min(len(fields)/4, 4) {
			h.masks[i] = le.Uint32(fields[4*i:])
		}
	case h.compression == bmpRLE8 && h.bits == 8, h.compression == bmpRLE4 && h.bits == 4:
		// Windows has compressed pictures from the bottom up alone.
		if h.topDown {
			return nil, errBMP
		}
	case h.compression == bmpRGB && h.bits == 16:
		// Without masks 16 bits are 5-5-5, and not 5-6-5.
		h.masks = [4]uint32{31 << 10, 31 << 5, 31}
	case h.compression == bmpRGB && h.bits == 32:
		h.masks = [4]uint32{255 << 16, 255 << 8, 255}
	case h.compression != bmpRGB:
		return nil, unsupported("bitmap of %d bits with compression %d", h.bits, h.compression)
	}
	switch h.bits {
	case 1, 2, 4, 8:
		h.colors = 1 << h.bits
		// 0 colors used means all. Files that claim more than they hold have as many as fit before the
		// pixels.
		if used > 0 {
			h.colors = int(min(used, int64(h.colors)))
		}
		end := int64(len(data))
		if offset > at && offset < end {
			end = offset
		}
		h.colors = min(h.colors, int(max(end-at, 0))/entry)
		for i := range h.colors {
			c := data[at+int64(i*entry):]
			h.palette[i] = [3]uint8{c[2], c[1], c[0]}
		}
	case 16, 32:
		// Such a picture would be black throughout.
		if h.masks[0]|h.masks[1]|h.masks[2] == 0 {
			return nil, errBMP
		}
	case 24:
	default:
		return nil, unsupported("bitmap of %d bits", h.bits)
	}
	if offset < at || offset > int64(len(data)) {
		return nil, errTruncated
	}
	h.pixels = data[offset:]
	return h, nil
}

// decodeBMP decodes a bitmap.
func decodeBMP(data []byte, o Options) (*vision.Image, error) {
	h, err := openBMP(data)
	if err != nil {
		return nil, err
	}
	if err := checkSize(h.width, h.height, o.maxPixels()); err != nil {
		return nil, err
	}
	// Rows are padded to 32 bits.
	stride := (h.width*h.bits + 31) / 32 * 4
	switch {
	case h.compression == bmpRLE8 || h.compression == bmpRLE4:
		if h.pixels, err = h.unpackRLE(&o); err != nil {
			return nil, err
		}
		stride, h.bits = h.width, 8
	case stride*h.height > len(h.pixels):
		// The last row may lack its padding.
		if stride*(h.height-1)+(h.width*h.bits+7)/8 > len(h.pixels) {
			return nil, errTruncated
		}
		h.pixels = append(h.pixels[:len(h.pixels):len(h.pixels)], 0, 0, 0)
	}
	// Decided by the palette as a whole: a gray picture takes a third of the memory and work.
	gray := h.bits <= 8
	for _, c := range h.palette[:h.colors] {
		gray = gray && c[0] == c[1] && c[1] == c[2]
	}
	if o.DropAlpha {
		h.masks[3] = 0
	}
	paint := h.painter(stride)
	sink := newRowSink(h.width, h.height, h.width, h.height, o.MaxSide, gray)
	for y := range h.height {
		if err := o.stopped(); err != nil {
			return nil, err
		}
		// The file's last row is the picture's first.
		if !h.topDown {
			y = h.height - 1 - y
		}
		row := h.pixels[y*stride:]
		ly, r, g, b := sink.next()
		if gray {
			for x := range ly {
				ly[x] = h.palette[h.index(row, x)][0]
			}
		} else {
			paint(row, r, g, b)
			lumaRow(ly, r, g, b)
		}
		sink.commit()
	}
	return sink.image, nil
}

// index is the palette's index of pixel x, packed with the most significant bits first.
func (h *bmpHeader) index(row []byte, x int) uint8 {
	if h.bits == 8 {
		return row[x]
	}
	at := x * h.bits
	return row[at>>3] >> (8 - h.bits - at&7) & (1<<h.bits - 1)
}

// painter returns the function that converts a row.
func (h *bmpHeader) painter(stride int) func(row []byte, r, g, b []uint8) {
	switch {
	case h.bits <= 8:
		return func(row []byte, r, g, b []uint8) {
			for x := range r {
				c := h.palette[h.index(row, x)]
				r[x], g[x], b[x] = c[0], c[1], c[2]
			}
		}
	case h.bits == 24:
		return func(row []byte, r, g, b []uint8) {
			for x := range r {
				p := row[3*x : 3*x+3]
				r[x], g[x], b[x] = p[2], p[1], p[0]
			}
		}
	}
	// 16 and 32 bits: fields by masks, as wide as these are.
	le := binary.LittleEndian
	pixel := func(row []byte, x int) uint32 { return uint32(le.Uint16(row[2*x:])) }
	if h.bits == 32 {
		pixel = func(row []byte, x int) uint32 { return le.Uint32(row[4*x:]) }
	}
	opacity := h.masks[3]
	if opacity != 0 { // writers that do not mean it leave it at 0 everywhere
		used := false
		for y := 0; y < h.height && !used; y++ {
			for x := range h.width {
				used = used || pixel(h.pixels[y*stride:], x)&opacity != 0
			}
		}
		if !used {
			opacity = 0
		}
	}
	return func(row []byte, r, g, b []uint8) {
		for x := range r {
			v := pixel(row, x)
			r[x], g[x], b[x] = field(v, h.masks[0]), field(v, h.masks[1]), field(v, h.masks[2])
			if opacity != 0 {
				a := field(v, opacity)
				r[x], g[x], b[x] = overWhite(r[x], a), overWhite(g[x], a), overWhite(b[x], a)
			}
		}
	}
}

// field is the part of a pixel under a mask, as a part of its full scale.
func field(v, mask uint32) uint8 {
	if mask == 0 {
		return 0
	}
	shift := bits.TrailingZeros32(mask)
	return uint8(uint64(v&mask>>shift) * 255 / uint64(mask>>shift))
}

// unpackRLE decodes runs of palette indices to a byte each. Pixels that are passed over are 0.
func (h *bmpHeader) unpackRLE(o *Options) ([]byte, error) {
	out := make([]byte, h.width*h.height)
	src := h.pixels
	x, y := 0, 0
	half := h.compression == bmpRLE4
	// Past the right edge or the bottom nothing is written: real encoders overrun by a pixel or two.
	put := func(v byte) {
		if x < h.width && y < h.height {
			out[y*h.width+x] = v
		}
		x++
	}
	nibble := func(v byte, i int) byte {
		if !half {
			return v
		}
		if i&1 == 0 {
			return v >> 4
		}
		return v & 15
	}
	for y < h.height {
		if len(src) < 2 {
			return nil, errTruncated
		}
		n, v := int(src[0]), src[1]
		src = src[2:]
		if n > 0 {
			for i := range n {
				put(nibble(v, i))
			}
			continue
		}
		switch v {
		case 0: // end of line
			x, y = 0, y+1
			if err := o.stopped(); err != nil {
				return nil, err
			}
		case 1: // end of bitmap
			return out, nil
		case 2: // to the right and up
			if len(src) < 2 {
				return nil, errTruncated
			}
			// A delta may skip any number of rows in four bytes; the loop's condition ends those beyond the
			// picture.
			x, y = x+int(src[0]), y+int(src[1])
			src = src[2:]
		default: // as they stand, padded to 16 bits
			size := int(v)
			if half {
				size = (size + 1) / 2
			}
			if size+size&1 > len(src) {
				return nil, errTruncated
			}
			for i := range int(v) {
				if half {
					put(nibble(src[i/2], i))
				} else {
					put(src[i])
				}
			}
			src = src[size+size&1:]
		}
	}
	return out, nil
}
