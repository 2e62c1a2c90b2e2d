package dataset

import (
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// finding counts rows or cells that were read in another way than they are written.
type finding struct {
	n       int
	first   int // line
	example string
}

// add counts one more.
func (f *finding) add(line int, example string) {
	if f.n++; f.n == 1 {
		f.first, f.example = line, strings.Clone(example)
	}
}

// mends is what a csvReader made of rows that are not as the header is.
type mends struct {
	repeats finding    // of the header
	remarks finding    // lines that begin with #, which no row does
	marked  bool       // a row begins with #
	curly   finding    // rows with separators inside curly quotes
	blank   finding    // rows with separators that are text, since a blank is behind them
	forced  finding    // cells such as ="12.5"
	footer  finding    // lines below the table
	short   finding    // rows whose last cells are left out
	lacking []shortRow // the first of these
	cut     bool       // short rows follow one another that are one row with a line break inside
	before  int        // cells of the row before, if that was short
	gap     bool       // the last row that was read was blank
	first   bool       // a row was read
	alike   bool       // a row begins as a remark does, or has nothing but its first cell
	data    int        // up to here, rows that look like a footer are followed by others that do not
	end     int        // the line that the footer begins in, if the rows are read again; 0: it is not known
}

// shortRow is a row of fewer cells than the header has.
type shortRow struct{ line, cells int }

// sample reads the next row that has a cell for each column. Repeated headers, empty lines and
// lines below the table are left out, rows whose last cells are missing are filled up, and what
// else has another number of cells is reported.
func (r *csvReader) sample() (row []string, line int, ok bool) {
	for {
		row, line, ok = r.next()
		n := len(row)
		switch {
		case !ok:
			return nil, 0, false
		case n == 1 && row[0] == "" && len(r.names) > 1: // an empty line
			r.gap = true
			continue
		case r.repeatsHeader(row):
			r.repeats.add(line, "")
			continue
		case (r.gap || n < r.width || row[n-1] == "") && r.maybeFooter(row) && r.isFooter(line):
			r.footer.add(line, strings.Join(slices.DeleteFunc(slices.Clone(row), isBlank), string(r.comma)+" "))
			continue
		case n != r.width && !r.marked && strings.HasPrefix(row[0], "#") && len(r.names) > 1:
			r.remarks.add(line, strings.Join(row, string(r.comma)))
			continue
		case n == r.width:
			r.before = 0
			r.marked = r.marked || strings.HasPrefix(row[0], "#")
		case n > r.width && (r.joinCurly(n, line) || r.joinTight(line)):
			row = r.row
			r.before = 0
		case n < r.width && !r.aligned && n > 1:
			r.shorten(n, line)
			row = r.row
		default:
			r.ragged++
			r.fault(line, n, r.raggedAdvice(row))
			continue
		}
		empty := 0
		if row[len(row)-1] == "" {
			empty = emptyEnd(row)
		}
		r.gap = empty == len(row)
		r.first = true
		r.alike = r.alike || empty == len(row)-1 || isRemark(row[0])
		for i, cell := range row {
			if len(cell) > len(`=""`) && cell[0] == '=' && cell[1] == '"' {
				if inner, ok := forcedText(cell); ok {
					r.forced.add(line, cell)
					row[i] = inner
				}
			}
		}
		return row, line, true
	}
}

// fault reports a row of n cells.
func (r *csvReader) fault(line, n int, advice string) {
	r.c.fatal("csv.columns", line, "", advice, "the row has %s where the header has %d", plural(n, "cell"), r.width)
}

// repeatsHeader reports whether a row is the header once more, as in the middle of files that were
// joined. A table of one column may well have a row that is called as the column is.
func (r *csvReader) repeatsHeader(row []string) bool {
	if len(row) != len(r.header) || len(row) < 2 || row[len(row)-1] != r.header[len(row)-1] {
		return false
	}
	for i := 1; i < len(row); i++ {
		if row[i] != r.header[i] {
			return false
		}
	}
	return strings.TrimPrefix(row[0], "\ufeff") == strings.TrimPrefix(r.header[0], "\ufeff")
}

// maybeFooter reports whether a row may be of the sources or remarks below a table: one cell where
// the header has several, and behind an empty line, or if it begins as remarks do and no row of the
// table does, also another one that is not a whole row.
func (r *csvReader) maybeFooter(row []string) bool {
	if isBlank(row[0]) || r.aligned {
		return false
	}
	told := r.gap || r.first && !r.alike && isRemark(row[0])
	if len(row) < r.width {
		return told || len(row) == 1 && r.width > 2
	}
	return told && r.width > 2 && len(row) == r.width && emptyEnd(row) == len(row)-1
}

// remarkHead is the longest beginning of a remark, in bytes, that says what it is.
const remarkHead = 40

// isRemark reports whether a cell begins as remarks below a table do: with a mark of a footnote, or
// with a word or a few and a colon, as in "Source: …" and "数据来源：…".
func isRemark(cell string) bool {
	s := strings.TrimLeft(cell, " \t\u00a0\u3000([")
	if rest := strings.TrimLeft(s, "0123456789"); len(rest) < len(s) && len(s) < len(cell) {
		return strings.HasPrefix(rest, "] ") || strings.HasPrefix(rest, ") ") // [1] …
	}
	first, _ := utf8.DecodeRuneInString(s)
	if strings.ContainsRune("*†‡§¶※©¹²³⁴⁵#", first) {
		return true
	}
	for i, c := range s[:min(len(s), remarkHead)] {
		switch {
		case c == ':' || c == '：':
			return i > 1 && !strings.HasPrefix(s[i:], "://") && strings.Count(s[:i], " ") < 4 && len(s) > i+utf8.RuneLen(c)
		case c < utf8.RuneSelf && !unicode.IsLetter(c) && c != ' ':
			return false
		}
	}
	return false
}

// isFooter reports whether all that follows the row just read, which may be of a footer and begins
// on a line, may be too.
func (r *csvReader) isFooter(line int) bool {
	switch {
	case r.end > 0:
		return line >= r.end
	case r.at < r.data:
		return false
	}
	ahead := *r
	ahead.c, ahead.row = &collector{}, nil
	for {
		row, _, ok := ahead.next()
		switch {
		case !ok:
			r.end = line
			return true
		case len(row) == 1 && isBlank(row[0]):
			ahead.gap = true
		case !ahead.maybeFooter(row):
			r.data = ahead.at
			return false
		}
	}
}

// shorten fills up the row of n cells that begins on a line. Two that follow one another and are a
// whole row together are one with a line break inside, which nothing mends.
func (r *csvReader) shorten(n, line int) {
	if len(r.lacking) < maxAlike {
		r.lacking = append(r.lacking, shortRow{line, n})
	}
	r.cut = r.cut || r.before > 0 && r.before+n == r.width+1
	r.before = n
	r.short.add(line, "")
	for len(r.row) < r.width {
		r.row = append(r.row, "")
	}
}

// joinCurly joins cells of r.row, which has n, that are parts of one with separators inside curly
// quotes. It is false, and leaves the row as it is, if that does not make it as wide as the header.
func (r *csvReader) joinCurly(n, line int) bool {
	if r.aligned || r.comma == '\t' {
		return false
	}
	joined := joinCurly(r.row, r.comma)
	if len(joined) != r.width || n == r.width {
		return false
	}
	r.curly.add(line, "")
	r.row = append(r.row[:0], joined...)
	return true
}

// joinTight joins cells of r.row that are parts of one whose separators have a blank behind them,
// where no others have. It is false, and leaves the row as it is, if that does not make it as wide
// as the header.
func (r *csvReader) joinTight(line int) bool {
	if !r.tight || r.quotes {
		return false
	}
	joined := joinTight(r.row, r.comma)
	if len(joined) != r.width {
		return false
	}
	r.blank.add(line, "")
	r.row = append(r.row[:0], joined...)
	return true
}

// joinTight joins each cell of a row that begins with a blank to the one before it.
func joinTight(row []string, comma byte) (out []string) {
	for i, cell := range row {
		if i > 0 && behindBlank(cell) {
			out[len(out)-1] += string(comma) + cell
		} else {
			out = append(out, cell)
		}
	}
	return out
}

// behindBlank reports whether a cell begins with a blank, and is not one.
func behindBlank(cell string) bool {
	return cell != "" && cell[0] == ' ' && strings.TrimLeft(cell, " ") != ""
}

// closing are the quotes that may close one that opened: “a” and „a“, »a« and «a».
var closing = map[rune]string{'“': "”", '„': "“”", '«': "»", '»': "«", '「': "」", '『': "』"}

// hasCurly reports whether a text holds an opening quote other than the straight one.
func hasCurly(s string) bool { return strings.ContainsAny(s, "“„«»「『") }

// joinCurly joins the cells of a row that stand between curly quotes; nil if there are none, or one
// is not closed.
func joinCurly(row []string, comma byte) []string {
	var out []string
	open, joined := "", false
	for _, cell := range row {
		if open != "" {
			out[len(out)-1] += string(comma) + cell
			joined = true
		} else {
			out = append(out, cell)
		}
		for _, c := range cell {
			switch {
			case c < utf8.RuneSelf:
			case open == "":
				open = closing[c]
			case strings.ContainsRune(open, c):
				open = ""
			}
		}
	}
	if open != "" || !joined {
		return nil
	}
	return out
}

// forcedText is the text of a cell such as ="00123", which spreadsheets take as text rather than as
// a number.
func forcedText(cell string) (string, bool) {
	if len(cell) < len(`=""`) || !strings.HasPrefix(cell, `="`) || cell[len(cell)-1] != '"' {
		return "", false
	}
	inner := cell[len(`="`) : len(cell)-1]
	if strings.IndexByte(inner, '"') < 0 {
		return inner, true
	}
	if strings.Contains(strings.ReplaceAll(inner, `""`, ""), `"`) { // a formula: ="a"&"b"
		return "", false
	}
	return strings.ReplaceAll(inner, `""`, `"`), true
}

// settle reports what was mended of a table of so many rows. Rows that are short are at fault after
// all if other rows are too wide, if some are parts of one row, or if hardly any row is whole:
// then it may be anything but their last cells that they lack.
func (r *csvReader) settle(rows int) {
	if m := &r.short; m.n > 0 {
		if r.ragged > 0 || r.cut || 10*(rows-m.n) < m.n || rows == m.n {
			r.ragged += m.n
			for _, row := range r.lacking {
				r.fault(row.line, row.cells, r.raggedAdvice(nil))
			}
			list := r.c.list
			sort.SliceStable(list, func(i, k int) bool { return list[i].Row < list[k].Row })
		} else if m.n == 1 {
			r.c.note("csv.short", m.first, "", "", "the row has fewer cells than the header; the missing ones are taken as empty")
		} else {
			r.c.note("csv.short", m.first, "", "", "%d rows, of which this is the first, have fewer cells than the header; the missing ones are taken as empty", m.n)
		}
	}
	r.note(r.c)
}

// note notes what was left out, and what is read in another way than it is written.
func (m *mends) note(c *collector) {
	switch m := &m.repeats; {
	case m.n == 1:
		c.note("csv.header-again", m.first, "", "", "the line repeats the header and is left out")
	case m.n > 1:
		c.note("csv.header-again", m.first, "", "", "%d lines, of which this is the first, repeat the header and are left out", m.n)
	}
	switch m := &m.remarks; {
	case m.n == 1:
		c.note("csv.comment", m.first, "", "", "the comment is left out: %.100q", m.example)
	case m.n > 1:
		c.note("csv.comment", m.first, "", "", "%d comments are left out, the first of them %.100q", m.n, m.example)
	}
	switch m := &m.curly; {
	case m.n == 1:
		c.note("csv.curly-quotes", m.first, "", "", "separators between quotes such as “ and ” are taken as text in this row")
	case m.n > 1:
		c.note("csv.curly-quotes", m.first, "", "", "separators between quotes such as “ and ” are taken as text in %d rows, of which this is the first", m.n)
	}
	switch m := &m.blank; {
	case m.n == 1:
		c.note("csv.blanks", m.first, "", "", "a separator with a blank behind it is taken as text in this row")
	case m.n > 1:
		c.note("csv.blanks", m.first, "", "", "separators with a blank behind them are taken as text in %d rows, of which this is the first", m.n)
	}
	switch m := &m.forced; {
	case m.n == 1:
		c.note("csv.forced-text", m.first, "", "", "the cell %.40q is read without its equals sign and quotes", m.example)
	case m.n > 1:
		c.note("csv.forced-text", m.first, "", "", "%d cells, of which %.40q is the first, are read without their equals signs and quotes", m.n, m.example)
	}
	switch m := &m.footer; {
	case m.n == 1:
		c.note("csv.footer", m.first, "", "", "the line below the table is left out: %.100q", m.example)
	case m.n > 1:
		c.note("csv.footer", m.first, "", "", "%d lines below the table are left out, the first of them %.100q", m.n, m.example)
	}
}

// again prepares a reader of rows that were read before for a table whose footer begins on a line,
// 0 if there is none.
func (m *mends) again(footer int) {
	if m.end = footer; footer == 0 {
		m.end = math.MaxInt
	}
}
