package fusion

import (
	"fmt"
	"math"
	"strings"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// TextbookOptions are the options of [Textbook].
type TextbookOptions struct {
	// Config goes to the method. Where they are not set, dim and, of bilstm, hidden are the width of
	// the first matrix.
	Config Config
	// Seed draws the parameters of methods that have any.
	Seed uint64
}

// Textbook applies a method of the table, untrained, to matrices: mats holds one matrix per view,
// [N, D_k], whose rows belong together, and z is [N, H] in full precision. Weights is [N, V] for
// the methods that have weights, else nil.
//
// It is meant for learning what a method does. Parameters are drawn from the seed, with two
// exceptions: matrices of one width are not projected (attention and transformer have identity
// projections), and a Bi-LSTM takes the rows as its time steps, so that N rows of views with widths
// 3 and 3 and hidden 3 give [N, 6]. A row of a matrix that is NaN throughout is an absent view, and
// a row that no matrix has is NaN throughout in z: nothing was fused there.
func (t Table) Textbook(method string, mats []*tensor.Tensor, o TextbookOptions) (z, weights *tensor.Tensor, err error) {
	m, ok := t.Lookup(method)
	if !ok {
		return nil, nil, fmt.Errorf("there is no fusion %q; there are %s", method, strings.Join(t.Names(), ", "))
	}
	// Such a method is trained by definition; with random weights it shows nothing.
	if m.Final {
		return nil, nil, fmt.Errorf("fusion %s needs labels to learn its predictions from; to fuse predictions that you have, use mean", method)
	}
	present, err := textbookPresence(mats)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot fuse with %s: %w", method, err)
	}
	n := mats[0].Dim(0)
	cfg := o.Config
	views := make([]ViewShape, len(mats))
	for k, x := range mats {
		views[k] = ViewShape{Name: fmt.Sprintf("matrix %d", k+1), Dim: x.Dim(1)}
	}
	// As wide as the first matrix, so that matrices of one width need no projection.
	if o, ok := m.Option("dim"); ok && o.Default != nil {
		cfg = cfg.WithDefaults(Config{"dim": views[0].Dim})
	}
	if m.Textbook != nil {
		cfg = m.Textbook(cfg, views)
	}
	// float64: examples are compared with what was computed by hand.
	s := nn.NewScope(o.Seed, tensor.F64)
	f, err := m.New(s, cfg, Shape{Views: views})
	if err != nil {
		return nil, nil, err
	}
	identity(s)
	tape := grad.NewTape(tensor.F64)
	// Nothing is learned, so no gradient is kept.
	tape.SetRecording(false)
	// All rows are one sequence, of which a Bi-LSTM takes a row a step.
	in := Input{Present: present, RowGroups: []int{n}}
	for _, x := range mats {
		in.Views = append(in.Views, View{X: tape.Const(x.As(tensor.F64))})
	}
	out := f.Forward(tape, in)
	if out.Weights != nil {
		weights = out.Weights.Value().Clone()
	}
	z = out.Z.Value().Clone()
	// A method has some value for a row of nothing (a bias, say), which would look like a result.
	for r := range n {
		there := false
		for k := range mats {
			there = there || present.At(r, k) > 0
		}
		for c := 0; c < z.Dim(1) && !there; c++ {
			z.Set(math.NaN(), r, c)
		}
	}
	return z, weights, nil
}

// Textbook applies a method of [Methods] to matrices; see [Table.Textbook].
func Textbook(method string, mats []*tensor.Tensor, o TextbookOptions) (z, weights *tensor.Tensor, err error) {
	return Methods.Textbook(method, mats, o)
}

// identity makes every square proj.k of the scope the identity.
func identity(s *nn.Scope) {
	for _, p := range s.Params() {
		if !strings.HasPrefix(p.Name, "proj.") {
			continue
		}
		switch v := p.Value; {
		case strings.HasSuffix(p.Name, ".weight") && v.Dim(0) == v.Dim(1):
			v.Zero()
			for i := range v.Dim(0) {
				v.Set(1, i, i)
			}
		case strings.HasSuffix(p.Name, ".bias"):
			v.Zero()
		}
	}
}

// textbookPresence checks the matrices and reports which rows of which are there, [N, V].
func textbookPresence(mats []*tensor.Tensor) (*tensor.Tensor, error) {
	if len(mats) == 0 {
		return nil, fmt.Errorf("there is no matrix")
	}
	n := mats[0].Dim(0)
	present := tensor.New(tensor.F64, n, len(mats))
	for k, x := range mats {
		switch {
		case x.Rank() != 2:
			return nil, fmt.Errorf("matrix %d has %d axes; it must have 2, samples and features", k+1, x.Rank())
		case x.Dim(0) != n:
			return nil, fmt.Errorf("matrix %d has %d rows, the first has %d", k+1, x.Dim(0), n)
		case n == 0 || x.Dim(1) == 0:
			return nil, fmt.Errorf("matrix %d is empty", k+1)
		}
		for r := range n {
			bad := 0
			for c := range x.Dim(1) {
				if v := x.At(r, c); math.IsInf(v, 0) {
					return nil, fmt.Errorf("matrix %d, row %d, column %d is infinite", k+1, r+1, c+1)
				} else if math.IsNaN(v) {
					bad++
				}
			}
			if bad > 0 && bad < x.Dim(1) {
				return nil, fmt.Errorf("matrix %d, row %d: %d of %d values are NaN; only a whole row may be (it is then absent)", k+1, r+1, bad, x.Dim(1))
			}
			if bad == 0 {
				present.Set(1, r, k)
			}
		}
	}
	return present, nil
}
