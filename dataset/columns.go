package dataset

import (
	"slices"

	"github.com/fusor-ml/fusor/media"
)

// columnar holds the cells of a table column by column: those of the table modality and of texts as
// the manifest has them, vectors where their array lies, the others as cells.
type columnar struct {
	table *Table
	from  []origin
	own   []Column // parallel to from
	kept  [][]Cell // parallel to from; nil where cells are made of what they are held as

	incomplete []rowSet // parallel to from: rows of whose fields something is left out
}

// cellSource is the cells of a row that is held in columns.
type cellSource struct {
	*columnar
	pick []int // columns of the schema, as they are held; nil: all in order
}

// cell makes cell k of row i; fields lie in room, unless that is nil.
func (s *cellSource) cell(i, k int, room *[]string) Cell {
	if s.pick != nil {
		k = s.pick[k]
	}
	if kept := s.kept[k]; kept != nil {
		return kept[i]
	}
	o, col := &s.from[k], &s.own[k]
	switch {
	case o.matrix != nil:
		return o.matrix.cell(i)
	case col.Kind == media.Table:
		if room == nil {
			room = new([]string)
		}
		if *room = (*room)[:0]; cap(*room) < len(col.Fields) {
			*room = make([]string, len(col.Fields))
		}
		fields, incomplete := (*room)[:len(col.Fields)], false
		row := s.table.row(i)
		for f, at := range o.fields {
			if fields[f] = ""; at < 0 {
				continue
			}
			wrong := ""
			if fields[f] = row.cell(at); !s.table.asWritten(&col.Fields[f], at) {
				fields[f], wrong = col.Fields[f].read(fields[f], s.table.typed)
			}
			incomplete = incomplete || wrong != "" || s.table.dropped[at].has(i)
		}
		return Cell{Fields: fields, Incomplete: incomplete}
	}
	return Cell{}
}

// field returns field f of cell k of row i.
func (s *cellSource) field(i, k, f int) string {
	if s.pick != nil {
		k = s.pick[k]
	}
	at := s.from[k].fields[f]
	if at < 0 {
		return ""
	}
	value, _ := s.own[k].Fields[f].read(s.table.cell(i, at), s.table.typed)
	return value
}

// width is the number of cells of a row.
func (s *cellSource) width() int {
	if s.pick != nil {
		return len(s.pick)
	}
	return len(s.own)
}

// Cell returns the cell of column k, wherever it is held.
func (r *Row) Cell(k int) Cell {
	if r.Cells != nil || r.held == nil {
		return r.Cells[k]
	}
	return r.held.cell(r.at, k, nil)
}

// CellWith is Cell for a loop over rows: fields that are not held as texts lie in room, which grows
// as they need, and are right until it is used again.
func (r *Row) CellWith(k int, room *[]string) Cell {
	if r.Cells != nil || r.held == nil {
		return r.Cells[k]
	}
	return r.held.cell(r.at, k, room)
}

// Incomplete reports whether something of the cell of column k is left out: Cell(k).Incomplete.
func (r *Row) Incomplete(k int) bool {
	if r.Cells != nil || r.held == nil {
		return r.Cells[k].Incomplete
	}
	at := k
	if r.held.pick != nil {
		at = r.held.pick[k]
	}
	if r.held.kept[at] == nil && r.held.own[at].Kind == media.Table {
		return r.held.incomplete[at].has(r.at)
	}
	return r.held.cell(r.at, k, nil).Incomplete
}

// Field returns field f of column k, which is of the table modality: Cell(k).Fields[f].
func (r *Row) Field(k, f int) string {
	if r.Cells != nil || r.held == nil {
		if fields := r.Cells[k].Fields; f < len(fields) {
			return fields[f]
		}
		return ""
	}
	return r.held.field(r.at, k, f)
}

// Width is the number of the row's cells.
func (r *Row) Width() int {
	if r.Cells != nil || r.held == nil {
		return len(r.Cells)
	}
	return r.held.width()
}

// cells returns all cells of the row.
func (r *Row) cells() []Cell {
	if r.Cells != nil || r.held == nil {
		return r.Cells
	}
	out := make([]Cell, r.Width())
	for k := range out {
		out[k] = r.Cell(k)
	}
	return out
}

// kept returns the place of cell k, of a column whose cells are held as such.
func (r *Row) kept(k int) *Cell {
	if r.Cells != nil {
		return &r.Cells[k]
	}
	return &r.held.columnar.kept[k][r.at]
}

// Pick returns the data set with the columns of the given indices alone.
func (d *Dataset) Pick(indices []int) *Dataset {
	out := *d
	out.Schema.Columns, out.Rows = nil, slices.Clone(d.Rows)
	for _, k := range indices {
		out.Schema.Columns = append(out.Schema.Columns, d.Schema.Columns[k])
	}
	picked := map[*cellSource]*cellSource{}
	for i := range out.Rows {
		row := &out.Rows[i]
		if row.Cells == nil && row.held != nil {
			if picked[row.held] == nil {
				s := &cellSource{columnar: row.held.columnar, pick: indices}
				if row.held.pick != nil {
					s.pick = make([]int, len(indices))
					for j, k := range indices {
						s.pick[j] = row.held.pick[k]
					}
				}
				picked[row.held] = s
			}
			row.held = picked[row.held]
			continue
		}
		cells := make([]Cell, len(indices))
		for j, k := range indices {
			cells[j] = row.Cells[k]
		}
		row.Cells = cells
	}
	return &out
}
