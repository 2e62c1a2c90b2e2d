package feature

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/internal/parallel"
)

// Matrix is a view of every row after its state was applied: what a model is trained on.
type Matrix struct {
	Shape   Shape
	Dim     int // width of a vector or step; number of ids of a sparse view or of tokens
	Present []bool
	// Start[i]:Start[i+1] is row i's part of Values (in steps of Dim for a
	// vector or sequence) or of Values and Index (sparse) or of Index (tokens).
	Start  []int
	Values []float32
	Index  []int32
}

// Len is the number of rows.
func (m *Matrix) Len() int { return len(m.Present) }

// Steps is the number of steps, tokens or non-zeros of row i.
func (m *Matrix) Steps(i int) int { return m.Start[i+1] - m.Start[i] }

// Dense returns the values of row i of a vector or sequence view: [steps, Dim].
func (m *Matrix) Dense(i int) []float32 { return m.Values[m.Start[i]*m.Dim : m.Start[i+1]*m.Dim] }

// Ids returns the ids of row i of a sparse or token view.
func (m *Matrix) Ids(i int) []int32 { return m.Index[m.Start[i]:m.Start[i+1]] }

// Weights returns the weights of row i of a sparse view, parallel to Ids.
func (m *Matrix) Weights(i int) []float32 { return m.Values[m.Start[i]:m.Start[i+1]] }

// Join returns the rows of several matrices of one view, one after the other.
func Join(parts ...*Matrix) *Matrix {
	out := &Matrix{Shape: parts[0].Shape, Dim: parts[0].Dim, Start: []int{0}}
	for _, m := range parts {
		base := out.Start[len(out.Start)-1]
		for _, s := range m.Start[1:] {
			out.Start = append(out.Start, base+s)
		}
		out.Present = append(out.Present, m.Present...)
		out.Values = append(out.Values, m.Values...)
		out.Index = append(out.Index, m.Index...)
	}
	return out
}

// FitBlock is how many rows of a data set are fitted together: sums over a block are the same
// wherever they are made, and blocks are merged in order.
const FitBlock = 4096

// Fit learns a view's state from the given rows, which ascend.
func Fit(s *Store, v View, scaling Scaling, rows []int) (State, error) {
	var all Fitter
	var raw Raw
	for len(rows) > 0 {
		block, n := v.NewFitter(scaling), 0
		for n < len(rows) && rows[n]/FitBlock == rows[0]/FitBlock {
			if err := s.Get(rows[n], &raw); err != nil {
				return nil, err
			}
			if n++; !raw.Absent() {
				block.Add(raw)
			}
		}
		rows = rows[n:]
		if all == nil {
			all = block
		} else {
			all.Merge(block)
		}
	}
	if all == nil {
		all = v.NewFitter(scaling)
	}
	return all.State()
}

// Apply applies a state to every row of a store.
func Apply(s *Store, shape Shape, st State) (*Matrix, error) {
	n := s.Len()
	m := &Matrix{Shape: shape, Dim: st.Dim(), Present: make([]bool, n), Start: make([]int, n+1)}
	// Rows are applied in blocks on all cores, then joined in order.
	const block = 256
	if n <= block {
		if err := apply(m, m, s, st, 0, n); err != nil {
			return nil, err
		}
		m.sumStarts()
		return m, nil
	}
	parts := make([]Matrix, (n+block-1)/block)
	err := parallel.For(context.Background(), len(parts), 0, func(_ context.Context, _, b int) error {
		return apply(&parts[b], m, s, st, b*block, min(n, (b+1)*block))
	})
	if err != nil {
		return nil, err
	}
	values, index := 0, 0
	for b := range parts {
		values, index = values+len(parts[b].Values), index+len(parts[b].Index)
	}
	m.Values, m.Index = make([]float32, 0, values), make([]int32, 0, index)
	for b := range parts {
		m.Values = append(m.Values, parts[b].Values...)
		m.Index = append(m.Index, parts[b].Index...)
		parts[b] = Matrix{}
	}
	m.sumStarts()
	return m, nil
}

// sumStarts makes starts of counts.
func (m *Matrix) sumStarts() {
	for i := range len(m.Start) - 1 {
		m.Start[i+1] += m.Start[i]
	}
}

// rawPool holds the working memory of apply: a row as it was stored, and as the state makes it.
var rawPool = sync.Pool{New: func() any { return new([2]Raw) }}

// apply fills p with rows from..to, and their presence and counts in m.
func apply(p, m *Matrix, s *Store, st State, from, to int) error {
	memory := rawPool.Get().(*[2]Raw)
	defer rawPool.Put(memory)
	raw, out := &memory[0], &memory[1]
	for i := from; i < to; i++ {
		if err := s.Get(i, raw); err != nil {
			return err
		}
		if !raw.Absent() {
			st.Apply(out, *raw)
		}
		dense := m.Shape == Vector || m.Shape == Sequence
		if raw.Absent() || dense && len(out.Values) == 0 { // the latter: a row that the state cannot take
			if m.Shape == Vector { // a vector view keeps its place, so that rows stay aligned
				p.Values = append(p.Values, make([]float32, m.Dim)...)
				m.Start[i+1] = 1
			}
			continue
		}
		m.Present[i] = true
		switch m.Shape {
		case Vector:
			if len(out.Values) != m.Dim {
				return fmt.Errorf("cannot apply features: row %d has %d values, the view %d", i, len(out.Values), m.Dim)
			}
			m.Start[i+1] = 1
		case Sequence:
			if len(out.Values) != out.Steps*m.Dim {
				return fmt.Errorf("cannot apply features: row %d has %d values in %d steps of %d", i, len(out.Values), out.Steps, m.Dim)
			}
			m.Start[i+1] = out.Steps
		default:
			m.Start[i+1] = len(out.Index)
		}
		p.Values = append(p.Values, out.Values...)
		if m.Shape == Sparse || m.Shape == Tokens {
			p.Index = slices.Grow(p.Index, len(out.Index))
			for _, id := range out.Index {
				p.Index = append(p.Index, int32(id))
			}
		}
	}
	return nil
}
