package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/fusor-ml/fusor/internal/termtext"
	"github.com/fusor-ml/fusor/report"
)

// outTable is a plain aligned table whose last column wraps to the terminal.
type outTable struct {
	rows   [][]string // the header first
	widest []int      // of every column
	right  []bool     // columns aligned to the right
}

// newTable begins a table whose header is in the reader's language.
func (e *env) newTable(header ...string) *outTable { return newTable(e.lang.Texts(header)...) }

func newTable(header ...string) *outTable {
	t := &outTable{widest: make([]int, len(header)), right: make([]bool, len(header))}
	t.add(header...)
	return t
}

// add appends a row: a cell of every column.
func (t *outTable) add(cells ...string) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = termtext.Printable(c)
		t.widest[i] = max(t.widest[i], termtext.Widest(strings.Split(row[i], "\n")))
	}
	t.rows = append(t.rows, row)
}

// alignRight aligns the given columns (from 1) to the right.
func (t *outTable) alignRight(columns ...int) {
	for _, c := range columns {
		t.right[c-1] = true
	}
}

// gap is between two columns; name and least are how narrow the first and the last one become, but
// a name of up to whole cells is never broken.
const (
	gap   = 2
	name  = 12
	whole = 24
	least = 16
)

// render returns the table without a line break at its end.
func (t *outTable) render(w io.Writer) string {
	widths := t.fit(width(w))
	var lines []string
	for i, row := range t.rows {
		lines = append(lines, t.renderRow(row, widths)...)
		if i == 0 {
			total := 0
			for _, n := range widths {
				total += n + gap
			}
			lines = append(lines, strings.Repeat("─", total))
		}
	}
	return strings.Join(lines, "\n")
}

// fit returns the width of every column in a terminal of so many columns.
func (t *outTable) fit(terminal int) []int {
	widths := slices.Clone(t.widest)
	last := len(widths) - 1
	room := terminal - gap
	for _, n := range widths[:last] {
		room -= n + gap
	}
	narrowest := min(least, widths[last])
	if short := narrowest - room; last > 0 && short > 0 && widths[0] > whole {
		widths[0] = max(widths[0]-short, name)
	}
	widths[last] = min(widths[last], max(room, narrowest))
	return widths
}

// renderRow returns the lines of a row. A cell of the first column is broken where it must be, that
// of the last one between words; the others have the width that they need.
func (t *outTable) renderRow(row []string, widths []int) []string {
	cells, height := make([][]string, len(row)), 0
	for c, cell := range row {
		for line := range strings.SplitSeq(cell, "\n") {
			if c == len(row)-1 {
				cells[c] = append(cells[c], termtext.Wrap(line, widths[c])...)
			} else {
				cells[c] = append(cells[c], termtext.Break(line, widths[c])...)
			}
		}
		height = max(height, len(cells[c]))
	}
	lines := make([]string, height)
	for i := range lines {
		var b strings.Builder
		for c, cell := range cells {
			text := ""
			if i < len(cell) {
				text = cell[i]
			}
			if t.right[c] {
				text = strings.Repeat(" ", widths[c]-termtext.Width(text)) + text
			}
			b.WriteString(termtext.Pad(text, widths[c]+gap))
		}
		lines[i] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// renderBold is render with the first row in bold on a terminal.
func (t *outTable) renderBold(w io.Writer) string {
	lines := strings.Split(t.render(w), "\n")
	if f, ok := fileOf(w); ok && report.WantsColor(f) && len(lines) > 2 {
		lines[2] = "\x1b[1m" + lines[2] + "\x1b[0m"
	}
	return strings.Join(lines, "\n")
}

// width is the terminal's, else what COLUMNS states, else 80.
func width(w io.Writer) int {
	if f, ok := fileOf(w); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			return n
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 20 {
		return n
	}
	return 80
}
