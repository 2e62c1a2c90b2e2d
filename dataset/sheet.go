package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/xlsx"
)

// openXLSX reads a sheet of an Excel file.
func openXLSX(in input, opt *Options, c *collector) *source {
	s, err := xlsx.Open(in.r, in.size, opt.Sheet)
	unreadable := func(err error) *source {
		c.fatal("xlsx.unreadable", 0, "", "save it again as .xlsx, or as .csv", "cannot read the Excel file: %v", err)
		return nil
	}
	switch {
	case errors.Is(err, xlsx.ErrSheet):
		c.fatal("option.sheet", 0, "", fmt.Sprintf("the sheets are: %s", strings.Join(s.Names, ", ")), "there is no sheet %q", opt.Sheet)
		return nil
	case err != nil:
		return unreadable(err)
	}
	if len(s.Names) > 1 && opt.Sheet == "" {
		c.note("xlsx.sheet", 0, "", "--sheet names another", "the sheet %q is read, of: %s", s.Name, strings.Join(s.Names, ", "))
	}
	r := &sheetReader{sheet: s, known: known(opt), c: c}
	// Numbers are stored as numbers, with a point whatever the locale displays.
	r.rows = newRowSink(&Table{typed: true}, opt.blocks && in.size*sheetPacks > int64(largeText), c)
	if err := s.Each(r.add); err != nil {
		return unreadable(err)
	}
	return &source{table: r.table()}
}

// sheetPacks is how many times as large as its file the texts of a sheet are.
const sheetPacks = 2

// sheetReader reads the rows of a sheet as a table.
type sheetReader struct {
	sheet   *xlsx.Sheet
	known   func(string) bool
	c       *collector
	rows    rowSink
	head    headRows   // until the header is found in it
	header  []string   // as it is written; nil: it is not known yet
	line    int        // of the header
	last    int        // of the row before
	remarks []sheetRow // which may be below the table
	alike   bool       // a row of the table is like a remark
	row     []string   // made as wide as the header
	m       mends
}

// sheetRow is a row that is kept.
type sheetRow struct {
	cells  []string
	line   int
	behind bool // a row without cells
}

// add reads a row.
func (r *sheetReader) add(row []string, line int) bool {
	if r.header != nil {
		r.body(row, line)
		return !r.rows.failed
	}
	r.head.rows, r.head.lines = append(r.head.rows, slices.Clone(row)), append(r.head.lines, line)
	if len(r.head.rows) == dialectRows {
		r.begin()
	}
	return true
}

// begin finds the header in the first rows.
func (r *sheetReader) begin() {
	// Sheets have titles above the header as text tables do, and are judged by the same rule. The
	// widest row counts, not the most usual width: cells that are empty down to the last column of
	// a few rows still have their place in the header.
	h, wide := &r.head, 0
	for _, row := range h.rows {
		h.usual = max(h.usual, len(row)-emptyEnd(row))
		wide = max(wide, len(row))
	}
	for i, row := range h.rows {
		h.rows[i] = pad(row, wide)
	}
	// d.skip counts the sheet's rows, of which those without a cell are not read.
	d := headerOf(dialect{}, *h, r.known)
	d.describe(r.c)
	at := 0
	for at < len(h.lines) && h.lines[at] <= d.skip {
		at++
	}
	at, groups := headerBelow(r.sheet.Spans, h, at)
	if at >= len(h.rows) {
		return
	}
	if groups != nil {
		r.c.note("xlsx.groups", h.lines[at-1], "", "", "cells that are merged across columns group them; the names are in row %d", h.lines[at])
	}
	r.header, r.line, r.last = h.rows[at], h.lines[at], h.lines[at]
	t := r.rows.t
	for _, name := range r.header[:len(r.header)-emptyEnd(r.header)] {
		t.Header = append(t.Header, headerName(name))
	}
	prefixGroups(t.Header, groups)
	r.row = make([]string, len(t.Header))
	first := at + 1 + rowsBelow(r.header, h.rows[at+1:])
	for i := at + 1; i < len(h.rows); i++ {
		row, line := h.rows[i], h.lines[i]
		switch {
		case i >= first:
			r.body(row, line)
		case emptyEnd(row) < len(row):
			noteBelow(r.c, line, row)
			r.last = line
		}
	}
	h.rows = nil
}

// body reads a row below the header.
func (r *sheetReader) body(row []string, line int) {
	filled := len(row) - emptyEnd(row)
	s := sheetRow{row, line, line > r.last+1}
	r.last = line
	if len(r.row) > 2 && (filled == 0 || filled == 1 && !isBlank(row[0])) {
		s.cells = slices.Clone(row)
		r.remarks = append(r.remarks, s)
		return
	}
	for _, remark := range r.remarks {
		r.sample(remark)
	}
	r.remarks = r.remarks[:0]
	r.sample(s)
}

// sample reads a row of the table.
func (r *sheetReader) sample(s sheetRow) {
	filled := len(s.cells) - emptyEnd(s.cells)
	if filled == 0 {
		return
	}
	r.alike = r.alike || likeRemark(s.cells)
	width := len(r.row)
	if n := len(r.header) - emptyEnd(r.header); width > 1 && filled == n && slices.Equal(s.cells[:n], r.header[:n]) {
		r.m.repeats.add(s.line, "")
		return
	}
	// A remark beside the table belongs to no column. It is noted once a row.
	for k := width; k < len(s.cells); k++ {
		if s.cells[k] != "" {
			r.c.note("xlsx.beside", s.line, "", "give the column a name, or remove the cell", "the cell in column %d, which has no name, is left out", k+1)
			break
		}
	}
	clear(r.row)
	copy(r.row, s.cells)
	r.rows.add(r.row, s.line)
}

// table ends the table.
func (r *sheetReader) table() *Table {
	if r.header == nil {
		r.begin()
	}
	for i, end := 0, r.footer(); i < len(r.remarks); i++ {
		s := r.remarks[i]
		switch {
		case i < end:
			r.sample(s)
		case emptyEnd(s.cells) < len(s.cells):
			r.m.footer.add(s.line, s.cells[0])
		}
	}
	r.m.note(r.c)
	t := r.rows.t
	r.rows.end(len(t.Header))
	merged := 0
	for _, line := range r.sheet.Filled {
		if r.header != nil && line > r.line {
			merged++
		}
	}
	if merged > 0 {
		r.c.note("xlsx.merged", 0, "", "", "cells that are merged with the one above have its value: %d", merged)
	}
	for _, e := range r.sheet.Errors {
		name := ""
		if e.Column < len(t.Header) {
			name = t.Header[e.Column]
		}
		r.c.note("cell.error", e.Row, name, "repair it, or open the file in Excel and save it", "%s is taken as missing", e.What)
	}
	return t
}

// footer is the index of the first of the remarks that are below the table, rather than rows of it
// that have their first cell alone: they are behind an empty row, or told by how they begin.
func (r *sheetReader) footer() int {
	alike := slices.IndexFunc(r.remarks, func(s sheetRow) bool { return likeRemark(s.cells) })
	for i, s := range r.remarks {
		blank := emptyEnd(s.cells) == len(s.cells)
		if blank || s.behind || isRemark(s.cells[0]) && !r.alike && alike >= i {
			return i
		}
	}
	return len(r.remarks)
}

// likeRemark reports whether a row begins as a remark does, or has nothing but its first cell.
func likeRemark(row []string) bool { return isRemark(row[0]) || emptyEnd(row) == len(row)-1 }

// headerBelow is the index of the row that holds the names where the row at an index has cells that
// are merged across columns, which group the names below; groups are the groups of the columns.
func headerBelow(spans []xlsx.Span, h *headRows, at int) (header int, groups []string) {
	for ; at+1 < len(h.rows); at++ {
		row := make([]string, len(h.rows[at]))
		found := false
		for _, span := range spans {
			if span.Row != h.lines[at] || span.Last >= len(row) {
				continue
			}
			for k := span.First; k <= span.Last; k++ {
				if !isName(h.rows[at+1][k]) {
					return at, groups
				}
				row[k] = h.rows[at][span.First]
			}
			found = true
		}
		if !found {
			break
		}
		for _, name := range h.rows[at+1] {
			if name != "" && !isName(name) {
				return at, groups
			}
		}
		groups = row
	}
	return at, groups
}

// isName reports whether a cell can be the name of a column.
func isName(cell string) bool {
	_, number := Notation("").number(trim(cell))
	return !isBlank(cell) && !number
}

// prefixGroups puts the names of their groups before names that several columns have.
func prefixGroups(header, groups []string) {
	count := map[string]int{}
	for _, name := range header {
		count[name]++
	}
	for k, name := range header {
		if count[name] > 1 && k < len(groups) && groups[k] != "" {
			header[k] = headerName(groups[k]) + "." + name
		}
	}
}
