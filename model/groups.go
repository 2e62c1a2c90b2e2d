package model

import "slices"

// Groups holds which rows of a set belong together, and their order.
type Groups struct {
	of, rank []int // of each row: its group, and its place in it
}

// NewGroups returns the groups of n rows, given as the rows of each group in their order.
func NewGroups(n int, groups [][]int) *Groups {
	g := &Groups{of: make([]int, n), rank: make([]int, n)}
	for k, rows := range groups {
		for at, r := range rows {
			g.of[r], g.rank[r] = k, at
		}
	}
	return g
}

// Within returns the given rows by group, each group in its order, the groups by their first row
// among rows.
func (g *Groups) Within(rows []int) [][]int {
	var out [][]int
	index := map[int]int{}
	for _, r := range rows {
		k, known := index[g.of[r]]
		if !known {
			k = len(out)
			index[g.of[r]] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], r)
	}
	for _, group := range out {
		slices.SortFunc(group, func(a, b int) int { return g.rank[a] - g.rank[b] })
	}
	return out
}
