package npy

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// CSR is a sparse matrix: row i has the entries Start[i]:Start[i+1] of Index and Data, in ascending
// order of index.
type CSR struct {
	Rows, Cols int
	Start      []int
	Index      []uint32
	Data       []float32
}

// csrMembers are the members of an archive of scipy.sparse.save_npz.
var csrMembers = []string{"indices.npy", "indptr.npy", "format.npy", "shape.npy", "data.npy"}

// IsCSR reports whether an archive holds a sparse matrix of SciPy.
func IsCSR(r io.ReaderAt, size int64) bool {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return false
	}
	found := 0
	for _, f := range z.File {
		if slices.Contains(csrMembers, f.Name) {
			found++
		}
	}
	return found == len(csrMembers)
}

// ReadCSR reads the archive of a sparse matrix in the format csr, as scipy.sparse.save_npz writes
// it.
func ReadCSR(r io.ReaderAt, size int64) (*CSR, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("not an .npz archive: %w", err)
	}
	arrays := map[string]*Array[float64]{}
	var data *Array[float32]
	var total uint64
	for _, f := range z.File {
		if !slices.Contains(csrMembers, f.Name) {
			continue
		}
		if total += f.UncompressedSize64; f.UncompressedSize64 > math.MaxInt64/2 || total > max(freeUnfold, uint64(size)*maxExpand) {
			return nil, fmt.Errorf("the archive of %d bytes would unfold to %d bytes (a zip bomb?)", size, total)
		}
		switch f.Name {
		case "format.npy":
			if format, err := readFormat(f); err != nil || format != "csr" {
				return nil, fmt.Errorf("a sparse matrix in the format %.10q (%w); write it with matrix.tocsr()", format, errors.Join(err, errors.ErrUnsupported))
			}
		case "data.npy":
			data, err = readMember[float32](f)
		default:
			arrays[f.Name], err = readMember[float64](f)
		}
		if err != nil {
			return nil, fmt.Errorf("member %q: %w", f.Name, err)
		}
	}
	if data == nil || len(arrays) != 3 {
		return nil, errors.New("a member of the sparse matrix is missing")
	}
	return newCSR(arrays["shape.npy"].Data, arrays["indptr.npy"].Data, arrays["indices.npy"].Data, data.Data)
}

// readFormat reads the name of the format: bytes, or a text of four bytes a character.
func readFormat(f *zip.File) (string, error) {
	rc, err := f.Open()
	if err != nil {
		return "", err
	}
	defer rc.Close()
	b, err := io.ReadAll(io.LimitReader(rc, maxHeader))
	if err != nil || len(b) < prefixSize+2 {
		return "", errors.Join(err, ErrNotNPY)
	}
	head := prefixSize + 2 + int(b[prefixSize]) + int(b[prefixSize+1])<<8
	if head > len(b) {
		return "", ErrNotNPY
	}
	return string(slices.DeleteFunc(b[head:], func(c byte) bool { return c == 0 })), nil
}

func newCSR(shape, start, index []float64, data []float32) (*CSR, error) {
	if len(shape) != 2 || shape[0] < 0 || shape[1] < 0 || shape[0] > math.MaxInt32 || shape[1] > math.MaxInt32 {
		return nil, fmt.Errorf("a sparse matrix of the shape %v", shape)
	}
	m := &CSR{Rows: int(shape[0]), Cols: int(shape[1]), Data: data}
	if len(start) != m.Rows+1 || len(index) != len(data) || start[0] != 0 || start[m.Rows] != float64(len(data)) {
		return nil, fmt.Errorf("a sparse matrix of %d rows with %d bounds, %d indices and %d values", m.Rows, len(start), len(index), len(data))
	}
	m.Start, m.Index = make([]int, len(start)), make([]uint32, len(index))
	for i, v := range start {
		if m.Start[i] = int(v); i > 0 && (v < start[i-1] || v > float64(len(data))) {
			return nil, fmt.Errorf("row %d of a sparse matrix ends before it begins", i)
		}
	}
	for i, v := range index {
		if !(v >= 0 && v < shape[1]) {
			return nil, fmt.Errorf("entry %d of a sparse matrix is in column %g of %d", i+1, v, m.Cols)
		}
		m.Index[i] = uint32(v)
	}
	for i := range m.Rows {
		m.sortRow(m.Start[i], m.Start[i+1])
	}
	return m, nil
}

// sortRow brings the entries from..to into the order of their indices.
func (m *CSR) sortRow(from, to int) {
	index, data := m.Index[from:to], m.Data[from:to]
	if slices.IsSorted(index) {
		return
	}
	order := make([]int, len(index))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(index[a]) - int(index[b]) })
	oldIndex, oldData := slices.Clone(index), slices.Clone(data)
	for i, from := range order {
		index[i], data[i] = oldIndex[from], oldData[from]
	}
}
