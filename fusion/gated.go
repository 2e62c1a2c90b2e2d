package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Gated is the gated multimodal unit for any number of views (Arevalo 2017): every view has a gate
// that sees all views,
//
//	h_k = tanh(h.k(x_k))
//	g_k = σ(z.k([x_0; x_1; …]))
//	z   = Σ_k g_k ⊙ h_k
//
// An absent view shows zeros to the gates and adds nothing to the sum; a row without any view
// yields zeros.
type Gated struct {
	h, z []*nn.Linear
	dim  int
}

var _ Fusion = (*Gated)(nil)

func newGated(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	return &Gated{h: newLinears(s, "h", views, cfg.Int("dim")), z: newLinears(s, "z", sideBySide(views), cfg.Int("dim")), dim: cfg.Int("dim")}, nil
}

// OutDim is the option dim.
func (g *Gated) OutDim() int { return g.dim }

// Forward returns the gated sum.
func (g *Gated) Forward(t *grad.Tape, in Input) Output {
	V := len(in.Views)
	s := borrow()
	defer s.giveBack()
	xs, masks := s.views(V)
	for k := range V {
		xs[k], masks[k] = in.Masked(t, k)
	}
	all := t.Concat(xs...)
	var sum *grad.Var
	for k := range V {
		gate := t.Sigmoid(g.z[k].Forward(t, all))
		term := t.MaskRows(t.Mul(gate, t.Tanh(g.h[k].Forward(t, xs[k]))), masks[k])
		sum = addTo(t, sum, term)
	}
	return Output{Z: sum}
}
