package cli

import (
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// outTable is a plain aligned table whose last column wraps to the terminal.
type outTable struct {
	w    table.Writer
	cols int
}

func newTable(header ...string) *outTable {
	w := table.NewWriter()
	row := make(table.Row, len(header))
	for i, h := range header {
		row[i] = h
	}
	w.AppendHeader(row)
	return &outTable{w, len(header)}
}

func (t *outTable) add(cells ...string) {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = strings.ReplaceAll(c, "\t", " ")
	}
	t.w.AppendRow(row)
}

// right aligns the given columns (from 1) to the right.
func (t *outTable) right(columns ...int) {
	var cfg []table.ColumnConfig
	for _, c := range columns {
		cfg = append(cfg, table.ColumnConfig{Number: c, Align: text.AlignRight})
	}
	t.w.SetColumnConfigs(cfg)
}

func (t *outTable) render(w io.Writer) string {
	style := table.StyleLight
	style.Options = table.Options{SeparateColumns: false, SeparateHeader: true}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	style.Size.WidthMax = width(w)
	t.w.SetStyle(style)
	t.w.SuppressTrailingSpaces()
	return t.w.Render()
}

// width is the terminal's, 80 where there is none.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			return n
		}
	}
	return 80
}
