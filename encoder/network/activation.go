package network

import "github.com/fusor-ml/fusor/internal/kernel"

// activation sets y = f(x), element by element; y may be x. t is as long.
type activation func(y, x, t []float32)

// activations holds the functions by the names that transformers has for them (ACT2FN).
var activations = map[string]activation{
	"gelu": gelu, "gelu_python": gelu,
	"gelu_new": geluTanh, "gelu_pytorch_tanh": geluTanh, "gelu_python_tanh": geluTanh, "gelu_fast": geluTanh, "gelu_accurate": geluTanh,
	"quick_gelu": quickGELU,
	"relu":       func(y, x, _ []float32) { kernel.ReLU(y, x) },
	"silu":       silu, "swish": silu,
	"tanh":    func(y, x, _ []float32) { kernel.Tanh(y, x) },
	"sigmoid": func(y, x, _ []float32) { kernel.Sigmoid(y, x) },
	"linear":  func(y, x, _ []float32) { copy(y, x) },
}

// activationBlock is how many elements an activation passes over at a time, so that they stay in
// the first-level cache.
const activationBlock = 2048

// inPlace applies the activation to x.
func (f activation) inPlace(x []float32) {
	var t [activationBlock]float32
	for len(x) > 0 {
		n := min(len(x), activationBlock)
		f(x[:n], x[:n], t[:n])
		x = x[n:]
	}
}

// gelu is x Φ(x) (Hendrycks & Gimpel 2016).
func gelu(y, x, _ []float32) { kernel.GELU(y, x) }

// geluTanh is the approximation ½x(1 + tanh(√(2/π)(x + 0.044715x³))), which is x σ(2√(2/π)(x +
// 0.044715x³)).
func geluTanh(y, x, t []float32) {
	const a = 1.5957691216057308 // 2√(2/π)
	kernel.Mul(t, x, x)
	kernel.Scale(t, 0.044715*a, t)
	kernel.AddScalar(t, t, a)
	kernel.Mul(t, t, x)
	kernel.Sigmoid(t, t)
	kernel.Mul(y, x, t)
}

// quickGELU is x σ(1.702x), as CLIP was trained with.
func quickGELU(y, x, t []float32) {
	kernel.Scale(t, 1.702, x)
	kernel.Sigmoid(t, t)
	kernel.Mul(y, x, t)
}

// silu is x σ(x).
func silu(y, x, t []float32) {
	kernel.Sigmoid(t, x)
	kernel.Mul(y, x, t)
}

// Activation applies a function to x in place.
type Activation func(x []float32)

// ActivationByName returns the function that transformers has under name, nil if it is not known.
func ActivationByName(name string) Activation {
	f, ok := activations[name]
	if !ok {
		return nil
	}
	return f.inPlace
}
