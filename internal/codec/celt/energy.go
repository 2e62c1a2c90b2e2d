package celt

import "github.com/fusor-ml/fusor/internal/codec/rangecoder"

// levels are the log energies of each channel's bands, to base 2, less the mean.
type levels [2][bands]float32

// lowest is the level of a band of which nothing was heard.
const lowest = -28

// fill sets every level.
func (l *levels) fill(v float32) {
	for c := range l {
		for b := range l[c] {
			l[c][b] = v
		}
	}
}

// readCoarse decodes the levels in steps of 6 dB (section 4.3.2.1), each
// predicted from the frame before and from the band below.
func (f *frame) readCoarse(r *rangecoder.Decoder, l *levels) {
	before, below := fromBefore[f.size]/32768, fromBelow[f.size]/32768
	model := &coarseModels[f.size][0]
	if f.intra {
		before, below = 0, fromBelowIntra/32768.0
		model = &coarseModels[f.size][1]
	}
	var carry [2]float32
	for b := f.start; b < f.end; b++ {
		for c := range f.channels {
			step := float32(readStep(r, model[0][b], model[1][b]))
			l[c][b] = before*max(-9, l[c][b]) + carry[c] + step
			carry[c] += step - below*step
		}
	}
}

// readStep decodes a step; where bits run out it is of fewer values.
func readStep(r *rangecoder.Decoder, zero, decay uint8) int {
	switch left := 8*r.Len() - r.Tell(); {
	case left >= 15:
		return readLaplace(r, uint32(zero)<<7, uint32(decay)<<6)
	case left >= 2:
		return [3]int{0, -1, 1}[r.SymbolOf(pdfCoarseShort, 2)]
	case left == 1 && !r.Flag():
		return 0
	}
	return -1
}

// readLaplace decodes a value whose probability falls off to both sides from that of
// zero, in 32768ths; none is below 1. The decay is in 16384ths.
func readLaplace(r *rangecoder.Decoder, zero, decay uint32) int {
	const total = 1 << 15
	at := r.Place(total)
	low, wide := uint32(0), zero
	value := 0
	if at >= wide {
		// Each side has value 1, then 2, and so on; wide is of the one side alone.
		low = wide
		wide = (total-32-wide)*(1<<14-decay)>>15 + 1
		value = 1
		for wide > 1 && at >= low+2*wide {
			low += 2 * wide
			wide = 2*(wide-1)*decay>>15 + 1
			value++
		}
		if wide == 1 { // all that follow are equally likely
			more := (at - low) / 2
			value += int(more)
			low += 2 * more
		}
		if at < low+wide {
			value = -value
		} else {
			low += wide
		}
	}
	r.Take(low, min(low+wide, total), total)
	return value
}

// readFine decodes the bits by which each level is refined (section 4.3.2.2).
func (f *frame) readFine(r *rangecoder.Decoder, l *levels) {
	for b := f.start; b < f.end; b++ {
		n := f.fine[b]
		if n == 0 {
			continue
		}
		for c := range f.channels {
			l[c][b] += (float32(r.Bits(n))+0.5)/float32(int(1)<<n) - 0.5
		}
	}
}

// readFinal gives the bits that are left to the levels, first to those that the
// allocation rounded down (section 4.3.2.2).
func (f *frame) readFinal(r *rangecoder.Decoder, l *levels) {
	left := 8*r.Len() - r.Tell()
	for _, late := range [2]bool{false, true} {
		for b := f.start; b < f.end && left >= f.channels; b++ {
			if f.fine[b] >= maxFine || f.late[b] != late {
				continue
			}
			for c := range f.channels {
				l[c][b] += (float32(r.Bits(1)) - 0.5) / float32(int(2)<<f.fine[b])
				left--
			}
		}
	}
}
