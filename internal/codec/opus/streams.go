package opus

import "errors"

// Streams decodes the packets of several streams that run beside each other (RFC
// 7845, section 5.1.1), each of one or two channels.
type Streams struct {
	decoders []*Decoder
	places   []place // of each channel
	out      []float32
}

// maxStreams bounds what a header can claim: eight channels need no more.
const maxStreams = 8

// place is where a channel comes from: a channel of a stream, or nowhere.
type place struct {
	stream, channel int
	silent          bool
}

// NewStreams returns a decoder of so many streams, the first of which are coupled:
// they have two channels. mapping names the stream's channel of each channel of the
// output, in the order of the streams, 255 for silence.
func NewStreams(streams, coupled int, mapping []byte) (*Streams, error) {
	if streams < 1 || streams > maxStreams || coupled > streams {
		return nil, errors.New("the Opus header has impossible streams")
	}
	s := &Streams{out: make([]float32, 2*MaxSamples)}
	for i := range streams {
		channels := 1
		if i < coupled {
			channels = 2
		}
		s.decoders = append(s.decoders, NewDecoder(channels))
	}
	for _, from := range mapping {
		p := place{stream: int(from) - coupled}
		switch {
		case from == 255:
			p = place{silent: true}
		case int(from) >= streams+coupled:
			return nil, errors.New("the Opus header has impossible streams")
		case int(from) < 2*coupled:
			p = place{stream: int(from) / 2, channel: int(from) % 2}
		}
		s.places = append(s.places, p)
	}
	return s, nil
}

// Decode writes a packet's samples to dst, as [Decoder.Decode] does.
func (s *Streams) Decode(dst []float32, packet []byte) (samples int, err error) {
	clear(dst)
	for i, d := range s.decoders {
		last := i == len(s.decoders)-1
		n, rest, err := d.decode(s.out, packet, !last)
		if err != nil {
			return 0, err
		}
		if i > 0 && n != samples {
			return 0, errors.New("the streams of an Opus packet differ in length")
		}
		samples, packet = n, rest
		for c, p := range s.places {
			if p.stream != i || p.silent {
				continue
			}
			for k := range n {
				dst[k*len(s.places)+c] = s.out[k*d.channels+p.channel]
			}
		}
	}
	return samples, nil
}
