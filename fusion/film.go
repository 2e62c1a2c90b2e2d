package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// FiLM is feature-wise linear modulation (Perez 2018): the first view, scaled and shifted by what
// the others say,
//
//	z = gamma(c) ⊙ x_0 + beta(c)
//
// where c is the second view or, of more, the mean of the present ones, brought to one width by
// proj.k if they differ. The option dim projects the first view by proj.0. Where the whole
// condition is absent, and with one view, z = x_0. In place of an absent first view is the learned
// vector absent.0, so that the others still speak through the modulation.
type FiLM struct {
	first       *nn.Linear  // proj.0 or nil
	absent      *grad.Param // [D]
	rest        *projection // over the views from the second on
	gamma, beta *nn.Linear  // nil with one view
	dim         int
}

var _ Fusion = (*FiLM)(nil)

func newFiLM(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	f := &FiLM{dim: views[0].Dim}
	if cfg.Int("dim") > 0 && cfg.Int("dim") != f.dim {
		f.first = nn.NewLinear(s.Sub("proj").Sub("0"), views[0].Dim, cfg.Int("dim"))
		f.dim = cfg.Int("dim")
	}
	f.absent = s.Sub("absent").Param("0", nn.Zeros, f.dim)
	if len(views) == 1 {
		return f, nil
	}
	// The width of the condition: what the others have, or that of the first view if they differ.
	widths := make([]int, len(views))
	widths[0] = views[0].Dim
	cond := views[1].Dim
	for _, v := range views[1:] {
		if v.Dim != cond {
			cond = f.dim
			break
		}
	}
	for k := 1; k < len(views); k++ {
		widths[k] = cond
	}
	f.rest = newProjection(s, views, widths)
	f.gamma = nn.NewLinear(s.Sub("gamma"), cond, f.dim)
	f.gamma.Bias.Value.Fill(1) // begin close to the identity
	f.beta = nn.NewLinear(s.Sub("beta"), cond, f.dim)
	return f, nil
}

// OutDim is the width of the first view, or the option dim.
func (f *FiLM) OutDim() int { return f.dim }

// Forward returns the modulated first view.
func (f *FiLM) Forward(t *grad.Tape, in Input) Output {
	x, m := in.Masked(t, 0)
	if f.first != nil {
		x = f.first.Forward(t, x)
	}
	x = t.WhereRows(m, x, t.Param(f.absent))
	if f.gamma == nil {
		return Output{Z: x}
	}
	c, some := f.condition(t, in)
	none := floats(t, in.Rows())
	for b := range none {
		none[b] = 1 - some[b]
	}
	y := t.Add(t.Mul(f.gamma.Forward(t, c), x), f.beta.Forward(t, c))
	return Output{Z: t.Add(t.MaskRows(y, some), t.MaskRows(x, none))}
}

// condition returns the mean of the present views from the second on, [B, cond], and which rows
// have any.
func (f *FiLM) condition(t *grad.Tape, in Input) (*grad.Var, []float32) {
	B, V := in.Rows(), len(in.Views)
	some := floats(t, B)
	share := t.NewConst(B)
	for b := range B {
		n := 0
		for k := 1; k < V; k++ {
			if in.IsPresent(b, k) {
				n++
			}
		}
		if n > 0 {
			some[b] = 1
			share.Value().SetFlat(1/float64(n), b)
		}
	}
	var sum *grad.Var
	for k := 1; k < V; k++ {
		x, m := in.Masked(t, k)
		if f.rest.layers[k] != nil {
			x = t.MaskRows(f.rest.forward(t, k, x), m)
		}
		sum = addTo(t, sum, x)
	}
	return t.ScaleRows(sum, share), some
}
