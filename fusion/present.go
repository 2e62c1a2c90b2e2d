package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Rows returns the number of rows of the batch.
func (in Input) Rows() int { return in.Present.Dim(0) }

// IsPresent reports whether view k is there in row b.
func (in Input) IsPresent(b, k int) bool {
	return in.Present.Flat(b*len(in.Views)+k) != 0
}

// anyPresent reports whether row b has a view.
func (in Input) anyPresent(b int) bool {
	for k := range in.Views {
		if in.IsPresent(b, k) {
			return true
		}
	}
	return false
}

// Mask returns column k of the presence as 0 and 1, [B], in memory of the tape.
func (in Input) Mask(t *grad.Tape, k int) []float32 {
	m := floats(t, in.Rows())
	for b := range m {
		if in.IsPresent(b, k) {
			m[b] = 1
		}
	}
	return m
}

// Masked returns view k with the rows where it is absent set to zero, whatever they hold, and the
// mask.
func (in Input) Masked(t *grad.Tape, k int) (*grad.Var, []float32) {
	m := in.Mask(t, k)
	return t.MaskRows(in.Views[k].X, m), m
}

// heads returns what layer k makes of view k, side by side: [B, V, out]. A row of an absent view
// holds what the layer makes of zeros.
func (in Input) heads(t *grad.Tape, layers []*nn.Linear) *grad.Var {
	s := borrow()
	defer s.giveBack()
	votes, _ := s.views(len(in.Views))
	for k := range in.Views {
		x, _ := in.Masked(t, k)
		votes[k] = layers[k].Forward(t, x)
	}
	return t.Stack(votes...)
}

// UniformWeights returns w[b][k] = 1/(views present in row b) where view k is present, else 0: [B,
// V].
func (in Input) UniformWeights(t *grad.Tape) *grad.Var {
	B, V := in.Rows(), len(in.Views)
	w := t.NewConst(B, V)
	for b := range B {
		n := 0
		for k := range V {
			if in.IsPresent(b, k) {
				n++
			}
		}
		for k := range V {
			if in.IsPresent(b, k) {
				w.Value().SetFlat(1/float64(n), b*V+k)
			}
		}
	}
	return w
}

// Pack moves the present views of each row of h [B, V, D] to the front, in their order. It returns
// that [B, V, D], with zeros behind them, and how many there are in each row, but at least 1.
func (in Input) Pack(t *grad.Tape, h *grad.Var) (*grad.Var, []int) {
	B, V, D := h.Dim(0), h.Dim(1), h.Dim(2)
	ids, lengths := make([]int32, B*V), make([]int, B)
	in.pack(ids, lengths)
	return t.Reshape(t.GatherRows(t.Reshape(h, B*V, D), ids), B, V, D), lengths
}

// pack fills in the rows of [B*V, D] that the present views of each row come from, -1 behind them,
// and their number.
func (in Input) pack(ids []int32, lengths []int) {
	V := len(in.Views)
	for b := range lengths {
		n := 0
		for k := range V {
			if in.IsPresent(b, k) {
				ids[b*V+n] = int32(b*V + k)
				n++
			}
		}
		for i := n; i < V; i++ {
			ids[b*V+i] = -1
		}
		lengths[b] = max(n, 1)
	}
}

// addTo adds b to a running sum, which is nil at first.
func addTo(t *grad.Tape, sum, b *grad.Var) *grad.Var {
	if sum == nil {
		return b
	}
	return t.Add(sum, b)
}

// floats returns n zeros in memory of the tape where that is float32, which holds them until the
// tape is reset.
func floats(t *grad.Tape, n int) []float32 {
	if v := t.NewConst(n).Value(); v.F32 != nil {
		return v.F32
	}
	return make([]float32, n)
}

// filled returns a constant with every element v.
func filled(t *grad.Tape, v float64, shape ...int) *grad.Var {
	c := t.NewConst(shape...)
	c.Value().Fill(v)
	return c
}
