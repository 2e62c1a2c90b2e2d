package feature

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/fusor-ml/fusor/internal/buffer"
	"github.com/fusor-ml/fusor/internal/filemap"
	"github.com/fusor-ml/fusor/internal/spool"
)

const (
	firstBlock = 8 << 10 // rows are collected in blocks of this size, doubling
	blockBytes = 1 << 20 // up to this
	spillBytes = 8 << 20 // a Store's blocks are moved to its file when there are so many
)

// Store holds the extracted rows of one view, indexed by row. Rows may be put
// in any order and from several goroutines, and read once all are put. What
// exceeds 8 MB lies in a temporary file, so that extraction runs in flat memory;
// a file of short rows that is not very large is mapped into memory to be read.
type Store struct {
	mu     sync.Mutex
	at     []span // by row
	blocks []block
	memory []int // the blocks that are in memory; the last one is being filled
	held   int   // their bytes
	file   *os.File
	size   int64 // of file
	spare  [][]byte

	open   sync.Once
	mapped *filemap.File // file as of the first Get; nil where it is read instead
}

// span is where a row's record lies.
type span struct{ block, off, len uint32 }

// block is a run of records: in memory, or at a place of the file.
type block struct {
	data []byte
	at   int64
}

// NewStore makes an empty store of n rows, all absent.
func NewStore(n int) *Store { return &Store{at: make([]span, n)} }

// newStores makes k of them.
func newStores(k, n int) []*Store {
	out, stores, at := make([]*Store, k), make([]Store, k), make([]span, k*n)
	for i := range out {
		out[i] = &stores[i]
		out[i].at, at = at[:n:n], at[n:]
	}
	return out
}

// Len is the number of rows.
func (s *Store) Len() int { return len(s.at) }

// Present reports whether row i has features.
func (s *Store) Present(i int) bool { return s.at[i].len > 0 }

// Put sets row i; an absent Raw leaves it as it is.
func (s *Store) Put(i int, r Raw) error {
	if r.Absent() {
		return nil
	}
	// Encoded before the lock is taken, which workers share.
	buf := records.Get().(*[]byte)
	defer records.Put(buf)
	*buf = appendRecord((*buf)[:0], r)
	return s.putRecord(i, *buf)
}

// putRecord is Put of an encoded Raw.
func (s *Store) putRecord(i int, rec []byte) error {
	if len(rec) <= recordHead {
		return nil
	}
	s.mu.Lock()
	b, out, err := s.room(len(rec))
	if err == nil {
		s.at[i] = span{uint32(len(s.blocks) - 1), uint32(len(b.data)), uint32(len(rec))}
		b.data = append(b.data, rec...)
	}
	s.mu.Unlock()
	if err == nil && len(out) > 0 {
		err = s.write(out)
	}
	if err != nil {
		return fmt.Errorf("cannot store extracted features: %w", err)
	}
	return nil
}

// room returns a block with room for a record of n bytes, the last of blocks.
// The blocks of out have left memory for it; the caller writes them, without
// the lock, so that other workers go on meanwhile.
func (s *Store) room(n int) (b *block, out []block, err error) {
	if k := len(s.blocks); k > 0 && s.blocks[k-1].data != nil && cap(s.blocks[k-1].data)-len(s.blocks[k-1].data) >= n {
		return &s.blocks[k-1], nil, nil
	}
	grow := min(blockBytes, max(firstBlock, s.held))
	if len(s.at) == 1 { // the row of a request
		grow = n
	}
	if s.held+max(n, grow) > spillBytes {
		if out, err = s.evict(); err != nil {
			return nil, nil, err
		}
	}
	var data []byte
	switch k := len(s.spare); {
	case k > 0 && n <= blockBytes:
		data, s.spare = s.spare[k-1], s.spare[:k-1]
	default:
		data = make([]byte, 0, max(n, grow))
	}
	s.held += cap(data)
	s.memory = append(s.memory, len(s.blocks))
	s.blocks = append(s.blocks, block{data: data})
	return &s.blocks[len(s.blocks)-1], out, nil
}

// evict returns the blocks in memory their places in the file.
func (s *Store) evict() ([]block, error) {
	if s.file == nil && len(s.memory) > 0 {
		f, err := spool.Create("fusor-features-*")
		if err != nil {
			return nil, err
		}
		s.file = f
	}
	var out []block
	for _, k := range s.memory {
		b := &s.blocks[k]
		b.at = s.size
		s.size += int64(len(b.data))
		out = append(out, *b)
		b.data = nil
	}
	s.memory, s.held = s.memory[:0], 0
	return out, nil
}

// write moves evicted blocks to their places in the file and keeps their memory for new ones.
func (s *Store) write(out []block) error {
	for _, b := range out {
		if _, err := s.file.WriteAt(b.data, b.at); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range out {
		if cap(b.data) == blockBytes {
			s.spare = append(s.spare, b.data[:0])
		}
	}
	return nil
}

var records = sync.Pool{New: func() any { return new([]byte) }}

// Get reads row i into r, reusing its memory; an absent row yields an empty Raw.
func (s *Store) Get(i int, r *Raw) error {
	sp := s.at[i]
	if sp.len == 0 {
		*r = Raw{Values: r.Values[:0], Index: r.Index[:0]}
		return nil
	}
	b := &s.blocks[sp.block]
	if b.data != nil {
		return readRecord(b.data[sp.off:sp.off+sp.len], r)
	}
	s.open.Do(s.mapFile)
	from, to := b.at+int64(sp.off), b.at+int64(sp.off)+int64(sp.len)
	if s.mapped != nil && to <= int64(len(s.mapped.Data)) { // else it was put since
		err := readRecord(s.mapped.Data[from:to], r)
		runtime.KeepAlive(s) // with which the mapping goes
		return err
	}
	buf := records.Get().(*[]byte)
	defer records.Put(buf)
	*buf = buffer.Grow(*buf, int(sp.len))
	if _, err := s.file.ReadAt(*buf, from); err != nil {
		return fmt.Errorf("cannot read back extracted features: %w", err)
	}
	return readRecord(*buf, r)
}

// mostMapped is how many bytes the files of all Stores that are mapped may have. It is far below
// what a process may take, as mapped pages that the system could drop count as its memory. Tests
// set it.
var mostMapped int64 = 512 << 20

// longRow is how many bytes the rows of a file have that is not mapped: the call that reads one
// costs little beside what is done with it. Tests set it.
var longRow int64 = 512

// mappedBytes is how many they have.
var mappedBytes atomic.Int64

// mapFile maps the file, if there is room for it.
func (s *Store) mapFile() {
	if s.size > longRow*int64(len(s.at)) {
		return
	}
	most := min(mostMapped, debug.SetMemoryLimit(-1)/4)
	if mappedBytes.Add(s.size) <= most {
		if f, err := filemap.Map(s.file, s.size); err == nil {
			s.mapped = f
			runtime.AddCleanup(s, func(f *filemap.File) { _ = unmapFile(f) }, f) // features need not be closed
			return
		}
	}
	mappedBytes.Add(-s.size)
}

// unmapFile ends a mapping; a second time it does nothing.
func unmapFile(f *filemap.File) error {
	mappedBytes.Add(-int64(len(f.Data)))
	return f.Close()
}

// Close removes the temporary file, if there is one.
func (s *Store) Close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	var err error
	if s.mapped != nil {
		err = unmapFile(s.mapped)
	}
	err = errors.Join(err, f.Close())
	if gone := os.Remove(f.Name()); !errors.Is(gone, fs.ErrNotExist) { // where an open file keeps its name
		err = errors.Join(err, gone)
	}
	return err
}
