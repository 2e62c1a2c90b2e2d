package dataset

import "strings"

// csvReader reads comma- or tab-separated text (RFC 4180) and knows the line of every row.
// A cell that starts with a quote ends with one; two quotes inside stand for one; line ends
// inside belong to the cell. A quote elsewhere is an ordinary character.
type csvReader struct {
	s     string
	at    int
	line  int // 1-based, of s[at]
	comma byte
	c     *collector
	arena []string
	row   []string // the row being read
	names []string // the header, once read
}

// readCSV reads text whose cells are separated by comma.
func readCSV(text string, comma byte, c *collector) *Table {
	if strings.IndexByte(text, '\n') < 0 && strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(text, "\r", "\n") // line ends of old Macs
	}
	r := &csvReader{s: text, line: 1, comma: comma, c: c}
	header, _, ok := r.next()
	for ok && len(header) == 1 && isBlank(header[0]) {
		header, _, ok = r.next()
	}
	if !ok {
		return &Table{}
	}
	t := &Table{Header: make([]string, len(header))}
	for i, name := range header {
		t.Header[i] = strings.TrimSpace(name)
	}
	r.names = t.Header
	for {
		row, line, ok := r.next()
		if !ok {
			return t
		}
		if len(row) == 1 && row[0] == "" && len(t.Header) > 1 {
			continue // an empty line
		}
		if len(row) != len(t.Header) {
			c.fatal("csv.columns", line, "", ragged(comma), "the row has %s where the header has %d", plural(len(row), "cell"), len(t.Header))
			continue
		}
		t.rows, t.lines = append(t.rows, r.keep(row)), append(t.lines, line)
	}
}

// ragged is the advice for a row of another length than the header.
func ragged(comma byte) string {
	if comma == '\t' {
		return "separate the cells by exactly one tab"
	}
	return `put cells that hold a comma in double quotes`
}

// keep copies the cells of row into the arena, so that many rows share one allocation.
func (r *csvReader) keep(row []string) []string {
	n := len(row)
	if cap(r.arena)-len(r.arena) < n {
		r.arena = make([]string, 0, max(4096, n))
	}
	at := len(r.arena)
	r.arena = append(r.arena, row...)
	return r.arena[at : at+n : at+n]
}

// next reads one row into r.row and gives the line that it starts on. Rows whose quotes cannot be
// understood are reported and skipped.
func (r *csvReader) next() (row []string, line int, ok bool) {
	for r.at < len(r.s) {
		line = r.line
		if r.record() {
			return r.row, line, true
		}
	}
	return nil, 0, false
}

// record reads to the end of a row. It is false if the row was reported.
func (r *csvReader) record() bool {
	r.row = r.row[:0]
	end := r.lineEnd()
	for {
		if r.at < len(r.s) && r.s[r.at] == '"' {
			cell, ok := r.quoted()
			if !ok {
				return false
			}
			r.row = append(r.row, cell)
			end = r.lineEnd()
		} else {
			stop := strings.IndexByte(r.s[r.at:end], r.comma)
			if stop < 0 {
				stop = end - r.at
			}
			r.row = append(r.row, r.s[r.at:r.at+stop])
			r.at += stop
		}
		if r.at < end { // the separator
			r.at++
			continue
		}
		r.newline(end)
		return true
	}
}

// lineEnd is where the line at r.at ends, without its line break.
func (r *csvReader) lineEnd() int {
	n := strings.IndexByte(r.s[r.at:], '\n')
	if n < 0 {
		return len(r.s)
	}
	end := r.at + n
	if end > r.at && r.s[end-1] == '\r' {
		end--
	}
	return end
}

// newline moves past the line break at end.
func (r *csvReader) newline(end int) {
	r.at = end
	if r.at < len(r.s) && r.s[r.at] == '\r' {
		r.at++
	}
	if r.at < len(r.s) {
		r.at++
		r.line++
	}
}

// quoted reads a quoted cell, from its first quote to the separator after its last.
func (r *csvReader) quoted() (cell string, ok bool) {
	opened, column := r.line, r.column()
	start, doubled := r.at+1, false
	at := start
	for {
		n := strings.IndexByte(r.s[at:], '"')
		if n < 0 {
			r.c.fatal("csv.quote", opened, column, `close it, or write "" for a quote inside a quoted cell`, "a quote opens here and is never closed")
			r.at = len(r.s)
			return "", false
		}
		at += n
		if at+1 < len(r.s) && r.s[at+1] == '"' {
			doubled = true
			at += 2
			continue
		}
		break
	}
	cell = r.s[start:at]
	r.line += strings.Count(cell, "\n")
	r.at = at + 1
	for r.at < len(r.s) && r.s[r.at] == ' ' {
		r.at++
	}
	if r.at < len(r.s) && r.s[r.at] != r.comma && r.s[r.at] != '\n' && r.s[r.at] != '\r' {
		r.c.fatal("csv.quote", r.line, column, `write "" for a quote inside a quoted cell`, "text after the closing quote of a cell that opens on line %d", opened)
		r.newline(r.lineEnd())
		return "", false
	}
	if doubled {
		cell = strings.ReplaceAll(cell, `""`, `"`)
	}
	if strings.Contains(cell, "\r\n") {
		cell = strings.ReplaceAll(cell, "\r\n", "\n")
	}
	return cell, true
}

// column names the cell being read.
func (r *csvReader) column() string {
	if i := len(r.row); i < len(r.names) {
		return r.names[i]
	}
	return ""
}

// separator guesses what separates the cells of a .csv file: a comma, unless the header has none
// but has semicolons or tabs (as spreadsheets write in some countries).
func separator(text string) byte {
	head := text
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		head = text[:n]
	}
	if strings.IndexByte(head, ',') >= 0 {
		return ','
	}
	for _, c := range []byte{'\t', ';'} {
		if strings.IndexByte(head, c) >= 0 {
			return c
		}
	}
	return ','
}
