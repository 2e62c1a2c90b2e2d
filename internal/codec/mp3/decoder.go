package mp3

// Decoder decodes the frames of one stream, in order. The zero Decoder is ready.
type Decoder struct {
	// Mono makes Decode return the mean of two channels, which takes less work than both.
	Mono bool

	side    sideInfo
	data    []byte // main data: what is kept of earlier frames, then the frame's
	kept    int    // bytes of earlier frames
	lines   [2][576]float32
	factors [2][39]uint8
	overlap [2][576]float32
	filters [2]synthesis
	bands   [2]slots
	samples [2 * 1152]float32
}

const (
	maxReservoir = 511 // bytes, the reach of main_data_begin
	padding      = 16  // zeros behind the main data, which a last code word may run into
)

// Channels is the number of channels that Decode returns for a frame.
func (d *Decoder) Channels(h Header) int {
	if d.Mono {
		return 1
	}
	return h.Channels
}

// Decode decodes a frame of layer III, header included, to h.Samples() samples
// of each channel, interleaved and valid until the next call; full scale is
// ±1, which loud sounds exceed. What is damaged, or begins in a frame that is
// not there, is silent; ok is false if that is all of it.
func (d *Decoder) Decode(h Header, frame []byte) (samples []float32, ok bool) {
	samples = d.samples[:h.Samples()*d.Channels(h)]
	start := HeaderSize + h.crc + h.sideSize()
	if len(frame) < start || !d.side.parse(h, frame[HeaderSize+h.crc:start]) {
		d.keep(frame[min(start, len(frame)):])
		for gr := range h.granules() {
			d.silence(h, samples[gr*576*d.Channels(h):])
		}
		return samples, false
	}
	r := d.mainData(frame[start:])
	for gr := range h.granules() {
		out := samples[gr*576*d.Channels(h):]
		sides := d.side.granules[gr][:h.Channels]
		if r.pos < 0 { // it begins in a frame that is not there
			for ch := range sides {
				r.pos += sides[ch].part23
			}
			d.silence(h, out)
			continue
		}
		ok = true
		d.granule(h, gr, sides, r, out)
	}
	d.keep(nil)
	return samples, ok
}

// mainData joins the frame's main data to what is kept and returns a reader at
// its begin, which is before 0 if a frame is missing.
func (d *Decoder) mainData(body []byte) *bitReader {
	d.data = append(append(d.data[:d.kept], body...), make([]byte, padding)...)
	begin := d.kept - d.side.mainDataBegin
	d.kept += len(body)
	return &bitReader{data: d.data, pos: 8 * begin, end: 8 * d.kept}
}

// keep keeps the last of the main data, with body behind it, for later frames.
func (d *Decoder) keep(body []byte) {
	d.data = append(d.data[:d.kept], body...)
	n := min(len(d.data), maxReservoir)
	copy(d.data, d.data[len(d.data)-n:])
	d.data, d.kept = d.data[:n], n
}

// granule decodes one granule of all channels into dst.
func (d *Decoder) granule(h Header, gr int, sides []granule, r *bitReader, dst []float32) {
	var used [2]int
	for ch := range sides {
		g, factors := &sides[ch], &d.factors[ch]
		s := g.shape(h.Version)
		end := min(r.pos+g.part23, r.end)
		if h.Version == MPEG1 {
			var shared [4]bool
			if gr == 1 {
				shared = d.side.scfsi[ch]
			}
			g.readFactors(r, s, shared, factors)
		} else {
			g.readLSFFactors(r, ch == 1 && h.is, factors)
		}
		used[ch] = g.readLines(r, end, &d.lines[ch])
		g.scale(h.row, s, factors, d.lines[ch][:used[ch]])
		r.pos = end
	}
	if h.is || h.ms {
		n := d.joint(h, &sides[1], used)
		used = [2]int{n, n}
	}
	if d.Mono && h.Channels == 2 {
		d.mix(h, sides, used)
		d.synthesize(0, dst, 1)
		return
	}
	for ch := range sides {
		g := &sides[ch]
		g.hybrid(h.row, g.shape(h.Version), &d.lines[ch], used[ch], &d.overlap[ch], &d.bands[ch])
		d.synthesize(ch, dst[ch:], h.Channels)
	}
}

// mix leaves the mean of both channels in the subbands of the first. All that
// follows the lines is linear, so that they are mixed where both channels have
// the same kind of blocks, and else the subbands.
func (d *Decoder) mix(h Header, sides []granule, used [2]int) {
	l, r := &sides[0], &sides[1]
	s, n := l.shape(h.Version), max(used[0], used[1])
	if l.blockType == r.blockType && l.mixed == r.mixed {
		a, b := d.lines[0][:n], d.lines[1][:n]
		for i := range a {
			a[i] = 0.5 * (a[i] + b[i])
		}
		l.hybrid(h.row, s, &d.lines[0], n, &d.overlap[0], &d.bands[0])
		return
	}
	for ch := range used {
		for i := range d.lines[ch][:used[ch]] {
			d.lines[ch][i] *= 0.5
		}
	}
	d.overlap[1] = [576]float32{}
	l.hybrid(h.row, s, &d.lines[0], used[0], &d.overlap[0], &d.bands[0])
	r.hybrid(h.row, r.shape(h.Version), &d.lines[1], used[1], &d.overlap[1], &d.bands[1])
	for t := range d.bands[0] {
		for sb := range d.bands[0][t] {
			d.bands[0][t][sb] += d.bands[1][t][sb]
		}
	}
	for i := range d.overlap[0] {
		d.overlap[0][i] += d.overlap[1][i]
	}
}

// silence decodes a granule without lines.
func (d *Decoder) silence(h Header, dst []float32) {
	var g granule
	channels := d.Channels(h)
	for ch := range channels {
		g.hybrid(h.row, g.shape(h.Version), &d.lines[ch], 0, &d.overlap[ch], &d.bands[ch])
		d.synthesize(ch, dst[ch:], channels)
	}
}

// synthesize turns the subbands of a channel into 576 samples at every
// stride-th place of dst.
func (d *Decoder) synthesize(ch int, dst []float32, stride int) {
	for t := range d.bands[ch] {
		d.filters[ch].step(&d.bands[ch][t], dst[32*t*stride:], stride)
	}
}
