package ref

import "math"

// IntMul computes C[m,n] = (A - za)[m,k] B[k,n]; rows of C lie ldc apart.
func IntMul(m, n, k int, a []uint8, za uint8, b []int8, c []int32, ldc int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		clear(row)
		for p := range k {
			x := int32(a[i*k+p]) - int32(za)
			for j, y := range b[p*n : (p+1)*n] {
				row[j] += x * int32(y)
			}
		}
	}
}

// ScaleInts sets dst = x f + b, the product rounded first.
func ScaleInts(dst []float32, x []int32, f, b []float32) {
	for i, v := range x {
		dst[i] = float32(float32(v)*f[i]) + b[i]
	}
}

// Quantize sets dst = x/scale, rounded half to even, plus zero, within 0 and 255. |x/scale| must be
// below 2³⁰.
func Quantize(dst []uint8, x []float32, scale float32, zero uint8) {
	for i, v := range x {
		q := int(math.RoundToEven(float64(v/scale))) + int(zero)
		dst[i] = uint8(min(max(q, 0), 255))
	}
}

// Extremes returns the least and the greatest of x and 0.
func Extremes(x []float32) (lo, hi float32) {
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}
