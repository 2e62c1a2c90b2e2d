package nn

import (
	"math"
	"math/rand/v2"

	"github.com/fusor-ml/fusor/tensor"
)

// Init fills a new parameter. It draws in float64, so that both element types start with the same
// numbers.
type Init func(rng *rand.Rand, t *tensor.Tensor)

// Zeros fills with 0.
func Zeros(_ *rand.Rand, t *tensor.Tensor) { t.Zero() }

// Ones fills with 1.
func Ones(_ *rand.Rand, t *tensor.Tensor) { t.Fill(1) }

// Uniform draws from [-bound, bound).
func Uniform(bound float64) Init {
	return func(rng *rand.Rand, t *tensor.Tensor) {
		for i := range t.Len() {
			t.SetFlat((2*rng.Float64()-1)*bound, i)
		}
	}
}

// Normal draws from the normal distribution with mean 0.
func Normal(std float64) Init {
	return func(rng *rand.Rand, t *tensor.Tensor) {
		for i := range t.Len() {
			t.SetFlat(rng.NormFloat64()*std, i)
		}
	}
}

// XavierUniform draws a matrix [out, in] from ±√(6/(in + out)) (Glorot & Bengio 2010).
func XavierUniform(rng *rand.Rand, t *tensor.Tensor) {
	Uniform(math.Sqrt(6/float64(t.Dim(0)+t.Dim(-1))))(rng, t)
}

// KaimingUniform draws a matrix [out, in] from ±1/√in, the default of PyTorch's Linear (He 2015
// with a = √5).
func KaimingUniform(rng *rand.Rand, t *tensor.Tensor) {
	Uniform(1/math.Sqrt(float64(t.Dim(-1))))(rng, t)
}
