package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Quality is late fusion in which each view counts in each row by how sure it is there (QMF, Zhang
// 2023): every view has a linear head, f_k = head.k(x_k), and
//
//	c_k = scale · T ln Σ_c exp(f_kc / T)
//	z   = Σ_k c_k f_k
//
// over the present views: a confidence is the negative energy of a view's logits (Liu et al. 2020,
// arXiv:2010.03759) at the temperature T. Z is ln softmax(z) and Final is set. A label is a class
// of two, of logits ±f/2, and c_k is the mean over the labels; Z is z. An absent view adds nothing;
// a row without any view yields equal probabilities.
//
// As published, the loss of every view's own prediction is added to that of Z, which the table
// states as Method.Auxiliary. Two things differ: gradients also flow through c_k, and there is no
// term that ranks the confidences by each row's losses in earlier epochs.
//
// Output.Weights are the shares of the views in Σ_k c_k, of those below 0 next to nothing.
type Quality struct {
	heads       []*nn.Linear
	outputs     int
	multilabel  bool
	scale       float64
	temperature float64
}

var _ Fusion = (*Quality)(nil)

// leastConfidence keeps the share of a view defined where no view has a positive confidence.
const leastConfidence = 1e-6

func newQuality(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	v, err := newVoting(shape)
	if err != nil {
		return nil, err
	}
	return &Quality{
		heads: newLinears(s, "head", shape.Views, shape.Outputs), outputs: v.outputs, multilabel: v.multilabel,
		scale: cfg.Float("scale"), temperature: cfg.Float("temperature"),
	}, nil
}

// OutDim is the number of classes or labels.
func (q *Quality) OutDim() int { return q.outputs }

// Forward returns the log-probabilities or log-odds, and the share of each view.
func (q *Quality) Forward(t *grad.Tape, in Input) Output {
	votes := in.heads(t, q.heads)
	c := t.Mul(q.confidence(t, votes), t.Const(in.Present))
	z := t.WeightedSum(votes, c)
	if !q.multilabel {
		z = t.LogSoftmax(z)
	}
	share := t.Mul(t.AddScalar(t.ReLU(c), leastConfidence), t.Const(in.Present))
	return Output{Z: z, Weights: normalized(t, share), Votes: votes, Final: true}
}

// confidence returns c [B, V] of votes [B, V, outputs].
func (q *Quality) confidence(t *grad.Tape, votes *grad.Var) *grad.Var {
	B, V := votes.Dim(0), votes.Dim(1)
	f := t.Scale(votes, 1/q.temperature)
	if q.multilabel { // ln(e^(f/2) + e^(−f/2)) = softplus(f) − f/2
		e := t.Sub(t.Softplus(f), t.Scale(f, 0.5))
		return t.Scale(t.Reshape(t.SumLast(e), B, V), q.scale*q.temperature/float64(q.outputs))
	}
	// ln Σ exp f = f_0 − (ln softmax f)_0, for any element; the first is there in every case.
	first := t.Sub(t.Slice(f, 0, 1), t.Slice(t.LogSoftmax(f), 0, 1))
	return t.Scale(t.Reshape(first, B, V), q.scale*q.temperature)
}

// normalized returns x [B, V] of numbers of at least 0 divided by the sum of its row, which stays
// zero where that is 0.
func normalized(t *grad.Tape, x *grad.Var) *grad.Var {
	B, V := x.Dim(0), x.Dim(1)
	sum := t.Reshape(t.SumLast(x), B)
	empty := t.NewConst(B)
	for b := range B {
		if sum.Value().At(b) == 0 {
			empty.Value().SetFlat(1, b)
		}
	}
	one := filled(t, 1, B)
	return t.Reshape(t.ScaleRows(x, t.Div(one, t.Add(sum, empty))), B, V)
}
