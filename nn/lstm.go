package nn

import (
	"math"
	"strconv"

	"github.com/fusor-ml/fusor/grad"
)

// LSTMConfig describes what an LSTM is made of.
type LSTMConfig struct {
	Layers        int     // at least 1, which 0 means
	Bidirectional bool    // both directions, side by side
	Dropout       float64 // between layers, while training
}

// LSTM is torch.nn.LSTM with batch_first: weight_ih_l0 [4H, in], weight_hh_l0 [4H, H], bias_ih_l0,
// bias_hh_l0 [4H], with the suffix _reverse for the other direction; gates in the order i, f, g, o.
type LSTM struct {
	Config LSTMConfig
	Hidden int
	Cells  [][][4]*grad.Param // by layer and direction: weight_ih, weight_hh, bias_ih, bias_hh
}

// NewLSTM makes an LSTM with PyTorch's initial values, uniform within ±1/√hidden.
func NewLSTM(s *Scope, in, hidden int, c LSTMConfig) *LSTM {
	c.Layers = max(c.Layers, 1)
	suffixes := []string{"", "_reverse"}
	if !c.Bidirectional {
		suffixes = suffixes[:1]
	}
	l := &LSTM{Config: c, Hidden: hidden}
	init := Uniform(1 / math.Sqrt(float64(hidden)))
	for i := range c.Layers {
		var cells [][4]*grad.Param
		for _, suffix := range suffixes {
			suffix = "_l" + strconv.Itoa(i) + suffix
			cell := [4]*grad.Param{
				s.Param("weight_ih"+suffix, init, 4*hidden, in),
				s.Param("weight_hh"+suffix, init, 4*hidden, hidden),
				s.Param("bias_ih"+suffix, init, 4*hidden),
				s.Param("bias_hh"+suffix, init, 4*hidden),
			}
			cell[2].NoDecay, cell[3].NoDecay = true, true
			cells = append(cells, cell)
		}
		l.Cells = append(l.Cells, cells)
		in = hidden * len(suffixes)
	}
	return l
}

// OutDim is the width of the output: hidden times the directions.
func (l *LSTM) OutDim() int { return l.Hidden * len(l.Cells[0]) }

// Forward reads x [B, T, in] up to lengths [B] (nil for all T). It returns the outputs of the last
// layer [B, T, OutDim()], zeros past the lengths, and the last states of all layers and directions
// [layers·directions, B, H].
func (l *LSTM) Forward(t *grad.Tape, x *grad.Var, lengths []int) (out, hn, cn *grad.Var) {
	return l.forward(t, x, nil, lengths)
}

// ForwardConcat is Forward of Concat(xs...), which a layer of both directions does not make.
func (l *LSTM) ForwardConcat(t *grad.Tape, xs []*grad.Var, lengths []int) (out, hn, cn *grad.Var) {
	if len(l.Cells[0]) == 1 {
		return l.forward(t, t.Concat(xs...), nil, lengths)
	}
	return l.forward(t, xs[0], xs, lengths)
}

// forward reads x, or in the first layer xs if there are any.
func (l *LSTM) forward(t *grad.Tape, x *grad.Var, xs []*grad.Var, lengths []int) (out, hn, cn *grad.Var) {
	out = x
	for i, cells := range l.Cells {
		if i > 0 {
			out = t.Dropout(out, l.Config.Dropout)
		}
		var h, c *grad.Var
		if len(cells) == 2 {
			fwd, bwd := leaves(t, cells[0]), leaves(t, cells[1])
			if i == 0 && xs != nil {
				out, h, c = t.BiLSTMConcat(xs, lengths, fwd, bwd)
			} else {
				out, h, c = t.BiLSTM(out, lengths, fwd, bwd)
			}
		} else {
			w := leaves(t, cells[0])
			out, h, c = t.LSTM(out, lengths, w[0], w[1], w[2], w[3], false)
			B := x.Dim(0)
			h, c = t.Reshape(h, 1, B, l.Hidden), t.Reshape(c, 1, B, l.Hidden)
		}
		if i == 0 {
			hn, cn = h, c
		} else {
			hn, cn = t.ConcatRows(hn, h), t.ConcatRows(cn, c)
		}
	}
	return out, hn, cn
}

func leaves(t *grad.Tape, ps [4]*grad.Param) [4]*grad.Var {
	return [4]*grad.Var{t.Param(ps[0]), t.Param(ps[1]), t.Param(ps[2]), t.Param(ps[3])}
}
