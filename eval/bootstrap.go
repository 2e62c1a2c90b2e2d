package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// replicates bounds the work of resampling: 2000 where a replicate costs
// little, never under 400.
func replicates(cost int) int { return min(2000, max(400, 6_000_000/max(cost, 1))) }

// bootstrap draws n rows (or all of the groups) with replacement, times times,
// and returns the statistic's values in ascending order, those undefined (NaN)
// left out. f gets how often each row was drawn. The draws depend on n, the
// groups and the count alone.
func bootstrap(n int, groups []int, times int, f func(w []float64) float64) []float64 {
	rng := rand.New(rand.NewPCG(0x66757365, uint64(n)))
	member, units := Units(groups, n)
	drawn, w := make([]float64, units), make([]float64, n)
	out := make([]float64, 0, times)
	for range times {
		clear(drawn)
		for range units {
			drawn[rng.IntN(units)]++
		}
		for i := range w {
			w[i] = drawn[member[i]]
		}
		if v := f(w); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// bootstrapMeans is bootstrap for the mean of values, with the work of one
// addition per drawn row or group.
func bootstrapMeans(values []float64, groups []int, times int) []float64 {
	rng := rand.New(rand.NewPCG(0x66757365, uint64(len(values))))
	member, units := Units(groups, len(values))
	sums, sizes := make([]float64, units), make([]float64, units)
	for i, v := range values {
		sums[member[i]] += v
		sizes[member[i]]++
	}
	out := make([]float64, times)
	for k := range out {
		sum, n := 0.0, 0.0
		for range units {
			u := rng.IntN(units)
			sum += sums[u]
			n += sizes[u]
		}
		out[k] = sum / n
	}
	slices.Sort(out)
	return out
}

// FewestGroups is how many groups resampling needs: the spread of fewer states
// next to nothing about others (two that happen to agree would look certain),
// and rows are resampled instead.
const FewestGroups = 10

// Units reports which of n rows are drawn together when rows are resampled: the
// groups, renumbered 0..units−1 in the order in which they occur; without
// groups, or with fewer than FewestGroups, every row is a unit of its own.
func Units(groups []int, n int) (member []int, units int) {
	member = make([]int, n)
	if len(groups) == n {
		seen := map[int]int{}
		for i, g := range groups {
			id, ok := seen[g]
			if !ok {
				id = len(seen)
				seen[g] = id
			}
			member[i] = id
		}
		if len(seen) >= FewestGroups {
			return member, len(seen)
		}
	}
	for i := range member {
		member[i] = i
	}
	return member, n
}

// quantile interpolates linearly in sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	lo := int(at)
	if lo+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[lo] + (at-float64(lo))*(sorted[lo+1]-sorted[lo])
}
