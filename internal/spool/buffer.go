package spool

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// Buffer collects bytes: up to a limit in memory, and all of them in a temporary file once there
// are more. The file is released when neither the Buffer nor its reader can be reached.
type Buffer struct {
	limit int64
	held  bytes.Buffer
	file  *os.File
	size  int64
}

// NewBuffer returns a buffer that holds so many bytes in memory.
func NewBuffer(limit int64) *Buffer { return &Buffer{limit: limit} }

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	if b.file == nil && b.size+int64(len(p)) <= b.limit {
		b.size += int64(len(p))
		return b.held.Write(p)
	}
	if b.file == nil {
		f, err := Create("fusor-*.tmp")
		if err == nil {
			_, err = f.Write(b.held.Bytes())
		}
		if err != nil {
			return 0, fmt.Errorf("cannot write a temporary file: %w", err)
		}
		b.file, b.held = f, bytes.Buffer{}
	}
	n, err := b.file.Write(p)
	b.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("cannot write a temporary file: %w", err)
	}
	return n, nil
}

// Size is the number of bytes.
func (b *Buffer) Size() int64 { return b.size }

// Reader returns what reads the bytes that were written: the temporary file, an *os.File, if there
// is one. Nothing may be written afterwards.
func (b *Buffer) Reader() io.ReaderAt {
	if b.file != nil {
		return b.file
	}
	return bytes.NewReader(b.held.Bytes())
}
