package dataset

import (
	"iter"
	"math/bits"
)

// rowSet is a set of rows, a bit each.
type rowSet []uint64

// add adds row i.
func (s *rowSet) add(i int) {
	for len(*s) <= i/64 {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

// has reports whether row i is in the set.
func (s rowSet) has(i int) bool { return i/64 < len(s) && s[i/64]>>(i%64)&1 != 0 }

// len is the number of rows in the set.
func (s rowSet) len() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// all returns the rows in rising order.
func (s rowSet) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for k, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(64*k + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// part returns those of n rows from one on, which becomes row 0.
func (s rowSet) part(from, n int) rowSet {
	var out rowSet
	for i := range n {
		if s.has(from + i) {
			out.add(i)
		}
	}
	return out
}

// drop marks a cell as left out.
func (t *Table) drop(row, column int) {
	if t.dropped == nil {
		t.dropped = map[int]rowSet{}
	}
	rows := t.dropped[column]
	rows.add(row)
	t.dropped[column] = rows
}
