package nn

import (
	"strconv"

	"github.com/fusor-ml/fusor/grad"
)

// Projections maps several inputs to one width, each by a linear layer of its own, and puts the
// results side by side.
type Projections struct{ Layers []*Linear }

// NewProjections makes the layers 0, 1, … for inputs of the given widths.
func NewProjections(s *Scope, widths []int, out int) *Projections {
	p := &Projections{}
	for i, in := range widths {
		p.Layers = append(p.Layers, NewLinear(s.Sub(strconv.Itoa(i)), in, out))
	}
	return p
}

// Forward maps xs, each [B, in], to [B, len(xs), out].
func (p *Projections) Forward(t *grad.Tape, xs []*grad.Var) *grad.Var {
	ws, bs := make([]*grad.Var, 0, 16), make([]*grad.Var, 0, 16)
	for _, l := range p.Layers {
		ws, bs = append(ws, t.Param(l.Weight)), append(bs, optional(t, l.Bias))
	}
	return t.LinearStack(xs, ws, bs)
}
