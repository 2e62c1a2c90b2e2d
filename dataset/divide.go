package dataset

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// splitter divides rows into parts whose strata have the same shares, whole groups at a time.
type splitter struct {
	ds     *Dataset
	rows   []int // the labeled rows, ascending
	strata []int // of every row of ds; -1 = unlabeled
	seed   uint64
	val    float64
}

// strata returns each row its class, or of a regression its tenth of the targets' order.
func strata(ds *Dataset, rows []int) []int {
	out := make([]int, len(ds.Rows))
	for i := range out {
		out[i] = -1
	}
	if ds.Schema.Task == Multilabel { // of several strata each: see labelsOf
		return out
	}
	if ds.Schema.Task != Regression {
		for _, i := range rows {
			out[i] = ds.Rows[i].Class
		}
		return out
	}
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b int) int { return cmp.Compare(ds.Rows[a].Target, ds.Rows[b].Target) })
	bins := min(10, max(1, len(rows)/10))
	for rank, i := range sorted {
		out[i] = rank * bins / len(sorted)
	}
	return out
}

// rng is the random numbers of one choice.
func (d *splitter) rng(stream, fold, seed int) *rand.Rand {
	return rand.New(rand.NewPCG(d.seed, uint64(stream)<<48|uint64(fold)<<24|uint64(seed)))
}

// grouped reports whether rows belong together.
func (d *splitter) grouped() bool { return d.ds.Schema.Group != "" }

// byStratum lists rows by stratum, shuffled within.
func (d *splitter) byStratum(rows []int, rng *rand.Rand) [][]int {
	n := 0
	for _, i := range rows {
		n = max(n, d.strata[i]+1)
	}
	out := make([][]int, n)
	for _, i := range rows {
		out[d.strata[i]] = append(out[d.strata[i]], i)
	}
	for _, s := range out {
		rng.Shuffle(len(s), func(a, b int) { s[a], s[b] = s[b], s[a] })
	}
	return out
}

// single counts the classes or labels with one sample.
func (d *splitter) single() int {
	if d.ds.Schema.Task == Regression || d.grouped() {
		return 0
	}
	count := map[int]int{}
	for _, i := range d.rows {
		for _, s := range d.labelsOf(i) {
			count[s]++
		}
	}
	n := 0
	for _, c := range count {
		if c == 1 {
			n++
		}
	}
	return n
}

// folds deals the rows into k tests. Every stratum's counts differ by at most one between folds,
// and so do the folds' sizes; a class with one sample is in no test. With groups, whole groups
// are dealt, the largest first, to where they leave the strata most even. Each seed deals anew.
func (d *splitter) folds(k, seed int) ([][]int, error) {
	rng := d.rng(streamFolds, 0, seed)
	out := make([][]int, k)
	if d.grouped() {
		groups := d.groups(d.rows)
		if len(groups) < k {
			return nil, fmt.Errorf("cannot divide %s into %d folds: --folds %d is the most", plural(len(groups), "group"), k, len(groups))
		}
		rng.Shuffle(len(groups), func(a, b int) { groups[a], groups[b] = groups[b], groups[a] })
		slices.SortStableFunc(groups, func(a, b group) int { return len(b.rows) - len(a.rows) })
		shares := make([]float64, k)
		for f := range shares {
			shares[f] = 1 / float64(k)
		}
		out = d.deal(groups, shares)
	} else if d.ds.Schema.Task == Multilabel {
		out = d.stratifiedFolds(k, rng)
	} else {
		next := 0
		for _, s := range d.byStratum(d.rows, rng) {
			if len(s) == 1 && d.ds.Schema.Task != Regression {
				continue
			}
			for _, i := range s {
				out[next] = append(out[next], i)
				next = (next + 1) % k
			}
		}
	}
	for f := range out {
		if len(out[f]) == 0 {
			rows := plural(len(d.rows), "labelled row")
			if n := d.single(); n > 0 {
				return nil, fmt.Errorf("cannot divide %s into %d folds that each have a test row, as rows without another one of their class (%d) are always trained on; add rows", rows, k, n)
			}
			return nil, fmt.Errorf("cannot divide %s into %d folds that each have a test row; add rows, or take fewer folds with --folds", rows, k)
		}
		slices.Sort(out[f])
	}
	return out, nil
}

// splitVal divides training rows into training and validation rows.
func (d *splitter) splitVal(rows []int, fold, seed int) (train, val []int, err error) {
	parts, err := d.divideBy(rows, []float64{1 - d.val, d.val}, d.rng(streamVal, fold, seed))
	if err != nil {
		return nil, nil, fmt.Errorf("cannot take validation rows off %s: %w", plural(len(rows), "training row"), err)
	}
	return parts[0], parts[1], nil
}

// divide divides rows into parts of the given shares; the first part is the training part.
func (d *splitter) divide(rows []int, shares []float64, stream int) ([][]int, error) {
	return d.divideBy(rows, shares, d.rng(stream, 0, 0))
}

// divideBy is divide with the random numbers given.
func (d *splitter) divideBy(rows []int, shares []float64, rng *rand.Rand) ([][]int, error) {
	var parts [][]int
	if d.grouped() {
		var err error
		if parts, err = d.divideGroups(rows, shares, rng); err != nil {
			return nil, err
		}
	} else if d.ds.Schema.Task == Multilabel {
		parts = d.stratify(rows, shares, rng)
		d.keepLabels(parts)
	} else {
		parts = apportion(d.byStratum(rows, rng), shares)
	}
	for p := range parts {
		if len(parts[p]) == 0 {
			return nil, fmt.Errorf("%s are too few for %d parts; add rows", plural(len(rows), "row"), len(shares))
		}
		slices.Sort(parts[p])
	}
	return parts, nil
}

// apportion returns each part its share of every stratum. The counts are rounded so that every
// stratum is within one row of its share and the parts' sizes come out right (the error of rounding
// is carried from stratum to stratum), and every stratum keeps a row in the first part.
func apportion(strata [][]int, shares []float64) [][]int {
	parts := make([][]int, len(shares))
	carry := make([]float64, len(shares))
	for _, s := range strata {
		left := len(s)
		if left == 0 {
			continue
		}
		take := make([]int, len(shares))
		for p := len(shares) - 1; p > 0; p-- {
			exact := shares[p] * float64(len(s))
			n := int(math.Round(exact + carry[p]))
			n = max(int(math.Floor(exact)), min(n, int(math.Ceil(exact)))) // never a whole row off
			n = max(0, min(n, left-1))
			carry[p] += exact - float64(n)
			carry[p] = max(-1, min(1, carry[p]))
			take[p] = n
			left -= n
		}
		take[0] = left
		at := 0
		for p, n := range take {
			parts[p] = append(parts[p], s[at:at+n]...)
			at += n
		}
	}
	for p := 1; p < len(parts); p++ { // a part that rounding left empty takes a row of the largest stratum
		if len(parts[p]) > 0 || len(parts[0]) < 2 {
			continue
		}
		largest := slices.MaxFunc(strata, func(a, b []int) int { return len(a) - len(b) })
		for _, i := range largest {
			if at := slices.Index(parts[0], i); at >= 0 {
				parts[p] = append(parts[p], i)
				parts[0] = slices.Delete(parts[0], at, at+1)
				break
			}
		}
	}
	return parts
}
