package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// MoE is a mixture of experts, one a view (Jacobs 1991): every view predicts by itself, and a gate
// that sees all views decides in each row how far each of them is believed,
//
//	g = softmax_k(gate.k([x_0; x_1; …]))
//	P = Σ_k g_k softmax(expert.k(x_k))
//
// Z is ln P and Final is set; of labels and values as in [Late], which is the mixture of equal
// weights. An absent view shows zeros to the gate, and the softmax runs over the present views; a
// row without any view yields what Late does.
type MoE struct {
	voting
	experts []*nn.Linear
	gates   []*nn.Linear // nil with a single view, which needs no gate
}

var _ Fusion = (*MoE)(nil)

func newMoE(s *nn.Scope, _ Config, shape Shape) (Fusion, error) {
	v, err := newVoting(shape)
	if err != nil {
		return nil, err
	}
	m := &MoE{voting: v, experts: newLinears(s, "expert", shape.Views, shape.Outputs)}
	if len(shape.Views) > 1 {
		m.gates = newLinears(s, "gate", sideBySide(shape.Views), 1)
	}
	return m, nil
}

// Forward returns the log-probabilities or values, and what the gate gives each view.
func (m *MoE) Forward(t *grad.Tape, in Input) Output {
	votes, w := in.heads(t, m.experts), in.UniformWeights(t)
	if m.gates != nil {
		s := borrow()
		defer s.giveBack()
		xs, _ := s.views(len(in.Views))
		for k := range xs {
			xs[k], _ = in.Masked(t, k)
		}
		all := t.Concat(xs...)
		for k, g := range m.gates {
			xs[k] = g.Forward(t, all)
		}
		w = t.MaskedSoftmax(t.Concat(xs...), in.Present)
	}
	return Output{Z: m.mix(t, in, votes, w), Weights: w, Votes: votes, Final: true}
}
