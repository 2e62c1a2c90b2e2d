package fusiontest

import (
	"math"

	"github.com/fusor-ml/fusor/tensor"
)

// corner copies the leading part of src, which has the same number of axes and is no smaller in
// any, into dst.
func corner(dst, src *tensor.Tensor) {
	at := make([]int, dst.Rank())
	for range dst.Len() {
		dst.Set(src.At(at...), at...)
		for a := len(at) - 1; a >= 0; a-- {
			if at[a]++; at[a] < dst.Dim(a) {
				break
			}
			at[a] = 0
		}
	}
}

func peak(x *tensor.Tensor) float64 {
	m := 0.0
	for _, v := range x.F64 {
		m = max(m, math.Abs(v))
	}
	return m
}

func finite(t reporter, what string, x *tensor.Tensor) {
	t.Helper()
	if x == nil {
		return
	}
	for i, v := range x.F64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%s: element %d is %g", what, i, v)
		}
	}
}

func sameBits(t reporter, what string, got, want *tensor.Tensor) {
	t.Helper()
	if got == nil && want == nil {
		return
	}
	for i := range want.F64 {
		if math.Float64bits(got.F64[i]) != math.Float64bits(want.F64[i]) {
			t.Fatalf("%s: element %d is %g, was %g", what, i, got.F64[i], want.F64[i])
		}
	}
}

// near compares with a tolerance relative to the largest element of want.
func near(t reporter, what string, got, want *tensor.Tensor, tolerance float64) {
	t.Helper()
	within(t, what, got, want, tolerance, 1e-3)
}

// within is near with another least size that the tolerance is relative to.
func within(t reporter, what string, got, want *tensor.Tensor, tolerance, least float64) {
	t.Helper()
	if got == nil && want == nil {
		return
	}
	if got.Len() != want.Len() {
		t.Fatalf("%s: the shape is %v, want %v", what, got.Shape, want.Shape)
	}
	limit := tolerance * max(least, peak(want))
	for i, w := range want.F64 {
		if !(math.Abs(got.F64[i]-w) <= limit) {
			t.Fatalf("%s: element %d is %.9g, want %.9g", what, i, got.F64[i], w)
		}
	}
}
