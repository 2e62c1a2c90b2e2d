package ref

// Tap is one place of a depthwise sum: where its inputs and its weights start.
type Tap struct{ X, W int }

// WeightedTaps sets dst to bias plus the sum over taps of x[tap.X:] times w[tap.W:], element by
// element. bias may be nil.
func WeightedTaps(dst, bias, x, w []float32, taps []Tap) {
	if bias == nil {
		clear(dst)
	} else {
		copy(dst, bias[:len(dst)])
	}
	for _, t := range taps {
		a, b := x[t.X:t.X+len(dst)], w[t.W:t.W+len(dst)]
		for j := range dst {
			dst[j] += a[j] * b[j]
		}
	}
}

// Clip sets dst to x within lo and hi; NaN stays NaN.
func Clip(dst, x []float32, lo, hi float32) {
	for i, v := range x {
		dst[i] = min(max(v, lo), hi)
	}
}
