package dataset

import (
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// unresolved is a cell of texts or files as it is written.
func (r *cellReader) unresolved(col *Column, text string) Cell {
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "" || col.Kind.IsFile() && isMissing(trimmed):
		return Cell{}
	case r.textFiles && col.Kind == media.Text:
		return Cell{Files: []string{text}}
	}
	return Cell{Text: text}
}

// Resolve looks for the media of rows that were read with [Options].Deferred, and adds what is
// wrong with them to the problems. The cells are then as they are read without it. The error is a
// fault of the machine.
func (d *Dataset) Resolve() error {
	c := &collector{file: d.Manifest}
	cr := &cellReader{from: d.Folder(), c: c, near: newLocator(d.files())}
	for k := range d.Schema.Columns {
		col := &d.Schema.Columns[k]
		if col.Kind != media.Text && !col.Kind.IsFile() {
			continue
		}
		for i := range d.Rows {
			row := &d.Rows[i]
			cell := row.kept(k)
			text := cell.Text
			if cr.textFiles = text == "" && len(cell.Files) == 1; cr.textFiles {
				text = cell.Files[0]
			}
			if text == "" {
				continue
			}
			cr.noted = cell.Incomplete
			*cell = cr.media(col, text, nil, row.Number)
		}
	}
	if c.failed() {
		return c.all()
	}
	d.Problems = append(slices.Clip(d.Problems), c.all()...)
	d.SortProblems(d.Problems)
	return nil
}

// NoteDuplicates adds the note on rows that are copies to the problems of a data set whose cells
// were resolved in parts. held has what the rows hold where they do not; nil: they do.
func (d *Dataset) NoteDuplicates(held *Contents) {
	c := &collector{file: d.Manifest}
	if held == nil {
		noteDuplicates(d, c)
	} else {
		noteCopies(d, held.of, c)
	}
	d.Problems = append(slices.Clip(d.Problems), c.all()...)
	d.SortProblems(d.Problems)
}

// SortProblems brings problems of the data set's rows into the order of rows and columns, those of
// the whole before them.
func (d *Dataset) SortProblems(problems Problems) {
	at := map[string]int{} // columns without a place, such as the label's, come first
	for k, col := range d.Schema.Columns {
		at[col.Name] = k + 1
		for _, f := range col.Fields {
			at[f.Name] = k + 1
		}
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Row != b.Row || a.Row == 0 {
			return a.Row - b.Row
		}
		return at[a.Column] - at[b.Column]
	})
}
