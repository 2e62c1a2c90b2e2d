package feature

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
)

// spillBytes is how much a Store holds in memory before it moves to a temporary file.
const spillBytes = 32 << 20

// Store holds the extracted rows of one view, indexed by row. Rows may be put
// in any order and from several goroutines; beyond 32 MB they lie in a
// temporary file, so that extraction runs in flat memory.
type Store struct {
	mu   sync.Mutex
	at   []span // by row
	mem  []byte
	file *os.File
	size int64
}

type span struct{ off, len int64 }

// NewStore makes an empty store of n rows, all absent.
func NewStore(n int) *Store { return &Store{at: make([]span, n)} }

// Len is the number of rows.
func (s *Store) Len() int { return len(s.at) }

// Present reports whether row i has features.
func (s *Store) Present(i int) bool { return s.at[i].len > 0 }

// Put sets row i; an absent Raw leaves it absent.
func (s *Store) Put(i int, r Raw) error {
	if r.Absent() {
		return nil
	}
	rec := appendRaw(nil, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil && len(s.mem)+len(rec) > spillBytes {
		if err := s.spill(); err != nil {
			return err
		}
	}
	if s.file == nil {
		s.mem = append(s.mem, rec...)
	} else if _, err := s.file.WriteAt(rec, s.size); err != nil {
		return fmt.Errorf("cannot store extracted features: %w", err)
	}
	s.at[i] = span{s.size, int64(len(rec))}
	s.size += int64(len(rec))
	return nil
}

func (s *Store) spill() error {
	f, err := os.CreateTemp("", "fusor-features-*")
	if err != nil {
		return fmt.Errorf("cannot store extracted features: %w", err)
	}
	if _, err := f.WriteAt(s.mem, 0); err != nil {
		return errors.Join(fmt.Errorf("cannot store extracted features: %w", err), f.Close(), os.Remove(f.Name()))
	}
	s.file, s.mem = f, nil
	return nil
}

// Get reads row i into r, reusing its memory; an absent row gives an empty Raw.
func (s *Store) Get(i int, r *Raw) error {
	sp := s.at[i]
	if sp.len == 0 {
		*r = Raw{Values: r.Values[:0], Index: r.Index[:0]}
		return nil
	}
	if s.file == nil {
		return readRaw(s.mem[sp.off:sp.off+sp.len], r)
	}
	buf := make([]byte, sp.len)
	if _, err := s.file.ReadAt(buf, sp.off); err != nil {
		return fmt.Errorf("cannot read back extracted features: %w", err)
	}
	return readRaw(buf, r)
}

// Close removes the temporary file, if there is one.
func (s *Store) Close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// A record is dim, steps, len(values), len(index) as uint32, then the values, then the index.
const rawHeader = 16

func appendRaw(dst []byte, r Raw) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, uint32(r.Dim))
	dst = le.AppendUint32(dst, uint32(r.Steps))
	dst = le.AppendUint32(dst, uint32(len(r.Values)))
	dst = le.AppendUint32(dst, uint32(len(r.Index)))
	for _, v := range r.Values {
		dst = le.AppendUint32(dst, math.Float32bits(v))
	}
	for _, v := range r.Index {
		dst = le.AppendUint32(dst, v)
	}
	return dst
}

func readRaw(b []byte, r *Raw) error {
	le := binary.LittleEndian
	if len(b) < rawHeader {
		return fmt.Errorf("cannot read extracted features: record of %d bytes", len(b))
	}
	nv, ni := int(le.Uint32(b[8:])), int(le.Uint32(b[12:]))
	if len(b)-rawHeader != 4*(nv+ni) {
		return fmt.Errorf("cannot read extracted features: record of %d bytes announces %d values", len(b), nv+ni)
	}
	r.Dim, r.Steps = int(le.Uint32(b)), int(le.Uint32(b[4:]))
	r.Values, r.Index = resize(r.Values, nv), resize(r.Index, ni)
	b = b[rawHeader:]
	for i := range r.Values {
		r.Values[i] = math.Float32frombits(le.Uint32(b[4*i:]))
	}
	b = b[4*nv:]
	for i := range r.Index {
		r.Index[i] = le.Uint32(b[4*i:])
	}
	return nil
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
