package fusion

import (
	"fmt"
	"strconv"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Transformer lets the views look at each other: each view is a token proj.k(x_k) (the bias of its
// own projection shows the views apart), the tokens go through pre-norm encoder layers, layers.i
// (Vaswani 2017; Xiong 2020 for the pre-norm), and a last norm, and z is the mean of the tokens of
// present views. There is no class token. Absent views are masked as keys and not counted in the
// mean; a row without any view yields zeros.
type Transformer struct {
	proj   *projection
	layers []*nn.TransformerEncoderLayer
	norm   *nn.LayerNorm
	dim    int
}

var _ Fusion = (*Transformer)(nil)

func newTransformer(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	dim, heads, hidden := cfg.Int("dim"), cfg.Int("heads"), cfg.Int("hidden")
	if dim%heads != 0 {
		return nil, fmt.Errorf("dim %d is not a multiple of heads %d", dim, heads)
	}
	if hidden == 0 {
		hidden = 2 * dim
	}
	f := &Transformer{proj: newProjections(s, views, dim), dim: dim}
	for i := range cfg.Int("layers") {
		f.layers = append(f.layers, nn.NewTransformerEncoderLayer(s.Sub("layers").Sub(strconv.Itoa(i)), nn.TransformerEncoderConfig{
			Embed: dim, Heads: heads, Feedforward: hidden, NormFirst: true, Dropout: cfg.Float("dropout"), Eps: 1e-5,
		}))
	}
	f.norm = nn.NewLayerNorm(s.Sub("norm"), dim, 1e-5)
	return f, nil
}

// OutDim is the option dim.
func (f *Transformer) OutDim() int { return f.dim }

// Forward returns the mean of the tokens after the last layer.
func (f *Transformer) Forward(t *grad.Tape, in Input) Output {
	h := f.proj.projectAndStack(t, in) // [B, V, dim]
	for _, l := range f.layers {
		h = l.Forward(t, h, in.Present)
	}
	return Output{Z: t.WeightedSum(f.norm.Forward(t, h), in.UniformWeights(t))}
}
