// Package celt decodes the music layer of Opus (RFC 6716, section 4.3): bands of
// an MDCT, each with a level and a shape.
package celt

import (
	"math"

	"github.com/fusor-ml/fusor/internal/codec/rangecoder"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// Format is how a frame is coded.
type Format struct {
	Samples    int // 120, 240, 480 or 960 of 48 kHz
	Stereo     bool
	Start, End int // bands, the first 17 where the speech layer codes those below
}

// past is how many samples are kept for the filters.
const past = 2048

// Decoder decodes the frames of a stream to one or two channels.
type Decoder struct {
	channels int // of the output
	shapes   shapes
	inverses [4]*dsp.InverseMDCT // by the size

	levels, last, before levels // of this frame, and of the last two that were not transient
	background           levels // of the noise
	filter, filterBefore postFilter
	emphasis             [2]float32
	end                  int  // the band behind the last of the frame before
	lost                 int  // frames in a row
	unsure               bool // the signal before the loss is not all known
	pitch                int  // of what is concealed
	predictor            [2][order]float32
	signal               [2][past + overlap]float32
	spectrum             [2][maxFrame]float32
}

// NewDecoder returns a decoder at the start of a stream; channels is 1 or 2.
func NewDecoder(channels int) *Decoder {
	d := &Decoder{channels: channels}
	d.shapes.noInverse = channels == 1
	for i := range d.inverses {
		var err error
		if d.inverses[i], err = dsp.NewInverseMDCT(shortBlock << i); err != nil {
			panic(err) // not reached, as 120 to 960 have small factors
		}
	}
	d.Reset()
	return d
}

// Reset forgets what was decoded.
func (d *Decoder) Reset() {
	d.shapes.seed = 0
	d.levels, d.background = levels{}, levels{}
	d.last.fill(lowest)
	d.before.fill(lowest)
	d.filter, d.filterBefore = postFilter{}, postFilter{}
	d.emphasis = [2]float32{}
	d.end, d.lost, d.pitch, d.unsure = bands, 0, 0, true
	d.signal = [2][past + overlap]float32{}
}

// Decode writes a frame to dst, which holds f.Samples of interleaved channels. Any
// bytes are a frame.
func (d *Decoder) Decode(dst []float32, r *rangecoder.Decoder, f Format) {
	d.end, d.unsure = f.End, d.lost > 0
	head := newFrame(f)
	s := &d.shapes
	s.frame, s.r = head, r
	if head.channels == 1 {
		for b := range bands {
			d.levels[0][b] = max(d.levels[0][b], d.levels[1][b])
		}
	}
	head.readHead(r, &d.levels)
	left := 64*r.Len() - r.TellFrac() - 1
	reserved := 0
	if head.transient && head.size >= 2 && left >= (head.size+2)*8 {
		reserved = 8
	}
	head.allocate(r, left-reserved)
	head.readFine(r, &d.levels)
	s.read(reserved)
	collapsed := reserved > 0 && r.Bits(1) == 1
	head.readFinal(r, &d.levels)
	if collapsed {
		s.fillCollapsed(&d.levels, &d.last, &d.before)
	}
	if head.silent {
		for c := range head.channels {
			for b := range bands {
				d.levels[c][b] = lowest
			}
		}
	}
	d.synthesize(head)
	d.postFilter(head)
	d.remember(head)
	s.seed = r.Range()
	d.output(dst, f.Samples)
	d.lost, d.pitch = 0, 0
}

func newFrame(f Format) *frame {
	head := &frame{channels: 1, start: f.Start, end: f.End}
	if f.Stereo {
		head.channels = 2
	}
	for head.samples() < f.Samples {
		head.size++
	}
	return head
}

// synthesize turns levels and shapes into the signal (sections 4.3.6 and 4.3.7).
func (d *Decoder) synthesize(f *frame) {
	n := f.samples()
	for c := range d.channels {
		copy(d.signal[c][:], d.signal[c][n:past+overlap/2])
	}
	for c := range f.channels {
		d.denormalize(f, c)
	}
	if f.channels > d.channels {
		for i := range n {
			d.spectrum[0][i] = (d.spectrum[0][i] + d.spectrum[1][i]) / 2
		}
	}
	blocks := f.blocks()
	inverse := d.inverses[f.size]
	if f.transient {
		inverse = d.inverses[0]
	}
	for k := range blocks {
		var block []float32
		for c := range d.channels {
			if c < f.channels { // or else a mono frame goes to both
				block = inverse.Middle(d.spectrum[c][k:], blocks)
			}
			lap(d.signal[c][past-n+k*inverse.Len():], block)
		}
	}
}

// denormalize scales the bands of a channel to their levels.
func (d *Decoder) denormalize(f *frame, c int) {
	x := d.spectrum[c][:f.samples()]
	clear(x)
	if f.silent {
		return
	}
	for b := f.start; b < f.end; b++ {
		level := d.levels[c][b] + meanEnergies[b]/16
		gain := float32(math.Exp2(float64(min(32, level))))
		for i := edges[b] << f.size; i < edges[b+1]<<f.size; i++ {
			x[i] = gain * d.shapes.x[c][i]
		}
	}
}

// postFilter filters the new samples: those of the first short block turn from the
// filter before the last to the last, the others to the present one.
func (d *Decoder) postFilter(f *frame) {
	n := f.samples()
	for c := range d.channels {
		x := d.signal[c][:past]
		change(x[:past-n+shortBlock], past-n, d.filterBefore, d.filter)
		if f.size > 0 {
			change(x, past-n+shortBlock, d.filter, f.filter)
		}
	}
	d.filterBefore, d.filter = d.filter, f.filter
	if f.size > 0 {
		d.filterBefore = f.filter
	}
}

// remember keeps the levels for the frames to come.
func (d *Decoder) remember(f *frame) {
	if f.channels == 1 {
		d.levels[1] = d.levels[0]
	}
	rise := float32(int(1)<<f.size) / 1000
	if d.lost >= 10 {
		rise = 1
	}
	for c := range d.levels {
		for b, v := range d.levels[c] {
			if f.transient {
				d.last[c][b] = min(d.last[c][b], v)
				continue
			}
			d.before[c][b], d.last[c][b] = d.last[c][b], v
			d.background[c][b] = min(d.background[c][b]+rise, v)
		}
		for b := range bands {
			if b < f.start || b >= f.end {
				d.levels[c][b], d.last[c][b], d.before[c][b] = 0, lowest, lowest
			}
		}
	}
}

// output undoes the emphasis of high frequencies (section 4.3.7.2) and writes the
// last n samples, in 32768ths till now.
func (d *Decoder) output(dst []float32, n int) {
	const decay = 27853.0 / 32768
	for c := range d.channels {
		carry := d.emphasis[c]
		for i, v := range d.signal[c][past-n : past] {
			v += carry
			carry = decay * v
			dst[i*d.channels+c] = v / 32768
		}
		d.emphasis[c] = carry
	}
}
