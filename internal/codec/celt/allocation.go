package celt

import "github.com/fusor-ml/fusor/internal/codec/rangecoder"

// maxFine is how many bits refine a level at most.
const maxFine = 8

// allocation is how the bits of a frame are dealt out (RFC 6716, section 4.3.3).
type allocation struct {
	shape     [bands]int  // 8ths of bits for the shape
	fine      [bands]int  // bits for the level of each channel
	late      [bands]bool // whether a last bit goes to others first
	coded     int         // the band behind the last that has a shape
	intensity int         // from this band on the channels share a shape
	dual      bool        // below it they have shapes of their own
	spare     int         // 8ths of bits that no band could use
}

// limit returns how many 8ths of bits a band can use.
func (f *frame) limit(b int) int {
	return (int(caps[f.size][f.channels-1][b]) + 64) * f.channels * width(b) << f.size >> 2
}

// allocate reads the flags of the allocation and deals out so many 8ths of bits.
func (f *frame) allocate(r *rangecoder.Decoder, total int) {
	d := dealer{frame: f, total: max(0, total)}
	d.reserve()
	d.prepare()
	d.interpolate()
	d.skip(r)
	d.readStereo(r)
	d.fill()
	d.divide()
}

// dealer deals out the bits of a frame.
type dealer struct {
	*frame
	total     int        // 8ths of bits
	given     int        // of them
	floors    [bands]int // below which a band has no shape
	low, span [bands]int // a band's bits at a quality, and what the next adds
	keep      int        // this band and those below are coded in any case
	skipBit   int        // reserved for the end of skipping
	pairBits  int        // for the intensity band
	dualBit   int        // for whether it is dual
}

// reserve sets bits apart for the flags.
func (d *dealer) reserve() {
	if d.total >= 8 {
		d.skipBit = 8
		d.total -= d.skipBit
	}
	if d.channels == 1 {
		return
	}
	if n := logUp(uint32(d.end - d.start + 1)); n <= d.total {
		d.pairBits = n
		d.total -= n
		if d.total >= 8 {
			d.dualBit = 8
			d.total -= d.dualBit
		}
	}
}

// prepare finds the two qualities of the table between which the bits lie.
func (d *dealer) prepare() {
	var tilt [bands]int
	d.keep = d.start
	for b := d.start; b < d.end; b++ {
		n := width(b)
		d.floors[b] = max(8*d.channels, 3*n<<d.size<<3>>4)
		tilt[b] = d.channels * n * (d.trim - 5 - d.size) * (d.end - b - 1) << (d.size + 3) >> 6
		if n<<d.size == 1 {
			tilt[b] -= 8 * d.channels
		}
		if d.boosts[b] > 0 {
			d.keep = b
		}
	}
	at := func(quality, b int) int {
		bits := d.channels * width(b) * int(allocations[quality][b]) << d.size >> 2
		if bits > 0 {
			bits = max(0, bits+tilt[b])
		}
		return bits
	}
	quality, above := 1, len(allocations)-1
	for quality <= above {
		mid := (quality + above) / 2
		sum := d.sum(func(b int) int { return at(mid, b) + d.boosts[b] })
		if sum > d.total {
			above = mid - 1
		} else {
			quality = mid + 1
		}
	}
	quality--
	for b := d.start; b < d.end; b++ {
		high := d.limit(b)
		if quality+1 < len(allocations) {
			high = at(quality+1, b)
		} else if high > 0 {
			high = max(0, high+tilt[b])
		}
		d.low[b] = at(quality, b)
		if quality > 0 {
			d.low[b] += d.boosts[b]
		}
		d.span[b] = max(0, high+d.boosts[b]-d.low[b])
	}
}

// sum adds up what the bands would be given. Above the last that reaches its
// floor they have one bit for each channel's level at most.
func (d *dealer) sum(bits func(b int) int) int {
	sum, reached := 0, false
	for b := d.end - 1; b >= d.start; b-- {
		n := bits(b)
		reached = reached || n >= d.floors[b]
		switch {
		case reached:
			sum += min(n, d.limit(b))
		case n >= 8*d.channels:
			sum += 8 * d.channels
		}
	}
	return sum
}

// interpolate gives each band its bits at the finest of 64 qualities between the
// two.
func (d *dealer) interpolate() {
	low, high := 0, 64
	for high-low > 1 {
		mid := (low + high) / 2
		if d.sum(func(b int) int { return d.low[b] + mid*d.span[b]>>6 }) > d.total {
			high = mid
		} else {
			low = mid
		}
	}
	reached := false
	for b := d.end - 1; b >= d.start; b-- {
		n := d.low[b] + low*d.span[b]>>6
		reached = reached || n >= d.floors[b]
		if !reached {
			if n >= 8*d.channels {
				n = 8 * d.channels
			} else {
				n = 0
			}
		}
		d.shape[b] = min(n, d.limit(b))
		d.given += d.shape[b]
	}
}

// skip takes the shape from the last bands: from those below the floor, and as
// long as the encoder says so.
func (d *dealer) skip(r *rangecoder.Decoder) {
	for d.coded = d.end; ; d.coded-- {
		b := d.coded - 1
		if b <= d.keep {
			d.total += d.skipBit // it was not needed
			return
		}
		wide := edges[d.coded] - edges[d.start]
		left := d.total - d.given
		each := left / wide
		rest := max(0, left-wide*each-(edges[b]-edges[d.start]))
		bits := d.shape[b] + each*width(b) + rest
		if bits >= max(d.floors[b], 8*d.channels+8) {
			if r.Flag() {
				return
			}
			d.given += 8
			bits -= 8
		}
		d.given -= d.shape[b] + d.pairBits
		if d.pairBits > 0 {
			d.pairBits = logUp(uint32(b - d.start + 1))
		}
		d.given += d.pairBits
		d.shape[b] = 0
		if bits >= 8*d.channels {
			d.shape[b] = 8 * d.channels
			d.given += d.shape[b]
		}
	}
}

// readStereo decodes how the channels are coupled.
func (d *dealer) readStereo(r *rangecoder.Decoder) {
	d.intensity, d.dual = 0, false
	if d.pairBits > 0 {
		d.intensity = d.start + int(r.Uniform(uint32(d.coded+1-d.start)))
	}
	switch {
	case d.intensity <= d.start:
		d.total += d.dualBit
	case d.dualBit > 0:
		d.dual = r.Flag()
	}
}

// fill gives the coded bands what is left, by their widths.
func (d *dealer) fill() {
	left := d.total - d.given
	wide := edges[d.coded] - edges[d.start]
	each := left / wide
	left -= each * wide
	for b := d.start; b < d.coded; b++ {
		more := min(left, width(b))
		d.shape[b] += each*width(b) + more
		left -= more
	}
}

// divide divides a band's bits between its level and its shape. What is above the
// limit goes on to the level, then to the band above.
func (d *dealer) divide() {
	stereo := d.channels - 1
	carried := 0
	for b := d.start; b < d.coded; b++ {
		n := width(b) << d.size
		bits := d.shape[b] + carried
		var excess int
		if n > 1 {
			excess = max(0, bits-d.limit(b))
			bits -= excess
			d.fine[b], d.late[b] = d.fineOf(b, bits)
			d.shape[b] = bits - 8*d.channels*d.fine[b]
		} else { // the shape is a sign
			excess = max(0, bits-8*d.channels)
			d.shape[b], d.fine[b], d.late[b] = bits-excess, 0, true
		}
		if excess > 0 {
			more := min(excess>>(3+stereo), maxFine-d.fine[b])
			d.fine[b] += more
			d.late[b] = 8*more*d.channels >= excess-carried
			excess -= 8 * more * d.channels
		}
		carried = excess
	}
	d.spare = carried
	for b := d.coded; b < d.end; b++ {
		d.fine[b] = d.shape[b] >> (3 + stereo)
		d.shape[b] = 0
		d.late[b] = d.fine[b] < 1
	}
}

// fineOf returns how many of a band's bits refine its level, and whether that is
// no less than its share.
func (d *dealer) fineOf(b, bits int) (fine int, whole bool) {
	n := width(b) << d.size
	degrees := d.channels * n
	if d.channels == 2 && n > 2 && !d.dual && b < d.intensity {
		degrees++ // the angle between the channels
	}
	scale := degrees * (logWidths[b] + 8*d.size)
	offset := scale/2 - degrees*21
	if n == 2 {
		offset += degrees * 2
	}
	switch {
	case bits+offset < degrees*16:
		offset += scale >> 2
	case bits+offset < degrees*24:
		offset += scale >> 3
	}
	fine = max(0, bits+offset+degrees*4) / degrees >> 3
	if d.channels*fine > bits>>3 {
		fine = bits >> (3 + d.channels - 1)
	}
	fine = min(fine, maxFine)
	return fine, 8*fine*degrees >= bits+offset
}
