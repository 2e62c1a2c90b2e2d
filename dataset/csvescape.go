package dataset

import "strings"

// escapes counts what has a backslash before it in a text table of that dialect.
type escapes struct {
	quotes int // quotes inside quoted cells
	breaks int // separators and line breaks outside them
}

// unquoted reads a cell without quotes in which separators, line breaks and backslashes have a
// backslash before them.
func (r *csvReader) unquoted() string {
	start, backslash := r.at, false
	at := start
	for at < len(r.s) && r.s[at] != r.comma && r.s[at] != '\n' {
		if r.s[at] != '\\' {
			at++
			continue
		}
		backslash = true
		at += r.escapedLen(at)
		switch r.s[at-1] {
		case '\n':
			r.line++
			r.breaks++
		case r.comma:
			r.breaks++
		}
	}
	cell := r.s[start:at]
	if strings.HasSuffix(cell, "\r") && at < len(r.s) && r.s[at] == '\n' {
		cell, at = cell[:len(cell)-1], at-1
	}
	r.at = at
	if backslash {
		cell = r.unescape(cell)
	}
	return cell
}

// escapedLen is the length of the backslash at a place with what stands behind it.
func (r *csvReader) escapedLen(at int) int {
	switch rest := r.s[at+1:]; {
	case strings.HasPrefix(rest, "\r\n"):
		return 3
	case rest != "":
		return 2
	}
	return 1
}

// unescape removes the backslashes of a cell before quotes, separators, line breaks and
// backslashes, and a quote before another. A backslash before anything else is one: MySQL's \N, and
// paths in what Spark writes.
func (r *csvReader) unescape(cell string) string {
	var b strings.Builder
	for i := 0; i < len(cell); i++ {
		if i+1 < len(cell) {
			switch next := cell[i+1]; {
			case cell[i] == '\\' && (next == '"' || next == '\\' || next == r.comma || next == '\n' || next == '\r'):
				i++
			case cell[i] == '"' && next == '"':
				i++
			}
		}
		b.WriteByte(cell[i])
	}
	return b.String()
}
