package imagefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/fusor-ml/fusor/internal/vision"
)

// jpegDecoder decodes baseline, extended sequential and progressive Huffman
// JPEG (ITU-T T.81) of 8 bits: gray, YCbCr, RGB, CMYK and YCCK.
//
// Two things the standard library's decoder doesn't do are why it exists: it
// scales while decoding, by transforming only the lowest frequencies of each
// 8×8 block to 4×4, 2×2 or 1×1 samples, and it hands the rows on as they come,
// so that a large photo is never held whole.
type jpegDecoder struct {
	bitReader
	width, height int
	hMax, vMax    int
	mcusX, mcusY  int
	comps         []component
	frame         bool
	progressive   bool
	interval      int // MCUs between restart markers; 0: none
	jfif, adobe   bool
	colors        jpegColors
	preset        *jpegDecoder // tables that the file itself leaves out
	options       Options
	context       bool // rows of MCUs wait for the next one
	transform     uint8
	orientation   int
	scans         int
	scale         int // samples of the output per 8 of the file
	eobRun        int

	quant    [4][64]int32 // zigzag order
	quantSet [4]bool
	huff     [2][4]huffman // DC, AC
	huffSet  [2][4]bool
	block    [64]int32

	sink *rowSink
	rows [5][]uint8 // line buffers for the color conversion
}

// maxScans bounds the work that a small file can ask for; real ones have about ten.
const maxScans = 100

var jpegPool = sync.Pool{New: func() any { return new(jpegDecoder) }}

// zigzag maps the coded order to the natural one; overlong runs land in its tail.
var zigzag = [128]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
}

// decodeJPEG decodes data with the longer side at most o.MaxSide.
func decodeJPEG(data []byte, o Options) (*vision.Image, error) {
	d := jpegPool.Get().(*jpegDecoder)
	defer func() {
		d.data, d.sink, d.options = nil, nil, Options{}
		jpegPool.Put(d)
	}()
	m, err := d.decode(data, o)
	if err != nil {
		return nil, err
	}
	return m.Orient(d.orientation), nil
}

func (d *jpegDecoder) reset(data []byte) {
	d.bitReader = bitReader{data: data, pos: 2}
	d.frame, d.progressive, d.jfif, d.adobe = false, false, false, false
	d.interval, d.transform, d.orientation, d.scans, d.eobRun = 0, 0, 0, 0, 0
	d.quantSet = [4]bool{}
	d.huffSet = [2][4]bool{}
	d.sink = nil
	if p := d.preset; p != nil {
		d.quant, d.quantSet = p.quant, p.quantSet
		d.huff = p.huff // by itself: together they would be copied through the stack
		d.huffSet = p.huffSet
	}
}

// onlyTables reads a stream that has tables and no picture.
func (d *jpegDecoder) onlyTables(data []byte) error {
	if len(data) < 2 {
		return errTruncated
	}
	d.reset(data)
	for {
		marker, p, err := d.segment()
		if err != nil {
			return err
		}
		switch marker {
		case markEOI:
			return nil
		case markDHT, markDQT:
			if err := d.apply(marker, p); err != nil {
				return err
			}
		}
	}
}

// segment returns the next marker and the payload of its segment.
func (d *jpegDecoder) segment() (marker byte, payload []byte, err error) {
	for d.pos < len(d.data) && d.data[d.pos] != 0xff {
		d.pos++ // stray bytes between segments
	}
	for d.pos < len(d.data) && d.data[d.pos] == 0xff {
		d.pos++
	}
	if d.pos >= len(d.data) {
		return 0, nil, errTruncated
	}
	marker = d.data[d.pos]
	d.pos++
	if marker == markEOI || marker == markSOI || marker == 0 || marker == 1 || marker&^7 == 0xd0 {
		return marker, nil, nil
	}
	if d.pos+2 > len(d.data) {
		return 0, nil, errTruncated
	}
	n := int(binary.BigEndian.Uint16(d.data[d.pos:]))
	if n < 2 {
		return 0, nil, errors.New("bad segment length in the JPEG")
	}
	if d.pos+n > len(d.data) {
		return 0, nil, errTruncated
	}
	payload = d.data[d.pos+2 : d.pos+n]
	d.pos += n
	return marker, payload, nil
}

// header reads up to the frame's size.
func (d *jpegDecoder) header(data []byte) error {
	d.reset(data)
	for !d.frame {
		marker, p, err := d.segment()
		if err != nil {
			return err
		}
		if err := d.apply(marker, p); err != nil {
			return err
		}
		if marker == markSOS || marker == markEOI {
			return errors.New("JPEG without a frame")
		}
	}
	return nil
}

// apply takes one segment that isn't a scan.
func (d *jpegDecoder) apply(marker byte, p []byte) error {
	switch {
	case marker >= markSOF0 && marker <= markSOF2:
		return d.frameHeader(p, marker)
	case marker == markDHT:
		return d.huffmanTables(p)
	case marker == markDQT:
		return d.quantTables(p)
	case marker == markDRI:
		if len(p) < 2 {
			return errTruncated
		}
		d.interval = int(binary.BigEndian.Uint16(p))
	case marker == markAPP0 || marker == markAPP1 || marker == markAPPE:
		d.application(marker, p)
	case marker >= 0xc3 && marker <= 0xcf && marker != 0xc8:
		return unsupported("JPEG that is lossless, hierarchical or arithmetic-coded")
	}
	return nil
}

func (d *jpegDecoder) decode(data []byte, o Options) (*vision.Image, error) {
	d.options = o
	if err := d.header(data); err != nil {
		return nil, err
	}
	// A picture that is made smaller anyway is decoded at 1/8, 1/4 or half of its size.
	scale := d.scaleFor(o.MaxSide)
	limit := o.maxPixels()
	// A progressive picture holds all coefficients until its end, a sequential one a row of blocks.
	if !d.progressive && o.MaxSide > 0 {
		limit *= streamedFactor // nothing of the full size is held
	}
	if err := checkSize(d.width, d.height, limit); err != nil {
		return nil, err
	}
	d.prepare(scale)
	d.sink = newRowSink((d.width*scale+7)/8, (d.height*scale+7)/8, d.width, d.height, o.MaxSide, len(d.comps) == 1)
	d.context = d.planUpsampling()
	done := false
	for {
		marker, p, err := d.segment()
		if err != nil && done { // all pixels are there, the end that some cameras do not write is not
			return d.sink.image, nil
		}
		if err != nil {
			return nil, err
		}
		switch marker {
		case markEOI:
			if d.scans == 0 {
				return nil, errors.New("JPEG without picture data")
			}
			// Several scans: the picture is put out at the end, and each component must have been in one.
			if !done {
				for i := range d.comps {
					if d.comps[i].coefs == nil {
						return nil, errTruncated
					}
				}
				if err := d.output(); err != nil {
					return nil, err
				}
			}
			return d.sink.image, nil
		case markSOS:
			if done {
				return nil, errors.New("picture data after the end of the picture")
			}
			if d.scans++; d.scans > maxScans {
				return nil, fmt.Errorf("JPEG with more than %d scans", maxScans)
			}
			if done, err = d.scan(p); err != nil {
				return nil, err
			}
		default:
			if err := d.apply(marker, p); err != nil {
				return nil, err
			}
		}
	}
}

// scaleFor returns how many samples per 8 keep the longer side at side or above.
func (d *jpegDecoder) scaleFor(side int) int {
	long := max(d.width, d.height)
	for n := 1; n < 8; n *= 2 {
		if side > 0 && (long*n)/8 >= side {
			return n
		}
	}
	return 8
}

// prepare lays out the stripes for an output of scale samples per block.
func (d *jpegDecoder) prepare(scale int) {
	d.scale = scale
	for i := range d.comps {
		c := &d.comps[i]
		c.size = scale
		// A subsampled plane is not scaled down as far.
		for c.size < 8 && d.hMax*scale%(2*c.size*c.h) == 0 && d.vMax*scale%(2*c.size*c.v) == 0 {
			c.size *= 2
		}
		switch c.size {
		case 8:
			c.inverse = idct8
		case 4:
			c.inverse = idct4
		case 2:
			c.inverse = idct2
		default:
			c.inverse = idct1
		}
		c.stride = c.perRow * c.size
		c.stripe = grow(c.stripe, c.stride*c.v*c.size)
		if c.size == 8 { // whose neighbors may be needed
			c.held, c.older = grow(c.held, len(c.stripe)), grow(c.older, len(c.stripe))
		}
		c.coefs = nil
	}
	for i := range d.rows {
		d.rows[i] = grow(d.rows[i], d.mcusX*d.hMax*scale+8)
	}
}

func grow(b []uint8, n int) []uint8 {
	if cap(b) < n {
		return make([]uint8, n)
	}
	return b[:n]
}
