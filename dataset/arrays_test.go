package dataset

import (
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/media"
)

// The entries of a bag may come in any order; an error names them as they are written.
func TestParseBag(t *testing.T) {
	col := &Column{Kind: media.Bag, Dim: 5}
	cell, err := parseArray(col, "[[4, 0.5], [0, 1], [3, 2]]")
	if err != nil || !slices.Equal(cell.Index, []uint32{0, 3, 4}) || !slices.Equal(cell.Vector, []float32{1, 2, 0.5}) {
		t.Errorf("%v %v, %v", cell.Index, cell.Vector, err)
	}
	f := func(text, want string) {
		t.Helper()
		if _, err := parseArray(col, text); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
	f("[[9, 1], [3, 1]]", "entry 1 has the index 9; the column has 5")
	f("[[4, 1], [-1, 1]]", "entry 2 has the index -1; the column has 5")
	f("[[4, 1], [0.5, 1]]", "entry 2 has the index 0.5; the column has 5")
	f("[[4, 1], [null, 1], [0, 1]]", "entry 2 is not whole")
	f("[[4, 1], [0, null]]", "entry 2 is not whole")
	f("[[2, 1], [0, 1], [2, 3]]", "the index 2 is there twice")
	f("[[2, 1], [0]]", "part 2 has 1 numbers, the first one 2")
}
