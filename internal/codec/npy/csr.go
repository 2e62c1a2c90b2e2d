package npy

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/fusor-ml/fusor/internal/spool"
)

// CSRWriter writes a sparse matrix row by row as scipy.sparse.save_npz does: an .npz archive with
// the members indices, indptr, format, shape and data. Rows wait in temporary files, as a header
// counts what follows it.
type CSRWriter struct {
	cols    int
	rows    int
	entries int64
	indices spooled[int32]
	indptr  spooled[int64]
	data    spooled[float32]
}

// NewCSRWriter starts a matrix of cols columns.
func NewCSRWriter(cols int) (*CSRWriter, error) {
	w := &CSRWriter{cols: cols}
	if err := w.indptr.add(0); err != nil {
		return nil, err
	}
	return w, nil
}

// Row appends a row of entries, in ascending order of index.
func (w *CSRWriter) Row(index []uint32, values []float32) error {
	if len(index) != len(values) {
		return fmt.Errorf("cannot write a sparse row of %d indices and %d values", len(index), len(values))
	}
	for i, at := range index {
		if int64(at) >= int64(w.cols) {
			return fmt.Errorf("cannot write a sparse row: entry %d is in column %d of %d", i, at, w.cols)
		}
		if err := w.indices.add(int32(at)); err != nil {
			return err
		}
	}
	if err := w.data.add(values...); err != nil {
		return err
	}
	w.rows++
	w.entries += int64(len(index))
	return w.indptr.add(w.entries)
}

// Abandon releases the temporary files of a matrix that is not written.
func (w *CSRWriter) Abandon() {
	w.indices.close()
	w.indptr.close()
	w.data.close()
}

// WriteTo writes the archive and releases the temporary files.
func (w *CSRWriter) WriteTo(to io.Writer) (int64, error) {
	defer w.Abandon()
	c := &counted{w: to}
	z := zip.NewWriter(c)
	for _, m := range []struct {
		name string
		fill func(io.Writer) error
	}{
		{"indices", w.indices.writeTo},
		{"indptr", w.indptr.writeTo},
		{"format", func(to io.Writer) error {
			_, err := io.WriteString(to, header("|S3", nil)+"csr")
			return err
		}},
		{"shape", func(to io.Writer) error {
			n, err := NewWriter[int64](to, []int{2})
			if err != nil {
				return err
			}
			if err := n.Write(int64(w.rows), int64(w.cols)); err != nil {
				return err
			}
			return n.Close()
		}},
		{"data", w.data.writeTo},
	} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: m.name + ".npy", Method: zip.Deflate})
		if err == nil {
			err = m.fill(f)
		}
		if err != nil {
			return c.n, fmt.Errorf("cannot write a sparse matrix: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return c.n, fmt.Errorf("cannot write a sparse matrix: %w", err)
	}
	return c.n, nil
}

// spooled is a one-dimensional array in a temporary file.
type spooled[T Number] struct {
	file *os.File
	b    *bufio.Writer
	n    int
}

func (s *spooled[T]) add(values ...T) error {
	if s.file == nil {
		f, err := spool.Create("fusor-sparse-*.tmp")
		if err != nil {
			return fmt.Errorf("cannot keep a sparse matrix in a temporary file: %w", err)
		}
		s.file, s.b = f, bufio.NewWriterSize(f, chunk)
	}
	s.n += len(values)
	return writeValues(s.b, values)
}

// writeTo writes the array as an .npy file.
func (s *spooled[T]) writeTo(w io.Writer) error {
	if _, err := io.WriteString(w, header(descr[T](), []int{s.n})); err != nil || s.file == nil {
		return err
	}
	if err := s.b.Flush(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, s.file)
	return err
}

func (s *spooled[T]) close() {
	if s.file == nil {
		return
	}
	name := s.file.Name()
	s.file.Close()  //nolint:errcheck // nothing of it is needed any more
	os.Remove(name) //nolint:errcheck // gone already, where the system allows that
	s.file = nil
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n int64
}

// Write implements io.Writer.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
