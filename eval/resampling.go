package eval

import "math"

// Resampling describes how the runs of a comparison by folds came about.
type Resampling struct {
	TrainRows, TestRows float64 // mean sizes of the two parts
	Tests               []int   // of each run a number of its test rows; nil: all runs have others
}

// parts averages the runs that were tested on the same rows: seeds repeat a
// training, not a sample, and tell nothing of how other rows would come out.
func (r Resampling) parts(runs []float64) []float64 {
	if len(r.Tests) != len(runs) {
		return runs
	}
	var sums, counts []float64
	at := map[int]int{}
	for i, v := range runs {
		k, seen := at[r.Tests[i]]
		if !seen {
			k = len(sums)
			at[r.Tests[i]], sums, counts = k, append(sums, 0), append(counts, 0)
		}
		sums[k] += v
		counts[k]++
	}
	for k := range sums {
		sums[k] /= counts[k]
	}
	return sums
}

// rows is how many rows there are, each of which is tested.
func (r Resampling) rows() int { return int(math.Round(r.TrainRows + r.TestRows)) }

// scale is by how much the deviation of so many parts is multiplied for the
// standard error of their mean.
func (r Resampling) scale(parts int) float64 {
	extra := 0.0
	if r.TrainRows > 0 {
		extra = r.TestRows / r.TrainRows
	}
	return math.Sqrt(1/float64(parts) + extra)
}
