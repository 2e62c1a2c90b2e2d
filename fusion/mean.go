package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Mean is balanced fusion: the mean of the views that are present,
//
//	z = Σ_k p_k x_k / Σ_k p_k
//
// Views of one width have no parameters; others are projected by proj.k. An absent view is not counted; a row without
// any view gives zeros.
type Mean struct {
	proj *projection
	dim  int
}

var _ Fusion = (*Mean)(nil)

func newMean(s *nn.Scope, cfg Config, views []ViewShape) (Fusion, error) {
	if err := checkViews(cfg, views, false); err != nil {
		return nil, err
	}
	m := &Mean{}
	m.proj, m.dim = newMeeting(s, views, cfg.Dim)
	return m, nil
}

// OutDim is the width of the views, or Config.Dim.
func (m *Mean) OutDim() int { return m.dim }

// Forward returns the mean, and 1/(number present) as weights.
func (m *Mean) Forward(t *grad.Tape, in Input) Output {
	w := in.shares(t)
	return Output{Z: t.WeightedSum(m.proj.meet(t, in), w), Weights: w}
}
