package fusion

import (
	"fmt"
	"math"
	"strconv"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// multiplicativeBudget bounds the numbers in all bilinear forms together.
const multiplicativeBudget = 1 << 18

// Multiplicative is a bilinear layer (Jayakumar 2020):
//
//	z = x_0' w x_1 + x_0 u + x_1 v + bias
//
// With more views, the sum over the pairs: x_i' w.i.j x_j for i < j, and x_k u.k for each view (the
// linear terms that the pairs of a view have in common are one). With one view, x_0 u + bias. So
// that all w together stay within 2^18 numbers, views that are too wide are projected by proj.k. A
// pair counts where both views are present, a linear term where its view is; a row without any view
// yields the bias.
type Multiplicative struct {
	proj *projection
	w    []*grad.Param // [D_i, D_j, dim], pairs in the order (0,1), (0,2), …, (1,2), …
	u    []*grad.Param // [D_k, dim]
	bias *grad.Param   // [dim]
	dim  int
}

var _ Fusion = (*Multiplicative)(nil)

func newMultiplicative(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	V, dim := len(views), cfg.Int("dim")
	widths := capped(views, 0, multiplicativeBudget/dim, func(d []int) int {
		n := 0
		for i := range d {
			for j := i + 1; j < len(d); j++ {
				n += d[i] * d[j]
			}
		}
		return n
	})
	m := &Multiplicative{proj: newProjection(s, views, widths), dim: dim}
	pairs := float64(max(1, V*(V-1)/2))
	for i := range V {
		for j := i + 1; j < V; j++ {
			name := "w"
			if V > 2 {
				name = fmt.Sprintf("w.%d.%d", i, j)
			}
			std := 1 / math.Sqrt(float64(widths[i]*widths[j])*pairs)
			m.w = append(m.w, s.Param(name, nn.Normal(std), widths[i], widths[j], dim))
		}
	}
	for k, d := range widths {
		name := [...]string{"u", "v"}[k%2]
		if V > 2 {
			name = "u." + strconv.Itoa(k)
		}
		m.u = append(m.u, s.Param(name, nn.Uniform(1/math.Sqrt(float64(d))), d, dim))
	}
	m.bias = s.Param("bias", nn.Zeros, dim)
	return m, nil
}

// OutDim is the option dim.
func (m *Multiplicative) OutDim() int { return m.dim }

// Forward returns the sum of the bilinear and linear terms.
func (m *Multiplicative) Forward(t *grad.Tape, in Input) Output {
	V := len(in.Views)
	s := borrow()
	defer s.giveBack()
	xs, _ := s.views(V)
	for k := range V {
		x, mask := in.Masked(t, k)
		if m.proj.layers[k] != nil {
			x = t.MaskRows(m.proj.forward(t, k, x), mask)
		}
		xs[k] = x
	}
	var sum *grad.Var
	pair := 0
	for i := range V {
		for j := i + 1; j < V; j++ {
			w := t.Reshape(t.Param(m.w[pair]), xs[i].Dim(1)*xs[j].Dim(1), m.dim)
			sum = addTo(t, sum, t.MatMul(t.Outer(xs[i], xs[j]), w))
			pair++
		}
	}
	for k, x := range xs {
		sum = addTo(t, sum, t.MatMul(x, t.Param(m.u[k])))
	}
	return Output{Z: t.AddRow(sum, t.Param(m.bias))}
}
