package audiofile

import (
	"errors"
	"fmt"
	"io"

	"github.com/jfreymuth/vorbis"
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
	var dec vorbis.Decoder
	packet, err := o.Packet(nil)
	if err != nil {
		return unlessEOF(err)
	}
	// The library trusts the headers, and allocates by them.
	channels, err := checkVorbisIdentification(packet)
	if err != nil {
		return err
	}
	if err := dec.ReadHeader(packet); err != nil {
		return err
	}
	if err := s.open(dec.SampleRate(), channels, 0); err != nil {
		return err
	}
	// The comments are no use here, and the library trusts their count.
	if packet, err = o.Packet(packet); err != nil {
		return unlessEOF(err)
	}
	if packet, err = o.Packet(packet); err != nil {
		return unlessEOF(err)
	}
	if err := checkVorbisSetup(packet); err != nil {
		return err
	}
	if err := dec.ReadHeader(packet); err != nil {
		return err
	}
	// Of one block, which a packet decodes to at most; it is written out before the next one.
	buffer := make([]float32, dec.BufferSize())
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
		x, err := dec.DecodeInto(packet, buffer)
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

// checkVorbisIdentification holds the first header to the limits of the
// specification (Vorbis I, 4.2.2) and returns the number of channels.
func checkVorbisIdentification(b []byte) (channels int, err error) {
	if len(b) < 30 || string(b[:7]) != "\x01vorbis" {
		return 0, errors.New("no Vorbis header")
	}
	short, long := b[28]&15, b[28]>>4
	if short < 6 || long > 13 || short > long {
		return 0, fmt.Errorf("Vorbis blocks of 2^%d and 2^%d", short, long)
	}
	if b[11] > 8 {
		return 0, fmt.Errorf("Vorbis of %d channels: %w", b[11], ErrUnsupported)
	}
	return int(b[11]), nil
}

// The size of codebooks that are taken for real; encoders stay a hundred times below.
const (
	maxBookEntries = 1 << 18
	maxBookValues  = 1 << 22
)

// checkVorbisSetup walks over the codebooks of a setup header (Vorbis I, 3.2.1).
// The library takes memory for whatever they claim, and reads forever through
// a code that isn't complete or a book without dimensions: those are refused.
func checkVorbisSetup(b []byte) error {
	if len(b) < 8 || string(b[:7]) != "\x05vorbis" {
		return errors.New("no Vorbis setup")
	}
	r := &lsbReader{b: b[7:]}
	books := r.read(8) + 1
	values, entries := 0, 0
	for range books {
		if r.read(24) != 0x564342 {
			return errors.New("a Vorbis codebook does not start as one")
		}
		dim, n := r.read(16), r.read(24)
		entries += n
		values += n * dim
		if dim == 0 || n < 2 || entries > maxBookEntries || values > maxBookValues {
			return fmt.Errorf("a Vorbis codebook of %d entries of %d values: %w", n, dim, ErrUnsupported)
		}
		if !r.completeCode(n) {
			return fmt.Errorf("a Vorbis codebook is not complete: %w", ErrUnsupported)
		}
		switch kind := r.read(4); kind {
		case 0:
		case 1, 2:
			r.read(32)
			r.read(32)
			bits := r.read(4) + 1
			r.read(1)
			count := n * dim
			if kind == 1 {
				count = latticeSide(n, dim)
			}
			r.skip(count * bits)
		default:
			return errors.New("a Vorbis codebook of an unknown kind")
		}
		if r.bad {
			return errors.New("the Vorbis setup is cut short")
		}
	}
	return nil
}

// latticeSide is the largest k with k^dim <= n.
func latticeSide(n, dim int) int {
	k := 1
	for {
		p := 1
		for range dim {
			if p *= k + 1; p > n {
				return k
			}
		}
		k++
	}
}

// completeCode reads the lengths of n code words and reports whether they
// fill the tree: Σ 2^-length = 1.
func (r *lsbReader) completeCode(n int) bool {
	var sum uint64 // in units of 2^-32
	if r.read(1) == 0 {
		sparse := r.read(1) == 1
		for range n {
			if !sparse || r.read(1) == 1 {
				sum += 1 << (32 - (r.read(5) + 1))
			}
			if r.bad {
				return false
			}
		}
		return sum == 1<<32
	}
	length := r.read(5) + 1
	for done := 0; done < n; length++ {
		if length > 32 || r.bad {
			return false
		}
		bits := 0
		for v := n - done; v > 0; v >>= 1 {
			bits++
		}
		k := r.read(bits)
		if done += k; done > n {
			return false
		}
		sum += uint64(k) << (32 - length)
	}
	return sum == 1<<32
}

// lsbReader reads bits as Vorbis packs them, the lowest first.
type lsbReader struct {
	b   []byte
	pos int // in bits
	bad bool
}

func (r *lsbReader) read(n int) int {
	v := 0
	for i := range n {
		at := r.pos + i
		if at>>3 >= len(r.b) {
			r.bad = true
			return 0
		}
		v |= int(r.b[at>>3]>>(at&7)&1) << i
	}
	r.pos += n
	return v
}

func (r *lsbReader) skip(bits int) {
	if r.pos += bits; r.pos > 8*len(r.b) {
		r.bad = true
	}
}
