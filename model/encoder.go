package model

import (
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// encoder turns one view of a batch into [N, width], or, if its steps are kept, into [N, T, width].
type encoder interface {
	Forward(t *grad.Tape, vb *ViewBatch) *grad.Var
}

// embedding is the width of a learned token vector, unless the spec states another.
const embedding = 64

// table is the name of the parameter that holds the token vectors of a view.
func table(view string) string { return "encoder." + view + ".embedding.weight" }

func newEncoder(s *nn.Scope, v View, width int, dropout float64, steps bool) (encoder, error) {
	in := input{dropout: dropout}
	dim := v.Dim
	switch v.Shape {
	case feature.Sparse:
		return newBag(s, dim, width, v.Encoder == MLP, dropout), nil
	case feature.Vector:
		if v.Encoder == Identity {
			return &identity{dropout}, nil
		}
		return &dense{nn.NewLinear(s, dim, width), v.Gain, v.Encoder == MLP, dropout}, nil
	case feature.Tokens:
		wide := embedding
		if v.Embedding > 0 {
			wide = v.Embedding
		}
		in.table = s.Sub("embedding").Param("weight", nn.Normal(1/math.Sqrt(float64(wide))), dim, wide)
		in.table.Sparse = true
		dim = wide
	}
	if steps {
		return &stepwise{in, nn.NewLinear(s.Sub("step"), dim, width)}, nil
	}
	switch v.Encoder {
	case BiLSTM:
		h := max(1, width/2)
		return &pooled{
			input: in, pool: newPool(s.Sub("pool"), 2*h), out: nn.NewLinear(s.Sub("out"), 2*h, width),
			lstm: nn.NewLSTM(s.Sub("lstm"), dim, h, nn.LSTMConfig{Layers: 1, Bidirectional: true}), dropout: dropout,
		}, nil
	case Attention:
		return &pooled{
			input: in, pool: newPool(s.Sub("pool"), width), out: nn.NewLinear(s.Sub("out"), width, width),
			layer: nn.NewLinear(s.Sub("layer"), dim, width), dropout: dropout,
		}, nil
	}
	return nil, fmt.Errorf("view %s: no encoder %q", v.Name, v.Encoder)
}

// identity is the view as it is.
type identity struct{ dropout float64 }

func (e *identity) Forward(t *grad.Tape, vb *ViewBatch) *grad.Var {
	return t.Dropout(t.Const(vb.X), e.dropout)
}

// dense is W x + b, with a ReLU if it is an MLP.
type dense struct {
	linear  *nn.Linear
	gain    float64
	relu    bool
	dropout float64
}

func (e *dense) Forward(t *grad.Tape, vb *ViewBatch) *grad.Var {
	x := t.Const(vb.X)
	if e.gain != 0 {
		x = t.Scale(x, e.gain)
	}
	return activate(t, e.linear.Forward(t, x), e.relu, e.dropout)
}

func activate(t *grad.Tape, x *grad.Var, relu bool, dropout float64) *grad.Var {
	if relu {
		x = t.ReLU(x)
	}
	return t.Dropout(x, dropout)
}

// bag is W x + b of a sparse x: the weighted sum of the columns of W that x names.
type bag struct {
	weight, bias *grad.Param
	relu         bool
	dropout      float64
}

func newBag(s *nn.Scope, dim, width int, relu bool, dropout float64) *bag {
	// A tenth of what would keep the deviation of a Linear: most columns are
	// rare, and what is not learned about them should add little noise.
	b := &bag{
		weight: s.Param("weight", nn.Uniform(0.1*math.Sqrt(3/float64(width))), dim, width),
		bias:   s.Param("bias", nn.Zeros, width),
		relu:   relu, dropout: dropout,
	}
	b.weight.Sparse = true
	return b
}

func (e *bag) Forward(t *grad.Tape, vb *ViewBatch) *grad.Var {
	x := t.EmbeddingBag(t.Param(e.weight), vb.Ids, vb.Offsets, vb.Weights)
	return activate(t, t.AddRow(x, t.Param(e.bias)), e.relu, e.dropout)
}

// input returns the steps of a sequence: as they are, or looked up in a learned table.
type input struct {
	table   *grad.Param // nil for a sequence
	dropout float64
}

func (in *input) steps(t *grad.Tape, vb *ViewBatch) *grad.Var {
	if in.table == nil {
		return t.Const(vb.X)
	}
	return t.Dropout(t.Embedding(t.Param(in.table), vb.Ids, len(vb.Lengths), vb.Steps), in.dropout)
}

// stepwise keeps the steps, for a fusion over time.
type stepwise struct {
	input
	linear *nn.Linear
}

func (e *stepwise) Forward(t *grad.Tape, vb *ViewBatch) *grad.Var {
	return e.linear.Forward(t, e.steps(t, vb))
}

// pooled runs over the steps and pools them by attention (Bahdanau et al. 2015; Yang et al. 2016).
type pooled struct {
	input
	lstm    *nn.LSTM   // either this
	layer   *nn.Linear // or this on each step
	pool    *pool
	out     *nn.Linear
	dropout float64
}

func (e *pooled) Forward(t *grad.Tape, vb *ViewBatch) *grad.Var {
	x := e.steps(t, vb)
	if e.lstm != nil {
		x, _, _ = e.lstm.Forward(t, x, vb.Lengths)
	} else {
		x = t.ReLU(e.layer.Forward(t, x))
	}
	x = t.Dropout(e.pool.Forward(t, x, vb), e.dropout)
	return activate(t, e.out.Forward(t, x), true, e.dropout)
}

// pool is the mean over the valid steps plus their sum under attention weights:
// the mean yields every step a gradient from the start, the attention chooses.
type pool struct {
	score *nn.Linear
	v     *grad.Param
}

func newPool(s *nn.Scope, dim int) *pool {
	const units = 32
	return &pool{nn.NewLinear(s.Sub("score"), dim, units), s.Param("v", nn.Uniform(1/math.Sqrt(units)), 1, units)}
}

func (p *pool) Forward(t *grad.Tape, x *grad.Var, vb *ViewBatch) *grad.Var {
	n, steps := x.Dim(0), x.Dim(1)
	valid := t.NewConst(n, steps)
	for i, l := range vb.Lengths {
		row := valid.Value().F32[i*steps : (i+1)*steps]
		for k := range l {
			row[k] = 1
		}
	}
	s := t.Linear(t.Tanh(p.score.Forward(t, x)), t.Param(p.v), nil) // [N, T, 1]
	w := t.MaskedSoftmax(t.Reshape(s, n, steps), valid.Value())
	return t.Add(t.WeightedSum(x, w), t.MeanTime(x, vb.Lengths))
}
