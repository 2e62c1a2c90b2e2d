package dataset

import (
	"math"
	"slices"
	"strings"
)

// readOrder reads the order column: as numbers if every cell is one, as dates if every cell is
// one, otherwise as text, whose rank is taken.
func readOrder(ds *Dataset, cell func(int) string, c *collector) {
	name := ds.Schema.Order
	numbers, dates, n := 0, 0, 0
	var texts []string
	filled := false
	for i := range ds.Rows {
		filled = filled || cell(i) != ""
	}
	if !filled {
		c.note("order.empty", 0, name, "fill it in, or leave it out with --ignore", "every cell is empty: the rows keep the order of the file")
	}
	for i := range ds.Rows {
		s := cell(i)
		if s == "" && filled {
			c.note("order.missing", ds.Rows[i].Number, name, "fill it in", "the row has no place in the order and goes to the end of its group")
		}
		if s == "" {
			continue
		}
		// All cells have to agree on one form: numbers and texts, or two kinds of dates, have no common
		// order.
		n++
		texts = append(texts, s)
		if _, ok := ParseNumber(s); ok {
			numbers++
		}
		if _, _, ok := ParseDate(s); ok {
			dates++
		}
	}
	// Compact, so that equal texts have equal ranks and are noted as the same place below.
	slices.Sort(texts)
	texts = slices.Compact(texts)
	for i := range ds.Rows {
		row, s := &ds.Rows[i], cell(i)
		// NaN is without a place, and is sorted behind all others.
		row.Order = math.NaN()
		switch {
		case s == "":
		case numbers == n:
			row.Order, _ = ParseNumber(s)
		case dates == n:
			t, _, _ := ParseDate(s)
			// Seconds with a fraction: 53 bits of a float64 hold microseconds until the year 2255.
			row.Order = float64(t.UnixMicro()) / 1e6
		default:
			rank, _ := slices.BinarySearchFunc(texts, s, strings.Compare)
			row.Order = float64(rank)
		}
	}
	// Text sorts 10 before 9. That is no surprise where most cells are words, only where a few are not
	// numbers.
	if n > 0 && numbers < n && 20*numbers >= 19*n {
		c.note("order.mixed", 0, name, "write a number in every row", "most cells are numbers, but not all: the order is that of text")
	}
	for _, rows := range Sequences(ds, nil) {
		for k := 1; k < len(rows); k++ {
			a, b := &ds.Rows[rows[k-1]], &ds.Rows[rows[k]]
			if a.Order == b.Order {
				c.note("order.twice", b.Number, name, "give every row of a group a place of its own", "the same place in the order as row %d; they stay as in the file", a.Number)
			}
		}
	}
}

// Sequences returns the rows of each group in order: indices into ds.Rows, the groups by first
// appearance. Only the given rows are taken; nil means all. Rows with an empty group stand alone;
// without a group column all rows are one sequence. Rows of equal order, and rows
// without one, which come last, keep the order of the file.
func Sequences(ds *Dataset, rows []int) [][]int {
	if rows == nil {
		rows = make([]int, len(ds.Rows))
		for i := range rows {
			rows[i] = i
		}
	}
	var out [][]int
	index := map[string]int{}
	for _, i := range rows {
		g := ds.Rows[i].Group
		k, known := index[g]
		if !known || (g == "" && ds.Schema.Group != "") {
			k = len(out)
			index[g] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], i)
	}
	for _, seq := range out {
		slices.SortFunc(seq, func(a, b int) int {
			x, y := ds.Rows[a].Order, ds.Rows[b].Order
			switch nx, ny := math.IsNaN(x), math.IsNaN(y); {
			case nx && !ny:
				return 1
			case ny && !nx:
				return -1
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return a - b
		})
	}
	return out
}
