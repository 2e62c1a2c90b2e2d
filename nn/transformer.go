package nn

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// TransformerEncoderConfig describes what an encoder layer is made of.
type TransformerEncoderConfig struct {
	Embed       int
	Heads       int     // divides Embed
	Feedforward int     // the inner width of the two linear layers
	NormFirst   bool    // norm before attention and feed-forward, not after (Xiong 2020)
	Dropout     float64 // on what is added to the residual path, and inside the feed-forward part
	Eps         float64 // of the norms; 0 means 1e-5
	ReLU        bool    // in place of GELU
}

// TransformerEncoderLayer is torch.nn.TransformerEncoderLayer with batch_first and GELU in the erf
// form, or ReLU (Vaswani 2017).
type TransformerEncoderLayer struct {
	Config   TransformerEncoderConfig
	SelfAttn *MultiheadAttention // self_attn
	Linear1  *Linear
	Linear2  *Linear
	Norm1    *LayerNorm
	Norm2    *LayerNorm
}

// NewTransformerEncoderLayer makes the layer.
func NewTransformerEncoderLayer(s *Scope, c TransformerEncoderConfig) *TransformerEncoderLayer {
	if c.Eps == 0 {
		c.Eps = 1e-5
	}
	return &TransformerEncoderLayer{
		Config:   c,
		SelfAttn: NewMultiheadAttention(s.Sub("self_attn"), c.Embed, c.Heads),
		Linear1:  NewLinear(s.Sub("linear1"), c.Embed, c.Feedforward),
		Linear2:  NewLinear(s.Sub("linear2"), c.Feedforward, c.Embed),
		Norm1:    NewLayerNorm(s.Sub("norm1"), c.Embed, c.Eps),
		Norm2:    NewLayerNorm(s.Sub("norm2"), c.Embed, c.Eps),
	}
}

// Forward maps x [B, T, Embed] to the same shape; tokens where mask [B, T] (nil for none) is zero
// are not attended to.
func (l *TransformerEncoderLayer) Forward(t *grad.Tape, x *grad.Var, mask *tensor.Tensor) *grad.Var {
	if l.Config.NormFirst {
		x = t.Add(x, l.attend(t, l.Norm1.Forward(t, x), mask))
		return t.Add(x, l.feed(t, l.Norm2.Forward(t, x)))
	}
	x = l.Norm1.Forward(t, t.Add(x, l.attend(t, x, mask)))
	return l.Norm2.Forward(t, t.Add(x, l.feed(t, x)))
}

// Cross maps x [B, T, Embed] to the same shape, where it looks at source [B, S, Embed] in place of
// itself, without the tokens where mask [B, S] is zero (Tsai 2019). It is of a layer with
// NormFirst; x and source go through the same norm.
func (l *TransformerEncoderLayer) Cross(t *grad.Tape, x, source *grad.Var, mask *tensor.Tensor) *grad.Var {
	from := l.Norm1.Forward(t, source)
	y, _ := l.SelfAttn.Forward(t, l.Norm1.Forward(t, x), from, from, mask)
	x = t.Add(x, t.Dropout(y, l.Config.Dropout))
	return t.Add(x, l.feed(t, l.Norm2.Forward(t, x)))
}

func (l *TransformerEncoderLayer) attend(t *grad.Tape, x *grad.Var, mask *tensor.Tensor) *grad.Var {
	y, _ := l.SelfAttn.Forward(t, x, x, x, mask)
	return t.Dropout(y, l.Config.Dropout)
}

func (l *TransformerEncoderLayer) feed(t *grad.Tape, x *grad.Var) *grad.Var {
	act := grad.ActGELU
	if l.Config.ReLU {
		act = grad.ActReLU
	}
	h := t.Dropout(l.Linear1.ForwardAct(t, x, act), l.Config.Dropout)
	return t.Dropout(l.Linear2.Forward(t, h), l.Config.Dropout)
}
