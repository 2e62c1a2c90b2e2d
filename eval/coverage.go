package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// binomialInterval is Wilson's 95 % interval of a share seen on n rows.
func binomialInterval(share float64, n int) (low, high float64) {
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	z, rows := normal, float64(n)
	mid := (share + z*z/(2*rows)) / (1 + z*z/rows)
	half := z / (1 + z*z/rows) * math.Sqrt(share*(1-share)/rows+z*z/(4*rows*rows))
	return math.Max(0, mid-half), math.Min(1, mid+half)
}

// coverageInterval is the 95 % interval of the share of rows that are covered:
// Wilson's over rows, and where there are groups enough to resample the
// percentiles of a bootstrap over them. Groups that are all alike show no
// spread; each then counts as one row of Wilson's.
func coverageInterval(covered []float64, groups []int) (low, high float64) {
	share, _ := meanStd(covered)
	_, units := Units(groups, len(covered))
	if units == len(covered) {
		return binomialInterval(share, units)
	}
	draws := bootstrapMeans(covered, groups, replicates(units))
	low, high = quantile(draws, alpha/2), quantile(draws, 1-alpha/2)
	if high-low < 1e-9 {
		return binomialInterval(share, units)
	}
	return low, high
}

// expectedCoverage bounds what sets from a threshold of n rows cover, in 95 of
// 100 data sets: the coverage is distributed as Beta(k, n+1−k) with
// k = ⌈(n+1)·nominal⌉ (Vovk 2012), or above it where sets are never empty.
func expectedCoverage(n int, nominal float64) (low, high float64) {
	k := math.Ceil(float64(n+1)*nominal - 1e-9)
	if k > float64(n) {
		return 1, 1
	}
	quantile := func(q float64) float64 {
		lo, hi := 0.0, 1.0
		for range 60 {
			if mid := (lo + hi) / 2; incompleteBeta(k, float64(n+1)-k, mid) < q {
				lo = mid
			} else {
				hi = mid
			}
		}
		return lo
	}
	return quantile(alpha / 2), quantile(1 - alpha/2)
}

// Candidate is one of several models of which the best on validation rows was
// chosen: for each run, whether it got each validation row right, and the row's
// conformal score.
type Candidate struct {
	Right  [][]bool    // [runs][validation rows]
	Scores [][]float64 // as Right
}

// chosenReplicates is how often the choice is repeated.
const chosenReplicates = 200

// ChosenScores are validation scores for a threshold where the model was chosen
// among candidates by its accuracy on the same rows: the chosen one was lucky
// on them, and a threshold from its own scores covers too little. The choice is
// repeated on rows drawn with replacement, and the rows not drawn give the
// scores of the model chosen then (Tsamardinos, Greasidou and Borboudakis,
// "Bootstrapping the out-of-sample predictions", 2018). rows[r] are the ids of
// run r's validation rows; a row is drawn in all runs or in none. It returns
// one ascending list of scores per run.
func ChosenScores(candidates []Candidate, rows [][]int) [][]float64 {
	out := make([][]float64, len(rows))
	// Nothing was chosen, so the scores are as they are.
	if len(candidates) == 1 {
		for r, s := range candidates[0].Scores {
			out[r] = slices.Sorted(slices.Values(s))
		}
		return out
	}
	// Runs may share rows: index has each run's rows as units, which are drawn once for all.
	at := map[int]int{}
	index := make([][]int, len(rows))
	for r, ids := range rows {
		for _, id := range ids {
			if _, ok := at[id]; !ok {
				at[id] = len(at)
			}
			index[r] = append(index[r], at[id])
		}
	}
	n := len(at)
	// A seed of its own: the same threshold whatever else draws random numbers.
	rng := rand.New(rand.NewPCG(0x63686f73, uint64(n)))
	drawn := make([]float64, n)
	for range chosenReplicates {
		clear(drawn)
		for range n {
			drawn[rng.IntN(n)]++
		}
		best, most := 0, math.Inf(-1)
		for k := range candidates {
			if v := candidates[k].accuracy(index, drawn); v > most {
				best, most = k, v
			}
		}
		for r := range rows {
			for i, u := range index[r] {
				// About 1/e of the rows; over all replicates each row counts nearly as often as any other.
				if drawn[u] == 0 {
					out[r] = append(out[r], candidates[best].Scores[r][i])
				}
			}
		}
	}
	for r := range out {
		slices.Sort(out[r])
	}
	return out
}

// accuracy is the mean of the runs' on drawn rows.
func (c *Candidate) accuracy(index [][]int, drawn []float64) float64 {
	sum := 0.0
	for r, rows := range index {
		hits, n := 0.0, 0.0
		for i, u := range rows {
			n += drawn[u]
			if c.Right[r][i] {
				hits += drawn[u]
			}
		}
		if n > 0 {
			sum += hits / n
		}
	}
	return sum
}

// ConformalOf is a threshold from a distribution of scores, ascending, that
// represents n rows: of ChosenScores, which has many more than rows.
func ConformalOf(scores []float64, n int, coverage float64) Conformal {
	c := Conformal{Coverage: coverage, Threshold: 1, Rows: n}
	k := math.Ceil(float64(n+1)*coverage - 1e-9)
	if k <= float64(n) && len(scores) > 0 {
		c.Threshold = scores[max(0, int(math.Ceil(k/float64(n)*float64(len(scores))-1e-9))-1)]
	}
	return c
}

// FewCalibrationRows is how many calibration rows are few: with fewer, what prediction sets of 90 %
// cover varies by more than four points either way.
const FewCalibrationRows = 200
