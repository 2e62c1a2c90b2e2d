package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// Add sets dst = a + b.
func Add[T Float](dst, a, b []T) {
	if v := vectors[T](); v != nil {
		n, pa, pb, pd := at3(a, b, dst)
		v.vadd(n, pd, pa, pb)
		return
	}
	ref.Add(dst, a, b)
}

// Sub sets dst = a - b.
func Sub[T Float](dst, a, b []T) {
	if v := vectors[T](); v != nil {
		n, pa, pb, pd := at3(a, b, dst)
		v.vsub(n, pd, pa, pb)
		return
	}
	ref.Sub(dst, a, b)
}

// Mul sets dst = a b.
func Mul[T Float](dst, a, b []T) {
	if v := vectors[T](); v != nil {
		n, pa, pb, pd := at3(a, b, dst)
		v.vmul(n, pd, pa, pb)
		return
	}
	ref.Mul(dst, a, b)
}

// MulAdd adds a b to dst.
func MulAdd[T Float](dst, a, b []T) {
	if v := vectors[T](); v != nil {
		n, pa, pb, pd := at3(a, b, dst)
		v.vmuladd(n, pd, pa, pb)
		return
	}
	ref.MulAdd(dst, a, b)
}

// Div sets dst = a/b.
func Div[T Float](dst, a, b []T) { ref.Div(dst, a, b) }

// DivGradA adds dy/b to da.
func DivGradA[T Float](da, b, dy []T) { ref.DivGradA(da, b, dy) }

// DivGradB adds -dy y/b to db, where y = a/b.
func DivGradB[T Float](db, b, y, dy []T) { ref.DivGradB(db, b, y, dy) }

// Scale sets dst = alpha x.
func Scale[T Float](dst []T, alpha T, x []T) {
	if v := vectors[T](); v != nil {
		n, px, pd := at2(x, dst)
		v.vscale(n, pd, px, float32(alpha))
		return
	}
	ref.Scale(dst, alpha, x)
}

// AddScalar sets dst = x + c.
func AddScalar[T Float](dst, x []T, c T) { ref.AddScalar(dst, x, c) }

// Axpy adds alpha x to y.
func Axpy[T Float](alpha T, x, y []T) {
	if v := vectors[T](); v != nil {
		n, px, py := at2(x, y)
		v.vaxpy(n, py, px, float32(alpha))
		return
	}
	ref.Axpy(alpha, x, y)
}

// Accumulate adds x to dst.
func Accumulate[T Float](dst, x []T) {
	if v := vectors[T](); v != nil {
		n, px, pd := at2(x, dst)
		v.vadd(n, pd, pd, px)
		return
	}
	ref.Accumulate(dst, x)
}

// AccumulateScalar adds c to every element of dst.
func AccumulateScalar[T Float](dst []T, c T) { ref.AccumulateScalar(dst, c) }

// sumChunk is how many float32 elements are summed before the sum goes on in float64.
const sumChunk = 4096

// Sum returns the sum of x. The order is fixed by the length: float64 elements one by one, float32
// in lanes of a vector, in chunks whose sums are added in float64. So are Dot and SumSquares.
func Sum[T Float](x []T) T {
	if v := vectors[T](); v != nil {
		var s float64
		for len(x) > 0 {
			n := min(len(x), sumChunk)
			s += float64(v.vsum(n, at(x)))
			x = x[n:]
		}
		return T(s)
	}
	return ref.Sum(x)
}

// Dot returns the sum of a b.
func Dot[T Float](a, b []T) T {
	if v := vectors[T](); v != nil {
		var s float64
		b = b[:len(a)]
		for len(a) > 0 {
			n := min(len(a), sumChunk)
			s += float64(v.vdot(n, at(a), at(b)))
			a, b = a[n:], b[n:]
		}
		return T(s)
	}
	return ref.Dot(a, b)
}

// SumSquares returns the sum of x².
func SumSquares[T Float](x []T) float64 {
	if v := vectors[T](); v != nil {
		var s float64
		for len(x) > 0 {
			n := min(len(x), sumChunk)
			s += float64(v.vdot(n, at(x), at(x)))
			x = x[n:]
		}
		return s
	}
	return ref.SumSquares(x)
}
