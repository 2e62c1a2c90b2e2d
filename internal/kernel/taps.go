package kernel

import (
	"unsafe"

	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// Tap is one place of a depthwise sum: where its inputs and its weights start.
type Tap = ref.Tap

// WeightedTaps sets dst, pixels runs of n elements, to bias plus the sum over taps of x[tap.X:]
// times w[tap.W:], element by element and within lo and hi; NaN stays NaN. From one pixel to the
// next the places in x move by step. bias may be nil.
func WeightedTaps(n, pixels int, dst, bias, x, w []float32, taps []Tap, step int, lo, hi float32) {
	if n == 0 || pixels == 0 {
		return
	}
	v := vectors[float32]()
	if v == nil || bias == nil && n > len(zeroRow) {
		ref.WeightedTaps(n, pixels, dst, bias, x, w, taps, step, lo, hi)
		return
	}
	for _, t := range taps { // the assembly does not check
		if t.X < 0 || t.W < 0 || step < 0 || t.X+(pixels-1)*step+n > len(x) || t.W+n > len(w) {
			panic("kernel: a tap lies outside its array")
		}
	}
	first := &zeroRow[0]
	if bias != nil {
		first = at(bias[:n])
	}
	v.vtaps(n, at(dst[:n*pixels]), first, at(x), at(w), (*byte)(unsafe.Pointer(unsafe.SliceData(taps))), len(taps), pixels, step, lo, hi)
}

// Clip sets dst to x within lo and hi; NaN stays NaN.
func Clip(dst, x []float32, lo, hi float32) {
	if v := vectors[float32](); v != nil {
		n, px, pd := at2(x, dst)
		v.vclip(n, pd, px, lo, hi)
		return
	}
	ref.Clip(dst, x, lo, hi)
}

// AddRowClip sets dst[r] = x[r] + b within lo and hi for every row of len(b) elements; NaN stays
// NaN.
func AddRowClip(dst, x, b []float32, lo, hi float32) {
	v, n := vectors[float32](), len(b)
	for from := 0; from+n <= len(x) && n > 0; from += n {
		if v != nil {
			v.vaddclip(n, at(dst[from:from+n]), at(x[from:from+n]), at(b), lo, hi)
			continue
		}
		ref.Add(dst[from:from+n], x[from:from+n], b)
		ref.Clip(dst[from:from+n], dst[from:from+n], lo, hi)
	}
}
