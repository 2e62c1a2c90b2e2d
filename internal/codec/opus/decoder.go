// Package opus decodes the packets of Opus (RFC 6716) at 48 kHz: the speech layer,
// by internal/codec/silk, the music layer, by internal/codec/celt, both, and what
// joins them where a stream changes from one to the other.
package opus

import (
	"errors"

	"github.com/fusor-ml/fusor/internal/codec/celt"
	"github.com/fusor-ml/fusor/internal/codec/rangecoder"
	"github.com/fusor-ml/fusor/internal/codec/silk"
)

// MaxSamples is how many samples a packet has in each channel at most.
const MaxSamples = maxSamples

// Lengths in samples; layers are faded into each other within the shorter one.
const (
	fadeLength = 120 // 2.5 ms
	joint      = 240 // 5 ms, of a redundant frame
	longest    = 960 // 20 ms, that is concealed at once
)

// Decoder decodes the packets of one stream.
type Decoder struct {
	channels int // of the output
	silk     *silk.Decoder
	celt     *celt.Decoder
	mode     mode // of the frame before
	format   format
	joined   bool // the frame before ended with the music that begins here
	frames   [][]byte

	mixed, extra []float32 // scratch: [longest, channels], [joint, channels]
}

// NewDecoder returns a decoder at the start of a stream; channels is 1 or 2.
func NewDecoder(channels int) *Decoder {
	return &Decoder{
		channels: channels,
		silk:     silk.NewDecoder(),
		celt:     celt.NewDecoder(channels),
		mixed:    make([]float32, longest*channels),
		extra:    make([]float32, joint*channels),
	}
}

// Decode writes a packet's interleaved samples to dst, which has room for
// MaxSamples of each channel, and returns how many there are. Only the division into
// frames can be damaged: any bytes are a frame.
func (d *Decoder) Decode(dst []float32, packet []byte) (samples int, err error) {
	samples, _, err = d.decode(dst, packet, false)
	return samples, err
}

// decode is Decode, of a packet that may be delimited. It returns what follows it.
func (d *Decoder) decode(dst []float32, packet []byte, delimited bool) (samples int, rest []byte, err error) {
	var ok bool
	if d.frames, rest, ok = framesOf(d.frames[:0], packet, delimited); !ok {
		return 0, nil, errors.New("an Opus packet is damaged")
	}
	d.format = formatOf(packet[0])
	n := d.format.samples * d.channels
	for i, frame := range d.frames {
		d.frame(dst[i*n:(i+1)*n], frame)
	}
	return len(d.frames) * d.format.samples, rest, nil
}

// frame decodes a frame; one of less than two bytes means that one was lost.
func (d *Decoder) frame(dst []float32, data []byte) {
	if len(data) < 2 {
		d.conceal(dst)
		return
	}
	f := &d.format
	r := rangecoder.New(data)
	if f.mode == music {
		d.musicFrame(dst, r)
	} else {
		d.speechFrame(dst, r)
	}
	d.mode = f.mode
}

// musicFrame decodes a frame of the music layer alone. Behind speech that did not
// end with music it is faded in from what would have followed.
func (d *Decoder) musicFrame(dst []float32, r *rangecoder.Decoder) {
	changed := d.mode != noMode && d.mode != music
	fade := changed && !d.joined
	lead := d.extra[:min(len(dst), len(d.extra))]
	if fade {
		d.conceal(lead)
		d.celt.Reset()
	}
	d.celt.Decode(dst, r, d.music(d.format.samples, 0))
	if fade {
		d.fadeIn(dst, lead)
	}
	d.joined = false
}

// music returns the format of the music layer for so many samples.
func (d *Decoder) music(samples, start int) celt.Format {
	return celt.Format{Samples: samples, Stereo: d.format.stereo, Start: start, End: d.format.end}
}

// speechFrame decodes a frame of the speech layer, with the music above it if it
// is hybrid, and with the redundant frame of music that may begin or end it
// (section 4.5).
func (d *Decoder) speechFrame(dst []float32, r *rangecoder.Decoder) {
	f := &d.format
	if d.mode == music {
		d.silk = silk.NewDecoder() // section 4.5.2
	}
	d.silk.Decode(dst, d.channels, r, silk.Format{KHz: f.khz, Milliseconds: f.samples / 48, Stereo: f.stereo})
	extra, leads, ok := d.redundant(r)
	fade := d.mode == music && extra == nil
	lead := d.extra[:min(len(dst), len(d.extra))]
	if fade {
		d.conceal(lead)
	}
	if extra != nil && leads {
		d.celt.Decode(lead, rangecoder.New(extra), d.music(joint, 0))
	}
	if f.mode == hybrid {
		if d.mode != hybrid && d.mode != noMode && !d.joined {
			d.celt.Reset()
		}
		mixed := d.mixed[:len(dst)]
		if ok && r.Len() > 1 {
			d.celt.Decode(mixed, r, d.music(f.samples, 17))
		} else {
			d.celt.Conceal(mixed, f.samples, 17)
		}
		add(dst, mixed)
	} else if d.mode == hybrid && !(leads && d.joined) {
		// The music ends in a frame of silence.
		mixed := d.mixed[:fadeLength*d.channels]
		d.celt.Decode(mixed, rangecoder.New([]byte{255, 255}), d.music(fadeLength, 0))
		add(dst, mixed)
	}
	switch {
	case extra != nil && leads:
		d.fadeIn(dst, lead)
	case extra != nil:
		d.celt.Reset()
		d.celt.Decode(lead, rangecoder.New(extra), d.music(joint, 0))
		n := fadeLength * d.channels
		end := dst[len(dst)-n:]
		d.fade(end, end, lead[n:])
	case fade:
		d.fadeIn(dst, lead)
	}
	d.joined = extra != nil && !leads
}

// redundant takes a redundant frame of 5 ms off the end (section 4.5.1), nil if
// there is none; leads is whether it begins the frame. It reports false of one that
// is longer than what is left, of which nothing more is read.
func (d *Decoder) redundant(r *rangecoder.Decoder) (extra []byte, leads, ok bool) {
	need := 17
	if d.format.mode == hybrid {
		need += 20
	}
	if r.Tell()+need > 8*r.Len() {
		return nil, false, true
	}
	if d.format.mode == hybrid && !r.Bit(12) {
		return nil, false, true
	}
	leads = r.Flag()
	n := r.Len() - (r.Tell()+7)/8
	if d.format.mode == hybrid {
		n = int(r.Uniform(256)) + 2
	}
	if 8*(r.Len()-n) < r.Tell() {
		return nil, false, false
	}
	return r.Shorten(n), leads, true
}

// conceal fills in for what was lost, in the mode before. The last packet of a
// stream that went on would be heard; before the first there is silence.
func (d *Decoder) conceal(dst []float32) {
	clear(dst)
	for n := longest * d.channels; len(dst) > 0; dst = dst[min(n, len(dst)):] {
		part := dst[:min(n, len(dst))]
		samples := len(part) / d.channels
		if d.mode == speech || d.mode == hybrid {
			d.silk.Conceal(part, d.channels)
		}
		switch d.mode {
		case hybrid:
			mixed := d.mixed[:len(part)]
			d.celt.Conceal(mixed, samples, 17)
			add(part, mixed)
		case music:
			d.celt.Conceal(part, samples, 0)
		}
	}
	d.joined = false
}

// fadeIn begins dst with lead, of 5 ms, or of 2.5 ms that are faded at once.
func (d *Decoder) fadeIn(dst, lead []float32) {
	n := fadeLength * d.channels
	if len(lead) > n {
		copy(dst, lead[:n])
		dst, lead = dst[n:], lead[n:]
	}
	d.fade(dst, lead, dst)
}

// fade writes to dst what turns from one signal to the other within 2.5 ms.
func (d *Decoder) fade(dst, from, to []float32) {
	for i := range fadeLength {
		w := celt.Window(i)
		w *= w
		for c := range d.channels {
			k := i*d.channels + c
			dst[k] = w*to[k] + (1-w)*from[k]
		}
	}
}

func add(dst, x []float32) {
	for i, v := range x {
		dst[i] += v
	}
}
