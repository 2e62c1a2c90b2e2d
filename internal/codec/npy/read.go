package npy

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// chunk is how many bytes are converted at a time.
const chunk = 64 << 10

// Read reads one .npy array of which size bytes are there (header included).
// A negative size means that it is not known: memory then grows with what was read.
func Read[T Float](r io.Reader, size int64) (*Array[T], error) {
	h, used, err := ReadHeader(r)
	if err != nil {
		return nil, err
	}
	n, err := Count(h.Shape)
	if err != nil {
		return nil, err
	}
	if size >= 0 && int64(n) > (size-used)/int64(h.DType.Size) {
		return nil, fmt.Errorf("truncated: shape %v needs %d values of %d bytes, but %d bytes are there",
			h.Shape, n, h.DType.Size, max(0, size-used))
	}
	reserve := n
	if size < 0 {
		reserve = min(n, chunk)
	}
	data := make([]T, 0, reserve)
	buf := make([]byte, min(chunk, min(n, chunk)*h.DType.Size))
	for len(data) < n {
		k := min(len(buf)/h.DType.Size, n-len(data))
		if m, err := io.ReadFull(r, buf[:k*h.DType.Size]); err != nil {
			return nil, fmt.Errorf("truncated after %d of %d values: %w", len(data)+m/h.DType.Size, n, noEOF(err))
		}
		at := len(data)
		if cap(data)-at < k {
			data = append(data, make([]T, k)...)
		} else {
			data = data[:at+k]
		}
		Convert(data[at:], buf, h.DType)
	}
	if h.Fortran {
		data = toCOrder(data, h.Shape)
	}
	return &Array[T]{Shape: h.Shape, Data: data}, nil
}

// ReadFile reads the one array of an .npy file, or of an .npz archive that holds just one.
func ReadFile[T Float](path string) (*Array[T], error) {
	all, err := ReadAll[T](path)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("cannot read %s: it holds %d arrays, not one", path, len(all))
	}
	return &all[0].Array, nil
}

// ReadAll reads the array of an .npy file or the arrays of an .npz archive, told apart by their
// first bytes.
func ReadAll[T Float](path string) ([]Named[T], error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read array: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read array: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot read %s: not a regular file", path)
	}
	all, err := ReadFrom[T](f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return all, nil
}

// ReadFrom reads .npy or .npz of size bytes, told apart by their first bytes.
func ReadFrom[T Float](r io.ReaderAt, size int64) ([]Named[T], error) {
	var head [4]byte
	if _, err := r.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(head[:2]) == "PK" {
		return ReadZip[T](r, size)
	}
	a, err := Read[T](io.NewSectionReader(r, 0, size), size)
	if err != nil {
		return nil, err
	}
	return []Named[T]{{Array: *a}}, nil
}
