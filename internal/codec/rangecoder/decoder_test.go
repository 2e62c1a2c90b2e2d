package rangecoder

import (
	"math/bits"
	"math/rand/v2"
	"testing"
)

// encoder writes what a Decoder reads, in arithmetic of unlimited width: low is
// a number whose carries run through the bytes that are out (RFC 6716, section 5.1).
type encoder struct {
	out  []byte
	low  uint64 // below 2^32
	rng  uint32
	tail []byte // raw bits, from the end
	raw  uint64
	kept int
}

func newEncoder() *encoder { return &encoder{rng: 1 << 31} }

// take narrows the range to [low, high) of total parts, the last of which has
// what the division leaves.
func (e *encoder) take(low, high, total uint32) {
	unit := e.rng / total
	if low > 0 {
		e.low += uint64(e.rng - unit*(total-low))
		e.rng = unit * (high - low)
	} else {
		e.rng -= unit * (total - high)
	}
	for {
		if e.low >= 1<<31 {
			e.low -= 1 << 31
			for i := len(e.out) - 1; ; i-- {
				e.out[i]++
				if e.out[i] != 0 {
					break
				}
			}
		}
		if e.rng > 1<<23 {
			return
		}
		e.out = append(e.out, byte(e.low>>23))
		e.low = e.low << 8 & (1<<31 - 1)
		e.rng <<= 8
	}
}

func (e *encoder) bits(v uint32, n int) {
	e.raw |= uint64(v) << e.kept
	for e.kept += n; e.kept >= 8; e.kept -= 8 {
		e.tail = append(e.tail, byte(e.raw))
		e.raw >>= 8
	}
}

func (e *encoder) uniform(v, n uint32) {
	more := max(bits.Len32(n-1)-8, 0)
	e.take(v>>more, v>>more+1, (n-1)>>more+1)
	e.bits(v&(1<<more-1), more)
}

// finish returns the frame: all of low, then the raw bits from the end.
func (e *encoder) finish() []byte {
	frame := append(e.out, byte(e.low>>23), byte(e.low>>15), byte(e.low>>7), byte(e.low<<1))
	if e.kept > 0 {
		e.tail = append(e.tail, byte(e.raw))
	}
	for i := len(e.tail) - 1; i >= 0; i-- {
		frame = append(frame, e.tail[i])
	}
	return frame
}

// TestRoundTrip wants every kind of symbol back, and the encoder's range.
func TestRoundTrip(t *testing.T) {
	eight := PDF{24, 74, 148, 10}
	two := PDF{2, 1, 1}
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		e := newEncoder()
		var checks []func(d *Decoder) (got, want uint32)
		symbol := func(p PDF, n int) {
			k := rng.IntN(len(p))
			low := uint32(0)
			for _, w := range p[:k] {
				low += uint32(w)
			}
			e.take(low, low+uint32(p[k]), 1<<n)
			checks = append(checks, func(d *Decoder) (uint32, uint32) {
				return uint32(d.SymbolOf(p, n)), uint32(k)
			})
		}
		for range 300 {
			switch rng.IntN(6) {
			case 0:
				symbol(eight, 8)
			case 1:
				symbol(two, 2)
			case 2:
				n := 1 + rng.IntN(15)
				set := uint32(rng.IntN(2))
				if set == 1 {
					e.take(1<<n-1, 1<<n, 1<<n)
				} else {
					e.take(0, 1<<n-1, 1<<n)
				}
				checks = append(checks, func(d *Decoder) (uint32, uint32) {
					if d.Bit(n) {
						return 1, set
					}
					return 0, set
				})
			case 3:
				n := 2 + rng.Uint32()>>rng.IntN(31)&(1<<31-1)
				v := rng.Uint32N(n)
				e.uniform(v, n)
				checks = append(checks, func(d *Decoder) (uint32, uint32) { return d.Uniform(n), v })
			case 4:
				n := rng.IntN(17)
				v := rng.Uint32() & (1<<n - 1)
				e.bits(v, n)
				checks = append(checks, func(d *Decoder) (uint32, uint32) { return d.Bits(n), v })
			case 5:
				low, total := rng.Uint32N(1000), uint32(1500)
				high := low + 1 + rng.Uint32N(499)
				e.take(low, high, total)
				checks = append(checks, func(d *Decoder) (uint32, uint32) {
					at := d.Place(total)
					d.Take(low, high, total)
					if at < low || at >= high {
						return at, low
					}
					return 0, 0
				})
			}
		}
		frame := e.finish()
		d := New(frame)
		for i, check := range checks {
			if got, want := check(d); got != want {
				t.Fatalf("seed %d: value %d is %d, want %d", seed, i, got, want)
			}
		}
		if d.Range() != e.rng {
			t.Errorf("seed %d: the range is %d, want %d", seed, d.Range(), e.rng)
		}
		if used := d.Tell(); used > 8*len(frame) || used < 8*len(frame)-40 {
			t.Errorf("seed %d: %d bits of %d bytes are used", seed, used, len(frame))
		}
		if frac := d.TellFrac(); (frac+7)/8 != d.Tell() {
			t.Errorf("seed %d: %d eighths of %d bits are used", seed, frac, d.Tell())
		}
	}
}

// TestShorten wants the raw bits to come from before what is taken off.
func TestShorten(t *testing.T) {
	d := New([]byte{1, 2, 3, 0xAB, 7, 8})
	if off := d.Shorten(2); len(off) != 2 || off[0] != 7 {
		t.Errorf("took off %v", off)
	}
	if got := d.Bits(8); got != 0xAB || d.Len() != 4 {
		t.Errorf("read %#x of %d bytes", got, d.Len())
	}
	d = New([]byte{0xFF})
	for range 20 {
		d.Bits(25) // past the start there are zeros
	}
	if got := d.Bits(25); got != 0 {
		t.Errorf("read %#x past the end", got)
	}
}
