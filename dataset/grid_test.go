package dataset

import (
	"fmt"
	"testing"
)

// A cell is found in whichever block its row is: of few rows each, as of a table that gets ever
// more columns, and of many.
func TestGridBlocks(t *testing.T) {
	g := &grid{}
	var want [][]string
	put := func(cells int) {
		row := make([]string, cells)
		for c := range row {
			row[c] = fmt.Sprintf("%d.%d", len(want), c)[:1+(len(want)+c)%3]
		}
		g.add(row)
		want = append(want, row)
	}
	for cells := 1; len(g.blocks) < 30; cells++ {
		g.widen(cells)
		for range 1 + cells%4 {
			put(cells)
		}
	}
	for range 2*gridRows + 5 {
		put(3)
	}
	if len(g.blocks) < 32 {
		t.Fatalf("%d blocks", len(g.blocks))
	}
	for i, row := range want {
		for c := range len(row) + 2 {
			cell := ""
			if c < len(row) {
				cell = row[c]
			}
			if got := g.at(i, c); got != cell {
				t.Fatalf("cell %d of row %d is %q, want %q", c, i, got, cell)
			}
		}
	}
}
