package nn

import (
	"math"

	"github.com/fusor-ml/fusor/grad"
)

// Linear is x Wᵀ + b.
type Linear struct {
	Weight *grad.Param // [out, in], "weight"
	Bias   *grad.Param // [out], "bias"; nil for none
}

// NewLinear makes a linear layer with PyTorch's initial values: both uniform within ±1/√in.
func NewLinear(s *Scope, in, out int) *Linear {
	l := NewLinearNoBias(s, in, out)
	l.Bias = s.Param("bias", Uniform(1/math.Sqrt(float64(max(in, 1)))), out)
	l.Bias.NoDecay = true
	return l
}

// NewLinearNoBias makes a linear layer without a bias.
func NewLinearNoBias(s *Scope, in, out int) *Linear {
	return &Linear{Weight: s.Param("weight", KaimingUniform, out, in)}
}

// Forward maps x [..., in] to [..., out].
func (l *Linear) Forward(t *grad.Tape, x *grad.Var) *grad.Var {
	return l.ForwardAct(t, x, grad.ActNone)
}

// ForwardAct maps x [..., in] to act of the sums, [..., out], as one operation.
func (l *Linear) ForwardAct(t *grad.Tape, x *grad.Var, act grad.Activation) *grad.Var {
	return t.LinearAct(x, t.Param(l.Weight), optional(t, l.Bias), act)
}

// optional returns the leaf of p, nil for nil.
func optional(t *grad.Tape, p *grad.Param) *grad.Var {
	if p == nil {
		return nil
	}
	return t.Param(p)
}
