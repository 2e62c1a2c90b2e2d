package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// PoE is a product of Gaussian experts (Wu & Goodman 2018): each view states a mean and a variance, and what is surer
// counts more,
//
//	z = Σ_k p_k μ_k / (1 + Σ_k p_k),  μ_k = mu.k(x_k), p_k = exp(−logvar.k(x_k))
//
// The 1 is the prior, N(0, 1). The log-variance of the product, −ln(1 + Σ p_k), is Output.LogVar. An absent view is no
// expert; a row without any view gives the prior: mean 0, log-variance 0.
type PoE struct {
	mu, logvar []*nn.Linear
	dim        int
}

var _ Fusion = (*PoE)(nil)

var poeDefaults = Config{Dim: meetDim}

func newPoE(s *nn.Scope, cfg Config, views []ViewShape) (Fusion, error) {
	if err := checkViews(cfg, views, false); err != nil {
		return nil, err
	}
	cfg = cfg.Or(poeDefaults)
	return &PoE{mu: newLinears(s, "mu", views, cfg.Dim), logvar: newLinears(s, "logvar", views, cfg.Dim), dim: cfg.Dim}, nil
}

// OutDim is Config.Dim.
func (p *PoE) OutDim() int { return p.dim }

// Forward returns the mean and the log-variance of the product. It stays with logarithms: a precision alone overflows
// where a view is very sure, the share p_k / (1 + Σ p_k) never does.
func (p *PoE) Forward(t *grad.Tape, in Input) Output {
	V := len(in.Views)
	s := borrow()
	defer s.giveBack()
	vars, masks := s.views(2 * V)
	xs, logs := vars[:V], vars[V:]
	total := t.NewConst(in.rows(), p.dim) // ln(1 + Σ p_k) of the views so far
	for k := range V {
		xs[k], masks[k] = in.clean(t, k)
		logs[k] = t.Neg(p.logvar[k].Forward(t, xs[k]))
		total = t.Add(total, t.MaskRows(t.Softplus(t.Sub(logs[k], total)), masks[k]))
	}
	var mean *grad.Var
	for k := range V {
		share := t.MaskRows(t.Exp(t.Sub(logs[k], total)), masks[k])
		mean = plus(t, mean, t.Mul(share, p.mu[k].Forward(t, xs[k])))
	}
	return Output{Z: mean, LogVar: t.Neg(total)}
}
