package conformance_test

import (
	"strconv"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// methods are the layers and losses by their names in the files; fusion methods come from
// fusion.Methods.
var methods = map[string]method{
	"tanh":        elementwise((*grad.Tape).Tanh),
	"sigmoid":     elementwise((*grad.Tape).Sigmoid),
	"relu":        elementwise((*grad.Tape).ReLU),
	"gelu":        elementwise((*grad.Tape).GELU),
	"softmax":     elementwise((*grad.Tape).Softmax),
	"log_softmax": elementwise((*grad.Tape).LogSoftmax),

	"linear":                    linear,
	"layernorm":                 layerNorm,
	"lstm":                      lstm,
	"multihead_attention":       multihead,
	"transformer_encoder_layer": transformer,

	"cross_entropy":   crossEntropy,
	"bce_with_logits": loss("logits", (*grad.Tape).BCEWithLogits),
	"mse":             loss("prediction", (*grad.Tape).MSE),
	"l1":              loss("prediction", (*grad.Tape).L1),
	"smooth_l1":       loss("prediction", (*grad.Tape).SmoothL1),
}

func output(v *grad.Var) map[string]*grad.Var { return map[string]*grad.Var{"output": v} }

func elementwise(f func(*grad.Tape, *grad.Var) *grad.Var) method {
	return func(_ *testing.T, r *run) func() map[string]*grad.Var {
		return func() map[string]*grad.Var { return output(f(r.tape, r.input("x"))) }
	}
}

func linear(_ *testing.T, r *run) func() map[string]*grad.Var {
	w := r.Params["weight"].Shape
	forward := nn.NewLinearNoBias
	if r.Params["bias"] != nil {
		forward = nn.NewLinear
	}
	l := forward(r.scope, w[1], w[0])
	return func() map[string]*grad.Var { return output(l.Forward(r.tape, r.input("x"))) }
}

func layerNorm(_ *testing.T, r *run) func() map[string]*grad.Var {
	l := nn.NewLayerNorm(r.scope, r.Params["weight"].Shape[0], r.config.Eps)
	return func() map[string]*grad.Var { return output(l.Forward(r.tape, r.input("x"))) }
}

func lstm(_ *testing.T, r *run) func() map[string]*grad.Var {
	l := nn.NewLSTM(r.scope, r.input("x").Dim(-1), r.config.Hidden, nn.LSTMConfig{Layers: r.config.Layers, Bidirectional: r.config.Bidirectional})
	return func() map[string]*grad.Var {
		out, hn, cn := l.Forward(r.tape, r.input("x"), r.lengths())
		return map[string]*grad.Var{"output": out, "h_n": hn, "c_n": cn}
	}
}

// keyMask returns which keys may be attended to, nil for all.
func (r *run) keyMask() *tensor.Tensor {
	if g := r.mask("key_present"); g != nil {
		return g.As(r.d)
	}
	return nil
}

func multihead(_ *testing.T, r *run) func() map[string]*grad.Var {
	m := nn.NewMultiheadAttention(r.scope, r.config.EmbedDim, r.config.Heads)
	return func() map[string]*grad.Var {
		q, k, v := r.input("query"), r.input("key"), r.input("value")
		if both := r.input("key_value"); both != nil {
			k, v = both, both
		}
		if x := r.input("x"); x != nil {
			q, k, v = x, x, x
		}
		out, weights := m.Forward(r.tape, q, k, v, r.keyMask())
		return map[string]*grad.Var{"output": out, "weights": weights}
	}
}

func transformer(t *testing.T, r *run) func() map[string]*grad.Var {
	if r.config.Activation != "gelu" {
		t.Fatalf("unknown activation %q", r.config.Activation)
	}
	l := nn.NewTransformerEncoderLayer(r.scope, nn.TransformerEncoderConfig{
		Embed: r.config.EmbedDim, Heads: r.config.Heads, Feedforward: r.config.Feedforward,
		NormFirst: r.config.NormFirst, Eps: r.config.Eps,
	})
	return func() map[string]*grad.Var { return output(l.Forward(r.tape, r.input("x"), r.keyMask())) }
}

func crossEntropy(_ *testing.T, r *run) func() map[string]*grad.Var {
	return func() map[string]*grad.Var {
		var target []int32
		for _, k := range r.mask("target").Ints() {
			target = append(target, int32(k))
		}
		o := grad.LossOptions{ClassWeights: r.config.Weight, LabelSmoothing: r.config.LabelSmoothing}
		return output(r.tape.CrossEntropy(r.input("logits"), target, o))
	}
}

func loss(input string, f func(*grad.Tape, *grad.Var, *tensor.Tensor) *grad.Var) method {
	return func(_ *testing.T, r *run) func() map[string]*grad.Var {
		return func() map[string]*grad.Var {
			return output(f(r.tape, r.input(input), r.mask("target").As(r.d)))
		}
	}
}

// fusionMethod builds an entry of the method table on inputs x0, x1, ….
func fusionMethod(m fusion.Method) method {
	return func(t *testing.T, r *run) func() map[string]*grad.Var {
		cfg := r.config.fusion()
		if p := r.config.Pool; p != "" && p != "mean" {
			t.Fatalf("unknown pool %q", p)
		}
		var shapes []fusion.ViewShape
		for k := 0; r.Inputs["x"+strconv.Itoa(k)] != nil; k++ {
			x := r.input("x" + strconv.Itoa(k))
			shapes = append(shapes, fusion.ViewShape{Name: "x" + strconv.Itoa(k), Dim: x.Dim(-1), Sequence: x.Rank() == 3})
		}
		f, err := m.New(r.scope, cfg, fusion.Shape{Views: shapes})
		if err != nil {
			t.Fatal(err)
		}
		return func() map[string]*grad.Var {
			in := fusion.Input{Present: tensor.New(r.d, r.input("x0").Dim(0), len(shapes))}
			in.Present.Fill(1)
			if p := r.mask("present"); p != nil {
				in.Present = p.As(r.d)
			}
			lengths := r.lengths()
			for _, s := range shapes {
				v := fusion.View{X: r.input(s.Name)}
				if s.Sequence {
					v.Lengths = lengths
				}
				in.Views = append(in.Views, v)
			}
			out := f.Forward(r.tape, in)
			return map[string]*grad.Var{"output": out.Z, "weights": out.Weights, "logvar": out.LogVar}
		}
	}
}
