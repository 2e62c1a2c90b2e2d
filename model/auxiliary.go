package model

import (
	"strconv"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/buffer"
	"github.com/fusor-ml/fusor/nn"
)

// addAuxiliary makes the heads auxiliary.k, by which each view predicts by itself, where the spec
// has a weight for them and the fusion has none of its own.
func (m *Model) addAuxiliary(views []fusion.ViewShape) {
	if m.Spec.Auxiliary == 0 || m.method.Votes {
		return
	}
	for k, v := range views {
		m.auxiliary = append(m.auxiliary, nn.NewLinear(m.scope.Sub("auxiliary").Sub(strconv.Itoa(k)), v.Dim, m.Spec.Outputs))
	}
}

// votes returns what each view predicts by itself, in training; a sequence by the mean of its
// steps. Rows in which a view is absent mean nothing.
func (m *Model) votes(t *grad.Tape, b *Batch, out fusion.Output) []*grad.Var {
	if !t.Training() || m.Spec.Auxiliary == 0 && m.Stacker() == nil {
		return nil
	}
	b.votes = buffer.Grow(b.votes, len(m.encoders))
	for k := range b.votes {
		if m.auxiliary == nil {
			b.votes[k] = t.Select(out.Votes, k)
			continue
		}
		x := b.encoded[k].X
		if len(x.Shape()) == 3 {
			x = t.MeanTime(x, b.encoded[k].Lengths)
		}
		x = t.Dropout(t.MaskRows(x, b.Views[k].Mask), m.Spec.Dropout)
		b.votes[k] = m.auxiliary[k].Forward(t, x)
	}
	return b.votes
}

// Stacker returns the fusion if it is one whose views learn each by itself; else nil.
func (m *Model) Stacker() fusion.Stacker {
	s, _ := m.fusion.(fusion.Stacker)
	return s
}

// Learns reports whether the fusion is trained by a loss of its own in place of the task's.
func (m *Model) Learns() bool {
	_, ok := m.fusion.(fusion.Learner)
	return ok
}

// Loss is the loss of o by a fusion that has one of its own.
func (m *Model) Loss(t *grad.Tape, o Output, target fusion.Target) *grad.Var {
	return m.fusion.(fusion.Learner).Loss(t, o.in, o.fused, target)
}

// EncoderParams returns the learned numbers of the encoder of view v.
func (m *Model) EncoderParams(v int) []*grad.Param {
	return m.Params()[m.own[v][0]:m.own[v][1]]
}
