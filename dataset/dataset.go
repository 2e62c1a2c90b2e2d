// Package dataset reads a manifest into samples and splits them: a row is a
// sample, a column is a modality.
package dataset

import (
	"fmt"
	"io/fs"

	"github.com/fusor-ml/fusor/media"
)

// Task describes what is predicted.
type Task string

// The tasks.
const (
	Classification Task = "class"      // one of several classes
	Regression     Task = "regression" // a number
	Multilabel     Task = "multilabel" // any number of several labels
)

// Schema is what a reader must know to read further rows the same way; a
// trained model carries it.
type Schema struct {
	Columns []Column `json:"columns"`
	Label   string   `json:"label,omitempty"`
	ID      string   `json:"id,omitempty"`
	Split   string   `json:"split,omitempty"`
	Group   string   `json:"group,omitempty"`
	Order   string   `json:"order,omitempty"`
	Task    Task     `json:"task"`
	Classes []string `json:"classes,omitempty"` // in the order of the model's outputs; the labels of a multi-label task
	// Labels are the columns of labels that have one each, parallel to Classes; Label is then all of
	// their names.
	Labels []string `json:"labels,omitempty"`
	// Separator stands between the labels of a row that are written as one text.
	Separator string `json:"separator,omitempty"`
	// Notation is how the labels of a regression are written, where that had to be found out.
	Notation Notation `json:"reading,omitempty"`
	Unit     string   `json:"unit,omitempty"` // that is written with the labels of a regression, as Field.Unit is
}

// Column is one modality of the samples.
type Column struct {
	Name   string     `json:"name"`
	Kind   media.Kind `json:"kind"`
	Fields []Field    `json:"fields,omitempty"` // of the table modality
	// Dim is the width of a vector or of a step, or how many entries a bag or tokens can have.
	Dim int `json:"dim,omitempty"`
}

// Field is one manifest column inside the table modality.
type Field struct {
	Name string     `json:"name"`
	Kind media.Kind `json:"kind"` // Number, Category, Date or Boolean
	// Notation is how its numbers or dates are written, where that had to be found out.
	Notation Notation `json:"reading,omitempty"`
	Unit     string   `json:"unit,omitempty"` // that is written with its numbers: kg of 14.23 kg; "" if there is none
}

// Dataset is a manifest in memory; media stay on disk until they are extracted.
type Dataset struct {
	Name     string // the manifest's or folder's base name
	Path     string
	Dir      string // media paths are relative to it
	FS       fs.FS  // if set, media are looked up in it instead, and nowhere else
	Schema   Schema
	Rows     []Row
	Problems Problems // what was found while reading
	Manifest string   // the file that the rows were read from: Path, or the table in it
	Encoding string   // of the manifest's text, as it was found: "UTF-8"; "" for Parquet

	raw    *Table
	blocks *Blocks // that the cells are in; nil: they are in Rows
}

// Folder is where the names of media files are looked up.
func (d *Dataset) Folder() media.Folder { return media.Folder{Dir: d.Dir, FS: d.FS} }

// Raw is the manifest as it was read, rows parallel to d.Rows; nil of JSON lines.
func (d *Dataset) Raw() *Table { return d.raw }

// CheckCells reports a row that does not have a cell for every column of the schema.
func (d *Dataset) CheckCells() error {
	for i := range d.Rows {
		if n := d.Rows[i].Width(); n != len(d.Schema.Columns) {
			return fmt.Errorf("Rows[%d] (line %d) has %d cells, the schema %d columns; a line with a fatal problem has none", i, d.Rows[i].Number, n, len(d.Schema.Columns))
		}
	}
	return nil
}

// Row is one sample.
type Row struct {
	Number int // 1-based, as a text editor counts manifest lines; of a folder, the row of labels.csv
	ID     string
	Split  string // "", train, val, test or a fold's name
	Group  string
	Order  float64
	Label  string  // "" when absent; of a multi-label task the labels, joined
	Class  int     // index into Schema.Classes, -1 when unlabeled or of another task
	Labels []int   `json:",omitzero"` // of a multi-label task: indices into Schema.Classes, ascending; nil when unlabeled
	Target float64 // of a regression; NaN when unlabeled
	// Cells are parallel to Schema.Columns; nil where [Options].Compact was set: see Cell.
	Cells []Cell

	held *cellSource // of the cells, where Cells is nil
	at   int         // index of the row there
}

// Labeled reports whether the row has a label.
func (r *Row) Labeled() bool { return r.Label != "" || r.Labels != nil }

// Cell is what one row has in one modality column. The zero Cell is absent.
type Cell struct {
	Text  string   // of a text column
	Files []string // of a media column: paths as the manifest yields them
	Data  []byte   `json:",omitempty"` // of a media column: a medium by value, the bytes of one file of any format
	Name  string   `json:",omitempty"` // what messages call Data; may be empty
	// Media are further media by value, which need not be in memory: of Parquet, or written as Base64.
	Media []media.Source `json:",omitempty"`
	// Vector holds the numbers of a vector or bag column, or those of a sequence, step by step.
	Vector []float32
	Index  []uint32 `json:",omitempty"` // the entries of a bag, in ascending order, or tokens
	// Fields are of the table modality, parallel to Column.Fields, and written in one way however the
	// manifest has them: 1234.5, 2006-01-02 or RFC 3339, true or false; "" = missing.
	Fields     []string
	Incomplete bool // a part of it, or all, could not be read and is left out
}

// Absent reports whether the cell holds nothing.
func (c *Cell) Absent() bool {
	if c.Text != "" || len(c.Files) > 0 || len(c.Data) > 0 || len(c.Media) > 0 || len(c.Vector) > 0 || len(c.Index) > 0 {
		return false
	}
	for _, f := range c.Fields {
		if f != "" {
			return false
		}
	}
	return true
}

// Sources are the media of the cell: those of files, which are looked up in from, then those by
// value.
func (c *Cell) Sources(from media.Folder) []media.Source {
	if len(c.Files) == 0 && len(c.Data) == 0 {
		return c.Media
	}
	out := make([]media.Source, 0, len(c.Files)+1+len(c.Media))
	for _, name := range c.Files {
		out = append(out, from.Source(name))
	}
	if len(c.Data) > 0 {
		name := c.Name
		if name == "" {
			name = "the cell's data"
		}
		out = append(out, media.Bytes(name, c.Data))
	}
	return append(out, c.Media...)
}

// IsMedia reports whether the cell names or holds media.
func (c *Cell) IsMedia() bool { return len(c.Files) > 0 || len(c.Data) > 0 || len(c.Media) > 0 }
