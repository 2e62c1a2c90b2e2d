package fusion

import (
	"fmt"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// lateFloor keeps the logarithm finite where every view yields a class no probability at all.
const lateFloor = 1e-12

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
	heads      []*nn.Linear
	outputs    int
	regression bool
	multilabel bool
}

var _ Fusion = (*Late)(nil)

func newLate(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	if shape.Outputs < 1 {
		return nil, fmt.Errorf("it makes predictions itself and has to know the number of outputs")
	}
	return &Late{heads: newLinears(s, "head", views, shape.Outputs), outputs: shape.Outputs, regression: shape.Regression, multilabel: shape.Multilabel}, nil
}

// OutDim is the number of classes or values.
func (l *Late) OutDim() int { return l.outputs }

// Forward returns the log-probabilities or values, and the share of each view.
func (l *Late) Forward(t *grad.Tape, in Input) Output {
	s := borrow()
	defer s.giveBack()
	votes, _ := s.views(len(in.Views))
	for k := range in.Views {
		x, _ := in.Masked(t, k)
		votes[k] = l.heads[k].Forward(t, x)
	}
	w := in.UniformWeights(t)
	if l.regression {
		return Output{Z: t.WeightedSum(t.Stack(votes...), w), Weights: w, Final: true}
	}
	if l.multilabel {
		z := t.Stack(votes...)
		floor := l.even(t, in)
		yes := t.Add(t.WeightedSum(t.Sigmoid(z), w), floor)
		no := t.Add(t.WeightedSum(t.Sigmoid(t.Neg(z)), w), floor) // 1 − P would lose the digits of a sure answer
		return Output{Z: t.Sub(t.Log(yes), t.Log(no)), Weights: w, Final: true}
	}
	p := t.WeightedSum(t.Softmax(t.Stack(votes...)), w) // [B, classes]
	p = t.Add(p, l.even(t, in))
	return Output{Z: t.Log(p), Weights: w, Final: true}
}

// even returns the floor of the probabilities: equal ones in a row without any view, else next to
// nothing.
func (l *Late) even(t *grad.Tape, in Input) *grad.Var {
	c := filled(t, lateFloor, in.Rows(), l.outputs)
	for b := range in.Rows() {
		some := false
		for k := range in.Views {
			some = some || in.IsPresent(b, k)
		}
		for o := 0; !some && o < l.outputs; o++ {
			c.Value().SetFlat(1/float64(l.outputs), b*l.outputs+o)
		}
	}
	return c
}
