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

// segments appends the means of x [t, dim] over parts equal stretches of time to
// dst; a frame at a border counts in parts, so any t >= 1 will do.
func segments(dst, x []float32, dim, parts int) []float32 {
	t := len(x) / dim
	width := float64(t) / float64(parts)
	for s := range parts {
		at := len(dst)
		dst = append(dst, make([]float32, dim)...)
		out := dst[at:]
		lo, hi := float64(s)*width, float64(s+1)*width
		for i := int(lo); i < t && float64(i) < hi; i++ {
			w := float32((min(hi, float64(i+1)) - max(lo, float64(i))) / width)
			for k, v := range x[i*dim : (i+1)*dim] {
				out[k] += w * v
			}
		}
	}
	return dst
}
