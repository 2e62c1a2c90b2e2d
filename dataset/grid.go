package dataset

import (
	"iter"
	"strings"
)

// gridRows is how many rows a block of a grid has at most, gridBytes how many bytes its text has
// before another one is begun.
const (
	gridRows  = 4096
	gridBytes = 8 << 20
)

// grid holds the cells of rows of one width as text without gaps and four bytes a cell, where a
// string each would take sixteen and keep the whole file in memory.
type grid struct {
	width  int // cells of a row
	n      int // rows
	blocks []gridBlock
	text   strings.Builder // of the last block
	again  rowStore        // if set, it reads the rows, which blocks lack, column by column
	places []int           // by column, that of its cell in a row; nil: its number
}

// gridBlock is a run of rows.
type gridBlock struct {
	first int // row
	width int
	text  string
	ends  []uint32 // of the cells in text, row by row
}

// widen makes room for so many cells of the rows that follow, and for more than these once there
// are rows, so that a table whose rows have ever more cells has few blocks.
func (g *grid) widen(cells int) {
	if cells > g.width {
		if g.n > 0 {
			cells += cells / 4
		}
		g.width = cells
	}
}

// add appends a row, of whose cells it keeps copies. Cells that it lacks are empty.
func (g *grid) add(row []string) {
	k := len(g.blocks) - 1
	if k < 0 || g.n-g.blocks[k].first == gridRows || g.text.Len() > gridBytes || g.blocks[k].width != g.width {
		size, ends := 0, 0
		if k >= 0 {
			size, ends = g.text.Len()+g.text.Len()/16, len(g.blocks[k].ends)
		}
		g.text = strings.Builder{}
		g.text.Grow(min(size, gridBytes))
		g.blocks = append(g.blocks, gridBlock{first: g.n, width: g.width, ends: make([]uint32, 0, ends)})
		k++
	}
	b := &g.blocks[k]
	for _, cell := range row[:min(len(row), g.width)] {
		g.text.WriteString(cell)
		b.ends = append(b.ends, uint32(g.text.Len()))
	}
	for range g.width - len(row) {
		b.ends = append(b.ends, uint32(g.text.Len()))
	}
	b.text = g.text.String()
	g.n++
}

// gridRow is a row of a grid.
type gridRow struct {
	text string   // of its block
	ends []uint32 // of its cells in text
	from uint32   // where the first begins
}

// at returns the cell at a place.
func (r *gridRow) at(place int) string {
	switch {
	case place >= len(r.ends):
		return ""
	case place == 0:
		return r.text[r.from:r.ends[0]]
	}
	return r.text[r.ends[place-1]:r.ends[place]]
}

// rowAt returns row i.
func (g *grid) rowAt(i int) gridRow {
	k := i / gridRows // of this block or a later one, as none has more rows
	for end := len(g.blocks); k+1 < end; {
		mid := k + 1
		if g.blocks[mid].first <= i {
			mid = int(uint(k+1+end) >> 1)
		}
		if g.blocks[mid].first <= i {
			k = mid
		} else {
			end = mid
		}
	}
	b := &g.blocks[k]
	at := (i - b.first) * b.width
	r := gridRow{text: b.text, ends: b.ends[at : at+b.width]}
	if at > 0 {
		r.from = b.ends[at-1]
	}
	return r
}

// at returns cell c of row i.
func (g *grid) at(i, c int) string {
	r := g.rowAt(i)
	return r.at(g.place(c))
}

// place is that of the cells of column c in a row.
func (g *grid) place(c int) int {
	if g.places != nil {
		return g.places[c]
	}
	return c
}

// columns is the number of columns.
func (g *grid) columns() int {
	if g.places != nil {
		return len(g.places)
	}
	return g.width
}

// column returns the cells of column c.
func (g *grid) column(c int) iter.Seq2[int, string] {
	c = g.place(c)
	if g.again != nil {
		return g.again.column(c)
	}
	return func(yield func(int, string) bool) {
		for k := range g.blocks {
			b := &g.blocks[k]
			i := b.first
			if c >= b.width {
				for ; i < b.first+len(b.ends)/b.width; i++ {
					if !yield(i, "") {
						return
					}
				}
				continue
			}
			for at := c; at < len(b.ends); at += b.width {
				from := uint32(0)
				if at > 0 {
					from = b.ends[at-1]
				}
				if !yield(i, b.text[from:b.ends[at]]) {
					return
				}
				i++
			}
		}
	}
}

// row appends the cells of row i to dst.
func (g *grid) row(dst []string, i int) []string {
	for c := range g.columns() {
		dst = append(dst, g.at(i, c))
	}
	return dst
}
