package eval

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// replicates bounds the work of resampling: 2000 where a replicate costs
// little, never under 400.
func replicates(cost int) int { return min(2000, max(400, 6_000_000/max(cost, 1))) }

// bootstrap draws n rows (or all of the groups) with replacement, times times,
// and returns the statistic's values in ascending order, those undefined (NaN)
// left out. The draws depend on n, the groups and the count alone.
func bootstrap(n int, groups []int, s statistic) []float64 {
	return bootstrapAll(n, groups, []statistic{s})[0]
}

// bootstrapAll is bootstrap of several statistics of the same draws.
func bootstrapAll(n int, groups []int, of []statistic) [][]float64 {
	rng := rand.NewPCG(0x66757365, uint64(n))
	member, units := Units(groups, n)
	most := 0
	for _, s := range of {
		most = max(most, s.times)
	}
	r, d, out := &resamples{}, newDraws(units), make([][]float64, len(of))
	for k := 0; k < most; k += lanes {
		r.draw(min(lanes, most-k), rng, d, member)
		var passes []pass
		for _, s := range of {
			if k < s.times {
				passes = append(passes, s.pass)
			}
		}
		r.walk(passes)
		for j, s := range of {
			if k >= s.times {
				continue
			}
			values := s.pass.end(r)
			for _, v := range values[:min(lanes, s.times-k)] {
				if !math.IsNaN(v) {
					out[j] = append(out[j], v)
				}
			}
		}
	}
	for _, values := range out {
		slices.Sort(values)
	}
	return out
}

// draws draws n of n units with replacement. Where they are more than a processor's cache holds it
// first draws how many of them fall into each block, and then those of a block together: the same
// distribution, without a wait for memory at each of them.
type draws struct {
	n      int
	blocks []int
}

// drawBlock is the number of units of a block, whose counts take 32 KiB.
const drawBlock = 1 << 15

func newDraws(n int) *draws { return &draws{n, make([]int, (n+drawBlock-1)/drawBlock)} }

// count counts the draws of each unit, in drawn.
func (d *draws) count(rng *rand.PCG, drawn []uint8) {
	if len(d.blocks) < 3 {
		clear(drawn)
		for range d.n {
			drawn[intN(rng, d.n)]++
		}
		return
	}
	clear(d.blocks)
	for range d.n {
		d.blocks[intN(rng, d.n)/drawBlock]++
	}
	for b, count := range d.blocks {
		block := drawn[b*drawBlock : min((b+1)*drawBlock, d.n)]
		clear(block)
		for ; len(block) == drawBlock && count >= 4; count -= 4 { // four of 15 bits each
			bits := rng.Uint64()
			block[bits%drawBlock]++
			block[bits>>16%drawBlock]++
			block[bits>>32%drawBlock]++
			block[bits>>48%drawBlock]++
		}
		for range count {
			block[intN(rng, len(block))]++
		}
	}
}

// intN is [rand.Rand.IntN] of a 64-bit machine (Lemire, "Fast Random Integer Generation in an
// Interval", 2019), without a call through an interface at each draw.
func intN(rng *rand.PCG, n int) int {
	most := uint64(n)
	if most&(most-1) == 0 {
		return int(rng.Uint64() & (most - 1))
	}
	draw, rest := bits.Mul64(rng.Uint64(), most)
	if rest < most {
		for least := -most % most; rest < least; {
			draw, rest = bits.Mul64(rng.Uint64(), most)
		}
	}
	return int(draw)
}

// bootstrapMeans is bootstrap for the mean of values.
func bootstrapMeans(values []float64, groups []int, times int) []float64 {
	return bootstrap(len(values), groups, statistic{times, &means{values: values}})
}

// MeanIntervals returns the 95 % bootstrap intervals of the means of several values of the same
// rows, [values][rows]: rows, or groups of them where [Units] finds enough, are drawn again, the
// same for all.
func MeanIntervals(values [][]float64, groups []int) (low, high []float64) {
	low, high = make([]float64, len(values)), make([]float64, len(values))
	if len(values) == 0 || len(values[0]) == 0 {
		return low, high
	}
	n := len(values[0])
	all := make([]statistic, len(values))
	for k, v := range values {
		all[k] = statistic{replicates(n * len(values)), &means{values: v}}
	}
	for k, drawn := range bootstrapAll(n, groups, all) {
		low[k], high[k] = quantile(drawn, 0.025), quantile(drawn, 0.975)
	}
	return low, high
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
