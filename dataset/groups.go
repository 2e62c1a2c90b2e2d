package dataset

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// group is rows that stay together.
type group struct {
	rows  []int
	count []stratumCount // of its strata, ascending
}

// stratumCount is how many rows of a stratum a group has.
type stratumCount struct{ stratum, n int }

// groups gathers rows by group, in the order of first appearance; a row without a group is alone.
func (d *splitter) groups(rows []int) []group {
	var out []group
	index := map[string]int{}
	for _, i := range rows {
		name := d.ds.Rows[i].Group
		g, known := index[name]
		if !known || name == "" {
			g = len(out)
			index[name] = g
			out = append(out, group{})
		}
		out[g].rows = append(out[g].rows, i)
	}
	counts := make([]int, 1)
	for g := range out {
		for _, i := range out[g].rows {
			for _, s := range d.labelsOf(i) {
				for s >= len(counts) {
					counts = append(counts, 0)
				}
				counts[s]++
			}
		}
		for _, i := range out[g].rows { // each stratum once, in the rows' order
			for _, s := range d.labelsOf(i) {
				if counts[s] > 0 {
					out[g].count = append(out[g].count, stratumCount{s, counts[s]})
					counts[s] = 0
				}
			}
		}
	}
	return out
}

// deal returns each group, in turn, to the part where it brings every stratum and the number of
// rows closest to the part's share: the least growth of Σ (x − share·total)² / (share·total²),
// summed over strata and the whole. (For equal shares this is the greedy rule of stratified group
// folds.)
func (d *splitter) deal(groups []group, shares []float64) [][]int {
	parts := make([][]int, len(shares))
	d.dealInto(groups, shares, func(g, p int) { parts[p] = append(parts[p], groups[g].rows...) })
	return parts
}

// dealInto does the work of deal and yields the final distance from the shares.
func (d *splitter) dealInto(groups []group, shares []float64, give func(g, p int)) (distance float64) {
	total, all := map[int]float64{}, 0.0
	for _, g := range groups {
		for _, c := range g.count {
			total[c.stratum] += float64(c.n)
		}
		all += float64(len(g.rows))
	}
	have := make([]map[int]float64, len(shares))
	size := make([]float64, len(shares))
	for p := range have {
		have[p] = map[int]float64{}
	}
	growth := func(x, n, t, share float64) float64 { return n * (n + 2*(x-share*t)) / (share * t * t) }
	for g := range groups {
		n := float64(len(groups[g].rows))
		best, least := 0, 0.0
		for p, share := range shares {
			cost := growth(size[p], n, all, share)
			for _, c := range groups[g].count {
				cost += growth(have[p][c.stratum], float64(c.n), total[c.stratum], share) / float64(len(total))
			}
			if p == 0 || cost < least-1e-12 {
				best, least = p, cost
			}
		}
		distance += least
		size[best] += n
		for _, c := range groups[g].count {
			have[best][c.stratum] += float64(c.n)
		}
		give(g, best)
	}
	return distance
}

// tries is how many orders of the groups are tried until the parts come out well.
const tries = 32

// divideGroups divides whole groups into parts of unequal shares. The groups are dealt in a random
// order, so that another seed takes other groups; of several orders the first is taken whose parts
// are all between half and twice their share and in which no class is missing from the training
// part, else the one that comes closest to the shares.
func (d *splitter) divideGroups(rows []int, shares []float64, rng *rand.Rand) ([][]int, error) {
	groups := d.groups(rows)
	if len(groups) < len(shares) {
		return nil, fmt.Errorf("%s cannot be divided into %d parts", plural(len(groups), "group"), len(shares))
	}
	var best [][]int
	least := 0.0
	for range tries {
		rng.Shuffle(len(groups), func(a, b int) { groups[a], groups[b] = groups[b], groups[a] })
		parts := make([][]int, len(shares))
		distance := d.dealInto(groups, shares, func(g, p int) { parts[p] = append(parts[p], groups[g].rows...) })
		fits, filled := d.learnable(parts, rows), true
		for p, share := range shares {
			n, want := float64(len(parts[p])), share*float64(len(rows))
			fits = fits && n >= want/2 && n <= 2*want
			filled = filled && len(parts[p]) > 0
		}
		if fits && filled {
			return parts, nil
		}
		if !filled {
			continue
		}
		if !d.learnable(parts, rows) {
			distance += 1e6
		}
		if best == nil || distance < least {
			best, least = parts, distance
		}
	}
	if best == nil { // greedy dealing never filled a part: give each part but the first one small group
		best = make([][]int, len(shares))
		sortBySize(groups)
		for g := range groups {
			p := max(0, len(shares)-1-g)
			best[p] = append(best[p], groups[g].rows...)
		}
	}
	return best, nil
}

// learnable reports whether every class among rows is in the first part.
func (d *splitter) learnable(parts [][]int, rows []int) bool {
	if d.ds.Schema.Task == Regression {
		return true
	}
	in := map[int]bool{}
	for _, i := range parts[0] {
		for _, s := range d.labelsOf(i) {
			in[s] = true
		}
	}
	for _, i := range rows {
		if slices.ContainsFunc(d.labelsOf(i), func(s int) bool { return !in[s] }) {
			return false
		}
	}
	return true
}

// sortBySize puts the smallest groups first.
func sortBySize(groups []group) {
	slices.SortStableFunc(groups, func(a, b group) int { return len(a.rows) - len(b.rows) })
}
