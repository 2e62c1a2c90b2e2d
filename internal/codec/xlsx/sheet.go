package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// read calls f with the rows of the sheet until it returns false, and merged, unless it is nil,
// with the areas of cells that are merged.
func (s *Sheet) read(f func(row []string, number int) bool, merged func(area)) error {
	b := s.book
	d, c, err := b.open(s.part)
	if err != nil {
		return err
	}
	defer c.Close()
	var row []string
	number, width, rows, areas := 0, 0, 0, 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "row":
				// The attribute r is optional: without it rows and cells follow one another.
				number++
				if n, err := strconv.Atoi(attr(t, "r")); err == nil {
					if n < number {
						return fmt.Errorf("row %d comes after row %d", n, number-1)
					}
					number = n
				}
				if number > maxRows {
					return fmt.Errorf("more than %d rows", maxRows)
				}
				row = row[:0]
			// Behind the cells in the file, and filled in at the end.
			case "mergeCell":
				if a, ok := areaOf(attr(t, "ref")); ok && merged != nil && areas < maxRows {
					areas++
					merged(a)
				}
			case "c":
				at := len(row)
				if ref := attr(t, "r"); ref != "" {
					if at = columnOf(ref); at < 0 || at >= maxColumns {
						return fmt.Errorf("a cell at %.20q", ref)
					}
				}
				v, fault, err := b.cell(d, t)
				if err != nil {
					return fmt.Errorf("row %d: %w", number, err)
				}
				if fault != "" {
					s.Errors = append(s.Errors, CellError{number, at, fault})
				}
				if v == "" {
					// Formatted cells without a value are common; with a reference the next one has its own.
					if at == len(row) { // of no reference: it still has its place
						row = append(row, "")
					}
					continue
				}
				for len(row) <= at {
					row = append(row, "")
				}
				if row[at] != "" {
					return fmt.Errorf("row %d has column %d twice", number, at+1)
				}
				row[at] = v
			}
		case xml.EndElement:
			if t.Name.Local == "row" && len(row) > 0 {
				// Of the widest row, since all may be made as wide.
				rows++
				if width = max(width, len(row)); rows*width > b.maxCells {
					return fmt.Errorf("more than %d cells", b.maxCells)
				}
				if !f(row, number) {
					return nil
				}
				row = row[:0]
			}
		}
	}
}

// area is a range of merged cells: the first and the last row, from 1, and the first and the last
// column, from 0.
type area struct{ first, last, column, until int }

// areaOf reads a reference such as A2:B7.
func areaOf(ref string) (a area, ok bool) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return a, false
	}
	row := func(s string) int {
		n, err := strconv.Atoi(strings.TrimLeft(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
		if err != nil {
			return 0
		}
		return n
	}
	a = area{row(from), row(to), columnOf(from), columnOf(to)}
	return a, a.first > 0 && a.last >= a.first && a.column >= 0 && a.until >= a.column
}

// fill writes the value of merged cells, which the file has in the first of them, into the others
// below it: whoever merged the cells of a column meant it for each of the rows. Across columns it
// stays in the first one, where a title belongs.
func (s *Sheet) fill(merged []area) {
	for _, a := range merged {
		if a.until > a.column {
			s.Spans = append(s.Spans, Span{a.first, a.column, a.until})
		}
		at, ok := slices.BinarySearchFunc(s.held, a.first, func(r heldRow, number int) int { return r.number - number })
		if !ok || a.column >= len(s.held[at].cells) || s.held[at].cells[a.column] == "" {
			continue
		}
		v := s.held[at].cells[a.column]
		for at++; at < len(s.held) && s.held[at].number <= a.last && s.held[at].cells[a.column] == ""; at++ {
			s.held[at].cells[a.column] = v
			s.Filled = append(s.Filled, s.held[at].number)
		}
	}
}

// cell reads a cell up to its end. fault is the error that it holds.
func (b *book) cell(d *xml.Decoder, start xml.StartElement) (value, fault string, err error) {
	kind := attr(start, "t")
	var raw strings.Builder
	inline, inValue, formula, depth := "", false, false, 1
	for depth > 0 {
		t, err := d.Token()
		if err != nil {
			return "", "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			// An inline text has runs of its own.
			if t.Name.Local == "is" {
				if inline, err = richText(d); err != nil {
					return "", "", err
				}
				continue
			}
			if depth++; depth > maxDepth {
				return "", "", errors.New("elements are nested too deep")
			}
			// Below <c> alone: extensions may hold a <v> of their own.
			inValue = depth == 2 && t.Name.Local == "v"
			formula = formula || depth == 2 && t.Name.Local == "f"
		case xml.EndElement:
			depth--
			inValue = false
		case xml.CharData:
			if inValue {
				raw.Write(t)
			}
		}
	}
	v := raw.String()
	if formula && v == "" && kind != "str" { // written by a program that does not compute
		return "", "a formula that was never computed", nil
	}
	switch kind {
	case "inlineStr":
		return inline, "", nil
	case "str": // of a formula
		return unescape(v), "", nil
	case "s":
		if v == "" {
			return "", "", nil
		}
		i, err := strconv.Atoi(strings.TrimSpace(v))
		// An index into the shared texts (18.4).
		if err != nil || i < 0 || i >= len(b.shared) {
			return "", "", fmt.Errorf("a text number %.20q of %d", v, len(b.shared))
		}
		return b.shared[i], "", nil
	case "b":
		switch strings.TrimSpace(v) {
		case "1", "true":
			return "true", "", nil
		case "0", "false":
			return "false", "", nil
		}
		return "", "", nil
	case "e":
		return "", fmt.Sprintf("the error %s", strings.TrimSpace(v)), nil
	case "d": // ISO 8601, of strict workbooks
		return isoDate(strings.TrimSpace(v)), "", nil
	}
	v = strings.TrimSpace(v)
	if v == "" {
		return "", "", nil
	}
	value, err = b.number(v, attr(start, "s"))
	return value, "", err
}

// number writes a stored number as the cell's style displays what it is: a date, a code with
// leading zeros, else a number.
func (b *book) number(v, cellStyle string) (string, error) {
	x, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return "", fmt.Errorf("%.40q is no number", v)
	}
	// No style is style 0 (18.3.1.4).
	style := -1
	if n, err := strconv.Atoi(cellStyle); err == nil {
		style = n
	}
	f := format{}
	if style >= 0 && style < len(b.formats) {
		f = b.formats[style]
	} else if style < 0 && len(b.formats) > 0 {
		f = b.formats[0]
	}
	if f.date || f.clock {
		if s, ok := b.when(x, f); ok {
			return s, nil
		}
	}
	s := strconv.FormatFloat(x, 'f', -1, 64)
	// 1e300 has 301 digits, which no one reads.
	if len(s) > 24 {
		s = strconv.FormatFloat(x, 'g', -1, 64)
	}
	if f.zeros > len(s) && x >= 0 && x == math.Trunc(x) { // a code such as 01001 with the format 00000
		s = strings.Repeat("0", f.zeros-len(s)) + s
	}
	return s, nil
}

// when writes a day number as a date, a time of day, or both.
func (b *book) when(x float64, f format) (string, bool) {
	if x < 0 || x >= 2958466 { // the year 10000
		return "", false
	}
	days := math.Floor(x)
	ms := math.Round((x - days) * 86400 * 1000)
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case b.date1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 60: // 1900 was no leap year, but counts as one
		epoch = epoch.AddDate(0, 0, 1)
	}
	t := epoch.AddDate(0, 0, int(days)).Add(time.Duration(ms) * time.Millisecond)
	clock := "15:04:05"
	if t.Nanosecond() != 0 {
		clock = "15:04:05.000"
	}
	switch {
	case f.elapsed: // [h]:mm:ss, a length of time
		all := int64(days)*86400000 + int64(ms)
		s := fmt.Sprintf("%d:%02d:%02d", all/3600000, all/60000%60, all/1000%60)
		if all%1000 != 0 {
			s += fmt.Sprintf(".%03d", all%1000)
		}
		return s, true
	case f.date && (!f.clock || ms == 0):
		if ms != 0 {
			return t.Format("2006-01-02 " + clock), true
		}
		return t.Format("2006-01-02"), true
	case f.date:
		return t.Format("2006-01-02 " + clock), true
	case days == 0:
		return t.Format(clock), true
	}
	return t.Format("2006-01-02 " + clock), true
}

// isoDate writes a date of a strict workbook as the others.
func isoDate(s string) string {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			if t.Equal(t.Truncate(24 * time.Hour)) {
				return t.Format("2006-01-02")
			}
			return t.Format("2006-01-02 15:04:05")
		}
	}
	return s
}

// attr is the value of an attribute.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// columnOf is the column of a reference such as AB12, from 0; -1 if it is none.
func columnOf(ref string) int {
	n, i := 0, 0
	for ; i < len(ref); i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		if n = n*26 + int(c-'A') + 1; n > maxColumns {
			return -1
		}
	}
	if i == 0 {
		return -1
	}
	return n - 1
}
