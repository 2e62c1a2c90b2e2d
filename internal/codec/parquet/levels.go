package parquet

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var errEncoding = errors.New("a page's encoded values are damaged")

// bitsAt is the number of width bits, up to 64, that begins at bit at of b, least significant
// first. Bits behind b are 0.
func bitsAt(b []byte, at, width int) uint64 {
	first, shift := at>>3, at&7
	var v uint64
	if first+8 <= len(b) {
		v = binary.LittleEndian.Uint64(b[first:])
	} else {
		for i := first; i < len(b); i++ {
			v |= uint64(b[i]) << (8 * (i - first))
		}
	}
	v >>= shift
	if shift+width > 64 && first+8 < len(b) {
		v |= uint64(b[first+8]) << (64 - shift)
	}
	if width < 64 {
		v &= 1<<width - 1
	}
	return v
}

// hybrid reads the run-length and bit-packed hybrid of levels, dictionary indices and booleans
// (parquet-format, Encodings.md, RLE = 3).
type hybrid struct {
	b      []byte
	width  int
	left   int // values of the current run
	value  uint32
	packed []byte // of a bit-packed run; nil of a repeated value
	at     int    // its next bit
}

func (h *hybrid) next() (uint32, error) {
	for h.left == 0 {
		if len(h.b) == 0 && h.width == 0 {
			return 0, nil
		}
		if err := h.run(); err != nil {
			return 0, err
		}
	}
	h.left--
	if h.packed == nil {
		return h.value, nil
	}
	if (h.at+h.width+7)/8 > len(h.packed) {
		return 0, errEncoding
	}
	v := bitsAt(h.packed, h.at, h.width)
	h.at += h.width
	return uint32(v), nil
}

// run begins the next run.
func (h *hybrid) run() error {
	head, n := binary.Uvarint(h.b)
	if n <= 0 || head>>1 > 1<<31-1 {
		return errEncoding
	}
	h.b = h.b[n:]
	if head&1 == 0 {
		size := (h.width + 7) / 8
		if size > len(h.b) {
			return errEncoding
		}
		h.left, h.packed = int(head>>1), nil
		h.value = uint32(bitsAt(h.b[:size], 0, 8*size))
		h.b = h.b[size:]
		return nil
	}
	groups := int(head >> 1)
	h.left, h.at = 8*groups, 0
	size := min(groups*h.width, len(h.b)) // the last group of some writers is cut short
	h.packed = h.b[:size:size]
	h.b = h.b[size:]
	if h.width == 0 {
		h.packed, h.value = nil, 0
	}
	return nil
}

// levelReader reads the repetition or definition levels of a page.
type levelReader struct {
	hybrid
	old bool // the deprecated encoding BIT_PACKED, most significant bit first
	max int
}

// newLevelReader reads levels up to highest.
func newLevelReader(b []byte, highest int, old bool) levelReader {
	return levelReader{hybrid: hybrid{b: b, width: bits.Len(uint(highest))}, old: old, max: highest}
}

func (l *levelReader) next() (int, error) {
	if l.max == 0 {
		return 0, nil
	}
	var v uint32
	if l.old {
		if (l.at+l.width+7)/8 > len(l.b) {
			return 0, errEncoding
		}
		for range l.width {
			v = v<<1 | uint32(l.b[l.at>>3]>>(7-l.at&7)&1)
			l.at++
		}
	} else {
		var err error
		if v, err = l.hybrid.next(); err != nil {
			return 0, err
		}
	}
	if int64(v) > int64(l.max) {
		return 0, errEncoding
	}
	return int(v), nil
}
