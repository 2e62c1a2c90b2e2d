package fusion

import (
	"math/rand/v2"
	"strconv"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// Stacking is stacked generalization (Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1): every view
// has a linear head and learns by itself, and how their predictions are joined is learned from rows
// that they were not trained on,
//
//	u_k = ln softmax(head.k(x_k))
//	z   = bias + Σ_k scale.k ⊙ u_k
//
// over the present views, with a weight for each view and class. Z is ln softmax(z) and Final is
// set; of labels and values u_k is head.k(x_k) itself, and Z is z. An absent view adds nothing, as
// one would that predicts every class alike; a row without any view yields the bias.
//
// As it begins every scale is 1/V and the bias 0: the geometric mean of what the views predict.
type Stacking struct {
	heads   []*nn.Linear
	scales  []*grad.Param
	bias    *grad.Param
	outputs int
	classes bool
}

var _ Stacker = (*Stacking)(nil)

func newStacking(s *nn.Scope, _ Config, shape Shape) (Fusion, error) {
	v, err := newVoting(shape)
	if err != nil {
		return nil, err
	}
	f := &Stacking{heads: newLinears(s, "head", shape.Views, shape.Outputs), outputs: v.outputs, classes: !v.regression && !v.multilabel}
	equal := func(_ *rand.Rand, t *tensor.Tensor) { t.Fill(1 / float64(len(shape.Views))) }
	scale := s.Sub("scale")
	for k := range shape.Views {
		f.scales = append(f.scales, fixed(scale.Param(strconv.Itoa(k), equal, shape.Outputs)))
	}
	f.bias = fixed(s.Param("bias", nn.Zeros, shape.Outputs))
	return f, nil
}

// fixed takes p out of weight decay, which would change what no gradient reaches.
func fixed(p *grad.Param) *grad.Param {
	p.NoDecay = true
	return p
}

// OutDim is the number of classes, labels or values.
func (f *Stacking) OutDim() int { return f.outputs }

// Forward returns the joined prediction.
func (f *Stacking) Forward(t *grad.Tape, in Input) Output {
	votes := in.heads(t, f.heads)
	return Output{Z: f.Join(t, votes, in.Present), Votes: votes, Final: true}
}

// Join returns Z of votes [B, V, outputs].
func (f *Stacking) Join(t *grad.Tape, votes *grad.Var, present *tensor.Tensor) *grad.Var {
	if f.classes {
		votes = t.LogSoftmax(votes)
	}
	B, V := votes.Dim(0), votes.Dim(1)
	scales := make([]*grad.Var, V)
	for k, p := range f.scales {
		scales[k] = t.Reshape(t.Param(p), 1, f.outputs)
	}
	side := t.MulRow(t.Reshape(votes, B, V*f.outputs), t.Reshape(t.Concat(scales...), V*f.outputs))
	z := t.AddRow(t.WeightedSum(t.Reshape(side, B, V, f.outputs), t.Const(present)), t.Param(f.bias))
	if f.classes {
		z = t.LogSoftmax(z)
	}
	return z
}

// Joint returns the scales and the bias.
func (f *Stacking) Joint() []*grad.Param {
	return append(append([]*grad.Param(nil), f.scales...), f.bias)
}
