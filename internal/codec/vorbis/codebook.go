package vorbis

import (
	"errors"
	"fmt"
	"math"
)

// codebook is a prefix code whose entries are numbers, or vectors of dim values (section 3).
type codebook struct {
	dim    int
	nodes  []node  // nodes[0] is the root
	rooms  []uint8 // of each node, how many bits below it there is a free code word; nil once it is read
	fast   []leap  // by the next fastBits bits
	values []float32
}

// node has what follows a bit of 0 and of 1: another node, above 0, or -1 less an entry; 0 is none.
type node [2]int32

// leap is where some bits lead: to an entry, or to a node whose bits are still to be read.
type leap struct {
	to   int32
	bits uint8
}

const fastBits = 9

// The size of codebooks that are taken for real; encoders stay a hundred times below.
const (
	maxEntries = 1 << 18
	maxValues  = 1 << 22
)

var errCode = errors.New("a Vorbis codebook is not complete")

// readCodebook reads one; left is what all of those that follow may hold.
func readCodebook(r *bitReader, left *int) (*codebook, error) {
	if r.read(24) != 0x564342 {
		return nil, errors.New("a Vorbis codebook does not start as one")
	}
	c := &codebook{dim: r.read(16)}
	n := r.read(24)
	if *left -= n; c.dim == 0 || n == 0 || n > maxEntries || n*c.dim > maxValues || *left < 0 {
		return nil, fmt.Errorf("a Vorbis codebook of %d entries of %d values", n, c.dim)
	}
	lengths := readLengths(r, n)
	if err := c.assign(lengths); err != nil {
		return nil, err
	}
	switch kind := r.read(4); kind {
	case 0:
	case 1, 2:
		if *left -= n * c.dim; *left < 0 {
			return nil, errDamaged
		}
		c.readVectors(r, n, kind == 1)
	default:
		return nil, errors.New("a Vorbis codebook of an unknown kind")
	}
	if r.ended {
		return nil, errShort
	}
	return c, nil
}

// readLengths returns the length of each entry's code word, 0 of one that is not used.
func readLengths(r *bitReader, n int) []int {
	lengths := make([]int, n)
	if r.flag() { // in ascending order
		length := r.read(5) + 1
		for at := 0; at < n && !r.ended; length++ {
			for end := min(n, at+r.read(ilog(n-at))); at < end; at++ {
				lengths[at] = length
			}
		}
		return lengths
	}
	sparse := r.flag()
	for i := range lengths {
		if !sparse || r.flag() {
			lengths[i] = r.read(5) + 1
		}
	}
	return lengths
}

// assign gives each entry the lowest code word of its length that is free (section 3.2.1). An entry
// that is alone has a word of one bit, of either value.
func (c *codebook) assign(lengths []int) error {
	c.nodes, c.rooms = make([]node, 1), []uint8{1}
	used, last := 0, 0
	for entry, length := range lengths {
		if length == 0 {
			continue
		}
		if length > 32 || !c.put(0, length, int32(entry)) {
			return errCode
		}
		used, last = used+1, entry
	}
	switch {
	case used == 1:
		c.nodes = []node{{int32(-1 - last), int32(-1 - last)}}
	case used > 1 && c.rooms[0] < full:
		return errCode
	}
	c.rooms = nil
	c.fast = make([]leap, 1<<fastBits)
	for code := range c.fast {
		l := &c.fast[code]
		for int(l.bits) < fastBits && l.to >= 0 {
			l.to = c.nodes[l.to][code>>l.bits&1]
			l.bits++
			if l.to == 0 { // of a book without entries
				break
			}
		}
	}
	return nil
}

// full is the room of a node whose code words are all taken.
const full = 64

// room returns how many bits below the side of a node there is a free code word.
func (c *codebook) room(side int32) uint8 {
	switch {
	case side == 0:
		return 0
	case side < 0:
		return full
	}
	return c.rooms[side]
}

// put puts an entry so many bits below a node, as far to the left as there is room.
func (c *codebook) put(at int32, length int, entry int32) bool {
	bit := 0
	for int(c.room(c.nodes[at][bit])) >= length {
		if bit++; bit == 2 {
			return false
		}
	}
	next := c.nodes[at][bit]
	switch {
	case length == 1:
		c.nodes[at][bit] = -1 - entry
	default:
		if next == 0 {
			next = int32(len(c.nodes))
			c.nodes, c.rooms = append(c.nodes, node{}), append(c.rooms, 1)
			c.nodes[at][bit] = next
		}
		c.put(next, length-1, entry)
	}
	c.rooms[at] = min(full, 1+min(c.room(c.nodes[at][0]), c.room(c.nodes[at][1])))
	return true
}

// readVectors reads the values of the entries (section 3.3): all of them, or those of one dimension
// that make a lattice.
func (c *codebook) readVectors(r *bitReader, n int, lattice bool) {
	least, step := readFloat(r), readFloat(r)
	width := r.read(4) + 1
	sums := r.flag()
	side := n * c.dim
	if lattice {
		side = latticeSide(n, c.dim)
	}
	steps := make([]float32, side)
	for i := range steps {
		steps[i] = float32(r.read(width))
	}
	c.values = make([]float32, n*c.dim)
	for entry := range n {
		last, divisor := float32(0), 1
		for k := range c.dim {
			i := entry*c.dim + k
			of := i
			if lattice {
				of = entry / divisor % side
				divisor *= side
			}
			c.values[i] = steps[of]*step + least + last
			if sums {
				last = c.values[i]
			}
		}
	}
}

// latticeSide is the largest k with k^dim ≤ n. It is counted: the root in floating point of 27 is
// below 3.
func latticeSide(n, dim int) int {
	for k := 1; ; k++ {
		p := 1
		for range dim {
			if p *= k + 1; p > n {
				return k
			}
		}
	}
}

// readFloat reads a number of 21 bits and an exponent of 10 (section 9.2.2).
func readFloat(r *bitReader) float32 {
	x := uint32(r.read(32))
	mantissa := float64(x & 0x1fffff)
	if x>>31 == 1 {
		mantissa = -mantissa
	}
	return float32(math.Ldexp(mantissa, int(x>>21&0x3ff)-788))
}

// scalar reads an entry; −1 where the packet ends, or the book is empty.
func (c *codebook) scalar(r *bitReader) int {
	l := c.fast[r.peek(fastBits)]
	r.skip(int(l.bits))
	at := l.to
	for at > 0 && !r.ended {
		at = c.nodes[at][r.read(1)]
	}
	if r.ended || at == 0 {
		r.ended = true
		return -1
	}
	return int(-1 - at)
}

// vector reads an entry's values; nil where the packet ends.
func (c *codebook) vector(r *bitReader) []float32 {
	entry := c.scalar(r)
	if entry < 0 {
		return nil
	}
	return c.values[entry*c.dim : (entry+1)*c.dim]
}
