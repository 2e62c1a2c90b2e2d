package nn

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// MultiheadAttention is torch.nn.MultiheadAttention with batch_first (Vaswani 2017).
type MultiheadAttention struct {
	Heads        int
	InProjWeight *grad.Param // [3E, E]: queries, keys, values
	InProjBias   *grad.Param // [3E]
	OutProj      *Linear     // out_proj
}

// NewMultiheadAttention makes the layer; embed must be a multiple of heads.
func NewMultiheadAttention(s *Scope, embed, heads int) *MultiheadAttention {
	m := &MultiheadAttention{
		Heads:        heads,
		InProjWeight: s.Param("in_proj_weight", XavierUniform, 3*embed, embed),
		InProjBias:   s.Param("in_proj_bias", Zeros, 3*embed),
		OutProj:      NewLinear(s.Sub("out_proj"), embed, embed),
	}
	m.InProjBias.NoDecay = true
	m.OutProj.Bias.Value.Zero()
	return m
}

// Forward lets q [B, Tq, E] attend to k and v [B, Tk, E] where keyMask [B, Tk] (nil for everywhere)
// is not zero. It returns [B, Tq, E] and the weights averaged over the heads [B, Tq, Tk].
func (m *MultiheadAttention) Forward(t *grad.Tape, q, k, v *grad.Var, keyMask *tensor.Tensor) (out, weights *grad.Var) {
	w, b := t.Param(m.InProjWeight), t.Param(m.InProjBias)
	E := q.Dim(-1)
	in := func(x *grad.Var, i int) *grad.Var {
		return t.Linear(x, t.SliceRows(w, i*E, (i+1)*E), t.SliceRows(b, i*E, (i+1)*E))
	}
	out, weights = t.Attention(in(q, 0), in(k, 1), in(v, 2), m.Heads, keyMask)
	return m.OutProj.Forward(t, out), weights
}
