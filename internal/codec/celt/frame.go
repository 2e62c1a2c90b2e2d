package celt

import "github.com/fusor-ml/fusor/internal/codec/rangecoder"

// How the pulses are spread (section 4.3.4.3).
const (
	spreadNone = iota
	spreadLight
	spreadNormal
	spreadFar
)

// frame is a frame's parameters, in the order in which they are read (RFC 6716,
// section 4.3, table 56).
type frame struct {
	size       int // log2 of the short blocks that it lasts, 0 to 3
	channels   int // coded
	start, end int // bands

	silent    bool
	filter    postFilter
	transient bool // of short blocks
	intra     bool // the levels do not refer to the frame before
	tf        [bands]int
	spread    int
	boosts    [bands]int // 8ths of bits
	trim      int
	allocation
}

// blocks returns how many transforms a frame has.
func (f *frame) blocks() int {
	if f.transient {
		return 1 << f.size
	}
	return 1
}

// samples returns how many samples it lasts.
func (f *frame) samples() int { return shortBlock << f.size }

// readHead decodes what comes before the allocation; the levels are read along.
func (f *frame) readHead(r *rangecoder.Decoder, l *levels) {
	total := 8 * r.Len()
	used := r.Tell()
	f.silent = used >= total || used == 1 && r.Bit(15)
	if f.silent {
		r.Finish()
	}
	if f.start == 0 && r.Tell()+16 <= total && r.Flag() {
		f.filter.read(r)
	}
	f.transient = f.size > 0 && r.Tell()+3 <= total && r.Bit(3)
	f.intra = r.Tell()+3 <= total && r.Bit(3)
	f.readCoarse(r, l)
	f.readResolutions(r)
	f.spread = spreadNormal
	if r.Tell()+4 <= total {
		f.spread = r.SymbolOf(pdfSpread, 5)
	}
	left := f.readBoosts(r)
	f.trim = 5
	if r.TellFrac()+6*8 <= left {
		f.trim = r.SymbolOf(pdfTrim, 7)
	}
}

// readResolutions decodes the changes of the time-frequency resolution (section
// 4.3.4.5): for each band whether it is another choice than the band below's, and
// which two there are to choose from.
func (f *frame) readResolutions(r *rangecoder.Decoder) {
	total, first, later := 8*r.Len(), 4, 5
	choices := &resolutions[f.size][0]
	if f.transient {
		first, later = 2, 4
		choices = &resolutions[f.size][1]
	}
	cost := first
	selects := f.size > 0 && r.Tell()+cost+1 <= total
	if selects {
		total-- // for the selection
	}
	choice, any := 0, 0
	for b := f.start; b < f.end; b++ {
		if r.Tell()+cost <= total && r.Bit(cost) {
			choice ^= 1
		}
		any |= choice
		f.tf[b] = choice
		cost = later
	}
	which := 0
	if selects && choices[0][any] != choices[1][any] && r.Flag() {
		which = 1
	}
	for b := f.start; b < f.end; b++ {
		f.tf[b] = choices[which][f.tf[b]]
	}
}

// readBoosts decodes by how much bands are raised above the allocation (section
// 4.3.3) and returns how many 8ths of bits the frame has apart from that.
func (f *frame) readBoosts(r *rangecoder.Decoder) (left int) {
	left = 64 * r.Len()
	cost := 6
	for b := f.start; b < f.end; b++ {
		n := f.channels * width(b) << f.size
		quantum := min(8*n, max(6*8, n))
		limit := f.limit(b)
		f.boosts[b] = 0
		for next := cost; r.TellFrac()+8*next < left && f.boosts[b] < limit && r.Bit(next); next = 1 {
			f.boosts[b] += quantum
			left -= quantum
		}
		if f.boosts[b] > 0 {
			cost = max(2, cost-1)
		}
	}
	return left
}
