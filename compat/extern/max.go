// Package extern is a fusion method from outside: a module of its own that sees only what fusor
// exports. It adds [Max] to the table, and its tests run the law suite on it and train, save and
// load a model with it.
package extern

import (
	"fmt"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Max is the table entry of the method: pass fusion.Methods.With(extern.Max) wherever a table is
// taken.
var Max = fusion.Method{
	Name: "max", Doc: "the largest value of each feature over the views that are present", Source: "an example",
	Options: []fusion.Option{{Name: "width", Doc: "width of the result", Kind: fusion.Integer, Min: 1, Max: fusion.MaxWidth, Default: 64}},
	Build:   build,
	Laws: fusion.Laws{
		Permutable: true, Indexed: []string{"proj"},
		Cases: []fusion.Case{{Name: "plain", Drop: true}},
	},
}

// maximum is z = max_k proj.k(x_k) over the present views; a row without any view yields zeros.
type maximum struct {
	proj []*nn.Linear
	dim  int
}

func build(s *nn.Scope, cfg fusion.Config, shape fusion.Shape) (fusion.Fusion, error) {
	m := &maximum{dim: cfg.Int("width")}
	for k, v := range shape.Views {
		m.proj = append(m.proj, nn.NewLinear(s.Sub("proj").Sub(fmt.Sprint(k)), v.Dim, m.dim))
	}
	return m, nil
}

func (m *maximum) OutDim() int { return m.dim }

func (m *maximum) Forward(t *grad.Tape, in fusion.Input) fusion.Output {
	xs := make([]*grad.Var, len(in.Views))
	for k := range xs {
		x, _ := in.Masked(t, k)
		xs[k] = m.proj[k].Forward(t, x)
	}
	return fusion.Output{Z: t.MaxTime(in.Pack(t, t.Stack(xs...)))}
}
