package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Mean is balanced fusion: the mean of the views that are present,
//
//	z = Σ_k p_k x_k / Σ_k p_k
//
// Views of one width have no parameters; others are projected by proj.k. An absent view is not
// counted; a row without any view yields zeros.
type Mean struct {
	proj *projection
	dim  int
}

var _ Fusion = (*Mean)(nil)

func newMean(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	m := &Mean{}
	m.proj, m.dim = newSharedProjection(s, views, cfg.Int("dim"))
	return m, nil
}

// OutDim is the width of the views, or the option dim.
func (m *Mean) OutDim() int { return m.dim }

// Forward returns the mean, and 1/(number present) as weights.
func (m *Mean) Forward(t *grad.Tape, in Input) Output {
	w := in.UniformWeights(t)
	return Output{Z: t.WeightedSum(m.proj.projectAndStack(t, in), w), Weights: w}
}
