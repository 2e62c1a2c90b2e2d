// Package filemap is read-only access to whole files: mapped into memory where the system can do
// that, so that processes share their pages and what is not read takes no memory, and read
// elsewhere.
//
// A file must not be cut while it is mapped; replacing it by renaming another over it is safe.
package filemap

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// File is the content of a file until Close.
type File struct {
	Data   []byte // must not be written to
	mapped bool
}

// Held is a file whose content lies in memory already.
type Held interface {
	// Bytes returns the content, which must not be written to.
	Bytes() []byte
}

// Open returns the content of a regular file of fsys.
func Open(fsys fs.FS, name string) (*File, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("not a regular file")}
	}
	if held, ok := f.(Held); ok {
		return &File{Data: held.Bytes()}, nil
	}
	if of, ok := f.(*os.File); ok && info.Size() > 0 {
		if data, err := mapFile(of, info.Size()); err == nil {
			return &File{Data: data, mapped: true}, nil
		}
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return &File{Data: data}, nil
}

// Map returns the first size bytes of f, which must not be cut while they are in use. It returns an
// error where the system cannot map files.
func Map(f *os.File, size int64) (*File, error) {
	data, err := mapFile(f, size)
	if err != nil {
		return nil, err
	}
	return &File{Data: data, mapped: true}, nil
}

// Forget returns the memory of part, which must lie in Data, to the system. It is read again from
// the file when it is next needed.
func (f *File) Forget(part []byte) {
	if f.mapped && len(part) > 0 {
		forget(part)
	}
}

// Close ends the use of Data.
func (f *File) Close() error {
	data := f.Data
	f.Data = nil
	if !f.mapped || data == nil {
		return nil
	}
	f.mapped = false
	return unmap(data)
}
