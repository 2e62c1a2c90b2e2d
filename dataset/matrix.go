package dataset

import (
	"fmt"
	"os"
	"slices"

	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/media"
)

// matrix is a modality that a folder holds as one array: row i belongs to row i of the table.
type matrix struct {
	name string
	file string
	kind media.Kind // Vector, or one that [media.Kind.IsArray]
	dim  int        // as [Column.Dim]
	rows int
	data []float32 // [rows, width], or the values of bag
	bag  *npy.CSR
	held *npy.Rows[float32] // if set, what rows are read from, and data is nil
}

// largeArray is from how many bytes an array's rows are read when they are needed, where cells are
// held in columns. It is a variable for tests.
var largeArray int64 = 64 << 20

// openRows returns the rows of a large array of vectors; nil of any other file, whatever is wrong
// with it.
func openRows(path, name string, indexed media.Kind, opt *Options) *npy.Rows[float32] {
	if !opt.Compact {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() >= largeArray {
		var rows *npy.Rows[float32]
		if rows, err = npy.OpenRows[float32](f, info.Size()); err == nil && rows != nil && len(rows.Shape) <= 2 &&
			arrayKind(name, &npy.Array[float32]{Shape: rows.Shape}, indexed, opt) == media.Vector {
			return rows
		}
	}
	f.Close() //nolint:errcheck // it was only read
	return nil
}

// width is how many numbers a row has that is not one of a bag.
func (m *matrix) width() int {
	if m.held != nil {
		return m.held.Width()
	}
	return len(m.data) / max(1, m.rows)
}

// row returns the numbers of row i.
func (m *matrix) row(i int) ([]float32, error) {
	width := m.width()
	if m.held != nil {
		row := make([]float32, width)
		return row, m.held.Read(row, i)
	}
	return m.data[i*width : (i+1)*width : (i+1)*width], nil
}

// cell makes the cell of row i. A vector with a number that is missing is left out.
func (m *matrix) cell(i int) Cell {
	if m.kind == media.Bag {
		from, to := m.bag.Start[i], m.bag.Start[i+1]
		return Cell{Index: m.bag.Index[from:to:to], Vector: m.bag.Data[from:to:to]}
	}
	row, err := m.row(i)
	if err != nil { // what reads the cell reports it
		return Cell{Media: []media.Source{media.Made(m.file, func() ([]byte, error) { return nil, err })}, Incomplete: true}
	}
	switch m.kind {
	case media.Tokens:
		var cell Cell
		for _, id := range row {
			if !(id >= 0) {
				break
			}
			cell.Index = append(cell.Index, uint32(id))
		}
		return cell
	case media.Sequence:
		row = row[:steps(row, m.dim)*m.dim]
		return Cell{Vector: row, Incomplete: firstNaN(row) >= 0}
	}
	if firstNaN(row) < 0 {
		return Cell{Vector: row}
	}
	return Cell{Incomplete: slices.ContainsFunc(row, isNumber)} // else it is absent
}

// note reports what is wrong with the cell of row i.
func (m *matrix) note(i int, cell *Cell, c *collector) {
	if !cell.Incomplete {
		return
	}
	p := Problem{File: m.file, Row: i + 1, Column: m.name}
	row, err := m.row(i)
	if err != nil {
		c.fatal("machine", 0, m.name, "", "%s: %v", m.file, err)
		return
	}
	at := firstNaN(row)
	if m.kind == media.Sequence {
		p.Code, p.Advice = "cell.sequence", "compute it again"
		p.What = fmt.Sprintf("a NaN or infinity in step %d; it counts as the mean of its feature", at/m.dim+1)
	} else {
		p.Code, p.Advice = "cell.vector", "compute it again, or leave the row out"
		p.What = fmt.Sprintf("a NaN or infinity at place %d; the vector is left out", at+1)
	}
	c.add(p)
}
