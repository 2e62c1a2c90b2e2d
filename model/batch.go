package model

import (
	"slices"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/buffer"
	"github.com/fusor-ml/fusor/tensor"
)

// Batch is some rows of a Set, laid out for the network. Filling a batch again reuses its memory.
type Batch struct {
	N       int
	Views   []ViewBatch
	Present *tensor.Tensor // [N, V] of 0 and 1
	Any     []float32      // [N]: 1 where a view is present
	Groups  []int          // lengths of the runs of rows that are one group in order; nil: rows are independent
	Class   []int32        // [N]
	Target  *tensor.Tensor // [N] of a regression
	Labels  *tensor.Tensor // [N, labels] of 0 and 1, of a multi-label task: see FillLabels
	encoded []fusion.View  // Forward's, kept for its memory
	votes   []*grad.Var    // Forward's as well
	parts   []Batch        // of the members of an ensemble, kept for their memory
}

// ViewBatch is one view of a batch. Absent rows are zeros of length 1 or empty bags: masks keep
// them out.
type ViewBatch struct {
	Shape   feature.Shape
	X       *tensor.Tensor // vector [N, D]; sequence [N, T, D]
	Lengths []int          // sequence, tokens: [N], at least 1
	Ids     []int32        // tokens [N*T], -1 past the end; sparse: ids of all rows
	Offsets []int32        // sparse: [N+1]
	Weights []float32      // sparse: parallel to Ids
	Steps   int            // sequence, tokens: T
	Mask    []float32      // [N]: this view's column of Present
	row     feature.Row
}

// Fill takes the given rows of s. groups may be nil. An error is that of reading a temporary file.
func (b *Batch) Fill(s *Set, rows, groups []int) error {
	n, nv := len(rows), len(s.Views)
	b.N, b.Groups = n, groups
	b.Views = buffer.Grow(b.Views, nv)
	b.Any, b.Class = buffer.Grow(b.Any, n), buffer.Grow(b.Class, n)
	b.Present = reuse(b.Present, n, nv)
	b.Target = reuse(b.Target, n)
	clear(b.Any)
	for i, r := range rows {
		if s.Class != nil {
			b.Class[i] = s.Class[r]
		}
		if s.Target != nil {
			b.Target.F32[i] = s.Target[r]
		}
	}
	for v, m := range s.Views {
		if err := b.Views[v].fill(m, rows); err != nil {
			return err
		}
		for i, p := range b.Views[v].Mask {
			b.Present.F32[i*nv+v] = p
			b.Any[i] = max(b.Any[i], p)
		}
	}
	return nil
}

// FillLabels sets Labels for the rows that the batch was filled with, of which every one must have
// its labels; n is the number of all labels.
func (b *Batch) FillLabels(s *Set, rows []int, n int) {
	b.Labels = reuse(b.Labels, len(rows), n)
	clear(b.Labels.F32)
	for i, r := range rows {
		for _, l := range s.Labels[r] {
			b.Labels.F32[i*n+l] = 1
		}
	}
}

// Hide makes view v absent in row i.
func (b *Batch) Hide(i, v int) {
	nv := len(b.Views)
	b.Views[v].Mask[i], b.Present.F32[i*nv+v] = 0, 0
	b.Any[i] = 0
	for k := range nv {
		b.Any[i] = max(b.Any[i], b.Present.F32[i*nv+k])
	}
}

// HideViews makes the views whose index is set in hide absent in every row. The function that it
// returns takes that back.
func (b *Batch) HideViews(hide []bool) (restore func()) {
	n := len(b.Views)
	present, some := slices.Clone(b.Present.F32), slices.Clone(b.Any)
	for i := range b.N {
		for v, h := range hide {
			if h {
				b.Hide(i, v)
			}
		}
	}
	return func() {
		copy(b.Present.F32, present)
		copy(b.Any, some)
		for i, p := range present {
			b.Views[i%n].Mask[i/n] = p
		}
	}
}

func (vb *ViewBatch) fill(m *feature.Matrix, rows []int) error {
	n := len(rows)
	vb.Shape = m.Shape
	vb.Mask = buffer.Grow(vb.Mask, n)
	for i, r := range rows {
		vb.Mask[i] = 0
		if m.Present[r] {
			vb.Mask[i] = 1
		}
	}
	// Buffers grow and are kept: a steady step allocates nothing.
	switch m.Shape {
	case feature.Vector:
		vb.X = reuse(vb.X, n, m.Dim)
	case feature.Sparse:
		// CSR: row i has the ids from Offsets[i] to Offsets[i+1].
		vb.Offsets = buffer.Grow(vb.Offsets, n+1)
		vb.Ids, vb.Weights = vb.Ids[:0], vb.Weights[:0]
		vb.Offsets[0] = 0
	case feature.Sequence:
		vb.lengths(m, rows)
		vb.X = reuse(vb.X, n, vb.Steps, m.Dim)
	case feature.Tokens:
		vb.lengths(m, rows)
		vb.Ids = buffer.Grow(vb.Ids, n*vb.Steps)
	}
	for i, r := range rows {
		if err := m.Read(r, &vb.row); err != nil {
			return err
		}
		switch m.Shape {
		case feature.Vector:
			copy(vb.X.F32[i*m.Dim:(i+1)*m.Dim], vb.row.Values)
		case feature.Sparse:
			vb.Ids = append(vb.Ids, vb.row.Index...)
			vb.Weights = append(vb.Weights, vb.row.Values...)
			vb.Offsets[i+1] = int32(len(vb.Ids))
		case feature.Sequence:
			w := vb.Steps * m.Dim
			x := vb.X.F32[i*w : (i+1)*w]
			// What is behind the sequence is left over from another batch, and may not be finite.
			clear(x[copy(x, vb.row.Values):])
		case feature.Tokens:
			x := vb.Ids[i*vb.Steps : (i+1)*vb.Steps]
			// -1 is no token: its embedding is zero and gets no gradient.
			for k := copy(x, vb.row.Index); k < len(x); k++ {
				x[k] = -1
			}
		}
	}
	return nil
}

func (vb *ViewBatch) lengths(m *feature.Matrix, rows []int) {
	vb.Lengths = buffer.Grow(vb.Lengths, len(rows))
	vb.Steps = 1
	for i, r := range rows {
		vb.Lengths[i] = max(1, m.Steps(r))
		vb.Steps = max(vb.Steps, vb.Lengths[i])
	}
}

// reuse returns t the shape, keeping its memory where that is large enough.
func reuse(t *tensor.Tensor, shape ...int) *tensor.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if t == nil || cap(t.F32) < n {
		t = &tensor.Tensor{F32: make([]float32, n, n+n/4)}
	}
	t.F32 = t.F32[:n]
	t.Shape = append(t.Shape[:0], shape...)
	return t
}
