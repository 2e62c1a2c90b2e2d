package ref

import "math"

// Tanh sets dst = tanh x.
func Tanh[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Tanh(float64(v)))
	}
}

// TanhGrad adds dy (1 - y²) to dx, where y = tanh x.
func TanhGrad[T Float](dx, y, dy []T) {
	for i, v := range y {
		dx[i] += dy[i] * (1 - v*v)
	}
}

func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// Sigmoid sets dst = 1/(1 + exp(-x)).
func Sigmoid[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(sigmoid(float64(v)))
	}
}

// SigmoidGrad adds dy y (1 - y) to dx, where y = sigmoid x.
func SigmoidGrad[T Float](dx, y, dy []T) {
	for i, v := range y {
		dx[i] += dy[i] * v * (1 - v)
	}
}

// ReLU sets dst = max(x, 0). NaN stays NaN.
func ReLU[T Float](dst, x []T) {
	for i, v := range x {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

// ReLUGrad adds dy where y > 0 to dx, where y = ReLU x.
func ReLUGrad[T Float](dx, y, dy []T) {
	for i, v := range y {
		if v > 0 {
			dx[i] += dy[i]
		}
	}
}

// GELU sets dst = x Φ(x), the form with erf (Hendrycks & Gimpel 2016).
func GELU[T Float](dst, x []T) {
	for i, v := range x {
		f := float64(v)
		dst[i] = T(0.5 * f * (1 + math.Erf(f/math.Sqrt2)))
	}
}

// GELUGrad adds dy (Φ(x) + x φ(x)) to dx.
func GELUGrad[T Float](dx, x, dy []T) {
	const norm = 1 / (math.Sqrt2 * math.SqrtPi)
	for i, v := range x {
		f := float64(v)
		dx[i] += T(float64(dy[i]) * (0.5*(1+math.Erf(f/math.Sqrt2)) + f*norm*math.Exp(-0.5*f*f)))
	}
}

// Exp sets dst = e^x.
func Exp[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Exp(float64(v)))
	}
}

// Log sets dst = ln x.
func Log[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Log(float64(v)))
	}
}

// LogGrad adds dy/x to dx.
func LogGrad[T Float](dx, x, dy []T) {
	for i, v := range x {
		dx[i] += dy[i] / v
	}
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// Softplus sets dst = ln(1 + e^x), without overflow.
func Softplus[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(softplus(float64(v)))
	}
}

// SoftplusGrad adds dy sigmoid(x) to dx.
func SoftplusGrad[T Float](dx, x, dy []T) {
	for i, v := range x {
		dx[i] += T(float64(dy[i]) * sigmoid(float64(v)))
	}
}

// SquareGrad adds 2 x dy to dx.
func SquareGrad[T Float](dx, x, dy []T) {
	for i, v := range x {
		dx[i] += 2 * v * dy[i]
	}
}

// Sqrt sets dst = √x.
func Sqrt[T Float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Sqrt(float64(v)))
	}
}

// SqrtGrad adds dy/(2 y) to dx, where y = √x.
func SqrtGrad[T Float](dx, y, dy []T) {
	for i, v := range y {
		dx[i] += dy[i] / (2 * v)
	}
}
