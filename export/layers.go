package export

import (
	"fmt"
	"strconv"

	"github.com/fusor-ml/fusor/tensor"
)

// scope is the learned tensors under a prefix, and the graph that they go into.
type scope struct {
	*graph
	params map[string]*tensor.Tensor
	prefix string
}

func (s scope) under(name string) scope { return scope{s.graph, s.params, s.prefix + name + "."} }

// at returns the scope of the k-th of several layers.
func (s scope) at(name string, k int) scope { return s.under(name).under(strconv.Itoa(k)) }

func (s scope) has(name string) bool { return s.params[s.prefix+name] != nil }

// missing is a tensor that the model does not have.
type missing struct{ name string }

// tensor returns the learned tensor of that name. One that is not there ends the export.
func (s scope) tensor(name string) *tensor.Tensor {
	t := s.params[s.prefix+name]
	if t == nil {
		panic(missing{s.prefix + name})
	}
	return t
}

func (s scope) weight(name string) value { return s.param(s.prefix+name, s.tensor(name)) }

// linear is x Wᵀ + b of x [N, in].
func (s scope) linear(x value) value {
	in := []value{x, s.weight("weight")}
	if s.has("bias") {
		in = append(in, s.weight("bias"))
	}
	return s.node("Gemm", []attr{{"transB", 1}}, in...)
}

// linearSteps is x Wᵀ + b of x [N, T, in].
func (s scope) linearSteps(x value) value {
	y := s.matmul(x, s.transpose(s.weight("weight"), 1, 0))
	if s.has("bias") {
		y = s.add(y, s.weight("bias"))
	}
	return y
}

// width returns the width that a linear layer makes, or that of its input where there is none.
func (s scope) width(in int) int {
	if !s.has("weight") {
		return in
	}
	return s.tensor("weight").Shape[0]
}

// optional is linear where there is such a layer, else x.
func (s scope) optional(x value) value {
	if !s.has("weight") {
		return x
	}
	return s.linear(x)
}

func (s scope) layerNorm(x value) value {
	return s.node("LayerNormalization", []attr{{"axis", -1}, {"epsilon", 1e-5}}, x, s.weight("weight"), s.weight("bias"))
}

// lstm reads x [N, T, in] up to lengths [N] in both directions: [N, T, 2H], zeros past the lengths.
func (s scope) lstm(x, lengths value, layers int) value {
	lengths = s.cast(lengths, int32s)
	x = s.transpose(x, 1, 0, 2)
	for i := range layers {
		var w, r, b []float32
		var in, hidden int
		for _, direction := range []string{"", "_reverse"} {
			suffix := fmt.Sprintf("_l%d%s", i, direction)
			wi, wh := s.tensor("weight_ih"+suffix), s.tensor("weight_hh"+suffix)
			in, hidden = wi.Shape[1], wh.Shape[1]
			w, r = append(w, reorder(wi.F32, in*hidden)...), append(r, reorder(wh.F32, hidden*hidden)...)
			b = append(b, reorder(s.tensor("bias_ih"+suffix).F32, hidden)...)
			b = append(b, reorder(s.tensor("bias_hh"+suffix).F32, hidden)...)
		}
		y := s.node("LSTM", []attr{{"hidden_size", hidden}, {"direction", "bidirectional"}}, x,
			s.floats(w, 2, 4*hidden, in), s.floats(r, 2, 4*hidden, hidden), s.floats(b, 2, 8*hidden), lengths)
		x = s.reshape(s.transpose(y, 0, 2, 1, 3), 0, 0, 2*hidden) // from [T, 2, N, H]
	}
	return s.transpose(x, 1, 0, 2)
}

// reorder brings gates from PyTorch's order i, f, g, o into ONNX's i, o, f, c.
func reorder(x []float32, gate int) []float32 {
	out := make([]float32, 0, len(x))
	for _, k := range []int{0, 3, 1, 2} {
		out = append(out, x[k*gate:(k+1)*gate]...)
	}
	return out
}
