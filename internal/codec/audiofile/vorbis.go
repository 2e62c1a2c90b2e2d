package audiofile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/vorbis"
)

// decodeVorbis reads Ogg Vorbis I, all links of a chain.
func decodeVorbis(r io.ReadSeeker, s *sink) error { return decodeLinks(r, s, vorbisLink) }

// decodeLinks decodes the links of an Ogg file one after the other.
func decodeLinks(r io.ReadSeeker, s *sink, link func(*oggReader, *sink) error) error {
	o := newOgg(r)
	for {
		if err := link(o, s); err != nil {
			return err
		}
		if more, err := o.NextLink(); !more || err != nil {
			return err
		}
	}
}

// vorbisLink decodes one link. The positions of its first and last page
// decide how much of the first and the last block is sound.
func vorbisLink(o *oggReader, s *sink) error {
	identification, err := o.Packet(nil)
	if err != nil {
		return unlessEOF(err)
	}
	identification = bytes.Clone(identification)
	if _, err := o.Packet(nil); err != nil { // the comments
		return unlessEOF(err)
	}
	packet, err := o.Packet(nil)
	if err != nil {
		return unlessEOF(err)
	}
	dec, err := vorbis.NewDecoder(identification, packet)
	if err != nil {
		return err
	}
	if dec.Channels() > 8 {
		return fmt.Errorf("Vorbis of %d channels: %w", dec.Channels(), ErrUnsupported)
	}
	if err := s.open(dec.SampleRate(), dec.Channels(), 0); err != nil {
		return err
	}
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
		x, err := dec.Decode(packet)
		if err != nil {
			return err
		}
		if err := s.write(x); err != nil {
			return err
		}
		span.packet(o, len(s.part()))
	}
	// What the first page holds too much comes before time 0.
	s.trim(max(0, -span.offset), span.samples(s))
	return nil
}

// granuleSpan follows the positions of an Ogg link's pages.
type granuleSpan struct {
	offset int64 // position of the first sample
	end    int64 // position behind the last, if known
	begun  bool
	known  bool
}

// packet takes the position of the current page, once its last packet is
// decoded and the link has so many samples.
func (g *granuleSpan) packet(o *oggReader, samples int) {
	if !o.Last || o.Granule < 0 {
		return
	}
	if o.EOS {
		g.end, g.known = o.Granule, true
	} else if !g.begun {
		g.offset = o.Granule - int64(samples)
	}
	g.begun = true
}

// samples is the number of the part's samples up to the end.
func (g *granuleSpan) samples(s *sink) int64 {
	if !g.known {
		return int64(len(s.part()))
	}
	return g.end - g.offset
}
