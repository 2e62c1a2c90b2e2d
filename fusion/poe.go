package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// PoE is a product of Gaussian experts (Wu & Goodman 2018): each view states a mean and a variance,
// and what is surer counts more,
//
//	z = Σ_k p_k μ_k / (1 + Σ_k p_k),  μ_k = mu.k(x_k), p_k = exp(−logvar.k(x_k))
//
// with ln p_k kept to at most 40. The 1 is the prior, N(0, 1). The log-variance of the product,
// −ln(1 + Σ p_k), is Output.LogVar. An absent view is no expert; a row without any view yields the
// prior: mean 0, log-variance 0.
type PoE struct {
	mu, logvar []*nn.Linear
	dim        int
}

var _ Fusion = (*PoE)(nil)

// maxLogPrecision keeps a very sure expert finite in float32, and its product with a mean. Beyond
// e^40 the prior's 1 has long vanished. (The authors' code bounds the precision as well, by adding
// 1e-8 to the variance.)
const maxLogPrecision = 40

func newPoE(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	return &PoE{mu: newLinears(s, "mu", views, cfg.Int("dim")), logvar: newLinears(s, "logvar", views, cfg.Int("dim")), dim: cfg.Int("dim")}, nil
}

// OutDim is the option dim.
func (p *PoE) OutDim() int { return p.dim }

// Forward returns the mean and the log-variance of the product.
func (p *PoE) Forward(t *grad.Tape, in Input) Output {
	precision := filled(t, 1, in.Rows(), p.dim) // of the prior
	var mean *grad.Var
	for k := range in.Views {
		x, m := in.Masked(t, k)
		log := t.Neg(p.logvar[k].Forward(t, x))
		log = t.Sub(log, t.ReLU(t.AddScalar(log, -maxLogPrecision))) // the smaller of both
		prec := t.MaskRows(t.Exp(log), m)
		mean = addTo(t, mean, t.Mul(prec, p.mu[k].Forward(t, x)))
		precision = t.Add(precision, prec)
	}
	return Output{Z: t.Div(mean, precision), LogVar: t.Neg(t.Log(precision))}
}
