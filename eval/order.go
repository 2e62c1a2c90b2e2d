package eval

import (
	"cmp"
	"math"
	"slices"
)

const (
	digitBits = 11 // of a key, by which rows are dealt at a time
	keyDigits = (64 + digitBits - 1) / digitBits
	manyKeys  = 1 << 12 // from which on dealing takes less time than comparing
)

// ascending returns the numbers of the scores in ascending order, equal ones in their own; NaN
// comes first. Very many are sorted digit by digit, whose work for each does not grow with them.
func ascending(scores []float64) []ranked {
	rows := make([]ranked, len(scores))
	for i := range rows {
		rows[i] = ranked(i)
	}
	if len(scores) < manyKeys {
		slices.SortStableFunc(rows, func(a, b ranked) int { return cmp.Compare(scores[a], scores[b]) })
		return rows
	}
	keys := make([]uint64, len(scores))
	var counts [keyDigits][1 << digitBits]int
	for i, v := range scores {
		k := orderKey(v)
		keys[i] = k
		for d := range counts {
			counts[d][k>>(d*digitBits)%(1<<digitBits)]++
		}
	}
	otherRows, otherKeys := make([]ranked, len(rows)), make([]uint64, len(rows))
	for d := range counts {
		next, all := &counts[d], 0
		if next[keys[0]>>(d*digitBits)%(1<<digitBits)] == len(keys) { // all have the same
			continue
		}
		for k, n := range next {
			next[k], all = all, all+n
		}
		for i, k := range keys {
			to := &next[k>>(d*digitBits)%(1<<digitBits)]
			otherRows[*to], otherKeys[*to] = rows[i], k
			*to++
		}
		rows, otherRows, keys, otherKeys = otherRows, rows, otherKeys, keys
	}
	return rows
}

// orderKey returns a whole number that is in the order of v among others.
func orderKey(v float64) uint64 {
	switch b := math.Float64bits(v); {
	case v != v:
		return 0
	case v == 0: // also −0
		return 1 << 63
	case v < 0:
		return ^b
	default:
		return b | 1<<63
	}
}
