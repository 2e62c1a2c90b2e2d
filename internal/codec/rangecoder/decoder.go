// Package rangecoder decodes the symbols of an Opus frame (RFC 6716, section
// 4.1), which both of its layers read from one stream: coded ones from the front,
// raw bits from the end.
package rangecoder

import "math/bits"

// A PDF is the distribution of a symbol. The widths add up to a power of two,
// 256 for [Decoder.Symbol].
type PDF []uint8

// Decoder decodes a frame. What lies past its end is zero.
type Decoder struct {
	data     []byte
	at       int    // the byte that the next symbol's bits come from
	last     uint32 // the byte of which one bit is left
	rng, val uint32
	read     int // bits, the raw ones as well

	tail int    // bytes that raw bits were taken from
	raw  uint64 // raw bits that wait
	kept int    // how many
}

// New returns a decoder at the start of a frame.
func New(frame []byte) *Decoder {
	d := &Decoder{data: frame, rng: 128, read: 9}
	d.last = d.next()
	d.val = 127 - d.last>>1
	d.normalize()
	return d
}

func (d *Decoder) next() uint32 {
	if d.at >= len(d.data) {
		return 0
	}
	d.at++
	return uint32(d.data[d.at-1])
}

func (d *Decoder) normalize() {
	for d.rng <= 1<<23 {
		b := d.next()
		sym := (d.last<<8 | b) >> 1 & 255
		d.last = b
		d.rng <<= 8
		d.val = (d.val<<8 + 255 - sym) & (1<<31 - 1)
		d.read += 8
	}
}

// Symbol decodes a symbol of a distribution in 256ths.
func (d *Decoder) Symbol(p PDF) int { return d.SymbolOf(p, 8) }

// SymbolOf decodes a symbol of a distribution whose widths add up to 2^n.
func (d *Decoder) SymbolOf(p PDF, n int) int {
	unit, high, rest := d.rng>>n, d.rng, uint32(1)<<n
	for k, width := range p {
		rest -= uint32(width)
		low := unit * rest
		if d.val >= low {
			d.val -= low
			d.rng = high - low
			d.normalize()
			return k
		}
		high = low
	}
	return 0 // not reached, as the widths add up
}

// Flag decodes a bit that is as likely set as not.
func (d *Decoder) Flag() bool { return d.Bit(1) }

// Bit decodes a bit that is set with a probability of 2^-n (section 4.1.3.2).
func (d *Decoder) Bit(n int) bool {
	part := d.rng >> n
	set := d.val < part
	if set {
		d.rng = part
	} else {
		d.val -= part
		d.rng -= part
	}
	d.normalize()
	return set
}

// Place returns where in a distribution of so many parts the next symbol lies
// (section 4.1.2); [Decoder.Take] is to follow.
func (d *Decoder) Place(total uint32) uint32 {
	return total - min(d.val/(d.rng/total)+1, total)
}

// Take decodes the symbol that spans the parts [low, high).
func (d *Decoder) Take(low, high, total uint32) {
	unit := d.rng / total
	above := unit * (total - high)
	d.val -= above
	if low > 0 {
		d.rng = unit * (high - low)
	} else {
		d.rng -= above
	}
	d.normalize()
}

// Uniform decodes one of n equally likely values (section 4.1.5); the low bits
// of a large one are raw. n is at least 2.
func (d *Decoder) Uniform(n uint32) uint32 {
	more := max(bits.Len32(n-1)-8, 0)
	total := (n-1)>>more + 1
	high := d.Place(total)
	d.Take(high, high+1, total)
	return min(high<<more|d.Bits(more), n-1)
}

// Bits returns n raw bits, at most 25, from the end of the frame (section 4.1.4).
func (d *Decoder) Bits(n int) uint32 {
	for d.kept < n {
		if d.tail < len(d.data) {
			d.tail++
			d.raw |= uint64(d.data[len(d.data)-d.tail]) << d.kept
		}
		d.kept += 8
	}
	v := uint32(d.raw & (1<<n - 1))
	d.raw >>= n
	d.kept -= n
	d.read += n
	return v
}

// Shorten takes n bytes off the end of the frame, which must be before any raw
// Shorten takes n bytes off the end of the frame and returns them. No raw bits
// may have been read yet.
func (d *Decoder) Shorten(n int) []byte {
	end := len(d.data) - n
	off := d.data[end:]
	d.data = d.data[:end]
	return off
}

// Finish marks all bits as used.
func (d *Decoder) Finish() { d.read += 8*len(d.data) - d.Tell() }

// Len returns the length of the frame in bytes.
func (d *Decoder) Len() int { return len(d.data) }

// Tell returns how many bits are used, rounded up (section 4.1.6.1).
func (d *Decoder) Tell() int { return d.read - bits.Len32(d.rng) }

// TellFrac returns how many 8ths of a bit are used (section 4.1.6.2).
func (d *Decoder) TellFrac() int {
	n := bits.Len32(d.rng)
	r := d.rng >> (n - 16)
	for range 3 {
		r = r * r >> 15
		over := r >> 16
		n = n<<1 | int(over)
		r >>= over
	}
	return d.read<<3 - n
}

// Range returns the width of what is left, which is that of the encoder if every
// symbol was read as it was written (section 6.1).
func (d *Decoder) Range() uint32 { return d.rng }
