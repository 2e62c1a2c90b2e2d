package feature

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fusor-ml/fusor/internal/buffer"
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

	store *Store // what rows are made of, where Values and Index do not hold them
	state State
	first int // row of the store that is row 0
}

// mostResident is how many bytes of a view are held in memory after its state was applied, unless
// the process may take less memory than sixteen of these. It changes no bit of what is read. Tests
// set it.
var mostResident int64 = 128 << 20

// resident is mostResident, or a sixteenth of the memory that the process may take
// ([debug.SetMemoryLimit], GOMEMLIMIT) where that is less.
func resident() int64 { return min(mostResident, debug.SetMemoryLimit(-1)/16) }

// Row is a row of a Matrix, and the memory that it was read into.
type Row struct {
	Values []float32 // as Dense or Weights returns it
	Index  []int32   // as Ids returns it

	raw, out Raw
	ids      []int32
}

// Read reads row i into r, which is right until the next row is read into it.
func (m *Matrix) Read(i int, r *Row) error {
	if m.store == nil {
		switch m.Shape {
		case Vector, Sequence:
			r.Values = m.Dense(i)
		case Tokens:
			r.Index = m.Ids(i)
		default:
			r.Values, r.Index = m.Weights(i), m.Ids(i)
		}
		return nil
	}
	if !m.Present[i] {
		r.out.Values, r.ids = r.out.Values[:0], r.ids[:0]
		if m.Shape == Vector {
			r.out.Values = buffer.Grow(r.out.Values, m.Dim)
			clear(r.out.Values)
		}
	} else {
		if err := m.store.Get(m.first+i, &r.raw); err != nil {
			return err
		}
		m.state.Apply(&r.out, r.raw)
		r.ids = r.ids[:0]
		for _, id := range r.out.Index {
			r.ids = append(r.ids, int32(id))
		}
	}
	r.Values, r.Index = r.out.Values, r.ids
	return nil
}

// Part returns the rows from..to, which share the memory of m.
func (m *Matrix) Part(from, to int) *Matrix {
	p := *m
	p.Present, p.Start, p.first = m.Present[from:to], m.Start[from:to+1], m.first+from
	return &p
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

// Join returns the rows of several matrices of one view that [Apply] made, one after the other.
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
	return applyWithin(s, shape, st, math.MaxInt64)
}

// OnDemand is Apply for a view of any size: beyond so many bytes the matrix goes on reading the
// store, which must not be closed before.
func OnDemand(s *Store, shape Shape, st State) (*Matrix, error) {
	return applyWithin(s, shape, st, resident())
}

// Passing is OnDemand for rows that are read once: vectors go on reading the store, whatever their
// size.
func Passing(s *Store, shape Shape, st State) (*Matrix, error) {
	if _, ok := st.(taker); ok && shape == Vector {
		return applyWithin(s, shape, st, 0)
	}
	return OnDemand(s, shape, st)
}

func applyWithin(s *Store, shape Shape, st State, most int64) (*Matrix, error) {
	n := s.Len()
	m := &Matrix{Shape: shape, Dim: st.Dim(), Present: make([]bool, n), Start: make([]int, n+1)}
	// Rows are applied in blocks on all cores, then joined in order: the size of a block does not
	// change a result.
	const block = 256
	// A request: no parts, no goroutine, no copy.
	if n <= block {
		if err := apply(m, m, s, st, 0, n); err != nil {
			return nil, err
		}
		m.sumStarts()
		return m, nil
	}
	parts := make([]Matrix, (n+block-1)/block)
	var size atomic.Int64
	// The size is known beforehand, so that parts are written in place; of the other shapes it is only
	// known afterward.
	if shape == Vector { // of which every row takes as much
		if all := 4 * int64(n) * int64(m.Dim); all > most {
			size.Store(all)
		} else {
			m.Values = make([]float32, n*m.Dim)
		}
	}
	err := parallel.For(context.Background(), len(parts), 0, func(_ context.Context, _, b int) error {
		p := &parts[b]
		// Kept in the store, from which a state can make any row again.
		if known, ok := st.(taker); ok && shape == Vector && m.Values == nil { // rows are made later
			return m.take(s, known, b*block, min(n, (b+1)*block))
		}
		if m.Values != nil { // each part has its place there
			from, to := b*block*m.Dim, min(n, (b+1)*block)*m.Dim
			// The capacity ends where the next part begins: an append too many would allocate and not
			// overwrite.
			p.Values = m.Values[from:from:to]
		}
		if err := apply(p, m, s, st, b*block, min(n, (b+1)*block)); err != nil {
			return err
		}
		// Too much already: what was made is let go at once, or all workers would hold it until the end.
		if size.Add(4*int64(len(p.Values)+len(p.Index))) > most {
			*p = Matrix{}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if size.Load() > most {
		m.store, m.state = s, st
		m.sumStarts()
		return m, nil
	}
	// Written in place above.
	if m.Values != nil {
		m.sumStarts()
		return m, nil
	}
	values, index := 0, 0
	for b := range parts {
		values, index = values+len(parts[b].Values), index+len(parts[b].Index)
	}
	m.Values, m.Index = make([]float32, 0, values), make([]int32, 0, index)
	for b := range parts {
		m.Values = append(m.Values, parts[b].Values...)
		m.Index = append(m.Index, parts[b].Index...)
		// Let go part by part, so that the whole is not held twice.
		parts[b] = Matrix{}
	}
	m.sumStarts()
	return m, nil
}

// taker is a State of vectors that knows which rows it can take before it is applied to them.
type taker interface {
	Takes(r Raw) bool
}

// take notes which of the rows from..to are present.
func (m *Matrix) take(s *Store, st taker, from, to int) error {
	memory := rawPool.Get().(*[2]Raw)
	defer rawPool.Put(memory)
	raw := &memory[0]
	for i := from; i < to; i++ {
		if err := s.Get(i, raw); err != nil {
			return err
		}
		m.Present[i], m.Start[i+1] = !raw.Absent() && st.Takes(*raw), 1
	}
	return nil
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
	// Pooled for requests of a row or two, each of which would grow two buffers of its own.
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
