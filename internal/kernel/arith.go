package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// Add sets dst = a + b.
func Add[T Float](dst, a, b []T) { ref.Add(dst, a, b) }

// Sub sets dst = a - b.
func Sub[T Float](dst, a, b []T) { ref.Sub(dst, a, b) }

// Mul sets dst = a b.
func Mul[T Float](dst, a, b []T) { ref.Mul(dst, a, b) }

// MulAdd adds a b to dst.
func MulAdd[T Float](dst, a, b []T) { ref.MulAdd(dst, a, b) }

// Div sets dst = a/b.
func Div[T Float](dst, a, b []T) { ref.Div(dst, a, b) }

// DivGradA adds dy/b to da.
func DivGradA[T Float](da, b, dy []T) { ref.DivGradA(da, b, dy) }

// DivGradB adds -dy y/b to db, where y = a/b.
func DivGradB[T Float](db, b, y, dy []T) { ref.DivGradB(db, b, y, dy) }

// Scale sets dst = alpha x.
func Scale[T Float](dst []T, alpha T, x []T) { ref.Scale(dst, alpha, x) }

// AddScalar sets dst = x + c.
func AddScalar[T Float](dst, x []T, c T) { ref.AddScalar(dst, x, c) }

// Axpy adds alpha x to y.
func Axpy[T Float](alpha T, x, y []T) { ref.Axpy(alpha, x, y) }

// Accumulate adds x to dst.
func Accumulate[T Float](dst, x []T) { ref.Accumulate(dst, x) }

// AccumulateScalar adds c to every element of dst.
func AccumulateScalar[T Float](dst []T, c T) { ref.AccumulateScalar(dst, c) }

// Sum returns the sum of x, in order and in float64.
func Sum[T Float](x []T) T { return ref.Sum(x) }

// Dot returns the sum of a b, in order and in float64.
func Dot[T Float](a, b []T) T { return ref.Dot(a, b) }

// SumSquares returns the sum of x², in order and in float64.
func SumSquares[T Float](x []T) float64 { return ref.SumSquares(x) }
