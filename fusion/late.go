package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Late decides per view and then takes the mean of the decisions: every view has a linear head of
// its own, head.k, and the class probabilities are
//
//	P = Σ_k p_k softmax(head.k(x_k)) / Σ_k p_k
//
// over the present views. Z is ln P and Final is set; in a regression Z is the mean of the values.
// Of labels, each of which a row has or has not, P is the mean of the probabilities sigmoid(head.k)
// and Z its log-odds, ln P − ln(1 − P). A row without any view yields equal probabilities, log-odds
// of 0, or the value 0.
type Late struct {
	voting
	heads []*nn.Linear
}

var _ Fusion = (*Late)(nil)

func newLate(s *nn.Scope, _ Config, shape Shape) (Fusion, error) {
	v, err := newVoting(shape)
	if err != nil {
		return nil, err
	}
	return &Late{v, newLinears(s, "head", shape.Views, shape.Outputs)}, nil
}

// Forward returns the log-probabilities or values, and the share of each view.
func (l *Late) Forward(t *grad.Tape, in Input) Output {
	votes, w := in.heads(t, l.heads), in.UniformWeights(t)
	return Output{Z: l.mix(t, in, votes, w), Weights: w, Votes: votes, Final: true}
}
