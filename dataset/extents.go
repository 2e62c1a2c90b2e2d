package dataset

import (
	"fmt"
	"io"
	"os"
	"unsafe"

	"github.com/fusor-ml/fusor/internal/spool"
)

// extents is a temporary file to which parts are appended.
type extents struct {
	file *os.File
	size int64
}

// extent is a part of a file.
type extent struct {
	at     int64
	length int
}

// add appends a part.
func (e *extents) add(data []byte) (extent, error) {
	if e.file == nil {
		f, err := spool.Create("fusor-*.tmp")
		if err != nil {
			return extent{}, fmt.Errorf("cannot write a temporary file: %w", err)
		}
		e.file = f
	}
	if _, err := e.file.WriteAt(data, e.size); err != nil {
		return extent{}, fmt.Errorf("cannot write a temporary file: %w", err)
	}
	part := extent{e.size, len(data)}
	e.size += int64(len(data))
	return part, nil
}

// read returns a part, as bytes and as the text that lies in them: nobody writes to these.
func (e *extents) read(part extent) (data []byte, text string, err error) {
	data = make([]byte, part.length)
	if _, err := io.ReadFull(io.NewSectionReader(e.file, part.at, int64(part.length)), data); err != nil {
		return nil, "", fmt.Errorf("cannot read a temporary file: %w", err)
	}
	return data, unsafe.String(unsafe.SliceData(data), len(data)), nil
}
