package tabular

import (
	"errors"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/feature"
)

const (
	maxBins = 32 // of one number
	binRows = 64 // training rows in the mean bin at least
)

// bins is the piecewise-linear encoding of a number (Gorishniy et al., On Embeddings for Numerical
// Features in Tabular Deep Learning, NeurIPS 2022): one value a bin, which rises from 0 to 1 within
// the bin, stays 0 below it and 1 above it, less its mean over the training rows. A linear layer of
// these is any piecewise-linear function of the number; of one with few distinct values, as of a
// code, any function.
type bins struct {
	Edges feature.Floats `json:"edges"` // ascending, one more than there are bins
	Means feature.Floats `json:"means"`
}

// newBins returns the encoding for values in ascending order; nil where it would add nothing to the
// number itself.
func newBins(x []float64) *bins {
	most := min(maxBins, len(x)/binRows)
	distinct := slices.Compact(slices.Clone(x))
	if most < 2 || len(distinct) < 3 {
		return nil
	}
	b := &bins{}
	add := func(v float64) {
		e := float32(max(-math.MaxFloat32/4, min(math.MaxFloat32/4, v))) // differences stay finite
		if n := len(b.Edges); n == 0 || e > b.Edges[n-1] {
			b.Edges = append(b.Edges, e)
		}
	}
	if len(distinct) <= most+1 {
		for _, v := range distinct {
			add(v)
		}
	} else {
		for k := range most + 1 {
			add(x[k*(len(x)-1)/most])
		}
	}
	if len(b.Edges) < 3 {
		return nil
	}
	sums := make([]float64, len(b.Edges)-1)
	row := make([]float32, len(sums))
	b.Means = make(feature.Floats, len(sums))
	for _, v := range x {
		b.encode(row, v)
		for k, e := range row {
			sums[k] += float64(e)
		}
	}
	for k, s := range sums {
		b.Means[k] = float32(s / float64(len(x)))
	}
	return b
}

// dim is the number of bins.
func (b *bins) dim() int {
	if b == nil {
		return 0
	}
	return len(b.Edges) - 1
}

// encode fills out, one value a bin.
func (b *bins) encode(out []float32, v float64) {
	for k := range out {
		low, high := float64(b.Edges[k]), float64(b.Edges[k+1])
		share := float32(0)
		switch {
		case v >= high:
			share = 1
		case v > low:
			share = float32((v - low) / (high - low))
		}
		out[k] = share - b.Means[k]
	}
}

func (b *bins) check() error {
	if b == nil {
		return nil
	}
	if len(b.Edges) < 3 || len(b.Means) != len(b.Edges)-1 || !b.Edges.Finite() || !b.Means.Finite() {
		return errors.New("its bins contradict each other")
	}
	for k := range b.Means {
		if !(b.Edges[k] < b.Edges[k+1]) {
			return errors.New("its bins are not in ascending order")
		}
	}
	return nil
}
