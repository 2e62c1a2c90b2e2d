package dataset

import (
	"math/rand/v2"
	"slices"
)

// labelsOf are the strata of a row: its labels where it may have several, else its only one.
func (d *splitter) labelsOf(i int) []int {
	if d.ds.Schema.Task == Multilabel {
		return d.ds.Rows[i].Labels
	}
	return d.strata[i : i+1]
}

// labelRows counts the rows of each label.
func (d *splitter) labelRows(rows []int) []int {
	count := make([]int, len(d.ds.Schema.Classes))
	for _, i := range rows {
		for _, l := range d.ds.Rows[i].Labels {
			count[l]++
		}
	}
	return count
}

// stratify divides rows with several labels each into parts of the given shares, so that every
// label has its share in every part: the rows of the rarest label that is left are given, one by
// one, to the part that lacks most of that label (iterative stratification: Sechidis, Tsoumakas and
// Vlahavas 2011). Ties go to the part that lacks most rows, then to the first.
func (d *splitter) stratify(rows []int, shares []float64, rng *rand.Rand) [][]int {
	rows = slices.Clone(rows)
	// The only randomness: among rows that are equal to the rule the order decides.
	rng.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
	left := d.labelRows(rows)
	with := make([][]int, len(left)) // rows of each label
	for _, i := range rows {
		for _, l := range d.ds.Rows[i].Labels {
			with[l] = append(with[l], i)
		}
	}
	parts := make([][]int, len(shares))
	size, want := make([]float64, len(shares)), make([][]float64, len(shares))
	for p, share := range shares {
		size[p] = share * float64(len(rows))
		want[p] = make([]float64, len(left))
		for l, n := range left {
			want[p][l] = share * float64(n)
		}
	}
	given := make(map[int]bool, len(rows))
	give := func(i int, lack func(p int) float64) {
		best := 0
		for p := range shares {
			// Shares such as 0.15·n carry rounding errors; without a tolerance these, and not the ties of
			// the paper, would decide.
			if x, y := lack(p), lack(best); x > y+1e-9 || x > y-1e-9 && size[p] > size[best]+1e-9 {
				best = p
			}
		}
		parts[best] = append(parts[best], i)
		given[i] = true
		size[best]--
		for _, l := range d.ds.Rows[i].Labels {
			want[best][l]--
			left[l]--
		}
	}
	for {
		rarest := -1
		for l, n := range left {
			if n > 0 && (rarest < 0 || n < left[rarest]) {
				rarest = l
			}
		}
		if rarest < 0 {
			break
		}
		// with is not shortened as rows leave; those given by an earlier label are skipped.
		for _, i := range with[rarest] {
			if !given[i] {
				give(i, func(p int) float64 { return want[p][rarest] })
			}
		}
	}
	for _, i := range rows {
		if !given[i] { // it has no label
			give(i, func(p int) float64 { return size[p] })
		}
	}
	return parts
}

// keepLabels moves a row of each label that is only in parts other than the first into the first,
// so that it can be learned.
func (d *splitter) keepLabels(parts [][]int) {
	have := make([]bool, len(d.ds.Schema.Classes))
	for _, i := range parts[0] {
		for _, l := range d.ds.Rows[i].Labels {
			have[l] = true
		}
	}
	for p := 1; p < len(parts); p++ {
		for k := 0; k < len(parts[p]) && len(parts[p]) > 1; k++ {
			i := parts[p][k]
			if !slices.ContainsFunc(d.ds.Rows[i].Labels, func(l int) bool { return !have[l] }) {
				continue
			}
			for _, l := range d.ds.Rows[i].Labels {
				have[l] = true
			}
			parts[0] = append(parts[0], i)
			parts[p] = slices.Delete(parts[p], k, k+1)
			k--
		}
	}
}

// stratifiedFolds deals rows into k tests. A row with a label that no other row has is in none of
// them.
func (d *splitter) stratifiedFolds(k int, rng *rand.Rand) [][]int {
	count := d.labelRows(d.rows)
	rows := slices.DeleteFunc(slices.Clone(d.rows), func(i int) bool {
		return slices.ContainsFunc(d.ds.Rows[i].Labels, func(l int) bool { return count[l] == 1 })
	})
	shares := make([]float64, k)
	for f := range shares {
		shares[f] = 1 / float64(k)
	}
	return d.stratify(rows, shares, rng)
}
