package fusion

import (
	"fmt"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/buffer"
	"github.com/fusor-ml/fusor/nn"
)

// BiLSTM reads the views with an LSTM in both directions (Graves & Schmidhuber 2005). The option
// over is what it reads along:
//
//   - time: at each step the views side by side (a view without time is at every step), the mean
//     over the steps. Views of different lengths are aligned at the first step; a row is as long as
//     its longest present view, at least one step. Where a view is absent, in a whole row or past
//     its own end, is the learned vector absent.k.
//   - views: each present view is a step, in order; absent ones are left out, not read as zeros;
//     the mean over the steps. Views of different widths are projected by proj.k. A row without any
//     view reads one step of zeros.
//   - rows: the rows of a group in their order are the steps (the utterances of a conversation:
//     Poria 2017), each the views side by side with absent.k for the absent; every row gets what
//     the two directions say at its step. With the option skip its own features stand beside that.
//
// The option dropout drops values of the input and of the output of the LSTM, and between layers.
type BiLSTM struct {
	over    string
	lstm    *nn.LSTM
	proj    *projection   // views
	absent  []*grad.Param // time, rows
	seq     []bool        // time: which views are sequences
	dropout float64
	skip    bool
	dim     int
}

var _ Fusion = (*BiLSTM)(nil)

// What bilstm can run over.
const (
	OverRows  = "rows"
	OverTime  = "time"
	OverViews = "views"
)

// Over time alone the method reads sequences; without the option it is over time if there is one.
func bilstmTakesSequences(cfg Config) bool {
	return cfg.Text("over") == "" || cfg.Text("over") == OverTime
}

func bilstmReadsRows(cfg Config) bool { return cfg.Text("over") == OverRows }

func adaptBiLSTM(cfg Config, data Data) Config {
	switch {
	case cfg.Text("over") != "":
		return cfg
	case data.Ordered:
		return cfg.With("over", OverRows)
	case data.Sequences:
		return cfg.With("over", OverTime)
	}
	return cfg.With("over", OverViews)
}

// In textbooks the rows are the steps, and the state of each direction is as wide as a row.
func textbookBiLSTM(cfg Config, views []ViewShape) Config {
	return cfg.WithDefaults(Config{"over": OverRows, "hidden": views[0].Dim})
}

func newBiLSTM(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	b := &BiLSTM{over: cfg.Text("over"), dropout: cfg.Float("dropout"), skip: cfg.Bool("skip"), dim: 2 * cfg.Int("hidden")}
	if b.over == "" {
		b.over = OverViews
		for _, v := range views {
			if v.Sequence {
				b.over = OverTime
			}
		}
	}
	if b.skip && b.over != OverRows {
		return nil, fmt.Errorf("skip goes with over rows, not over %s", b.over)
	}
	width := total(views)
	if b.over == OverViews {
		b.proj, width = newSharedProjection(s, views, cfg.Int("dim"))
	} else {
		if cfg.Int("dim") > 0 {
			return nil, fmt.Errorf("dim goes with over views, not over %s", b.over)
		}
		b.absent = newAbsent(s, views)
	}
	for _, v := range views {
		b.seq = append(b.seq, v.Sequence)
	}
	if b.skip {
		b.dim += width
	}
	b.lstm = nn.NewLSTM(s, width, cfg.Int("hidden"), nn.LSTMConfig{Layers: cfg.Int("layers"), Bidirectional: true, Dropout: cfg.Float("dropout")})
	return b, nil
}

// OutDim is twice the hidden width, and with Skip the widths of the views more.
func (b *BiLSTM) OutDim() int { return b.dim }

// Forward returns the mean over the steps, or over rows the state at each row.
func (b *BiLSTM) Forward(t *grad.Tape, in Input) Output {
	switch b.over {
	case OverTime:
		return Output{Z: b.overTime(t, in)}
	case OverViews:
		return Output{Z: b.overViews(t, in)}
	default:
		return Output{Z: b.overRows(t, in)}
	}
}

// read runs the LSTM with dropout on both sides: x [B, T, in] -> [B, T, 2H].
func (b *BiLSTM) read(t *grad.Tape, x *grad.Var, lengths []int) *grad.Var {
	out, _, _ := b.lstm.Forward(t, b.drop(t, x), lengths)
	return b.drop(t, out)
}

func (b *BiLSTM) drop(t *grad.Tape, x *grad.Var) *grad.Var {
	if b.dropout == 0 {
		return x
	}
	return t.Dropout(x, b.dropout)
}

func (b *BiLSTM) overTime(t *grad.Tape, in Input) *grad.Var {
	B, T := in.Rows(), 1
	for k, v := range in.Views {
		if b.seq[k] {
			T = max(T, v.X.Dim(1))
		}
	}
	s := borrow()
	defer s.giveBack()
	s.ints = buffer.Grow(s.ints, B)
	lengths := s.ints
	for r := range lengths {
		lengths[r] = 1
		for k := range in.Views {
			if b.seq[k] && in.IsPresent(r, k) {
				lengths[r] = max(lengths[r], in.steps(r, k))
			}
		}
	}
	xs, _ := s.views(len(in.Views))
	for k := range in.Views {
		xs[k] = b.steps(t, in, k, T, lengths, s)
	}
	if b.dropout > 0 && t.Training() {
		return t.MeanTime(b.read(t, t.Concat(xs...), lengths), lengths)
	}
	out, _, _ := b.lstm.ForwardConcat(t, xs, lengths)
	return t.MeanTime(out, lengths)
}

// steps is the valid length of sequence view k in row r.
func (in Input) steps(r, k int) int {
	v := in.Views[k]
	if v.Lengths == nil {
		return v.X.Dim(1)
	}
	return v.Lengths[r]
}

// steps returns view k as [B, T, D]: a sequence with absent.k past its end and where it is absent,
// another view at every step. What is past the lengths of the rows is of no importance.
func (b *BiLSTM) steps(t *grad.Tape, in Input, k, T int, lengths []int, s *scratch) *grad.Var {
	B, x := in.Rows(), in.Views[k].X
	D := x.Dim(-1)
	if !b.seq[k] {
		x = t.WhereRows(in.Mask(t, k), x, t.Param(b.absent[k]))
		s.ids = buffer.Grow(s.ids, B*T)
		for i := range s.ids {
			s.ids[i] = int32(i / T)
		}
		return t.Reshape(t.GatherRows(x, s.ids), B, T, D)
	}
	if own := x.Dim(1); own < T {
		x = t.Concat(t.Reshape(x, B, own*D), t.NewConst(B, (T-own)*D))
	}
	there, all := floats(t, B*T), true
	for r := range B {
		n := 0
		if in.IsPresent(r, k) {
			n = in.steps(r, k)
		}
		all = all && n >= lengths[r]
		for i := range n {
			there[r*T+i] = 1
		}
	}
	if all {
		return t.Reshape(x, B, T, D)
	}
	return t.Reshape(t.WhereRows(there, t.Reshape(x, B*T, D), t.Param(b.absent[k])), B, T, D)
}

func (b *BiLSTM) overViews(t *grad.Tape, in Input) *grad.Var {
	B, V := in.Rows(), len(in.Views)
	x := b.proj.projectAndStack(t, in) // [B, V, D]
	D := x.Dim(2)
	s := borrow()
	defer s.giveBack()
	s.ids, s.ints = buffer.Grow(s.ids, B*V), buffer.Grow(s.ints, B)
	in.pack(s.ids, s.ints)
	lengths := s.ints
	x = t.Reshape(t.GatherRows(t.Reshape(x, B*V, D), s.ids), B, V, D)
	return t.MeanTime(b.read(t, x, lengths), lengths)
}

func (b *BiLSTM) overRows(t *grad.Tape, in Input) *grad.Var {
	x := join(t, in, b.absent) // [N, D]
	N, D := x.Dim(0), x.Dim(1)
	s := borrow()
	defer s.giveBack()
	groups := in.RowGroups
	// Without groups each row is a sequence of its own.
	if groups == nil {
		s.ints = buffer.Grow(s.ints, N)
		groups = s.ints
		for i := range groups {
			groups[i] = 1
		}
	}
	L, sum := 0, 0
	for _, n := range groups {
		L = max(L, n)
		sum += n
	}
	// Groups that miss a row would shift all those behind it to other sequences.
	if sum != N {
		panic(fmt.Sprintf("fusion: bilstm over rows: the groups have %d rows, the batch has %d", sum, N))
	}
	s.ids = buffer.Grow(s.ids, len(groups)*L+N)
	// Padded to the longest group: there[g, i] is the row at step i of group g (−1: none), back its
	// inverse.
	there, back := s.ids[:len(groups)*L], s.ids[len(groups)*L:]
	row := int32(0)
	for g, n := range groups {
		for i := range L {
			there[g*L+i] = -1
			if i < n {
				there[g*L+i] = row
				back[row] = int32(g*L + i)
				row++
			}
		}
	}
	steps := t.Reshape(t.GatherRows(x, there), len(groups), L, D)
	h := b.read(t, steps, groups)
	z := t.GatherRows(t.Reshape(h, len(groups)*L, h.Dim(2)), back)
	// The row's own input passes the LSTM by, so that context is added and not put in its place.
	if b.skip {
		z = t.Concat(z, x)
	}
	return z
}
