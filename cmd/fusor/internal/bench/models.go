package bench

import (
	"math/rand/v2"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// The data: three modalities, as wide as those of CMU-MOSI; of a sequence, so many steps; two
// classes.
var widths = [...]int{300, 74, 47}

const (
	steps   = 50
	classes = 2
)

// net maps the modalities [B, d] or [B, T, d] to logits [B, classes].
type net interface {
	forward(t *grad.Tape, xs []*grad.Var) *grad.Var
}

// kind is a sort of model.
type kind struct {
	name     string
	sequence bool
	build    func(s *nn.Scope) net
}

var kinds = []kind{
	{"mean", false, func(s *nn.Scope) net { return newProjected(s, byMean) }},
	{"weighted", false, func(s *nn.Scope) net { return newProjected(s, byWeights) }},
	{"attention", false, func(s *nn.Scope) net { return newProjected(s, byAttention) }},
	{"concat", false, newJoined},
	{"bilstm", true, func(s *nn.Scope) net { return newSequence(s, 64) }},
	{"bilstm_large", true, func(s *nn.Scope) net { return newSequence(s, 128) }},
	{"transformer", false, newTokens},
}

// total is the width of all modalities together.
func total() (n int) {
	for _, w := range widths {
		n += w
	}
	return n
}

// newProjections makes a linear layer to the width dim for each modality.
func newProjections(s *nn.Scope, dim int) *nn.Projections {
	return nn.NewProjections(s, widths[:], dim)
}

// The ways to fuse projected views.
const (
	byMean = iota
	byWeights
	byAttention
)

// projected fuses projections by a mean, learned weights or additive attention, before a head.
type projected struct {
	by         int
	proj       *nn.Projections
	logits     *grad.Param // [3]; of byWeights
	score      *nn.Linear  // of byAttention
	v          *grad.Param // [1, 64]
	head, last *nn.Linear
}

func newProjected(s *nn.Scope, by int) net {
	p := &projected{by: by, proj: newProjections(s.Sub("proj"), 128)}
	switch by {
	case byWeights:
		p.logits = s.Param("logits", nn.Zeros, len(widths))
	case byAttention:
		p.score = nn.NewLinear(s.Sub("score"), 128, 64)
		p.v = s.Param("v", nn.Normal(0.1), 1, 64)
	}
	p.head, p.last = nn.NewLinear(s.Sub("head.0"), 128, 64), nn.NewLinear(s.Sub("head.2"), 64, classes)
	return p
}

func (p *projected) forward(t *grad.Tape, xs []*grad.Var) *grad.Var {
	h := p.proj.Forward(t, xs) // [B, 3, 128]
	var z *grad.Var
	switch p.by {
	case byMean:
		z = t.MeanTime(h, nil)
	case byWeights:
		z = t.WeightedSum(h, t.Softmax(t.Param(p.logits)))
	default:
		a := t.Linear(p.score.ForwardAct(t, h, grad.ActTanh), t.Param(p.v), nil)
		z = t.WeightedSum(h, t.Softmax(t.Reshape(a, a.Dim(0), a.Dim(1))))
	}
	return p.last.Forward(t, p.head.ForwardAct(t, z, grad.ActReLU))
}

// joined is a perceptron on the concatenation.
type joined struct{ head, last *nn.Linear }

func newJoined(s *nn.Scope) net {
	return &joined{nn.NewLinear(s.Sub("head.0"), total(), 128), nn.NewLinear(s.Sub("head.2"), 128, classes)}
}

func (j *joined) forward(t *grad.Tape, xs []*grad.Var) *grad.Var {
	return j.last.Forward(t, j.head.ForwardAct(t, t.Concat(xs...), grad.ActReLU))
}

// sequence is a BiLSTM on the concatenation and a head on its mean over time.
type sequence struct {
	lstm *nn.LSTM
	head *nn.Linear
}

func newSequence(s *nn.Scope, hidden int) net {
	return &sequence{
		lstm: nn.NewLSTM(s.Sub("lstm"), total(), hidden, nn.LSTMConfig{Bidirectional: true}),
		head: nn.NewLinear(s.Sub("head"), 2*hidden, classes),
	}
}

func (m *sequence) forward(t *grad.Tape, xs []*grad.Var) *grad.Var {
	out, _, _ := m.lstm.ForwardConcat(t, xs, nil)
	return m.head.Forward(t, t.MeanTime(out, nil))
}

// tokens is a transformer over the projected views.
type tokens struct {
	proj   *nn.Projections
	layers [2]*nn.TransformerEncoderLayer
	head   *nn.Linear
}

func newTokens(s *nn.Scope) net {
	m := &tokens{proj: newProjections(s.Sub("proj"), 64), head: nn.NewLinear(s.Sub("head"), 64, classes)}
	c := nn.TransformerEncoderConfig{Embed: 64, Heads: 4, Feedforward: 256, NormFirst: true}
	m.layers[0] = nn.NewTransformerEncoderLayer(s.Sub("enc.layers.0"), c)
	m.layers[1] = nn.NewTransformerEncoderLayer(s.Sub("enc.layers.1"), c)
	return m
}

func (m *tokens) forward(t *grad.Tape, xs []*grad.Var) *grad.Var {
	h := m.proj.Forward(t, xs)
	for _, l := range m.layers {
		h = l.Forward(t, h, nil)
	}
	return m.head.Forward(t, t.MeanTime(h, nil))
}

// batchOf makes a batch of standard normal data and targets.
func batchOf(rng *rand.Rand, n int, sequence bool) (xs []*tensor.Tensor, target []int32) {
	for _, d := range widths {
		x := tensor.New(tensor.F32, n, d)
		if sequence {
			x = tensor.New(tensor.F32, n, steps, d)
		}
		normal(rng, x.F32)
		xs = append(xs, x)
	}
	for range n {
		target = append(target, rng.Int32N(classes))
	}
	return xs, target
}

func normal(rng *rand.Rand, x []float32) {
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
}
