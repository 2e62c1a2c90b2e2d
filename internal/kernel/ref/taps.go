package ref

// Tap is one place of a depthwise sum: where its inputs and its weights start.
type Tap struct{ X, W int }

// WeightedTaps sets dst, pixels runs of n elements, to bias plus the sum over taps of x[tap.X:]
// times w[tap.W:], element by element and within lo and hi; NaN stays NaN. From one pixel to the
// next the places in x move by step. bias may be nil.
func WeightedTaps(n, pixels int, dst, bias, x, w []float32, taps []Tap, step int, lo, hi float32) {
	for p := range pixels {
		to := dst[p*n : (p+1)*n]
		if bias == nil {
			clear(to)
		} else {
			copy(to, bias[:n])
		}
		for _, t := range taps {
			a, b := x[t.X+p*step:t.X+p*step+n], w[t.W:t.W+n]
			for j := range to {
				to[j] += a[j] * b[j]
			}
		}
		Clip(to, to, lo, hi)
	}
}

// Clip sets dst to x within lo and hi; NaN stays NaN.
func Clip(dst, x []float32, lo, hi float32) {
	for i, v := range x {
		dst[i] = min(max(v, lo), hi)
	}
}
