package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Gated is the gated multimodal unit for any number of views (Arevalo 2017): every view has a gate that sees all views,
//
//	h_k = tanh(h.k(x_k))
//	g_k = σ(z.k([x_0; x_1; …]))
//	z   = Σ_k g_k ⊙ h_k
//
// An absent view shows zeros to the gates and adds nothing to the sum; a row without any view gives zeros.
type Gated struct {
	h, z []*nn.Linear
	dim  int
}

var _ Fusion = (*Gated)(nil)

var gatedDefaults = Config{Dim: meetDim}

func newGated(s *nn.Scope, cfg Config, views []ViewShape) (Fusion, error) {
	if err := checkViews(cfg, views, false); err != nil {
		return nil, err
	}
	cfg = cfg.Or(gatedDefaults)
	all := make([]ViewShape, len(views))
	for k := range all {
		all[k].Dim = total(views)
	}
	return &Gated{h: newLinears(s, "h", views, cfg.Dim), z: newLinears(s, "z", all, cfg.Dim), dim: cfg.Dim}, nil
}

// OutDim is Config.Dim.
func (g *Gated) OutDim() int { return g.dim }

// Forward returns the gated sum.
func (g *Gated) Forward(t *grad.Tape, in Input) Output {
	V := len(in.Views)
	s := borrow()
	defer s.giveBack()
	xs, masks := s.views(V)
	for k := range V {
		xs[k], masks[k] = in.clean(t, k)
	}
	all := t.Concat(xs...)
	var sum *grad.Var
	for k := range V {
		gate := t.Sigmoid(g.z[k].Forward(t, all))
		term := t.MaskRows(t.Mul(gate, t.Tanh(g.h[k].Forward(t, xs[k]))), masks[k])
		sum = plus(t, sum, term)
	}
	return Output{Z: sum}
}

// plus adds b to a running sum, which is nil at first.
func plus(t *grad.Tape, sum, b *grad.Var) *grad.Var {
	if sum == nil {
		return b
	}
	return t.Add(sum, b)
}
