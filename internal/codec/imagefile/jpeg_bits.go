package imagefile

import "encoding/binary"

// bitReader takes bits, most significant first, from entropy-coded data
// (ITU-T T.81, section F.2.2.5): 0xFF00 represents 0xFF, any other marker ends it.
//
// acc holds n valid bits at its top. Bits below them are either zero or the
// true next ones, so that refilling may OR them in again.
type bitReader struct {
	data    []byte
	pos     int
	acc     uint64
	n       int
	phantom int // zero bits made up after the end
}

// refill makes at least 56 bits valid.
func (b *bitReader) refill() {
	if b.pos+8 <= len(b.data) {
		w := binary.BigEndian.Uint64(b.data[b.pos:])
		// Does any byte equal 0xFF?
		if x := ^w; (x-0x0101010101010101)&w&0x8080808080808080 == 0 {
			b.acc |= w >> uint(b.n)
			b.pos += (63 - b.n) >> 3
			b.n |= 56
			return
		}
	}
	b.refillSlow()
}

func (b *bitReader) refillSlow() {
	for b.n <= 56 {
		var v byte
		switch {
		case b.pos >= len(b.data):
			b.phantom += 8
		case b.data[b.pos] != 0xff:
			v = b.data[b.pos]
			b.pos++
		case b.pos+1 < len(b.data) && b.data[b.pos+1] == 0:
			v = 0xff
			b.pos += 2
		default: // a marker, or a lone 0xFF at the end
			b.phantom += 8
		}
		b.acc |= uint64(v) << uint(56-b.n)
		b.n += 8
	}
}

// overrun reports whether bits were taken that the data does not have.
func (b *bitReader) overrun() bool { return b.phantom > b.n }

// drop removes k valid bits.
func (b *bitReader) drop(k uint) {
	b.acc <<= k
	b.n -= int(k)
}

// bits takes k bits, 0 ≤ k ≤ 16, of which at least k are valid.
func (b *bitReader) bits(k uint) int32 {
	v := int32(b.acc >> 32 >> (32 - k))
	b.drop(k)
	return v
}

// extended takes k bits as a signed difference (T.81, EXTEND).
func (b *bitReader) extended(k uint) int32 {
	v := b.bits(k)
	return v + (v-1<<k>>1)>>31&(1-1<<k)
}

// restart forgets what is left of the byte and goes to just after the next
// restart marker; it reports whether one is there.
func (b *bitReader) restart() bool {
	b.acc, b.n, b.phantom = 0, 0, 0
	// Refilling may have stopped before the marker, never beyond it: after a
	// marker only phantom bits come. Skip fill bytes.
	for b.pos+1 < len(b.data) {
		if b.data[b.pos] != 0xff {
			b.pos++ // bytes that the entropy coder left unread
			continue
		}
		m := b.data[b.pos+1]
		switch {
		case m >= 0xd0 && m <= 0xd7:
			b.pos += 2
			return true
		case m == 0xff:
			b.pos++
		case m == 0:
			b.pos += 2
		default:
			return false
		}
	}
	return false
}
