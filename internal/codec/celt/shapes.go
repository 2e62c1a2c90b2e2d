package celt

import (
	"math"

	"github.com/fusor-ml/fusor/internal/codec/rangecoder"
)

// maxFrame is the coefficients of a frame of 20 ms, 100 of each short block's 120
// being coded.
const maxFrame = shortBlock << 3

// shapes decodes the shapes of the bands (RFC 6716, section 4.3.4): coefficients
// whose squares add up to 1 in each band.
type shapes struct {
	*frame
	r         *rangecoder.Decoder
	noInverse bool // the output is mono, where inverted channels would cancel
	seed      uint32

	band int
	left int // 8ths of bits that are left of the frame

	x     [2][maxFrame]float32 // the shapes
	masks [bands][2]uint       // which blocks of a band are not empty

	// What bands above may repeat, scaled to a mean square of 1.
	fold    [2][maxFrame]float32
	copied  [maxFrame]float32
	ordered [maxFrame]float32
	pulses  [maxLength]int32
}

// part is a band, or a partition of one, of a channel.
type part struct {
	x      []float32
	fold   []float32 // what is repeated where there are no pulses, nil for noise
	bits   int       // 8ths, that it may take
	blocks int       // that are interleaved, or follow each other, in it
	size   int       // log2 of the short blocks, -1 for half of one
	gain   float32
	fill   uint // which blocks of fold are not empty
}

// read decodes all bands. reserved 8ths of bits are for what follows.
func (s *shapes) read(reserved int) {
	blocks := s.blocks()
	source, grows := 0, true // the band below which there is enough to repeat
	balance, dual := s.spare, s.dual
	for b := s.start; b < s.end; b++ {
		s.band = b
		used := s.r.TellFrac()
		if b != s.start {
			balance -= used
		}
		s.left = 64*s.r.Len() - reserved - used - 1
		bits := 0
		if b < s.coded {
			share := balance / min(3, s.coded-b)
			bits = max(0, min(16383, s.left+1, s.shape[b]+share))
		}
		from, n := edges[b]<<s.size, width(b)<<s.size
		if (from-n >= edges[s.start]<<s.size || b == s.start+1) && (grows || source == 0) {
			source = b
		}
		if b == s.start+1 {
			s.extendFold(dual)
		}
		masks := [2]uint{1<<blocks - 1, 1<<blocks - 1}
		at := -1
		if source != 0 && (s.spread != spreadFar || blocks > 1 || s.tf[b] < 0) {
			at = max(edges[s.start]<<s.size, edges[source]<<s.size-n)
			masks = s.masksOf(at, n, source)
		}
		if dual && b == s.intensity {
			dual = false
			for i := edges[s.start] << s.size; i < from; i++ {
				s.fold[0][i] = (s.fold[0][i] + s.fold[1][i]) / 2
			}
		}
		p := part{bits: bits, blocks: blocks, size: s.size, gain: 1}
		s.readBand(p, from, n, at, dual, masks)
		balance += s.shape[b] + used
		grows = bits > 8*n
	}
}

// readBand decodes a band of n coefficients, folding from at on, -1 for none.
func (s *shapes) readBand(p part, from, n, at int, dual bool, masks [2]uint) {
	channel := func(c int) (p1 part, keep []float32) {
		p1 = p
		p1.x = s.x[c][from : from+n]
		if at >= 0 {
			p1.fold = s.fold[c][at : at+n]
		}
		return p1, s.fold[c][from : from+n]
	}
	first, keep := channel(0)
	if dual {
		second, keep2 := channel(1)
		first.bits, second.bits = p.bits/2, p.bits/2
		first.fill, second.fill = masks[0], masks[1]
		s.masks[s.band] = [2]uint{s.readChannel(first, keep), s.readChannel(second, keep2)}
		return
	}
	first.fill = masks[0] | masks[1]
	var mask uint
	if s.channels == 2 {
		mask = s.readPair(first, s.x[1][from:from+n], keep)
	} else {
		mask = s.readChannel(first, keep)
	}
	s.masks[s.band] = [2]uint{mask, mask}
}

// masksOf returns which blocks are not empty in any of the bands that n
// coefficients from at on reach into, below the source and the present band.
func (s *shapes) masksOf(at, n, source int) (masks [2]uint) {
	first := source - 1
	for edges[first]<<s.size > at {
		first--
	}
	end := source
	for end < s.band && edges[end]<<s.size < at+n {
		end++
	}
	for b := first; b < end; b++ {
		masks[0] |= s.masks[b][0]
		masks[1] |= s.masks[b][1]
	}
	return masks
}

// extendFold lets the second band repeat the first where it is the wider, by
// doubling the end of the first: so it is in hybrid frames.
func (s *shapes) extendFold(dual bool) {
	from := edges[s.start] << s.size
	first, second := width(s.start)<<s.size, width(s.start+1)<<s.size
	for c := range s.fold {
		if c == 0 || dual {
			fold := s.fold[c][from:]
			copy(fold[first:second], fold[2*first-second:first])
		}
	}
}

// readSign decodes a band of one coefficient.
func (s *shapes) readSign(x []float32) {
	x[0] = 1
	if s.left >= 8 {
		s.left -= 8
		if s.r.Bits(1) == 1 {
			x[0] = -1
		}
	}
}

// readChannel decodes a channel's band in its resolution of time and frequency,
// and keeps what may be repeated.
func (s *shapes) readChannel(p part, keep []float32) (mask uint) {
	n := len(p.x)
	if n == 1 {
		s.readSign(p.x)
		keep[0] = p.x[0]
		return 1
	}
	whole, tf := p.blocks == 1, s.tf[s.band]
	merges, splits := max(tf, 0), 0
	if p.fold != nil {
		p.fold = s.copied[:copy(s.copied[:n], p.fold)]
	}
	for k := range merges {
		if p.fold != nil {
			haar(p.fold, 1<<k)
		}
		p.fill = mergeMask(p.fill)
	}
	p.blocks >>= merges
	for ; splits < -tf && (n/p.blocks)%2 == 0; splits++ {
		if p.fold != nil {
			haar(p.fold, p.blocks)
		}
		p.fill |= p.fill << p.blocks
		p.blocks *= 2
	}
	interleaved := p.blocks << merges
	if p.blocks > 1 && p.fold != nil {
		s.deinterleave(p.fold, interleaved, whole)
	}
	mask = s.readPart(p)
	if p.blocks > 1 {
		s.interleave(p.x, interleaved, whole)
	}
	for range splits {
		p.blocks /= 2
		mask |= mask >> p.blocks
		haar(p.x, p.blocks)
	}
	for k := range merges {
		mask = splitMask(mask)
		haar(p.x, 1<<k)
	}
	p.blocks <<= merges
	if keep != nil {
		scale := float32(math.Sqrt(float64(n)))
		for i, v := range p.x {
			keep[i] = scale * v
		}
	}
	return mask & (1<<p.blocks - 1)
}

// readPart decodes a partition, in two halves where it has more bits than the
// largest codebook takes.
func (s *shapes) readPart(p part) (mask uint) {
	costs := priceLists()[len(p.x)]
	if p.size < 0 || len(p.x) <= 2 || p.bits <= costs.most()+11 {
		return s.readLeaf(p, costs)
	}
	n, blocks := len(p.x)/2, p.blocks
	low := half{part: p, read: s.readPart}
	high := half{part: p, read: s.readPart, up: blocks / 2}
	low.x, high.x = p.x[:n], p.x[n:]
	if p.fold != nil {
		low.fold, high.fold = p.fold[:n], p.fold[n:]
	}
	if blocks == 1 {
		p.fill = p.fill&1 | p.fill<<1
	}
	p.blocks = (blocks + 1) / 2
	p.size--
	a := s.readAngle(&p, n, blocks, false)
	if blocks > 1 && a.theta&0x3fff != 0 {
		if a.theta > 8192 {
			a.delta -= a.delta >> (4 - p.size) // what a loud block masks before it
		} else {
			a.delta = min(0, a.delta+n<<3>>(5-p.size)) // and behind it
		}
	}
	for k, h := range []*half{&low, &high} {
		h.blocks, h.size = p.blocks, p.size
		h.gain = p.gain * a.gains[k]
		h.fill = p.fill >> (k * p.blocks)
	}
	return s.share(p.bits, a, low, high)
}

// half is one of two parts that share bits.
type half struct {
	part
	read func(part) uint
	up   int // by how much its mask is moved up
}

// share divides the bits between two parts and reads the one that has more first;
// what it did not need goes to the other.
func (s *shapes) share(bits int, a angle, low, high half) uint {
	s.left -= a.cost
	low.bits = max(0, min(bits, (bits-a.delta)/2))
	high.bits = bits - low.bits
	first, second, silent := &low, &high, 0
	if low.bits < high.bits {
		first, second, silent = &high, &low, 16384
	}
	before := s.left
	mask := first.read(first.part) << first.up
	if spare := first.bits - (before - s.left); spare > 24 && a.theta != silent {
		second.bits += spare - 24
	}
	return mask | second.read(second.part)<<second.up
}

// readLeaf decodes the pulses of a partition; where there are none it repeats
// what is below, or is noise.
func (s *shapes) readLeaf(p part, costs prices) (mask uint) {
	step := costs.step(p.bits)
	s.left -= costs[step]
	for s.left < 0 && step > 0 {
		s.left += costs[step] - costs[step-1]
		step--
	}
	if step > 0 {
		return s.readVector(p, pulsesAt(step))
	}
	all := uint(1)<<p.blocks - 1
	p.fill &= all
	if p.fill == 0 {
		clear(p.x)
		return 0
	}
	mask = p.fill
	if p.fold == nil {
		mask = all
		for i := range p.x {
			p.x[i] = float32(int32(s.random()) >> 20)
		}
	} else {
		for i := range p.x {
			// 48 dB below what is repeated.
			if s.random()&0x8000 != 0 {
				p.x[i] = p.fold[i] + 1.0/256
			} else {
				p.x[i] = p.fold[i] - 1.0/256
			}
		}
	}
	normalize(p.x, p.gain)
	return mask
}

// random returns the next of the numbers that noise is made of (section 4.3.4.4).
func (s *shapes) random() uint32 {
	s.seed = 1664525*s.seed + 1013904223
	return s.seed
}

// readVector decodes so many pulses, spreads them and scales them to the gain.
func (s *shapes) readVector(p part, pulses int) (mask uint) {
	n := len(p.x)
	y := s.pulses[:n]
	energy := readPulses(s.r, y, pulses)
	scale := p.gain / float32(math.Sqrt(float64(energy)))
	for i, v := range y {
		p.x[i] = scale * float32(v)
	}
	spread(p.x, p.blocks, pulses, s.spread)
	if p.blocks == 1 {
		return 1
	}
	each := n / p.blocks
	for k := range p.blocks {
		for _, v := range y[k*each : (k+1)*each] {
			if v != 0 {
				mask |= 1 << k
				break
			}
		}
	}
	return mask
}

// normalize scales x so that the squares add up to that of the gain.
func normalize(x []float32, gain float32) {
	sum := float32(1e-15)
	for _, v := range x {
		sum += v * v
	}
	scale := gain / float32(math.Sqrt(float64(sum)))
	for i := range x {
		x[i] *= scale
	}
}
