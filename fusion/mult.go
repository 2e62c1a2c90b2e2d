package fusion

import (
	"fmt"
	"math"
	"strconv"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/buffer"
	"github.com/fusor-ml/fusor/nn"
)

// MulT is the multimodal transformer (Tsai 2019): every view is a sequence, and each looks at each
// other one by cross-modal attention, step by step, without their steps being aligned. A view
// without time is a sequence of one step. With the positions PE of Vaswani 2017,
//
//	h_k  = proj.k(x_k) + PE
//	y_kj = cross.k.j(h_k, h_j)
//	y_k  = the mean of y_kj over the other views j that are present, h_k where there is none
//	z_k  = the last step of self.k(y_k)
//	z    = [z_0; z_1; …]
//
// cross.k.j is layers of y + attention(norm(y), norm(h_j)), then y + feed(norm(y)), and a last
// norm; self.k such layers that look at themselves. In the paper the y_kj of a view stand side by
// side, which is the same with two views; of more the mean is taken here, so that an absent view
// leaves no trace in what the others see. Nor do steps past the end of a sequence. In the place of
// z_k of an absent view is the learned vector absent.k. Linear projections of a step replace
// convolutions.
type MulT struct {
	proj   []*nn.Linear
	cross  [][]*layerStack // [target][source], nil for itself
	self   []*layerStack
	absent []*grad.Param
	seq    []bool
	dim    int
}

var _ Fusion = (*MulT)(nil)

// multDim is the width of a step unless set; the paper has 30 to 40.
const multDim = 32

// multBudget bounds the learned numbers of the layers of MulT: where there are many views, which
// all look at each other, the width falls.
const multBudget = 1 << 20

func newMulT(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views, heads, layers, dim := shape.Views, cfg.Int("heads"), cfg.Int("layers"), cfg.Int("dim")
	if dim%heads != 0 {
		return nil, fmt.Errorf("dim %d is not a multiple of heads %d", dim, heads)
	}
	V := len(views)
	hidden := func(dim int) int {
		if h := cfg.Int("hidden"); h > 0 {
			return h
		}
		return 4 * dim
	}
	for dim > heads && V*V*layers*dim*(4*dim+2*hidden(dim)) > multBudget {
		dim -= heads
	}
	m := &MulT{dim: dim, proj: newLinears(s, "proj", views, dim)}
	c := nn.TransformerEncoderConfig{Embed: dim, Heads: heads, Feedforward: hidden(dim), NormFirst: true, Dropout: cfg.Float("dropout"), Eps: 1e-5, ReLU: true}
	for k, v := range views {
		m.seq = append(m.seq, v.Sequence)
		row := make([]*layerStack, V)
		for j := range views {
			if j != k {
				row[j] = newLayerStack(s.Sub("cross").Sub(strconv.Itoa(k)).Sub(strconv.Itoa(j)), c, layers)
			}
		}
		m.cross = append(m.cross, row)
		m.self = append(m.self, newLayerStack(s.Sub("self").Sub(strconv.Itoa(k)), c, layers))
		m.absent = append(m.absent, s.Sub("absent").Param(strconv.Itoa(k), nn.Normal(1/math.Sqrt(float64(dim))), dim))
	}
	return m, nil
}

// OutDim is the width of a view, which is at most the option dim, times the number of views.
func (m *MulT) OutDim() int { return len(m.proj) * m.dim }

// Forward returns the last steps of all views.
func (m *MulT) Forward(t *grad.Tape, in Input) Output {
	V := len(in.Views)
	s := borrow()
	defer s.giveBack()
	vars, _ := s.views(4*V + 1)
	hs, masks, zs, ys := vars[:V], vars[V:2*V], vars[2*V:3*V], vars[3*V:]
	for k := range V {
		hs[k], masks[k] = m.steps(t, in, k)
	}
	for k := range V {
		y := m.look(t, in, k, hs, masks, ys)
		z := m.self[k].forward(t, y, nil, masks[k])
		zs[k] = t.WhereRows(in.Mask(t, k), m.last(t, in, k, z, s), t.Param(m.absent[k]))
	}
	return Output{Z: t.Concat(zs...)}
}

// steps returns h_k [B, T, dim] and which of the steps are there, [B, T].
func (m *MulT) steps(t *grad.Tape, in Input, k int) (h, mask *grad.Var) {
	x, there := in.Masked(t, k)
	B, T := in.Rows(), 1
	if m.seq[k] {
		T = x.Dim(1)
		x = t.MaskTime(x, in.Views[k].Lengths)
	} else {
		x = t.Reshape(x, B, 1, x.Dim(1))
	}
	mask = t.NewConst(B, T)
	for b, p := range there {
		for i := range T {
			if p != 0 && (!m.seq[k] || i < in.steps(b, k)) {
				mask.Value().SetFlat(1, b*T+i)
			}
		}
	}
	h = t.AddRow(t.Reshape(m.proj[k].Forward(t, x), B, T*m.dim), m.positions(t, T))
	return t.Reshape(h, B, T, m.dim), mask
}

// positions returns PE of T steps, [T · dim]: sin and cos in turn (Vaswani 2017).
func (m *MulT) positions(t *grad.Tape, T int) *grad.Var {
	pe := t.NewConst(T * m.dim)
	for c := range m.dim {
		w := frequency(c, m.dim)
		for i := range T {
			v := math.Sin(float64(i) * w)
			if c%2 == 1 {
				v = math.Cos(float64(i) * w)
			}
			pe.Value().SetFlat(v, i*m.dim+c)
		}
	}
	return pe
}

func frequency(c, dim int) float64 { return math.Pow(10000, -float64(c-c%2)/float64(dim)) }

// look returns y_k [B, T, dim]; ys has room for as many views and one.
func (m *MulT) look(t *grad.Tape, in Input, k int, hs, masks, ys []*grad.Var) *grad.Var {
	h, V := hs[k], len(hs)
	if V == 1 {
		return h
	}
	B, T := h.Dim(0), h.Dim(1)
	w := t.NewConst(B, V)
	for b := range B {
		n := 0
		for j := range V {
			if j != k && in.IsPresent(b, j) {
				n++
			}
		}
		for j := range V {
			switch {
			case n == 0 && j == k:
				w.Value().SetFlat(1, b*V+j)
			case j != k && in.IsPresent(b, j):
				w.Value().SetFlat(1/float64(n), b*V+j)
			}
		}
	}
	for j := range V {
		y := h
		if j != k {
			y = m.cross[k][j].forward(t, h, hs[j], masks[j])
		}
		ys[j] = t.Reshape(y, B, T*m.dim)
	}
	return t.Reshape(t.WeightedSum(t.Stack(ys[:V]...), w), B, T, m.dim)
}

// last returns the last step of each row of z [B, T, dim].
func (m *MulT) last(t *grad.Tape, in Input, k int, z *grad.Var, s *scratch) *grad.Var {
	B, T := z.Dim(0), z.Dim(1)
	s.ids = buffer.Grow(s.ids, B)
	for b := range s.ids {
		s.ids[b] = int32(b * T)
		if m.seq[k] {
			s.ids[b] += int32(max(in.steps(b, k), 1) - 1)
		}
	}
	return t.GatherRows(t.Reshape(z, B*T, m.dim), s.ids)
}

// layerStack is layers one on top of the other, and a norm.
type layerStack struct {
	layers []*nn.TransformerEncoderLayer
	norm   *nn.LayerNorm
}

func newLayerStack(s *nn.Scope, c nn.TransformerEncoderConfig, layers int) *layerStack {
	l := &layerStack{}
	for i := range layers {
		l.layers = append(l.layers, nn.NewTransformerEncoderLayer(s.Sub("layers").Sub(strconv.Itoa(i)), c))
	}
	l.norm = nn.NewLayerNorm(s.Sub("norm"), c.Embed, c.Eps)
	return l
}

// forward runs x [B, T, dim] through the layers, which look at source [B, S, dim] where mask [B, S]
// is not zero, or, with a nil source, at themselves.
func (l *layerStack) forward(t *grad.Tape, x, source, mask *grad.Var) *grad.Var {
	for _, layer := range l.layers {
		if source == nil {
			x = layer.Forward(t, x, mask.Value())
		} else {
			x = layer.Cross(t, x, source, mask.Value())
		}
	}
	return l.norm.Forward(t, x)
}
