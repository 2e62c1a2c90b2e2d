package fusion

import (
	"slices"
	"strconv"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// sharedDim is the width that views of different widths are projected to where none is set.
const sharedDim = 64

// projection maps each view onto a width of its own choosing, proj.k; views that have it already
// pass as they are.
type projection struct {
	layers []*nn.Linear // nil: passes as it is
	widths []int        // after the projection
}

// newProjection makes proj.k for every view whose width is not widths[k].
func newProjection(s *nn.Scope, views []ViewShape, widths []int) *projection {
	p := &projection{layers: make([]*nn.Linear, len(views)), widths: widths}
	for k, v := range views {
		if v.Dim != widths[k] {
			p.layers[k] = nn.NewLinear(s.Sub("proj").Sub(strconv.Itoa(k)), v.Dim, widths[k])
		}
	}
	return p
}

// newSharedProjection brings all views to one width. Views of one width stay as they are unless dim
// asks for another; otherwise every view is projected, so that none is privileged, to dim or, if
// that is 0, to sharedDim.
func newSharedProjection(s *nn.Scope, views []ViewShape, dim int) (*projection, int) {
	same := true
	for _, v := range views {
		same = same && v.Dim == views[0].Dim
	}
	if same && (dim == 0 || dim == views[0].Dim) {
		return &projection{layers: make([]*nn.Linear, len(views)), widths: equal(len(views), views[0].Dim)}, views[0].Dim
	}
	if dim == 0 {
		dim = sharedDim
	}
	return newProjections(s, views, dim), dim
}

// newProjections makes proj.k for every view, whatever its width.
func newProjections(s *nn.Scope, views []ViewShape, dim int) *projection {
	return &projection{layers: newLinears(s, "proj", views, dim), widths: equal(len(views), dim)}
}

// newLinears makes name.k, from the width of view k to out, for every view.
func newLinears(s *nn.Scope, name string, views []ViewShape, out int) []*nn.Linear {
	layers := make([]*nn.Linear, len(views))
	for k, v := range views {
		layers[k] = nn.NewLinear(s.Sub(name).Sub(strconv.Itoa(k)), v.Dim, out)
	}
	return layers
}

// forward maps x, the content of view k.
func (p *projection) forward(t *grad.Tape, k int, x *grad.Var) *grad.Var {
	if p.layers[k] == nil {
		return x
	}
	return p.layers[k].Forward(t, x)
}

// projectAndStack returns every view with absent rows cleaned, projected, and stacked to [B, V,
// dim]. A row of an absent view holds what the projection makes of zeros: weigh it with 0.
func (p *projection) projectAndStack(t *grad.Tape, in Input) *grad.Var {
	s := borrow()
	defer s.giveBack()
	xs, _ := s.views(len(in.Views))
	for k := range in.Views {
		xs[k], _ = in.Masked(t, k)
	}
	if !slices.Contains(p.layers, nil) {
		layers := nn.Projections{Layers: p.layers}
		return layers.Forward(t, xs)
	}
	for k, x := range xs {
		xs[k] = p.forward(t, k, x)
	}
	return t.Stack(xs...)
}

// total is the sum of the widths of the views.
func total(views []ViewShape) int {
	n := 0
	for _, v := range views {
		n += v.Dim
	}
	return n
}

// sideBySide returns, for every view, the shape of all of them concatenated.
func sideBySide(views []ViewShape) []ViewShape {
	all := make([]ViewShape, len(views))
	for k := range all {
		all[k].Dim = total(views)
	}
	return all
}

// equal returns n times v.
func equal(n, v int) []int {
	w := make([]int, n)
	for i := range w {
		w[i] = v
	}
	return w
}

// capped returns the widths of the views with none above the largest limit for which cost is at
// most budget; the limit never goes below 1. cost must not fall when a width grows.
func capped(views []ViewShape, limit, budget int, cost func(widths []int) int) []int {
	at := func(c int) []int {
		w := make([]int, len(views))
		for k, v := range views {
			w[k] = min(v.Dim, c)
		}
		return w
	}
	widest := 1
	for _, v := range views {
		widest = max(widest, v.Dim)
	}
	if limit > 0 {
		widest = min(widest, limit)
	}
	lo, hi := 1, widest // the answer is in [lo, hi]
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if cost(at(mid)) <= budget {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return at(lo)
}
