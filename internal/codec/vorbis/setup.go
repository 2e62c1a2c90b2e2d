package vorbis

import (
	"errors"
	"fmt"
)

var (
	errShort   = errors.New("the Vorbis setup is cut short")
	errDamaged = errors.New("the Vorbis setup is damaged")
)

// setup is what all packets of a stream are read with (section 4.2.4).
type setup struct {
	books    []*codebook
	floors   []*floor
	residues []*residue
	mappings []*mapping
	modes    []mode
}

// mapping tells how channels are put together.
type mapping struct {
	couplings []coupling
	submap    []int // of each channel
	floor     []int // of each submap
	residue   []int
}

// coupling is of two channels, of which one has the angle to the other.
type coupling struct{ magnitude, angle int }

type mode struct {
	long    bool
	mapping int
}

// identify reads the first header, and returns the sizes of short and long blocks.
func identify(b []byte) (rate, channels int, blocks [2]int, err error) {
	if len(b) < 30 || string(b[:7]) != "\x01vorbis" {
		return 0, 0, blocks, errors.New("no Vorbis header")
	}
	r := newBitReader(b[7:])
	if v := r.read(32); v != 0 {
		return 0, 0, blocks, fmt.Errorf("Vorbis of version %d", v)
	}
	channels, rate = r.read(8), r.read(32)
	for range 3 { // bit rates
		r.read(32)
	}
	short, long := r.read(4), r.read(4)
	if short < 6 || long > 13 || short > long {
		return 0, 0, blocks, fmt.Errorf("Vorbis blocks of 2^%d and 2^%d", short, long)
	}
	if channels == 0 || rate == 0 {
		return 0, 0, blocks, fmt.Errorf("Vorbis of %d channels at %d Hz", channels, rate)
	}
	return rate, channels, [2]int{1 << short, 1 << long}, nil
}

// readSetup reads the third header.
func readSetup(b []byte, channels int) (*setup, error) {
	if len(b) < 8 || string(b[:7]) != "\x05vorbis" {
		return nil, errors.New("no Vorbis setup")
	}
	r := newBitReader(b[7:])
	s := &setup{}
	left := maxValues
	for range r.read(8) + 1 {
		c, err := readCodebook(r, &left)
		if err != nil {
			return nil, err
		}
		s.books = append(s.books, c)
	}
	for range r.read(6) + 1 {
		if r.read(16) != 0 {
			return nil, errDamaged
		}
	}
	for range r.read(6) + 1 {
		if kind := r.read(16); kind != 1 {
			// Floors of kind 0 are of encoders before the first release.
			return nil, fmt.Errorf("Vorbis of before its first release, with floors of kind %d", kind)
		}
		f, err := readFloor(r, len(s.books))
		if err != nil {
			return nil, err
		}
		s.floors = append(s.floors, f)
	}
	for range r.read(6) + 1 {
		x, err := readResidue(r, s.books)
		if err != nil {
			return nil, err
		}
		s.residues = append(s.residues, x)
	}
	for range r.read(6) + 1 {
		m, err := s.readMapping(r, channels)
		if err != nil {
			return nil, err
		}
		s.mappings = append(s.mappings, m)
	}
	for range r.read(6) + 1 {
		m := mode{long: r.flag()}
		window, transform := r.read(16), r.read(16)
		if m.mapping = r.read(8); window != 0 || transform != 0 || m.mapping >= len(s.mappings) {
			return nil, errDamaged
		}
		s.modes = append(s.modes, m)
	}
	if !r.flag() || r.ended {
		return nil, errShort
	}
	return s, nil
}

func (s *setup) readMapping(r *bitReader, channels int) (*mapping, error) {
	if r.read(16) != 0 {
		return nil, errDamaged
	}
	m, submaps := &mapping{submap: make([]int, channels)}, 1
	if r.flag() {
		submaps = r.read(4) + 1
	}
	if r.flag() {
		width := ilog(channels - 1)
		for range r.read(8) + 1 {
			c := coupling{r.read(width), r.read(width)}
			if c.magnitude == c.angle || max(c.magnitude, c.angle) >= channels {
				return nil, errDamaged
			}
			m.couplings = append(m.couplings, c)
		}
	}
	if r.read(2) != 0 {
		return nil, errDamaged
	}
	if submaps > 1 {
		for c := range m.submap {
			if m.submap[c] = r.read(4); m.submap[c] >= submaps {
				return nil, errDamaged
			}
		}
	}
	for range submaps {
		r.read(8) // of a time domain transform
		floor, residue := r.read(8), r.read(8)
		if floor >= len(s.floors) || residue >= len(s.residues) {
			return nil, errDamaged
		}
		m.floor, m.residue = append(m.floor, floor), append(m.residue, residue)
	}
	return m, nil
}
