package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/xlsx"
)

// openXLSX reads a sheet of an Excel file.
func openXLSX(in input, sheet string, known func(string) bool, c *collector) *source {
	s, err := xlsx.Read(in.r, in.size, sheet)
	switch {
	case errors.Is(err, xlsx.ErrSheet):
		c.fatal("option.sheet", 0, "", fmt.Sprintf("the sheets are: %s", strings.Join(s.Names, ", ")), "there is no sheet %q", sheet)
		return nil
	case err != nil:
		c.fatal("xlsx.unreadable", 0, "", "save it again as .xlsx, or as .csv", "cannot read the Excel file: %v", err)
		return nil
	}
	if len(s.Names) > 1 && sheet == "" {
		c.note("xlsx.sheet", 0, "", "--sheet names another", "the sheet %q is read, of: %s", s.Name, strings.Join(s.Names, ", "))
	}
	// Sheets have titles above the header as text tables do, and are judged by the same rule.
	h := headRows{rows: s.Rows, lines: s.Lines}
	if len(h.rows) > dialectRows {
		h.rows, h.lines = h.rows[:dialectRows], h.lines[:dialectRows]
	}
	// The widest row, not the most usual width: cells that are empty down to the last column of a few
	// rows still have their place in the header.
	for _, row := range h.rows {
		h.usual = max(h.usual, len(row)-emptyEnd(row))
	}
	// d.skip counts the sheet's rows, of which s.Rows lacks the empty ones.
	d := headerOf(dialect{}, h, known)
	d.describe(c)
	at := 0
	for at < len(s.Lines) && s.Lines[at] <= d.skip {
		at++
	}
	at, groups := headerBelow(s, at)
	if groups != nil {
		c.note("xlsx.groups", s.Lines[at-1], "", "", "cells that are merged across columns group them; the names are in row %d", s.Lines[at])
	}
	// Numbers are stored as numbers, with a point whatever the locale displays.
	t := &Table{typed: true}
	if at < len(s.Rows) {
		width := len(s.Rows[at])
		width -= emptyEnd(s.Rows[at])
		for _, name := range s.Rows[at][:width] {
			t.Header = append(t.Header, headerName(name))
		}
		prefixGroups(t.Header, groups)
		var m mends
		end := footerOf(s, at, width)
		rows := s.Rows[at+1 : min(len(s.Rows), at+1+dialectRows)]
		first := at + 1 + rowsBelow(s.Rows[at], rows)
		for i := at + 1; i < len(s.Rows); i++ {
			row := s.Rows[i]
			if emptyEnd(row) == len(row) {
				continue
			}
			if i < first {
				noteBelow(c, s.Lines[i], row)
				continue
			}
			if slices.Equal(row, s.Rows[at]) && width > 1 {
				m.repeats.add(s.Lines[i], "")
				continue
			}
			if i >= end {
				m.footer.add(s.Lines[i], row[0])
				continue
			}
			// A remark beside the table belongs to no column. It is noted once a row.
			for k := width; k < len(row); k++ {
				if row[k] != "" {
					c.note("xlsx.beside", s.Lines[i], "", "give the column a name, or remove the cell", "the cell in column %d, which has no name, is left out", k+1)
					break
				}
			}
			t.rows, t.lines = append(t.rows, row[:width:width]), append(t.lines, s.Lines[i])
		}
		m.note(c)
	}
	merged := 0
	for _, line := range s.Filled {
		if at < len(s.Lines) && line > s.Lines[at] {
			merged++
		}
	}
	if merged > 0 {
		c.note("xlsx.merged", 0, "", "", "cells that are merged with the one above have its value: %d", merged)
	}
	for _, e := range s.Errors {
		name := ""
		if e.Column < len(t.Header) {
			name = t.Header[e.Column]
		}
		c.note("cell.error", e.Row, name, "repair it, or open the file in Excel and save it", "%s is taken as missing", e.What)
	}
	return &source{table: t}
}

// footerOf is the index of the first of the rows below a table of some width that hold a remark in
// the first column alone, behind an empty row or told by how they begin.
func footerOf(s *xlsx.Sheet, header, width int) int {
	end := len(s.Rows)
	for i := end - 1; i > header && width > 2; i-- {
		row := s.Rows[i]
		blank := emptyEnd(row) == len(row)
		if !blank && (emptyEnd(row) < len(row)-1 || isBlank(row[0])) {
			break
		}
		if blank || s.Lines[i] > s.Lines[i-1]+1 || isRemark(row[0]) && !slices.ContainsFunc(s.Rows[header+1:i], likeRemark) {
			end = i
		}
	}
	return end
}

// likeRemark reports whether a row begins as a remark does, or has nothing but its first cell.
func likeRemark(row []string) bool { return isRemark(row[0]) || emptyEnd(row) == len(row)-1 }

// headerBelow is the index of the row that holds the names where the row at an index has cells that
// are merged across columns, which group the names below; groups are the groups of the columns.
func headerBelow(s *xlsx.Sheet, at int) (header int, groups []string) {
	for ; at+1 < len(s.Rows); at++ {
		row := make([]string, len(s.Rows[at]))
		found := false
		for _, span := range s.Spans {
			if span.Row != s.Lines[at] || span.Last >= len(row) {
				continue
			}
			for k := span.First; k <= span.Last; k++ {
				if !isName(s.Rows[at+1][k]) {
					return at, groups
				}
				row[k] = s.Rows[at][span.First]
			}
			found = true
		}
		if !found {
			break
		}
		for _, name := range s.Rows[at+1] {
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
