package fusion

import (
	"fmt"

	"github.com/fusor-ml/fusor/grad"
)

// voteFloor keeps the logarithm finite where every view yields a class no probability at all.
const voteFloor = 1e-12

// voting mixes what the views predict by themselves.
type voting struct {
	outputs    int
	regression bool
	multilabel bool
}

func newVoting(shape Shape) (voting, error) {
	if shape.Outputs < 1 {
		return voting{}, fmt.Errorf("it makes predictions itself and has to know the number of outputs")
	}
	return voting{shape.Outputs, shape.Regression, shape.Multilabel}, nil
}

// OutDim is the number of classes, labels or values.
func (v *voting) OutDim() int { return v.outputs }

// mix returns the prediction that votes [B, V, outputs] of weights w [B, V] make together: ln Σ w
// softmax(vote); of labels the log-odds of Σ w sigmoid(vote); of values Σ w vote.
func (v *voting) mix(t *grad.Tape, in Input, votes, w *grad.Var) *grad.Var {
	switch {
	case v.regression:
		return t.WeightedSum(votes, w)
	case v.multilabel:
		floor := v.even(t, in)
		yes := t.Add(t.WeightedSum(t.Sigmoid(votes), w), floor)
		no := t.Add(t.WeightedSum(t.Sigmoid(t.Neg(votes)), w), floor) // 1 − P would lose the digits of a sure answer
		return t.Sub(t.Log(yes), t.Log(no))
	}
	p := t.WeightedSum(t.Softmax(votes), w) // [B, classes]
	return t.Log(t.Add(p, v.even(t, in)))
}

// even returns the floor of the probabilities: equal ones in a row without any view, else next to
// nothing.
func (v *voting) even(t *grad.Tape, in Input) *grad.Var {
	c := filled(t, voteFloor, in.Rows(), v.outputs)
	for b := range in.Rows() {
		if in.anyPresent(b) {
			continue
		}
		for o := range v.outputs {
			c.Value().SetFlat(1/float64(v.outputs), b*v.outputs+o)
		}
	}
	return c
}
