package silk

import "math/bits"

// A pdf is the distribution of a symbol, in 256ths.
type pdf []uint8

// rangeDecoder decodes symbols (RFC 6716, section 4.1). What lies past the end
// of the frame is zero.
type rangeDecoder struct {
	in       []byte
	last     uint32 // the byte of which one bit is left
	rng, val uint32
	read     int // bits
}

func newRangeDecoder(frame []byte) rangeDecoder {
	d := rangeDecoder{in: frame, rng: 128, read: 9}
	d.last = d.next()
	d.val = 127 - d.last>>1
	d.normalize()
	return d
}

func (d *rangeDecoder) next() uint32 {
	if len(d.in) == 0 {
		return 0
	}
	b := d.in[0]
	d.in = d.in[1:]
	return uint32(b)
}

func (d *rangeDecoder) normalize() {
	for d.rng <= 1<<23 {
		b := d.next()
		sym := (d.last<<8 | b) >> 1 & 255
		d.last = b
		d.rng <<= 8
		d.val = (d.val<<8 + 255 - sym) & (1<<31 - 1)
		d.read += 8
	}
}

// symbol decodes a symbol of the distribution.
func (d *rangeDecoder) symbol(p pdf) int {
	unit, high, rest := d.rng>>8, d.rng, uint32(256)
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
	return 0 // not reached, as the widths add up to 256
}

// flag decodes a bit that is as likely set as not.
func (d *rangeDecoder) flag() bool {
	half := d.rng >> 1
	set := d.val < half
	if set {
		d.rng = half
	} else {
		d.val -= half
		d.rng -= half
	}
	d.normalize()
	return set
}

// tell returns how many bits are used (section 4.1.6.1).
func (d *rangeDecoder) tell() int { return d.read - bits.Len32(d.rng) }
