package dataset

import (
	"encoding/json"
	"iter"
	"math"
	"strconv"

	"github.com/fusor-ml/fusor/media"
)

// Table is a manifest as it was read, so that predictions can be written beside its columns.
type Table struct {
	Header []string

	rows    [][]string
	grid    *grid                    // if set, it holds the rows instead
	objects bool                     // of JSON: the first cell of a row of the grid, which is of no column, is the row as it was written
	lines   []int                    // of each row in the file, 1-based
	typed   bool                     // of JSON and Parquet: a number without a comma is a value, whatever the column's texts are like
	vectors map[int][][]float32      // by column: list columns of Parquet, one vector a row
	located map[int][]string         // by column: cells with the names that their files have, where these are others
	dropped map[int]rowSet           // by column, of JSON: rows whose member is left out, which was noted
	media   map[int][][]media.Source // by column: binary columns of Parquet, the media of each row
	plain   []bool                   // by column, nil if nobody has looked: each cell is empty or a plain number, without blanks around it

	standIns []int // by column, parallel to plain: cells that may stand for missing ones, where the column is plain
}

// Len is the number of rows.
func (t *Table) Len() int {
	if t.grid != nil {
		return t.grid.n
	}
	return len(t.rows)
}

// inBlocks reports whether the rows are left to [Blocks].
func (t *Table) inBlocks() bool { return t.grid != nil && t.grid.again != nil }

// cell returns the text of a cell as the manifest has it.
func (t *Table) cell(i, c int) string {
	if t.grid != nil {
		return t.grid.at(i, c)
	}
	return t.rows[i][c]
}

// tableRow is a row whose cells are read one after the other: it is looked up once.
type tableRow struct {
	cells []string
	grid  gridRow
	of    *grid // nil: cells holds them
}

// row returns row i.
func (t *Table) row(i int) tableRow {
	if t.grid != nil {
		return tableRow{grid: t.grid.rowAt(i), of: t.grid}
	}
	return tableRow{cells: t.rows[i]}
}

// cell returns the text of the cell of column c as the manifest has it.
func (r *tableRow) cell(c int) string {
	if r.of != nil {
		return r.grid.at(r.of.place(c))
	}
	return r.cells[c]
}

// asWritten reports whether all cells of column c are what [Field.read] makes of them for f.
func (t *Table) asWritten(f *Field, c int) bool {
	return t.plain != nil && t.plain[c] && f.Kind == media.Number && f.Notation == "" && f.Unit == ""
}

// column returns the texts of column c as the manifest has them.
func (t *Table) column(c int) iter.Seq2[int, string] {
	if t.grid != nil {
		return t.grid.column(c)
	}
	return func(yield func(int, string) bool) {
		for i := range t.Len() {
			if !yield(i, t.cell(i, c)) {
				return
			}
		}
	}
}

// Row returns the cells of row i as text, parallel to Header. It must not be changed.
func (t *Table) Row(i int) []string {
	var row []string
	switch {
	case t.grid != nil:
		row = t.grid.row(make([]string, 0, t.grid.columns()), i)
	case len(t.vectors) == 0:
		return t.rows[i]
	default:
		row = append(row, t.rows[i]...)
	}
	for c := range row {
		if column := t.vectors[c]; column != nil && column[i] != nil {
			row[c] = formatVector(column[i])
		}
	}
	return row
}

// Object returns row i as a JSON object: as it was written, if it was one of a table that is read
// for a trained model ([Options].Schema), else with the cells as texts in the header's order.
func (t *Table) Object(i int) (json.RawMessage, error) {
	if t.objects {
		row := t.grid.rowAt(i)
		if object := row.at(0); object != "" {
			return json.RawMessage(object), nil
		}
	}
	b := []byte{'{'}
	for c, cell := range t.Row(i) {
		if c > 0 {
			b = append(b, ',')
		}
		for k, s := range []string{t.Header[c], cell} {
			if k > 0 {
				b = append(b, ':')
			}
			text, err := json.Marshal(s)
			if err != nil {
				return nil, err
			}
			b = append(b, text...)
		}
	}
	return append(b, '}'), nil
}

// formatVector writes v as a JSON array; what JSON has no number for becomes null.
func formatVector(v []float32) string {
	b := []byte{'['}
	for i, x := range v {
		if i > 0 {
			b = append(b, ',')
		}
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			b = append(b, "null"...)
		} else {
			b = strconv.AppendFloat(b, f, 'g', -1, 32)
		}
	}
	return string(append(b, ']'))
}
