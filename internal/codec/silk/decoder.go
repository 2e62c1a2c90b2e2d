// Package silk decodes the speech layer of Opus (RFC 6716, section 4.2) to the
// bit. Speech that another arithmetic decodes may drift away: the encoder keeps
// the long-term filter, which may amplify, in check by what this one yields.
//
// Redundant frames are passed over.
package silk

import "github.com/fusor-ml/fusor/internal/codec/rangecoder"

// Format is what a packet's first byte reveals of its frames (section 3.1).
type Format struct {
	KHz          int // 8, 12 or 16
	Milliseconds int // 10, 20, 40 or 60
	Stereo       bool
}

// Samples returns how many samples of 48 kHz a frame has in each channel.
func (f Format) Samples() int { return 48 * f.Milliseconds }

// A pdf is the distribution of a symbol, in 256ths.
type pdf = rangecoder.PDF

// reader reads the parameters of a frame.
type reader struct{ *rangecoder.Decoder }

// Decoder decodes the frames of one stream.
type Decoder struct {
	channels [2]channel
	up       [2]upsampler
	stereo   stereo
	format   Format // of the frame before
	midOnly  bool   // the frame before had no side
}

// NewDecoder returns a decoder at the start of a stream.
func NewDecoder() *Decoder {
	return &Decoder{channels: [2]channel{newChannel(), newChannel()}}
}

// Decode writes a frame of an Opus packet into dst, which holds f.Samples() of
// so many interleaved channels, 1 or 2. The other layer reads on where it stops.
// Any bytes are a frame.
func (d *Decoder) Decode(dst []float32, channels int, bits *rangecoder.Decoder, f Format) {
	r := reader{bits}
	narrowed := d.format.Stereo && !f.Stereo && d.format.KHz == f.KHz
	d.begin(f)
	frames, subframes := max(1, f.Milliseconds/20), min(4, f.Milliseconds/5)
	coded := 1
	if f.Stereo {
		coded = 2
	}
	h := r.readHeader(frames, coded)
	d.skipRedundant(r, &h, frames, subframes, coded)
	n := 5 * f.KHz * subframes
	samples := f.Samples() / frames
	for i := range frames {
		var mid, side [2 + maxFrame]int16
		m, s := mid[:2+n], side[:2+n]
		var weights [2]int32
		midOnly := false
		if f.Stereo {
			weights = r.readWeights()
			midOnly = !h.active[1][i] && r.Symbol(pdfMidOnly) == 1
			if !midOnly && d.midOnly {
				d.channels[1].forget()
			}
		}
		d.channels[0].decode(r, m[2:], subframes, h.active[0][i], following(i, false))
		if f.Stereo && !midOnly {
			d.channels[1].decode(r, s[2:], subframes, h.active[1][i], following(i, d.midOnly))
		}
		if f.Stereo {
			d.midOnly = midOnly
		}
		part := dst[i*samples*channels : (i+1)*samples*channels]
		d.emit(part, channels, m, s, weights, narrowed && i == 0)
	}
}

// emit mixes the channels of a frame, which begin with two samples of before, and
// writes them at 48 kHz. narrowed is whether the frame before was the last in stereo,
// so that the right channel ends in its own filter.
func (d *Decoder) emit(dst []float32, channels int, m, s []int16, weights [2]int32, narrowed bool) {
	f, n := &d.format, len(m)-2
	if f.Stereo && channels == 2 {
		d.stereo.unmix(m, s, weights, f.KHz)
	} else {
		delay(m, &d.stereo.mid)
	}
	d.up[0].run(dst, channels, m[1:1+n])
	switch {
	case channels == 1:
	case f.Stereo:
		d.up[1].run(dst[1:], channels, s[1:1+n])
	case narrowed:
		d.up[1].run(dst[1:], channels, m[1:1+n])
	default:
		for k := 0; k < len(dst); k += 2 {
			dst[k+1] = dst[k]
		}
	}
}

// begin prepares for a frame. The side starts anew after mono.
func (d *Decoder) begin(f Format) {
	if f.Stereo && !d.format.Stereo {
		d.channels[1] = newChannel()
		d.stereo.weights, d.stereo.side = [2]int32{}, [2]int16{}
		d.up[1] = d.up[0]
		d.midOnly = false
	}
	d.format = f
	d.channels[0].setRate(f.KHz)
	d.up[0].setRate(f.KHz)
	if f.Stereo {
		d.channels[1].setRate(f.KHz)
		d.up[1].setRate(f.KHz)
	}
}

// following returns how the i-th frame of a packet is coded.
func following(i int, resumes bool) coding {
	switch {
	case i == 0:
		return independent
	case resumes:
		return resumed
	}
	return conditional
}

// decode reads a frame and turns it into samples.
func (c *channel) decode(r reader, out []int16, subframes int, active bool, how coding) {
	c.read(r, subframes, active, how)
	c.resume()
	c.run(out, &c.frame, c.rate, c.book().order)
	c.started = true
	c.learn(out)
}

// header is the flags of each channel's frames (sections 4.2.3 and 4.2.4).
type header struct {
	active, redundant [2][3]bool
}

func (d reader) readHeader(frames, channels int) (h header) {
	var any [2]bool
	for c := range channels {
		for i := range frames {
			h.active[c][i] = d.Flag()
		}
		any[c] = d.Flag()
	}
	for c := range channels {
		switch {
		case !any[c]:
		case frames == 1:
			h.redundant[c][0] = true
		default:
			which := d.Symbol(pdfRedundant[frames-2]) + 1
			for i := range frames {
				h.redundant[c][i] = which>>i&1 == 1
			}
		}
	}
	return h
}

// skipRedundant reads past the redundant frames (section 4.2.5).
func (d *Decoder) skipRedundant(r reader, h *header, frames, subframes, channels int) {
	skipped := [2]channel{{rate: d.channels[0].rate}, {rate: d.channels[0].rate}}
	for i := range frames {
		for c := range channels {
			if !h.redundant[c][i] {
				continue
			}
			if c == 0 && channels == 2 {
				r.readWeights()
				if !h.redundant[1][i] {
					r.Symbol(pdfMidOnly)
				}
			}
			how := independent
			if i > 0 && h.redundant[c][i-1] {
				how = conditional
			}
			skipped[c].read(r, subframes, true, how)
		}
	}
}
