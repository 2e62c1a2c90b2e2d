package mp3

import "encoding/binary"

// bitReader reads bits, the highest of a byte first. Behind its end it reads zeros.
type bitReader struct {
	data     []byte
	pos, end int // in bits
}

// read returns the next n bits, at most 25.
func (r *bitReader) read(n int) int {
	v := int(r.peek() >> 1 >> (63 - n))
	r.pos += n
	return v
}

// peek returns the bits from pos on, left-justified; 57 of them at least are good.
func (r *bitReader) peek() uint64 {
	at := r.pos >> 3
	if at+8 <= len(r.data) {
		return binary.BigEndian.Uint64(r.data[at:]) << (r.pos & 7)
	}
	var b [8]byte
	if at < len(r.data) {
		copy(b[:], r.data[at:])
	}
	return binary.BigEndian.Uint64(b[:]) << (r.pos & 7)
}
