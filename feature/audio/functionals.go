package audio

import (
	"math"
	"slices"
)

// Functionals turn a series of any length into a fixed number of values.

// meanDev returns the mean and the deviation of every column of x [t, dim].
func meanDev(x []float32, dim int) (mean, dev []float32) {
	mean, dev = make([]float32, dim), make([]float32, dim)
	t := float32(len(x) / dim)
	for i := 0; i < len(x); i += dim {
		for k, v := range x[i : i+dim] {
			mean[k] += v
		}
	}
	for k := range mean {
		mean[k] /= t
	}
	for i := 0; i < len(x); i += dim {
		for k, v := range x[i : i+dim] {
			dev[k] += (v - mean[k]) * (v - mean[k])
		}
	}
	for k := range dev {
		dev[k] = float32(math.Sqrt(float64(dev[k] / t)))
	}
	return mean, dev
}

// appendMeanDev appends the mean of every column of x [t, dim], then their deviations, to dst.
func appendMeanDev(dst, x []float32, dim int) []float32 {
	mean, dev := meanDev(x, dim)
	return append(append(dst, mean...), dev...)
}

// quantiles appends, for every column of x [t, dim], its quantiles qs, by the
// nearest rank, to dst.
func quantiles(dst, x []float32, dim int, qs ...float64) []float32 {
	t := len(x) / dim
	col := make([]float32, t)
	for k := range dim {
		for i := range col {
			col[i] = x[i*dim+k]
		}
		slices.Sort(col)
		for _, q := range qs {
			dst = append(dst, col[int(q*float64(t-1)+0.5)])
		}
	}
	return dst
}

// segments appends the means of x [t, dim] over parts stretches to dst: equal in time, or, unless
// pace [t] is nil, in the pace of their frames together. A frame at a border counts in the parts on
// both sides of it, so any t >= 1 will do.
func segments(dst, x []float32, dim, parts int, pace []float64) []float32 {
	t := len(x) / dim
	total := float64(t)
	if pace != nil {
		total = 0
		for _, v := range pace {
			total += v
		}
	}
	width := total / float64(parts)
	at := len(dst)
	dst = append(dst, make([]float32, parts*dim)...)
	lo, hi := 0.0, 0.0
	for i := range t {
		lo, hi = hi, hi+1
		if pace != nil {
			hi = lo + pace[i]
		}
		for s := int(lo / width); s < parts && float64(s)*width < hi; s++ {
			w := float32((min(hi, float64(s+1)*width) - max(lo, float64(s)*width)) / width)
			out := dst[at+s*dim:][:dim]
			for k, v := range x[i*dim : (i+1)*dim] {
				out[k] += w * v
			}
		}
	}
	return dst
}
