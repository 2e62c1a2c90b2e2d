package fusion

import (
	"math"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Attention is additive attention over the views (Bahdanau 2015): each view is scored by itself and
// the softmax runs over the views that are present,
//
//	h_k = proj.k(x_k), or x_k where all views have the width already
//	s_k = score.v · tanh(score.weight h_k + score.bias)
//	z   = Σ_k a_k h_k,  a = softmax(s)
//
// An absent view has weight 0; a row without any view yields zeros.
type Attention struct {
	proj         *projection
	weight, bias *grad.Param // [A, dim], [A]; nil with a single view, which needs no score
	v            *grad.Param // [A]
	dim          int
}

var _ Fusion = (*Attention)(nil)

func newAttention(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	dim, hidden := cfg.Int("dim"), cfg.Int("hidden")
	if hidden == 0 {
		hidden = dim
	}
	a := &Attention{dim: dim}
	a.proj, _ = newSharedProjection(s, views, dim)
	if len(views) > 1 {
		score := s.Sub("score")
		bound := 1 / math.Sqrt(float64(dim))
		a.weight = score.Param("weight", nn.Uniform(bound), hidden, dim)
		a.bias = score.Param("bias", nn.Uniform(bound), hidden)
		a.v = score.Param("v", nn.Uniform(1/math.Sqrt(float64(hidden))), hidden)
	}
	return a, nil
}

// OutDim is the option dim.
func (a *Attention) OutDim() int { return a.dim }

// Forward returns the attended vector and the weights.
func (a *Attention) Forward(t *grad.Tape, in Input) Output {
	h := a.proj.projectAndStack(t, in) // [B, V, dim]
	w := in.UniformWeights(t)
	if a.v != nil {
		u := t.LinearAct(h, t.Param(a.weight), t.Param(a.bias), grad.ActTanh)  // [B, V, A]
		score := t.Linear(u, t.Reshape(t.Param(a.v), 1, a.v.Value.Len()), nil) // [B, V, 1]
		w = t.MaskedSoftmax(t.Reshape(score, in.Rows(), len(in.Views)), in.Present)
	}
	return Output{Z: t.WeightedSum(h, w), Weights: w}
}
