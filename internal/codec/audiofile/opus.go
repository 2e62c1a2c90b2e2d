package audiofile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/fusor-ml/fusor/internal/codec/opus"
)

const opusRate = 48000

// decodeOpus reads Ogg Opus (RFC 7845) of up to eight channels, all links of a
// chain.
func decodeOpus(r io.ReadSeeker, s *sink) error { return decodeLinks(r, s, opusLink) }

// opusLink decodes one link. The pre-skip is dropped, the output gain applied,
// and the end cut at the position of the last page.
func opusLink(o *oggReader, s *sink) error {
	head, err := o.Packet(nil)
	if err != nil {
		return unlessEOF(err)
	}
	if len(head) < 19 || string(head[:8]) != "OpusHead" {
		return errors.New("no Opus header")
	}
	channels, family := int(head[9]), head[18]
	// RFC 7845, section 5.1: pre-skip in samples of 48 kHz, gain in dB as Q7.8.
	skip := int(binary.LittleEndian.Uint16(head[10:]))
	gain := float32(math.Pow(10, float64(int16(binary.LittleEndian.Uint16(head[16:])))/256/20))
	// The upper half of the version is the incompatible one (section 5.1).
	if head[8]>>4 != 0 || family > 1 || family == 0 && channels > 2 || channels > 8 {
		return fmt.Errorf("Opus of %d channels, mapping family %d: %w", channels, family, ErrUnsupported)
	}
	if err := s.open(opusRate, channels, 0); err != nil {
		return err
	}
	packet, err := o.Packet(nil) // the tags
	if err != nil {
		return unlessEOF(err)
	}
	// Opus decodes at 48 kHz whatever the input was.
	dec, err := opusDecoder(head, channels)
	if err != nil {
		return err
	}
	out := make([]float32, opus.MaxSamples*channels)
	var span granuleSpan
	for {
		packet, err = o.Packet(packet)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if len(packet) == 0 {
			continue
		}
		n, err := dec.Decode(out, packet)
		if err != nil {
			return err
		}
		if err := s.write(out[:n*channels]); err != nil {
			return err
		}
		span.packet(o, len(s.part()))
	}
	span.offset = max(0, span.offset) // a stream may begin late, not early
	s.trim(int64(skip), span.samples(s))
	// After the trim, on what is kept.
	if gain != 1 {
		x := s.part()
		for i := range x {
			x[i] *= gain
		}
	}
	return nil
}

// packetDecoder writes a packet's interleaved samples to dst.
type packetDecoder interface {
	Decode(dst []float32, packet []byte) (samples int, err error)
}

// opusDecoder returns the decoder of a header. That of family 1 has a table of
// streams (section 5.1.1).
func opusDecoder(head []byte, channels int) (packetDecoder, error) {
	if head[18] == 0 {
		return opus.NewDecoder(channels), nil
	}
	if len(head) < 21+channels {
		return nil, errors.New("the Opus header is cut short")
	}
	return opus.NewStreams(int(head[19]), int(head[20]), head[21:21+channels])
}
