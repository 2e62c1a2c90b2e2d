// Package spool keeps many blobs outside memory: the first few in it, all
// others in one temporary file, which has no name where the system allows that
// and so is gone with the process, however that ends.
package spool

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
)

// InMemory is how many bytes of a Spool are held in memory.
const InMemory = 32 << 20

// Spool collects blobs. Its methods are safe for concurrent use; its file is
// released when neither the Spool nor any of its blobs can be reached.
type Spool struct {
	mu   sync.Mutex
	held int
	file *os.File
	size int64
}

// Add keeps a copy of p and returns where it is read.
func (s *Spool) Add(p []byte) (io.ReaderAt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held+len(p) <= InMemory {
		s.held += len(p)
		return inMemory(append([]byte(nil), p...)), nil
	}
	if s.file == nil {
		f, err := Create("fusor-media-*.tmp")
		if err != nil {
			return nil, fmt.Errorf("cannot keep media in a temporary file: %w", err)
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(p, s.size); err != nil {
		return nil, fmt.Errorf("cannot keep media in a temporary file: %w", err)
	}
	b := &onDisk{s.file, s.size}
	s.size += int64(len(p))
	return b, nil
}

// Create makes a temporary file, named by a pattern of [os.CreateTemp], that is removed at once,
// or, where an open file cannot be, with its handle.
func Create(pattern string) (*os.File, error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		name := f.Name()
		runtime.AddCleanup(f, func(struct{}) { os.Remove(name) }, struct{}{}) //nolint:errcheck // nothing is left to do
	}
	return f, nil
}

// inMemory is a blob in memory.
type inMemory []byte

// ReadAt implements io.ReaderAt.
func (b inMemory) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// onDisk is a blob in the file.
type onDisk struct {
	file *os.File
	at   int64
}

// ReadAt implements io.ReaderAt.
func (b *onDisk) ReadAt(p []byte, off int64) (int, error) { return b.file.ReadAt(p, b.at+off) }
