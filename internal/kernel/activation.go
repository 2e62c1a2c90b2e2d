package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// Tanh sets dst = tanh x. float32: within 2 units in the last place.
func Tanh[T Float](dst, x []T) {
	if v := vectors[T](); v != nil {
		n, px, pd := at2(x, dst)
		v.vtanh(n, pd, px)
		return
	}
	ref.Tanh(dst, x)
}

// TanhGrad adds dy (1 - y²) to dx, where y = tanh x.
func TanhGrad[T Float](dx, y, dy []T) {
	if v := vectors[T](); v != nil {
		n, py, pg, pd := at3(y, dy, dx)
		v.vtanhback(n, pd, pg, py)
		return
	}
	ref.TanhGrad(dx, y, dy)
}

// Sigmoid sets dst = 1/(1 + exp(-x)). float32: within 3 units in the last place, results below
// 2⁻¹²⁶ may be 0.
func Sigmoid[T Float](dst, x []T) {
	if v := vectors[T](); v != nil {
		n, px, pd := at2(x, dst)
		v.vsigmoid(n, pd, px)
		return
	}
	ref.Sigmoid(dst, x)
}

// SigmoidGrad adds dy y (1 - y) to dx, where y = sigmoid x.
func SigmoidGrad[T Float](dx, y, dy []T) {
	if v := vectors[T](); v != nil {
		n, py, pg, pd := at3(y, dy, dx)
		v.vsigmoidback(n, pd, pg, py)
		return
	}
	ref.SigmoidGrad(dx, y, dy)
}

// ReLU sets dst = max(x, 0). NaN stays NaN.
func ReLU[T Float](dst, x []T) {
	if v := vectors[T](); v != nil {
		n, px, pd := at2(x, dst)
		v.vrelu(n, pd, px)
		return
	}
	ref.ReLU(dst, x)
}

// ReLUGrad adds dy where y > 0 to dx, where y = ReLU x.
func ReLUGrad[T Float](dx, y, dy []T) {
	if v := vectors[T](); v != nil {
		n, py, pg, pd := at3(y, dy, dx)
		v.vreluback(n, pd, pg, py)
		return
	}
	ref.ReLUGrad(dx, y, dy)
}

// GELU sets dst = x Φ(x), the form with erf (Hendrycks & Gimpel 2016). float32: within 8 units in
// the last place where kernels are in assembly, the tail for negative x included; plain Go is
// within 1e-6.
func GELU[T Float](dst, x []T) {
	if v := vectors[T](); v != nil {
		n, px, pd := at2(x, dst)
		v.vgelu(n, pd, px)
		return
	}
	ref.GELU(dst, x)
}

// GELUGrad adds dy (Φ(x) + x φ(x)) to dx. float32: the factor is within 3e-7.
func GELUGrad[T Float](dx, x, dy []T) {
	if v := vectors[T](); v != nil {
		n, py, pg, pd := at3(x, dy, dx)
		v.vgeluback(n, pd, pg, py)
		return
	}
	ref.GELUGrad(dx, x, dy)
}

// Exp sets dst = e^x. float32: within 2 units in the last place, denormal results and overflow
// included.
func Exp[T Float](dst, x []T) {
	if v := vectors[T](); v != nil {
		n, px, pd := at2(x, dst)
		v.vexp(n, pd, px)
		return
	}
	ref.Exp(dst, x)
}

// Log sets dst = ln x.
func Log[T Float](dst, x []T) { ref.Log(dst, x) }

// LogGrad adds dy/x to dx.
func LogGrad[T Float](dx, x, dy []T) { ref.LogGrad(dx, x, dy) }

// Softplus sets dst = ln(1 + e^x), without overflow.
func Softplus[T Float](dst, x []T) { ref.Softplus(dst, x) }

// SoftplusGrad adds dy sigmoid(x) to dx.
func SoftplusGrad[T Float](dx, x, dy []T) { ref.SoftplusGrad(dx, x, dy) }

// SquareGrad adds 2 x dy to dx.
func SquareGrad[T Float](dx, x, dy []T) { ref.SquareGrad(dx, x, dy) }

// Sqrt sets dst = √x.
func Sqrt[T Float](dst, x []T) { ref.Sqrt(dst, x) }

// SqrtGrad adds dy/(2 y) to dx, where y = √x.
func SqrtGrad[T Float](dx, y, dy []T) { ref.SqrtGrad(dx, y, dy) }
