package fusion

import (
	"math"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Weighted is a weighted sum of the views. With the option weights
//
//	z = Σ_k w_k x_k
//
// with the weights as given, not normalized; where views are absent, those of the present views are
// scaled so that their magnitudes add up to what all of them add up to. Without, the weights are
// learned: the softmax of `logits` [V] over the present views. Views of different widths are
// projected by proj.k. A row without any view yields zeros.
type Weighted struct {
	proj   *projection
	fixed  []float64
	logits *grad.Param // [V]; nil: fixed, or a single view
	dim    int
}

var _ Fusion = (*Weighted)(nil)

func newWeighted(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	w := &Weighted{fixed: cfg.Floats("weights")}
	w.proj, w.dim = newSharedProjection(s, views, cfg.Int("dim"))
	if len(w.fixed) == 0 && len(views) > 1 { // one view: its weight is 1, nothing to learn
		w.logits = s.Param("logits", nn.Zeros, len(views))
	}
	return w, nil
}

// OutDim is the width of the views, or the option dim.
func (w *Weighted) OutDim() int { return w.dim }

// Forward returns the weighted sum and the weights of each row.
func (w *Weighted) Forward(t *grad.Tape, in Input) Output {
	var a *grad.Var
	switch {
	case w.logits != nil:
		rows := t.AddRow(t.NewConst(in.Rows(), len(in.Views)), t.Param(w.logits))
		a = t.MaskedSoftmax(rows, in.Present)
	case len(w.fixed) > 0:
		a = w.scaled(t, in)
	default:
		a = in.UniformWeights(t)
	}
	return Output{Z: t.WeightedSum(w.proj.projectAndStack(t, in), a), Weights: a}
}

// scaled spreads the fixed weights over what is present, [B, V].
func (w *Weighted) scaled(t *grad.Tape, in Input) *grad.Var {
	V := len(in.Views)
	a := t.NewConst(in.Rows(), V)
	all := 0.0
	for _, v := range w.fixed {
		all += math.Abs(v)
	}
	for b := range in.Rows() {
		here, missing := 0.0, false
		for k, v := range w.fixed {
			if in.IsPresent(b, k) {
				here += math.Abs(v)
			} else {
				missing = true
			}
		}
		for k, v := range w.fixed {
			if !in.IsPresent(b, k) || v == 0 {
				continue
			}
			if missing {
				v *= all / here
			}
			a.Value().SetFlat(v, b*V+k)
		}
	}
	return a
}
