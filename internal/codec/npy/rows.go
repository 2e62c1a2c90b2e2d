package npy

import (
	"fmt"
	"io"
)

// Rows reads the rows of an array in C order one by one, in any order, from where it lies. It is
// safe for concurrent use.
type Rows[T Float] struct {
	r     io.ReaderAt
	at    int64 // of the first value
	dtype DType
	width int // values of a row
	Shape []int
}

// OpenRows reads the header of an .npy array of size bytes. It returns nil where values are in
// Fortran order, in which a row does not lie in one piece, or where the array has no rows.
func OpenRows[T Float](r io.ReaderAt, size int64) (*Rows[T], error) {
	h, used, err := ReadHeader(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	n, err := Count(h.Shape)
	switch {
	case err != nil:
		return nil, err
	case h.Fortran && len(h.Shape) > 1, n == 0, len(h.Shape) == 0:
		return nil, nil
	case int64(n) > (size-used)/int64(h.DType.Size):
		return nil, fmt.Errorf("truncated: shape %v needs %d values of %d bytes, but %d bytes are there", h.Shape, n, h.DType.Size, size-used)
	}
	return &Rows[T]{r, used, h.DType, n / h.Shape[0], h.Shape}, nil
}

// Width is the number of values of a row.
func (x *Rows[T]) Width() int { return x.width }

// Read reads row i into dst, of Width values.
func (x *Rows[T]) Read(dst []T, i int) error {
	buf := make([]byte, x.width*x.dtype.Size)
	if _, err := x.r.ReadAt(buf, x.at+int64(i)*int64(len(buf))); err != nil {
		return fmt.Errorf("cannot read row %d: %w", i, noEOF(err))
	}
	Convert(dst, buf, x.dtype)
	return nil
}
