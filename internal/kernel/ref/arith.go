package ref

// Add sets dst = a + b.
func Add[T Float](dst, a, b []T) {
	for i, v := range a {
		dst[i] = v + b[i]
	}
}

// Sub sets dst = a - b.
func Sub[T Float](dst, a, b []T) {
	for i, v := range a {
		dst[i] = v - b[i]
	}
}

// Mul sets dst = a b.
func Mul[T Float](dst, a, b []T) {
	for i, v := range a {
		dst[i] = v * b[i]
	}
}

// MulAdd adds a b to dst.
func MulAdd[T Float](dst, a, b []T) {
	for i, v := range a {
		dst[i] += v * b[i]
	}
}

// Div sets dst = a/b.
func Div[T Float](dst, a, b []T) {
	for i, v := range a {
		dst[i] = v / b[i]
	}
}

// DivGradA adds dy/b to da.
func DivGradA[T Float](da, b, dy []T) {
	for i, v := range b {
		da[i] += dy[i] / v
	}
}

// DivGradB adds -dy y/b to db, where y = a/b.
func DivGradB[T Float](db, b, y, dy []T) {
	for i, v := range b {
		db[i] -= dy[i] * y[i] / v
	}
}

// Scale sets dst = alpha x.
func Scale[T Float](dst []T, alpha T, x []T) {
	for i, v := range x {
		dst[i] = alpha * v
	}
}

// AddScalar sets dst = x + c.
func AddScalar[T Float](dst, x []T, c T) {
	for i, v := range x {
		dst[i] = v + c
	}
}

// Axpy adds alpha x to y.
func Axpy[T Float](alpha T, x, y []T) {
	for i, v := range x {
		y[i] += alpha * v
	}
}

// Accumulate adds x to dst.
func Accumulate[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] += v
	}
}

// AccumulateScalar adds c to every element of dst.
func AccumulateScalar[T Float](dst []T, c T) {
	for i := range dst {
		dst[i] += c
	}
}

// Sum returns the sum of x, in order and in float64.
func Sum[T Float](x []T) T {
	var s float64
	for _, v := range x {
		s += float64(v)
	}
	return T(s)
}

// Dot returns the sum of a b, in order and in float64.
func Dot[T Float](a, b []T) T {
	var s float64
	for i, v := range a {
		s += float64(v) * float64(b[i])
	}
	return T(s)
}

// SumSquares returns the sum of x², in order and in float64.
func SumSquares[T Float](x []T) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return s
}
