// Package extern is a fusion method from outside: a module of its own that sees only what fusor exports. It adds [Max] to
// the table, and its tests run the law suite on it and train, save and load a model with it.
package extern

import (
	"fmt"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Max is the table entry of the method: pass fusion.Methods.With(extern.Max) wherever a table is taken.
var Max = fusion.Method{
	Name: "max", Doc: "the largest value of each feature over the views that are present", Source: "an example",
	Options:  []string{"dim"},
	Defaults: fusion.Config{Dim: 64},
	Build:    build,
	Laws: fusion.Laws{
		Permutable: true, Indexed: []string{"proj"},
		Cases: []fusion.Case{{Name: "plain", Drop: true}},
	},
}

// maximum is z = max_k proj.k(x_k) over the present views; a row without any view gives zeros.
type maximum struct {
	proj []*nn.Linear
	dim  int
}

var _ fusion.Fusion = (*maximum)(nil)

func build(s *nn.Scope, cfg fusion.Config, views []fusion.ViewShape) (fusion.Fusion, error) {
	cfg = cfg.Or(fusion.Config{Dim: 64})
	m := &maximum{dim: cfg.Dim}
	for k, v := range views {
		if v.Sequence {
			return nil, fmt.Errorf("view %q is a sequence", v.Name)
		}
		m.proj = append(m.proj, nn.NewLinear(s.Sub("proj").Sub(fmt.Sprint(k)), v.Dim, cfg.Dim))
	}
	return m, nil
}

// OutDim is Config.Dim.
func (m *maximum) OutDim() int { return m.dim }

// Forward moves the present views of each row to the front and takes the maximum over them.
func (m *maximum) Forward(t *grad.Tape, in fusion.Input) fusion.Output {
	B, V := in.Present.Dim(0), len(in.Views)
	xs := make([]*grad.Var, V)
	for k, v := range in.Views {
		mask := make([]float32, B)
		for b := range mask {
			mask[b] = float32(in.Present.At(b, k))
		}
		xs[k] = m.proj[k].Forward(t, t.MaskRows(v.X, mask))
	}
	idx, lengths := make([]int32, B*V), make([]int, B)
	for b := range B {
		n := 0
		for k := range V {
			if in.Present.At(b, k) != 0 {
				idx[b*V+n] = int32(b*V + k)
				n++
			}
		}
		for i := n; i < V; i++ {
			idx[b*V+i] = -1 // zeros
		}
		lengths[b] = max(n, 1)
	}
	h := t.GatherRows(t.Reshape(t.Stack(xs...), B*V, m.dim), idx)
	return fusion.Output{Z: t.MaxTime(t.Reshape(h, B, V, m.dim), lengths)}
}
