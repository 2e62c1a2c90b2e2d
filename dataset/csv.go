package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// csvReader reads comma- or tab-separated text (RFC 4180) and knows the line of every row.
// A cell that starts with a quote ends with one; two quotes inside stand for one; line ends
// inside belong to the cell. A quote elsewhere is an ordinary character.
type csvReader struct {
	dialect
	s      string
	at     int
	line   int // 1-based, of s[at]
	c      *collector
	row    []string // the row being read
	width  int      // of a row, once the header is read
	names  []string // the header, once read
	header []string // the header as it is written

	ragged int // rows of another width
	mends
	quotes             bool // the row being read has quotes around a cell
	quotedBehindBlanks int
	escapes
}

func newCSVReader(text string, d dialect, c *collector) *csvReader {
	r := &csvReader{dialect: d, s: text, line: 1, c: c, row: make([]string, 0, 16)}
	for r.line <= d.skip && r.at < len(r.s) {
		r.newline(r.lineEnd())
	}
	return r
}

// readCSV reads text in a dialect.
func readCSV(text string, d dialect, c *collector) *Table {
	return readRows(text, d, c, func(t *Table, _ *csvReader) func(row []string, line int, from blockStart) {
		t.grid = &grid{width: len(t.Header)}
		return func(row []string, line int, _ blockStart) {
			t.grid.add(row)
			t.lines = append(t.lines, line)
		}
	})
}

// readRows reads the header of text, and calls what begin returns with each row, its line, and
// where the reader was before it.
func readRows(text string, d dialect, c *collector, begin func(t *Table, r *csvReader) func(row []string, line int, from blockStart)) *Table {
	r := newCSVReader(text, d, c)
	header, at, ok := r.next()
	// Blank lines before the header, which editors and exports leave.
	for ok && len(header) == 1 && isBlank(header[0]) {
		header, at, ok = r.next()
	}
	if !ok {
		return &Table{}
	}
	t := &Table{}
	for _, cell := range header[:len(header)-d.over] {
		r.header = append(r.header, strings.Clone(cell)) // the text is not kept
	}
	// R's write.table: the header lacks the name of the row names' column.
	if d.lead {
		t.Header = append(t.Header, "")
		c.note("csv.row-names", at, "", "give it a name in the header to keep it; if cells hold separators instead, put them in double quotes", "the header has one name less than the rows have cells: the first column holds the names of the rows and is left out")
	}
	for _, name := range r.header {
		if inner, ok := forcedText(name); ok {
			name = inner
		}
		t.Header = append(t.Header, headerName(name))
	}
	// "#name,…" as numpy.savetxt and many bioinformatics tools write a header.
	if len(r.header) > 1 && strings.HasPrefix(t.Header[0], "#") && d.skip == 0 {
		t.Header[0] = strings.TrimSpace(strings.TrimPrefix(t.Header[0], "#"))
	}
	for n := 0; n < d.below; {
		row, line, ok := r.next()
		if !ok {
			break
		}
		if len(row) > 1 || !isBlank(row[0]) {
			noteBelow(c, line, row)
			n++
		}
	}
	r.names = t.Header
	r.width = len(t.Header)
	if d.trail {
		r.width++
	}
	// quotes marks where this file's problems begin, to take them back below.
	quotes, add, n := len(c.list), begin(t, r), 0
	for {
		from := blockStart{n, r.at, r.line}
		row, line, ok := r.sample()
		if !ok {
			break
		}
		add(row, line, from)
		n++
	}
	r.settle(n)
	// Then a note for every row would hide the one line that is at fault, and they are taken back.
	if n -= r.short.n; r.ragged > 0 && r.ragged > max(alikeShown, n) { // then it is the header that is wrong
		c.list = c.list[:quotes]
		c.fatal("csv.header", at, "", "begin the file with a line of the columns' names, separated as the rows are; cells that hold a separator need double quotes",
			"is this line the header? it has %s, %s, but %d of %d rows have another number of cells", plural(r.width, "cell"), quoteSome(t.Header), r.ragged, r.ragged+n)
	}
	return t
}

// quoteSome lists the first names, in quotes.
func quoteSome(names []string) string {
	out := make([]string, 0, 3)
	for i, name := range names {
		if i == 3 {
			out = append(out, "…")
			break
		}
		out = append(out, fmt.Sprintf("%.40q", name))
	}
	return strings.Join(out, ", ")
}

// raggedAdvice is the advice for a row of another number of cells than the header.
func (r *csvReader) raggedAdvice(row []string) string {
	switch cells := len(row); {
	case cells > r.width && slices.ContainsFunc(row, hasCurly):
		return `only straight double quotes (") hold a cell together: put cells that hold a separator in these`
	case r.comma == '\t':
		return "separate the cells by exactly one tab"
	case cells < r.width:
		return "separate an empty cell from the next one, too, or delete the line if it is no row"
	case r.comma == ',':
		return `put cells that hold a comma in double quotes`
	}
	return fmt.Sprintf(`put cells that hold a %q in double quotes`, string(r.comma))
}

// next reads one row into r.row and returns the line that it starts on. Rows whose quotes cannot be
// understood are reported and skipped.
func (r *csvReader) next() (row []string, line int, ok bool) {
	for r.at < len(r.s) {
		line = r.line
		if r.lone && r.plainRecord() || r.record() {
			return r.row, line, true
		}
	}
	return nil, 0, false
}

// plainRecord reads a line of tab-separated cells in which a quote means nothing unless a cell both
// begins and ends with one. It is false if quotes hold tabs or line breaks, without which the line
// has not as many cells as the header.
func (r *csvReader) plainRecord() bool {
	end := r.lineEnd()
	line := r.s[r.at:end]
	cells := strings.Count(line, string(r.comma)) + 1
	if r.width > 0 && strings.IndexByte(line, '"') >= 0 && (cells != r.width || r.opens(line, end)) && r.closes() {
		return false
	}
	r.row = r.row[:0]
	for cell := range strings.SplitSeq(line, string(r.comma)) {
		if n := len(cell); n > 1 && cell[0] == '"' && cell[n-1] == '"' {
			if inner := strings.ReplaceAll(cell[1:n-1], `""`, ""); !strings.Contains(inner, `"`) {
				cell = strings.ReplaceAll(cell[1:n-1], `""`, `"`)
			}
		}
		r.row = append(r.row, cell)
	}
	r.newline(end)
	return true
}

// opens reports whether the last cell of a line may go on in the next, which is no row then.
func (r *csvReader) opens(line string, end int) bool {
	last := line[strings.LastIndexByte(line, r.comma)+1:]
	if last == "" || last[0] != '"' || len(last) > 1 && strings.HasSuffix(last, `"`) {
		return false
	}
	next := *r
	next.newline(end)
	return next.at < len(next.s) && strings.Count(next.s[next.at:next.lineEnd()], string(r.comma))+1 != r.width
}

// closes reports whether the record at r.at, read with quotes, has as many cells as the header.
func (r *csvReader) closes() bool {
	try := *r
	try.c, try.row, try.lone = &collector{}, nil, false
	if limit := r.at + longestCell; limit < len(r.s) {
		try.s = r.s[:limit]
	}
	return try.record() && len(try.row) == r.width
}

// longestCell is how many bytes a row of a tab-separated table may have whose cells hold tabs or
// line breaks.
const longestCell = 1 << 20

// record reads to the end of a row. It is false if the row was reported.
func (r *csvReader) record() bool {
	r.row, r.quotes = r.row[:0], false
	end := r.lineEnd()
	for {
		if r.spaced {
			r.blanks(end)
		}
		if r.aligned {
			if r.at = r.behindBlanks(end); r.at == end && len(r.row) > 0 {
				r.newline(end)
				return true
			}
		}
		if r.at < len(r.s) && r.s[r.at] == '"' {
			cell, ok := r.quoted()
			if !ok {
				return false
			}
			r.row = append(r.row, cell)
			end = r.lineEnd()
		} else if r.escaped {
			r.row = append(r.row, r.unquoted())
			end = r.lineEnd()
		} else {
			stop := strings.IndexByte(r.s[r.at:end], r.comma)
			if r.aligned {
				stop = strings.IndexAny(r.s[r.at:end], " \t")
			}
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

// blanks moves past the blanks before a cell.
func (r *csvReader) blanks(end int) {
	from := r.at
	for r.at < end && r.s[r.at] == ' ' && r.comma != ' ' {
		r.at++
	}
	if r.at > from && r.at < end && r.s[r.at] == '"' {
		r.quotedBehindBlanks++
	}
}

// behindBlanks is where the next cell of a row begins whose cells are separated by blanks.
func (r *csvReader) behindBlanks(end int) int {
	at := r.at
	for at < end && (r.s[at] == ' ' || r.s[at] == '\t') {
		at++
	}
	return at
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
	r.quotes = true
	opened, column := r.line, r.column()
	start, doubled, backslash := r.at+1, false, false
	at := start
	for {
		n := strings.IndexByte(r.s[at:], '"')
		if r.escaped && n > 0 {
			if b := strings.IndexByte(r.s[at:at+n], '\\'); b >= 0 {
				if b == n-1 {
					r.escapes.quotes++
				}
				backslash = true
				at += b + 2
				continue
			}
		}
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
	for r.at < len(r.s) && r.s[r.at] == ' ' && !r.aligned {
		r.at++
	}
	if r.at < len(r.s) && r.s[r.at] != r.comma && r.s[r.at] != '\n' && r.s[r.at] != '\r' {
		r.c.fatal("csv.quote", r.line, column, `write "" for a quote inside a quoted cell`, "text after the closing quote of a cell that opens on line %d", opened)
		r.newline(r.lineEnd())
		return "", false
	}
	if backslash {
		cell = r.unescape(cell)
	} else if doubled {
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

// describe describes what about a dialect the reader of a table should know.
func (d dialect) describe(c *collector) {
	if d.titles {
		lines := "line 1 is"
		if d.skip > 1 {
			lines = fmt.Sprintf("lines 1 to %d are", d.skip)
		}
		c.note("csv.titles", 0, "", "", "%s left out: the header comes after", lines)
	}
	if d.escaped {
		c.note("csv.escape", 0, "", "", "a backslash is before quotes, separators or line breaks inside cells, and is removed")
	}
}
