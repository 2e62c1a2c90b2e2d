package dataset

import (
	"fmt"
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
}

// width is how many numbers a row has that is not one of a bag.
func (m *matrix) width() int { return len(m.data) / max(1, m.rows) }

// cell makes the cell of row i. A vector with a number that is missing is left out.
func (m *matrix) cell(i int) Cell {
	if m.kind == media.Bag {
		from, to := m.bag.Start[i], m.bag.Start[i+1]
		return Cell{Index: m.bag.Index[from:to:to], Vector: m.bag.Data[from:to:to]}
	}
	width := m.width()
	row := m.data[i*width : (i+1)*width : (i+1)*width]
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
	width := m.width()
	at := firstNaN(m.data[i*width : (i+1)*width])
	if m.kind == media.Sequence {
		p.Code, p.Advice = "cell.sequence", "compute it again"
		p.What = fmt.Sprintf("a NaN or infinity in step %d; it counts as the mean of its feature", at/m.dim+1)
	} else {
		p.Code, p.Advice = "cell.vector", "compute it again, or leave the row out"
		p.What = fmt.Sprintf("a NaN or infinity at place %d; the vector is left out", at+1)
	}
	c.add(p)
}
