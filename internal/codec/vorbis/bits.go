package vorbis

import "math/bits"

// bitReader reads numbers as they are packed (Vorbis I, section 2): the lowest bit first. Past the
// end it reads zeros, and ended is set.
type bitReader struct {
	b     []byte
	word  uint64 // the bits that come next, lowest first
	held  int    // how many of them are known
	ended bool
}

func newBitReader(b []byte) *bitReader { return &bitReader{b: b} }

// fill makes at least 32 bits known, or all there are.
func (r *bitReader) fill() {
	for r.held <= 56 && len(r.b) > 0 {
		r.word |= uint64(r.b[0]) << r.held
		r.held += 8
		r.b = r.b[1:]
	}
}

// peek returns the next n bits, at most 32, without reading them.
func (r *bitReader) peek(n int) uint32 {
	if r.held < n {
		r.fill()
	}
	return uint32(r.word & (1<<n - 1))
}

func (r *bitReader) skip(n int) {
	if r.held < n {
		r.fill()
		if r.held < n {
			r.ended, r.held, r.word = true, 0, 0
			return
		}
	}
	r.word >>= n
	r.held -= n
}

// read returns a number of n bits, at most 32.
func (r *bitReader) read(n int) int {
	v := r.peek(n)
	r.skip(n)
	if r.ended {
		return 0
	}
	return int(v)
}

func (r *bitReader) flag() bool { return r.read(1) == 1 }

// ilog is the number of bits of x (section 9.2.1).
func ilog(x int) int { return bits.Len(uint(x)) }
