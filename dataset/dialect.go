package dataset

import (
	"slices"
	"strconv"
	"strings"
)

// dialect is how a text table is written.
type dialect struct {
	comma   byte
	aligned bool // cells are separated by one blank or more, as in columns of equal width
	spaced  bool // cells begin behind blanks, quoted ones too: a, "b", c
	lone    bool // a quote need not be closed: cells hold no line breaks, and texts begin with quotes
	escaped bool // a backslash stands before quotes, separators and line breaks that are text
	skip    int  // lines before the header
	titles  bool // these are titles or comments rather than an order such as sep=;
	ordered bool // by a line such as sep=;
	tight   bool // no separator has a blank behind it: one that has is text
	lead    bool // the header has no name for the first column, as R writes row names
	trail   bool // every row but the header ends in a separator
	over    int  // empty cells at the end of the header that the rows lack
	below   int  // rows directly below the header that are no samples
}

// What a dialect is judged by.
const (
	dialectBytes = 1 << 20
	dialectRows  = 200
	maxTitles    = 20 // lines before the header
)

// detectDialect finds how text is written. comma is the separator that the file's name promises;
// known reports whether a name is one that a header's cell may well be.
func detectDialect(text string, comma byte, known func(string) bool) dialect {
	if d, ok := sepLine(text); ok {
		return headerOf(dialect{comma: d, skip: 1, ordered: true}, headRecords(text, dialect{comma: d, skip: 1}), known)
	}
	best, bestShare, found, whole := dialect{}, 0.0, false, false
	for _, sep := range []byte{comma, ',', '\t', ';', '|', '^', '~'} {
		for _, spaced := range []bool{false, true} {
			d := dialect{comma: sep, spaced: spaced, lone: sep == '\t' && !spaced}
			head := headRecords(text, d)
			if spaced && head.spaced == 0 {
				continue
			}
			d = headerOf(d, head, known)
			share, ok := head.share(d)
			all := share == 1 && !d.lead && !head.joined
			if spaced { // else the quotes would be part of the cells
				share += 0.01
			}
			if head.joined { // the separators may be others
				share -= 0.02
			}
			if d.titles { // they may as well be a header with other separators
				share -= 0.05
			}
			if ok && share > bestShare+1e-9 {
				best, bestShare, found, whole = d, share, true, all
			}
		}
	}
	if d, quotes, ok := escapedDialect(text, comma, known); ok && (!whole || best.lone && d.comma == best.comma && quotes) {
		return d
	}
	if found {
		return best
	}
	blanks := dialect{comma: ' ', aligned: true}
	if head := headRecords(text, blanks); head.faults == 0 {
		blanks = headerOf(blanks, head, known)
		if share, ok := head.share(blanks); ok && share == 1 && len(head.rows)-head.at(blanks) > alikeShown {
			return blanks
		}
	}
	d := dialect{comma: comma, lone: comma == '\t'}
	if first := firstLine(text); strings.IndexByte(first, comma) < 0 {
		for _, sep := range []byte{'\t', ';', ','} {
			if strings.IndexByte(first, sep) >= 0 {
				d.comma, d.lone = sep, sep == '\t'
				break
			}
		}
	}
	return d
}

// escapedDialect finds how a text is written in which quotes inside cells have a backslash before
// them, as MySQL, Spark and Python's csv can write them; quotes reports whether there is one. It
// holds only where RFC 4180 does not, or where cells that begin and end with a quote would keep
// both.
func escapedDialect(text string, comma byte, known func(string) bool) (d dialect, quotes, ok bool) {
	if strings.IndexByte(text[:min(len(text), dialectBytes)], '\\') < 0 {
		return d, false, false
	}
	for _, sep := range []byte{comma, ',', '\t', ';', '|', '^', '~'} {
		d := dialect{comma: sep, escaped: true}
		head := headRecords(text, d)
		if head.faults > 0 || head.escapes == (escapes{}) {
			continue
		}
		d = headerOf(d, head, known)
		if share, ok := head.share(d); ok && share == 1 {
			return d, head.escapes.quotes > 0, true
		}
	}
	return d, false, false
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// sepLine reads the order sep=; that Excel takes as the first line.
func sepLine(text string) (byte, bool) {
	line := strings.Trim(strings.TrimSuffix(firstLine(text), "\r"), `"`)
	if rest, ok := strings.CutPrefix(strings.ToLower(line), "sep="); ok && len(rest) == 1 {
		return rest[0], true
	}
	return 0, false
}

// headRows are the first rows of a text as a dialect reads them.
type headRows struct {
	rows   [][]string
	lines  []int
	quoted []quoting
	tight  bool // of the dialect
	joined bool // cells were joined for that
	faults int
	usual  int // cells that most rows have
	spaced int // quoted cells behind blanks
	escapes
}

// quoting reports where a row has quotes around cells.
type quoting struct{ first, any bool }

// headRecords reads the first rows.
func headRecords(text string, d dialect) headRows {
	if len(text) > dialectBytes {
		text = text[:dialectBytes]
		if n := strings.LastIndexByte(text, '\n'); n > 0 {
			text = text[:n+1]
		}
	}
	c := &collector{}
	r := newCSVReader(text, d, c)
	h := headRows{}
	for len(h.rows) < dialectRows {
		first := r.at < len(text) && text[r.at] == '"'
		row, line, ok := r.next()
		if !ok {
			break
		}
		if len(row) == 1 && isBlank(row[0]) {
			continue
		}
		h.rows, h.lines = append(h.rows, append([]string(nil), row...)), append(h.lines, line)
		h.quoted = append(h.quoted, quoting{first, r.quotes})
	}
	if !d.aligned && d.comma != '\t' {
		h.joinCurly(d.comma)
		if !d.spaced && !d.escaped {
			h.joinTight(d.comma)
		}
	}
	count := map[int]int{}
	for _, row := range h.rows {
		if n := len(row); count[n]+1 > count[h.usual] || count[n]+1 == count[h.usual] && n > h.usual {
			h.usual = n
		}
		count[len(row)]++
	}
	h.faults, h.spaced, h.escapes = len(c.list), r.quotedBehindBlanks, r.escapes
	return h
}

// joinCurly joins the cells of rows that are wider than the header, the first row of several cells,
// as a reader of rows does.
func (h *headRows) joinCurly(comma byte) {
	width := 0
	for i, row := range h.rows {
		if width == 0 {
			if len(row) > 1 {
				width = len(row)
			}
		} else if len(row) > width {
			if joined := joinCurly(row, comma); len(joined) == width {
				h.rows[i] = joined
			}
		}
	}
}

// joinTight joins the cells of rows that are wider than the header at separators with a blank
// behind them, if no other row has any.
func (h *headRows) joinTight(comma byte) {
	at := slices.IndexFunc(h.rows, func(row []string) bool { return len(row) > 1 })
	if at < 0 {
		return
	}
	width := len(h.rows[at])
	joined := map[int][]string{}
	for i, row := range h.rows[at:] {
		if len(row) <= width {
			if slices.ContainsFunc(row, behindBlank) {
				return
			}
		} else if !h.quoted[at+i].any {
			if row = joinTight(row, comma); len(row) == width {
				joined[at+i] = row
			}
		}
	}
	h.tight, h.joined = true, len(joined) > 0
	for i, row := range joined {
		h.rows[i] = row
	}
}

// isTable reports whether nearly all of the first rows of a text have several cells, as many as the
// header has, so that it is a table whatever its name.
func isTable(text string, d dialect) bool {
	head := headRecords(text, d)
	share, ok := head.share(d)
	return ok && share >= mostly && len(head.rows)-head.at(d) > alikeShown
}

// share is the share of the rows that have as many cells as the header; a table of one column has
// no dialect.
func (h *headRows) share(d dialect) (float64, bool) {
	at := h.at(d)
	if at >= len(h.rows) {
		return 0, false
	}
	n := len(h.rows[at]) - d.over
	if d.lead || d.trail {
		n++
	}
	if n < 2 {
		return 0, false
	}
	same, total := 0, h.faults
	for _, row := range h.rows[at:] {
		total++
		if len(row) == n {
			same++
		}
	}
	if d.lead || d.trail || d.over > 0 { // the header itself
		same++
	}
	return float64(same) / float64(total), true
}

// at is the index of the header.
func (h *headRows) at(d dialect) int {
	for i, line := range h.lines {
		if line > d.skip {
			return i
		}
	}
	return len(h.rows)
}

// headerOf finds the header: behind titles and comments, and whether it lacks a name that the rows
// have a cell for.
func headerOf(d dialect, h headRows, known func(string) bool) dialect {
	at := h.at(d)
	if at >= len(h.rows) {
		return d
	}
	// Titles end at a row with a name that an option or the model has, or at one that looks like a
	// header and is as wide as most rows; else the first row stays the header.
	for i := at; i < len(h.rows) && i-at <= maxTitles; i++ {
		row := h.rows[i]
		named := false
		for _, cell := range row {
			named = named || known(strings.TrimSpace(cell))
		}
		if named || i > at && len(row) == h.usual && h.usual > 1 && looksLikeHeader(row) {
			// skip counts lines of the file, not rows: a title may be a quoted cell of several lines.
			if i > at {
				d.skip, d.titles = h.lines[i]-1, true
			}
			break
		}
		if !isTitle(row, h.usual) {
			break
		}
	}
	d.tight = h.tight
	at = h.at(d)
	header, rest := h.rows[at], slices.Clone(h.rows[at+1:])
	d.below = rowsBelow(header, rest)
	rest = rest[d.below:]
	if over := emptyEnd(header); over > 0 && len(header)-over == h.usual && h.usual > 1 {
		d.over = over
	}
	// Files that were joined have it again.
	rest = slices.DeleteFunc(rest, func(row []string) bool { return slices.Equal(row, header) })
	// One cell less than all rows have. A single exception, and ragged rows are the better finding.
	if len(header)+1 != h.usual || len(header) < 2 || len(rest) == 0 {
		return d
	}
	last := true // every row ends in an empty cell
	for _, row := range rest {
		if len(row) != h.usual {
			return d
		}
		last = last && isBlank(row[len(row)-1])
	}
	if last {
		d.trail = true
	} else {
		first := map[string]bool{}
		for _, row := range rest {
			first[row[0]] = true
		}
		// Names of rows differ; a first column that repeats is data whose header was forgotten.
		d.lead = len(first) == len(rest) && len(rest) > 1 && (h.quotedFirst(at+1) || !cutNumbers(rest) && !ownNames(header, rest))
	}
	return d
}

// quotedFirst reports whether all rows from an index on begin with a quote, as names of rows do
// that R writes.
func (h *headRows) quotedFirst(from int) bool {
	return len(h.quoted) > from && !slices.ContainsFunc(h.quoted[from:], func(q quoting) bool { return !q.first })
}

// cutNumbers reports whether two columns of rows are the parts of numbers with a comma, 1,034 or
// 2,50: the second has equally many digits in all rows, and begins with a zero in some.
func cutNumbers(rows [][]string) bool {
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	for k := 1; k < len(rows[0]); k++ {
		n, zero := len(rows[0][k]), false
		if n != 2 && n != 3 {
			continue
		}
		if !slices.ContainsFunc(rows, func(row []string) bool {
			zero = zero || row[k] != "" && row[k][0] == '0'
			return len(row[k]) != n || !digits(row[k]) || !digits(strings.TrimLeft(row[k-1], "+-$€£¥"))
		}) && zero {
			return true
		}
	}
	return false
}

// ownNames reports whether rows of one cell more than the header has have names of which the header
// tells: its first column is an id, but only the first cells can be ids, and no numbers of rows.
func ownNames(header []string, rows [][]string) bool {
	if !namesRows(headerName(header[0])) {
		return false
	}
	seen := map[string]bool{}
	numbered := true
	for _, row := range rows {
		_, err := strconv.Atoi(row[0])
		numbered = numbered && err == nil
		seen[row[1]] = true
		if _, err := strconv.Atoi(row[1]); err != nil {
			if _, number := Notation("").number(row[1]); number { // 48.85 names no row
				return true
			}
		}
	}
	return !numbered || len(seen) < len(rows)
}

// isTitle reports whether a row before a table of n columns may be a title or a comment.
func isTitle(row []string, n int) bool {
	first := strings.TrimSpace(row[0])
	if strings.HasPrefix(first, "#") {
		return true
	}
	// As comments begin in LaTeX, MATLAB, C and SQL; a name of a column may, too.
	if len(row) != n && slices.ContainsFunc([]string{"%", "//", "--"}, func(mark string) bool { return strings.HasPrefix(first, mark) }) {
		return true
	}
	full := 0
	for _, cell := range row {
		if !isBlank(cell) {
			full++
		}
	}
	return full <= 1 && n > 1
}

// looksLikeHeader reports whether the cells can be names: none empty, none twice, none a number.
func looksLikeHeader(row []string) bool {
	seen := map[string]bool{}
	for _, cell := range row {
		cell = strings.TrimSpace(cell)
		if _, number := Notation("").number(cell); cell == "" || number || seen[cell] {
			return false
		}
		seen[cell] = true
	}
	return true
}
