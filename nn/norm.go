package nn

import "github.com/fusor-ml/fusor/grad"

// LayerNorm normalizes along the last axis (Ba 2016).
type LayerNorm struct {
	Weight *grad.Param // [D], starts with ones
	Bias   *grad.Param // [D], starts with zeros
	Eps    float64
}

// NewLayerNorm makes the layer for vectors of width dim; PyTorch's eps is 1e-5.
func NewLayerNorm(s *Scope, dim int, eps float64) *LayerNorm {
	l := &LayerNorm{Weight: s.Param("weight", Ones, dim), Bias: s.Param("bias", Zeros, dim), Eps: eps}
	l.Weight.NoDecay, l.Bias.NoDecay = true, true
	return l
}

// Forward maps x [..., dim] to the same shape.
func (l *LayerNorm) Forward(t *grad.Tape, x *grad.Var) *grad.Var {
	return t.LayerNorm(x, t.Param(l.Weight), t.Param(l.Bias), l.Eps)
}
