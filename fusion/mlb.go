package fusion

import (
	"math"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/buffer"
	"github.com/fusor-ml/fusor/nn"
)

// MLB is low-rank bilinear pooling with attention (Kim 2017): the first view is a question, the
// others are looked at by what it asks for, and question and answer meet in a Hadamard product,
//
//	h_k = proj.k(x_k) for k > 0
//	a_g = softmax_k(glimpse.g · (tanh(ask x_0) ⊙ tanh(look h_k)))
//	v   = [Σ_k a_1k h_k; Σ_k a_2k h_k; …]
//	z   = tanh(question x_0) ⊙ tanh(answer v)
//
// with as many sums as there are glimpses. The projection that follows in the paper is the head of
// the model. In the paper the question is a sentence and what is looked at are the regions of a
// picture; here they are the other views. With two views there is nothing to choose and v is h_1,
// the bilinear model of the paper without attention.
//
// An absent view leaves its factor out of a product, as a 1, and has no share in a softmax; a row
// without any view yields ones.
type MLB struct {
	proj             *projection // nil with a single view, and so is answer
	ask, look        *nn.Linear  // nil where there is nothing to choose, and so is glimpse
	glimpse          *grad.Param // [glimpses, dim]
	question, answer *nn.Linear
	dim              int
}

var _ Fusion = (*MLB)(nil)

func newMLB(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views, dim, glimpses := shape.Views, cfg.Int("dim"), 1
	m := &MLB{dim: dim, question: nn.NewLinear(s.Sub("question"), views[0].Dim, dim)}
	if len(views) == 1 {
		return m, nil
	}
	widths := equal(len(views), dim)
	widths[0] = views[0].Dim // is not projected
	m.proj = newProjection(s, views, widths)
	if len(views) > 2 {
		glimpses = cfg.Int("glimpses")
		m.ask, m.look = nn.NewLinear(s.Sub("ask"), views[0].Dim, dim), nn.NewLinear(s.Sub("look"), dim, dim)
		m.glimpse = s.Param("glimpse", nn.Uniform(1/math.Sqrt(float64(dim))), glimpses, dim)
	}
	m.answer = nn.NewLinear(s.Sub("answer"), glimpses*dim, dim)
	return m, nil
}

// OutDim is the option dim.
func (m *MLB) OutDim() int { return m.dim }

// Forward returns the product of question and answer.
func (m *MLB) Forward(t *grad.Tape, in Input) Output {
	q, asked := in.Masked(t, 0)
	ones := filled(t, 1, m.dim)
	z := t.WhereRows(asked, t.Tanh(m.question.Forward(t, q)), ones)
	if m.answer == nil {
		return Output{Z: z}
	}
	s := borrow()
	defer s.giveBack()
	B, n := in.Rows(), len(in.Views)-1
	hs, _ := s.views(n)
	some := floats(t, B) // whether there is anything to look at
	for k := range n {
		x, there := in.Masked(t, k+1)
		hs[k] = m.proj.forward(t, k+1, x)
		for b, p := range there {
			some[b] = max(some[b], p)
		}
		if n == 1 {
			hs[k] = t.MaskRows(hs[k], there)
		}
	}
	v := hs[0]
	if m.ask != nil {
		u := t.WhereRows(asked, t.Tanh(m.ask.Forward(t, q)), ones)
		v = m.attend(t, in, t.Stack(hs...), u, s)
	}
	return Output{Z: t.Mul(z, t.WhereRows(some, t.Tanh(m.answer.Forward(t, v)), ones))}
}

// attend returns the sums of h [B, n, dim] that the question u [B, dim] asks for, side by side.
func (m *MLB) attend(t *grad.Tape, in Input, h, u *grad.Var, s *scratch) *grad.Var {
	B, n := h.Dim(0), h.Dim(1)
	present := t.NewConst(B, n)
	s.ids = buffer.Grow(s.ids, B*n)
	for i := range s.ids {
		s.ids[i] = int32(i / n)
		if in.IsPresent(i/n, 1+i%n) {
			present.Value().SetFlat(1, i)
		}
	}
	asked := t.Reshape(t.GatherRows(u, s.ids), B, n, m.dim)
	met := t.Mul(asked, t.Tanh(m.look.Forward(t, h)))
	scores := t.Linear(met, t.Param(m.glimpse), nil) // [B, n, glimpses]
	sums, _ := s.views(m.glimpse.Value.Dim(0))
	for g := range sums {
		a := t.MaskedSoftmax(t.Reshape(t.Slice(scores, g, g+1), B, n), present.Value())
		sums[g] = t.WeightedSum(h, a)
	}
	return t.Concat(sums...)
}
