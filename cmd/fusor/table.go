package main

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"github.com/fusor-ml/fusor/internal/termtext"
	"github.com/fusor-ml/fusor/report"
)

// outTable is a plain aligned table whose last column wraps to the terminal.
type outTable struct {
	w      table.Writer
	widest []int // of every column
	align  map[int]text.Align
}

// newTable begins a table whose header is in the reader's language.
func (e *env) newTable(header ...string) *outTable { return newTable(e.lang.Texts(header)...) }

func newTable(header ...string) *outTable {
	t := &outTable{table.NewWriter(), make([]int, len(header)), map[int]text.Align{}}
	t.w.AppendHeader(t.row(header))
	return t
}

func (t *outTable) row(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		c = termtext.Printable(c)
		row[i], t.widest[i] = c, max(t.widest[i], text.LongestLineLen(c))
	}
	return row
}

func (t *outTable) add(cells ...string) { t.w.AppendRow(t.row(cells)) }

// right aligns the given columns (from 1) to the right.
func (t *outTable) right(columns ...int) {
	for _, c := range columns {
		t.align[c] = text.AlignRight
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

func (t *outTable) render(w io.Writer) string {
	style := table.StyleLight
	style.Options = table.Options{SeparateColumns: false, SeparateHeader: true}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", gap)
	style.Format.Header = text.FormatDefault
	t.w.SetStyle(style)
	last := len(t.widest)
	room := width(w)
	for _, n := range t.widest[:last-1] {
		room -= n + gap
	}
	short := min(least, t.widest[last-1]) - (room - gap) // what the first column must give
	room = max(room-gap, min(least, t.widest[last-1]))
	var cfg []table.ColumnConfig
	for c := 1; c <= last; c++ {
		one := table.ColumnConfig{Number: c, Align: t.align[c], AlignHeader: t.align[c]}
		switch {
		case c == 1 && c < last && short > 0 && t.widest[0] > whole:
			one.WidthMax, one.WidthMaxEnforcer = max(t.widest[0]-short, name), text.WrapHard
		case c == last:
			one.WidthMax, one.WidthMaxEnforcer = room, wrapCell
		}
		cfg = append(cfg, one)
	}
	t.w.SetColumnConfigs(cfg)
	t.w.SuppressTrailingSpaces()
	return t.w.Render()
}

// wrapCell breaks a cell into lines of at most width columns: between words, as Chinese does within
// them, and anywhere in a word that is longer.
func wrapCell(s string, width int) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, termtext.Wrap(line, width)...)
	}
	if out := strings.Join(lines, "\n"); strings.Count(out, "…") == strings.Count(s, "…") {
		return out
	}
	return text.WrapSoft(s, width)
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
