package fusion

import (
	"fmt"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Limits of tensor fusion: the width of the result, and the most factors of the product (with six,
// each can still be three wide).
const (
	tensorBudget  = 4096
	tensorFactors = 6
)

// Tensor is tensor fusion (Zadeh 2017): the flattened outer product of the views, each with a 1 in
// front, so that every view, every pair, … has its products in it,
//
//	z = [1; x_0] ⊗ [1; x_1] ⊗ …          the first view slowest
//
// The widths are such that ∏(d_k + 1) ≤ 4096: views that are too wide, or wider than the option
// dim, are projected by proj.k. Of more than six views, view k shares factor k mod 6 with others of
// that factor, whose projections are added. An absent view is the neutral [1; 0]; a row without any
// view is 1 followed by zeros.
type Tensor struct {
	proj    *projection
	factors int
	dim     int
}

var _ Fusion = (*Tensor)(nil)

func newTensor(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	f := &Tensor{factors: min(len(views), tensorFactors)}
	if len(views) <= tensorFactors {
		widths := capped(views, cfg.Int("dim"), tensorBudget, tensorWidth)
		f.proj, f.dim = newProjection(s, views, widths), tensorWidth(widths)
		return f, nil
	}
	shared := make([]ViewShape, f.factors)
	for j := range shared {
		for k := j; k < len(views); k += f.factors {
			shared[j].Dim = max(shared[j].Dim, views[k].Dim)
		}
	}
	widths := capped(shared, cfg.Int("dim"), tensorBudget, tensorWidth)
	f.dim = tensorWidth(widths)
	f.proj = &projection{layers: make([]*nn.Linear, len(views)), widths: make([]int, len(views))}
	for k, v := range views {
		f.proj.widths[k] = widths[k%f.factors]
		f.proj.layers[k] = nn.NewLinear(s.Sub("proj").Sub(fmt.Sprint(k)), v.Dim, f.proj.widths[k])
	}
	return f, nil
}

// tensorWidth is ∏(d + 1), or a number above the budget if it is more.
func tensorWidth(widths []int) int {
	n := 1
	for _, d := range widths {
		if n *= d + 1; n > tensorBudget {
			return tensorBudget + 1
		}
	}
	return n
}

// OutDim is ∏(d_k + 1).
func (f *Tensor) OutDim() int { return f.dim }

// Forward returns the flattened product.
func (f *Tensor) Forward(t *grad.Tape, in Input) Output {
	s := borrow()
	defer s.giveBack()
	factors, _ := s.views(f.factors)
	clear(factors)
	for k := range in.Views {
		x, m := in.Masked(t, k)
		if f.proj.layers[k] != nil {
			x = t.MaskRows(f.proj.forward(t, k, x), m) // without the bias where it is absent
		}
		j := k % f.factors
		factors[j] = addTo(t, factors[j], x)
	}
	one := filled(t, 1, in.Rows(), 1)
	var z *grad.Var
	for _, x := range factors {
		x = t.Concat(one, x)
		if z == nil {
			z = x
		} else {
			z = t.Outer(z, x)
		}
	}
	return Output{Z: z}
}
