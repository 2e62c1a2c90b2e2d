package imagefile

import (
	"encoding/binary"
	"errors"
)

// JPEG markers (T.81, table B.1) that the decoder distinguishes.
const (
	markSOF0 = 0xc0 // baseline
	markSOF1 = 0xc1 // extended sequential
	markSOF2 = 0xc2 // progressive
	markDHT  = 0xc4
	markSOI  = 0xd8
	markEOI  = 0xd9
	markSOS  = 0xda
	markDQT  = 0xdb
	markDRI  = 0xdd
	markAPP0 = 0xe0
	markAPP1 = 0xe1
	markAPPE = 0xee
)

var errTruncated = errors.New("the file ends early (truncated)")

// component is one color plane of a JPEG frame.
type component struct {
	id     uint8
	h, v   int // sampling factors
	quant  uint8
	dc, ac uint8 // Huffman tables of the current scan
	pred   int32

	blocksX, blocksY int // blocks of the plane, without the padding to whole MCUs
	perRow           int // blocks in a row of MCUs
	size             int // samples per block side in the output: 8, 4, 2 or 1
	inverse          func([]uint8, int, *[64]int32, int)

	coefs  []int16 // of several scans: [blocks padded to MCUs][64], natural order
	stripe []uint8 // output of one row of MCUs
	stride int
	up     upsampling
	held   []uint8 // the stripe before it, which waits for it
	older  []uint8 // and the one before that
}

// frameHeader reads a SOF segment.
func (d *jpegDecoder) frameHeader(p []byte, marker byte) error {
	if d.frame {
		return errors.New("two frames in one JPEG")
	}
	if len(p) < 6 {
		return errTruncated
	}
	// 12 bits are in the standard (T.81, extended DCT), but hardly any decoder has them.
	if p[0] != 8 {
		return unsupported("JPEG with %d bits per sample", p[0])
	}
	d.height = int(binary.BigEndian.Uint16(p[1:]))
	d.width = int(binary.BigEndian.Uint16(p[3:]))
	n := int(p[5])
	// Gray; YCbCr or RGB; CMYK or YCCK.
	if n != 1 && n != 3 && n != 4 {
		return unsupported("JPEG with %d components", n)
	}
	if len(p) < 6+3*n {
		return errTruncated
	}
	if d.width == 0 || d.height == 0 {
		return errors.New("JPEG without a size")
	}
	d.comps = d.comps[:0]
	d.hMax, d.vMax = 1, 1
	blocks := 0
	for i := range n {
		q := p[6+3*i:]
		c := component{id: q[0], h: int(q[1] >> 4), v: int(q[1] & 15), quant: q[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quant > 3 {
			return errors.New("bad component in the JPEG header")
		}
		for _, o := range d.comps {
			if o.id == c.id {
				return errors.New("two components with one name in the JPEG header")
			}
		}
		if n == 1 {
			c.h, c.v = 1, 1 // without meaning where nothing is interleaved
		}
		blocks += c.h * c.v
		d.hMax, d.vMax = max(d.hMax, c.h), max(d.vMax, c.v)
		d.comps = append(d.comps, c)
	}
	if blocks > 10 {
		return errors.New("bad sampling factors in the JPEG header")
	}
	for _, c := range d.comps {
		// Ratios such as 3:2 are legal, and made by hardly any encoder.
		if d.hMax%c.h != 0 || d.vMax%c.v != 0 {
			return unsupported("JPEG with fractional sampling ratios")
		}
	}
	d.mcusX = (d.width + 8*d.hMax - 1) / (8 * d.hMax)
	d.mcusY = (d.height + 8*d.vMax - 1) / (8 * d.vMax)
	for i := range d.comps {
		c := &d.comps[i]
		// A scan of one component alone has only the blocks that its samples need; an interleaved one has
		// whole MCUs (T.81, A.2).
		c.blocksX = (d.width*c.h + 8*d.hMax - 1) / (8 * d.hMax)
		c.blocksY = (d.height*c.v + 8*d.vMax - 1) / (8 * d.vMax)
		c.perRow = d.mcusX * c.h
	}
	d.progressive = marker == markSOF2
	d.frame = true
	return nil
}

// quantTables reads a DQT segment.
func (d *jpegDecoder) quantTables(p []byte) error {
	for len(p) > 0 {
		wide, id := p[0]>>4, p[0]&15
		size := 64
		if wide == 1 {
			size = 128
		}
		if wide > 1 || id > 3 {
			return errors.New("bad quantisation table")
		}
		p = p[1:]
		if len(p) < size {
			return errTruncated
		}
		for i := range 64 {
			if wide == 1 {
				d.quant[id][i] = int32(binary.BigEndian.Uint16(p[2*i:]))
			} else {
				d.quant[id][i] = int32(p[i])
			}
		}
		d.quantSet[id] = true
		p = p[size:]
	}
	return nil
}

// huffmanTables reads a DHT segment.
func (d *jpegDecoder) huffmanTables(p []byte) error {
	for len(p) > 0 {
		class, id := p[0]>>4, p[0]&15
		if class > 1 || id > 3 {
			return errHuffman
		}
		if len(p) < 17 {
			return errTruncated
		}
		n := 0
		for _, c := range p[1:17] {
			n += int(c)
		}
		if n > 256 {
			return errHuffman
		}
		if len(p) < 17+n {
			return errTruncated
		}
		if err := d.huff[class][id].build(p[1:17], p[17:17+n], class == 1); err != nil {
			return err
		}
		d.huffSet[class][id] = true
		p = p[17+n:]
	}
	return nil
}

// usualTables stand where a scan names a table that the file doesn't define,
// as Motion-JPEG frames do.
func (d *jpegDecoder) usualTables(class, id uint8) error {
	if d.huffSet[class][id] {
		return nil
	}
	if id > 1 {
		return errors.New("a scan names a Huffman table that is not there")
	}
	counts, values := stdDCLumaCounts, stdDCValues
	switch {
	case class == 0 && id == 1:
		counts = stdDCChromaCounts
	case class == 1 && id == 0:
		counts, values = stdACLumaCounts, stdACLumaValues
	case class == 1:
		counts, values = stdACChromaCounts, stdACChromaValues
	}
	d.huffSet[class][id] = true
	return d.huff[class][id].build(counts, values, class == 1)
}

// application reads the segments of JFIF, Adobe (color transform) and EXIF (orientation).
func (d *jpegDecoder) application(marker byte, p []byte) {
	switch {
	case marker == markAPP0 && len(p) >= 5 && string(p[:5]) == "JFIF\x00":
		d.jfif = true
	case marker == markAPPE && len(p) >= 12 && string(p[:5]) == "Adobe":
		d.adobe, d.transform = true, p[11]
	case marker == markAPP1 && len(p) > 6 && string(p[:6]) == "Exif\x00\x00" && d.orientation == 0:
		d.orientation = Orientation(p[6:])
	}
}
