package imagefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Tags of TIFF 6.0 and its supplements that the decoder reads.
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamples         = 277
	tagRowsPerStrip    = 278
	tagStripCounts     = 279
	tagPlanar          = 284
	tagT4Options       = 292
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileCounts      = 325
	tagInkSet          = 332
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagSMin            = 340
	tagSMax            = 341
	tagJPEGTables      = 347
	tagYCCCoefficients = 529
	tagYCCSubsampling  = 530
	tagReferenceBW     = 532
	tagGDALNoData      = 42113
)

var errTIFF = errors.New("a directory entry of the TIFF is damaged")

// tiffEntry is one field of the directory: count values of a type.
type tiffEntry struct {
	kind  uint16
	count int
	data  []byte
}

// tiffDirectory is the first directory of a TIFF or BigTIFF file.
type tiffDirectory struct {
	file  []byte
	order binary.ByteOrder
	tags  map[uint16]tiffEntry
}

// tiffSizes is the length of each type, 0 where a number represents none.
var tiffSizes = [...]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

// openTIFF reads the directory. Its entries are slices of the file: nothing is taken for a claim.
func openTIFF(file []byte) (*tiffDirectory, error) {
	if len(file) < 16 {
		return nil, errTruncated
	}
	d := &tiffDirectory{file: file, order: binary.LittleEndian, tags: map[uint16]tiffEntry{}}
	if file[0] == 'M' {
		d.order = binary.BigEndian
	}
	// 42 is TIFF with 32-bit offsets, 43 BigTIFF with 64.
	big := d.order.Uint16(file[2:]) == 43
	// head is the size of the number of entries, size that of an entry, inline how many bytes of value
	// lie in it.
	at, head, size, inline := uint64(d.order.Uint32(file[4:])), uint64(2), uint64(12), uint64(4)
	if big {
		if d.order.Uint16(file[4:]) != 8 {
			return nil, errors.New("a BigTIFF whose offsets have not 8 bytes")
		}
		at, head, size, inline = d.order.Uint64(file[8:]), 8, 20, 8
	}
	all := uint64(len(file))
	if at > all || head > all-at {
		return nil, errTruncated
	}
	var n uint64
	if big {
		n = d.order.Uint64(file[at:])
	} else {
		n = uint64(d.order.Uint16(file[at:]))
	}
	// By division: n·size may overflow.
	if at += head; n > (all-at)/size {
		return nil, errTruncated
	}
	for range n {
		e := file[at : at+size]
		at += size
		tag, kind := d.order.Uint16(e), d.order.Uint16(e[2:])
		if int(kind) >= len(tiffSizes) || tiffSizes[kind] == 0 {
			continue // readers are to skip types that they do not know
		}
		count, value := uint64(d.order.Uint32(e[4:])), e[8:]
		if big {
			count, value = d.order.Uint64(e[4:]), e[12:]
		}
		// Before the product below, which it keeps from overflowing.
		if count > all {
			continue // of a tag that matters, its absence is found
		}
		length := count * tiffSizes[kind]
		if length > inline {
			offset := uint64(d.order.Uint32(value))
			if big {
				offset = d.order.Uint64(value)
			}
			if offset > all || length > all-offset {
				continue
			}
			value = file[offset:]
		}
		// The first one counts, as in libtiff.
		if _, twice := d.tags[tag]; !twice {
			d.tags[tag] = tiffEntry{kind, int(count), value[:length:length]}
		}
	}
	return d, nil
}

// ints returns the values of a tag as integers, nil without it.
func (d *tiffDirectory) ints(tag uint16) []int64 {
	e := d.tags[tag]
	var out []int64
	for i := range e.count {
		switch p := e.data; e.kind {
		case 1, 7:
			out = append(out, int64(p[i]))
		case 6:
			out = append(out, int64(int8(p[i])))
		case 3:
			out = append(out, int64(d.order.Uint16(p[2*i:])))
		case 8:
			out = append(out, int64(int16(d.order.Uint16(p[2*i:]))))
		case 4, 13:
			out = append(out, int64(d.order.Uint32(p[4*i:])))
		case 9:
			out = append(out, int64(int32(d.order.Uint32(p[4*i:]))))
		case 16, 17, 18:
			out = append(out, int64(d.order.Uint64(p[8*i:])))
		default:
			return nil
		}
	}
	return out
}

// first returns the first value of a tag, or other without it.
func (d *tiffDirectory) first(tag uint16, other int64) int64 {
	e := d.tags[tag]
	e.count = min(e.count, 1)
	one := tiffDirectory{order: d.order, tags: map[uint16]tiffEntry{tag: e}}
	if v := one.ints(tag); len(v) > 0 {
		return v[0]
	}
	return other
}

// floats returns the values of a tag as numbers, nil without it.
func (d *tiffDirectory) floats(tag uint16) []float64 {
	e := d.tags[tag]
	var out []float64
	for i := range e.count {
		switch p := e.data; e.kind {
		case 5:
			out = append(out, float64(d.order.Uint32(p[8*i:]))/float64(d.order.Uint32(p[8*i+4:])))
		case 10:
			out = append(out, float64(int32(d.order.Uint32(p[8*i:])))/float64(int32(d.order.Uint32(p[8*i+4:]))))
		case 11:
			out = append(out, float64(math.Float32frombits(d.order.Uint32(p[4*i:]))))
		case 12:
			out = append(out, math.Float64frombits(d.order.Uint64(p[8*i:])))
		}
	}
	if out == nil {
		for _, v := range d.ints(tag) {
			out = append(out, float64(v))
		}
	}
	return out
}

// size is the picture's size, checked against the limit.
func (d *tiffDirectory) size(limit int64) (width, height int, err error) {
	w, h := d.first(tagWidth, 0), d.first(tagHeight, 0)
	if w < 0 || h < 0 {
		return 0, 0, errTIFF
	}
	const most = 1<<31 - 1
	if w > most || h > most {
		return 0, 0, &SizeError{Width: int(min(w, most)), Height: int(min(h, most)), Limit: limit}
	}
	return int(w), int(h), checkSize(int(w), int(h), limit)
}

// unsupported is what a well-formed TIFF of a kind that is not read ends in.
func unsupported(format string, a ...any) error {
	return fmt.Errorf("%s is not supported: convert it to PNG", fmt.Sprintf(format, a...))
}
