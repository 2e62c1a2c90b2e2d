// Package vorbis decodes the packets of Vorbis I (Xiph.Org Foundation, Vorbis I specification,
// 2020; its sections are cited).
package vorbis

import (
	"errors"
	"math"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// Decoder decodes a stream. It is made by NewDecoder.
type Decoder struct {
	rate, channels int
	blocks         [2]int // samples of a short and a long block
	setup          *setup
	transform      [2]*dsp.InverseMDCT
	slope          [2][]float32 // the rising half of the windows, blocks/2

	y        [][]int     // heights of the floor, by channel
	spectrum [][]float32 // by channel
	tail     [][]float32 // the second half of the last block, by channel
	out      []float32
	begun    bool
}

// NewDecoder returns a decoder of the stream with these headers: the identification and the setup.
func NewDecoder(identification, setup []byte) (*Decoder, error) {
	d := &Decoder{}
	var err error
	if d.rate, d.channels, d.blocks, err = identify(identification); err != nil {
		return nil, err
	}
	if d.setup, err = readSetup(setup, d.channels); err != nil {
		return nil, err
	}
	for k, size := range d.blocks {
		if d.transform[k], err = dsp.NewInverseMDCT(size / 2); err != nil {
			return nil, err
		}
		d.slope[k] = make([]float32, size/2)
		for i := range d.slope[k] {
			s := math.Sin(math.Pi / 2 * (float64(i) + 0.5) / float64(size/2))
			d.slope[k][i] = float32(math.Sin(math.Pi / 2 * s * s))
		}
	}
	for range d.channels {
		d.y = append(d.y, nil)
		d.spectrum = append(d.spectrum, make([]float32, d.blocks[1]/2))
		d.tail = append(d.tail, nil)
	}
	return d, nil
}

// SampleRate returns the samples of a channel in a second.
func (d *Decoder) SampleRate() int { return d.rate }

// Channels returns the number of channels.
func (d *Decoder) Channels() int { return d.channels }

var errPacket = errors.New("a Vorbis packet is damaged")

// Decode returns the samples that a packet completes, channels interleaved, until the next call:
// none of the first one, which is half a block, and of packets that are no audio. A packet that
// ends too early is decoded as far as it goes (section 4.3.1).
func (d *Decoder) Decode(packet []byte) ([]float32, error) {
	r := newBitReader(packet)
	if len(packet) == 0 || r.flag() {
		return nil, nil
	}
	at := r.read(ilog(len(d.setup.modes) - 1))
	if at >= len(d.setup.modes) {
		return nil, errPacket
	}
	mode := d.setup.modes[at]
	kind, before, after := 0, 0, 0 // 1 of long blocks
	if mode.long {
		kind, before, after = 1, r.read(1), r.read(1)
	}
	n := d.blocks[kind] / 2
	d.readSpectra(r, d.setup.mappings[mode.mapping], n)

	quarter := 0 // of the block before
	if d.begun {
		quarter = len(d.tail[0]) / 2
	}
	samples := quarter + n/2
	if !d.begun {
		samples = 0
	}
	d.out = resized(d.out, samples*d.channels)
	clear(d.out)
	for c := range d.channels {
		middle := d.transform[kind].Middle(d.spectrum[c][:n], 1)
		rising, falling := d.slope[before&kind], d.slope[after&kind]
		if d.begun {
			for i, v := range d.tail[c][:min(samples, len(d.tail[c]))] {
				d.out[i*d.channels+c] = v
			}
			// The middle of the first half lies where that of the tail does.
			for i := range n {
				if at := i + quarter - n/2; at >= 0 {
					d.out[at*d.channels+c] += half(middle, i) * weight(rising, i, n)
				}
			}
		}
		d.tail[c] = resized(d.tail[c], n)
		for i := range n {
			d.tail[c][i] = half(middle, n+i) * weight(falling, n-1-i, n)
		}
	}
	d.begun = true
	return d.out, nil
}

// half returns sample i of an inverse MDCT of twice the length of its middle.
func half(middle []float32, i int) float32 {
	n := len(middle)
	switch i -= n / 2; {
	case i < 0:
		return -middle[-1-i]
	case i >= n:
		return middle[2*n-1-i]
	}
	return middle[i]
}

// weight returns value i of the rising half of a window of 2n with a slope in its middle (section
// 4.3.1): short where the block beside it is.
func weight(slope []float32, i, n int) float32 {
	switch i -= (n - len(slope)) / 2; {
	case i < 0:
		return 0
	case i >= len(slope):
		return 1
	}
	return slope[i]
}

// readSpectra reads n coefficients of each channel, into d.spectrum.
func (d *Decoder) readSpectra(r *bitReader, m *mapping, n int) {
	heard, channels := make([]bool, d.channels), make([][]float32, d.channels)
	for c := range d.channels {
		f := d.setup.floors[m.floor[m.submap[c]]]
		d.y[c] = f.read(r, d.setup.books, d.y[c])
		heard[c] = d.y[c] != nil
		channels[c] = d.spectrum[c][:n]
		clear(channels[c])
	}
	read := append([]bool(nil), heard...)
	for _, k := range m.couplings {
		if read[k.magnitude] || read[k.angle] {
			read[k.magnitude], read[k.angle] = true, true
		}
	}
	for s := range m.residue {
		var of [][]float32
		for c := range channels {
			if m.submap[c] == s {
				if of = append(of, nil); read[c] {
					of[len(of)-1] = channels[c]
				}
			}
		}
		if !r.ended && len(of) > 0 {
			d.setup.residues[m.residue[s]].read(r, d.setup.books, of, n)
		}
	}
	for k := len(m.couplings) - 1; k >= 0; k-- {
		uncouple(channels[m.couplings[k].magnitude], channels[m.couplings[k].angle])
	}
	for c := range channels {
		if heard[c] {
			d.setup.floors[m.floor[m.submap[c]]].apply(channels[c], d.y[c])
		} else {
			clear(channels[c])
		}
	}
}

// uncouple turns magnitudes and angles into two channels (section 4.3.5).
func uncouple(magnitude, angle []float32) {
	for i, m := range magnitude {
		a := angle[i]
		other := m - a
		if m <= 0 {
			other = m + a
		}
		if a > 0 {
			angle[i] = other
		} else {
			magnitude[i], angle[i] = m+a, m
			if m <= 0 {
				magnitude[i] = m - a
			}
		}
	}
}

func resized(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}
