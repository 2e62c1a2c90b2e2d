package model

import (
	"context"
	"math"
	"sync"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// Scores is what a model makes of some rows.
type Scores struct {
	Outputs int
	P       []float64 // [rows, Outputs]: probabilities; of a regression, standardized values; see Predictor.Logits
	Logits  []float64 // [rows, Outputs]
	Weights []float64 // [rows, views], of a method that weighs its views; else nil
	Absent  []bool    // [rows]: no view was present, P is the prior
}

// Row returns the probabilities of the i-th row.
func (s *Scores) Row(i int) []float64 { return s.P[i*s.Outputs : (i+1)*s.Outputs] }

// Predictor runs a model, whose weights must not change from the first prediction on; it is safe
// for concurrent use.
type Predictor struct {
	m       *Model
	workers int
	pool    sync.Pool // of *scratch
}

type scratch struct {
	tape  *grad.Tape
	batch Batch
}

// NewPredictor makes a predictor that spreads one batch over at most workers cores.
func NewPredictor(m *Model, workers int) *Predictor {
	p := &Predictor{m: m, workers: workers}
	p.pool.New = func() any {
		s := &scratch{tape: grad.NewTape(tensor.F32)}
		s.tape.SetRecording(false)
		s.tape.SetTraining(false)
		s.tape.SetFrozen(true)
		s.tape.SetWorkers(workers)
		return s
	}
	return p
}

// Predict returns the scores of rows of a set, in the order of rows, each given once. It returns
// ctx.Err() once ctx is done; ctx is checked before every batch.
func (p *Predictor) Predict(ctx context.Context, set *Set, rows []int) (*Scores, error) {
	return p.PredictMasked(ctx, set, rows, nil)
}

// PredictMasked is Predict with the views hidden whose index is set in hide.
func (p *Predictor) PredictMasked(ctx context.Context, set *Set, rows []int, hide []bool) (*Scores, error) {
	return p.run(ctx, set, rows, func(int) []bool { return hide }, true)
}

// Logits is PredictMasked without the probabilities: Scores.P is nil.
func (p *Predictor) Logits(ctx context.Context, set *Set, rows []int, hide []bool) (*Scores, error) {
	return p.run(ctx, set, rows, func(int) []bool { return hide }, false)
}

// PredictVariants returns what Logits does for all rows of a set with the views of hides[0] hidden,
// then for all rows with those of hides[1], and so on, in as few batches as possible.
func (p *Predictor) PredictVariants(ctx context.Context, set *Set, hides [][]bool) ([]*Scores, error) {
	n := set.Len()
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	out := make([]*Scores, len(hides))
	if p.m.OverRows() { // rows of a variant must stay together
		for k, hide := range hides {
			var err error
			if out[k], err = p.Logits(ctx, set, rows, hide); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	many := make([]int, 0, n*len(hides))
	for range hides {
		many = append(many, rows...)
	}
	s, err := p.run(ctx, set, many, func(i int) []bool { return hides[i/n] }, false)
	if err != nil {
		return nil, err
	}
	for k := range out {
		out[k] = s.part(k*n, (k+1)*n)
	}
	return out, nil
}

// part returns the scores without probabilities from the i-th to before the j-th row.
func (s *Scores) part(i, j int) *Scores {
	c := s.Outputs
	out := &Scores{Outputs: c, Logits: s.Logits[i*c : j*c], Absent: s.Absent[i:j]}
	if s.Weights != nil {
		nv := len(s.Weights) / len(s.Absent)
		out.Weights = s.Weights[i*nv : j*nv]
	}
	return out
}

// run scores rows, of which each is given once if its group decides when it is read; hidden returns
// the views that are hidden in the i-th of them.
func (p *Predictor) run(ctx context.Context, set *Set, rows []int, hidden func(i int) []bool, probabilities bool) (*Scores, error) {
	c, nv := p.m.Spec.Outputs, len(p.m.Spec.Views)
	out := &Scores{Outputs: c, Logits: make([]float64, len(rows)*c), Absent: make([]bool, len(rows))}
	if probabilities {
		out.P = make([]float64, len(rows)*c)
	}
	var at map[int]int // a row's index in rows, where its group decides when it is read
	// Groups are packed whole and in their own order, so that a batch's rows are not those of
	// rows[next:].
	grouped := p.m.OverRows()
	if grouped {
		at = make(map[int]int, len(rows))
		for i, r := range rows {
			at[r] = i
		}
	}
	next := 0
	s := p.pool.Get().(*scratch)
	defer p.pool.Put(s)
	for _, l := range p.m.Layout(set, rows) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.tape.Reset()
		if err := s.batch.Fill(set, l.Rows, l.Groups); err != nil {
			return nil, err
		}
		for i, r := range l.Rows {
			k := next + i
			if grouped {
				k = at[r]
			}
			// Hidden by presence, as if the view were absent: nothing else of the batch changes.
			for v, h := range hidden(k) {
				if h {
					s.batch.Hide(i, v)
				}
			}
		}
		o := p.m.Forward(s.tape, &s.batch)
		if o.Weights != nil && out.Weights == nil {
			out.Weights = make([]float64, len(rows)*nv)
		}
		for i, r := range l.Rows {
			k := next
			if grouped {
				k = at[r]
			}
			next++
			// float64 from here on: calibration and metrics sum over many rows.
			for j, v := range o.Logits.Value().F32[i*c : (i+1)*c] {
				out.Logits[k*c+j] = float64(v)
			}
			if probabilities {
				p.m.Spec.Activate(out.P[k*c:(k+1)*c], out.Logits[k*c:(k+1)*c])
			}
			if o.Weights != nil {
				for j, v := range o.Weights.Value().F32[i*nv : (i+1)*nv] {
					out.Weights[k*nv+j] = float64(v)
				}
			}
			out.Absent[k] = s.batch.Any[i] == 0
		}
	}
	return out, nil
}

// Activate writes what the logits of a row stand for to dst: the probabilities of classes or of
// labels, or a regression's value.
func (s *Spec) Activate(dst, logits []float64) {
	switch {
	case s.Regression:
		copy(dst, logits)
	case s.Multilabel:
		for i, z := range logits {
			dst[i] = 1 / (1 + math.Exp(-z))
		}
	default:
		Softmax(dst, logits)
	}
}

// Probabilities returns P of scores, or where it is nil what their logits stand for.
func (s *Spec) Probabilities(of *Scores) []float64 {
	if of.P != nil {
		return of.P
	}
	out := make([]float64, len(of.Logits))
	for i := range of.Absent {
		s.Activate(out[i*of.Outputs:(i+1)*of.Outputs], of.Logits[i*of.Outputs:(i+1)*of.Outputs])
	}
	return out
}

// Softmax writes exp(x)/Σexp(x) to dst, which it computes as exp(x − top)/sum. A NaN makes all of
// dst NaN.
func Softmax(dst, x []float64) (top, sum float64) {
	top = math.Inf(-1)
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	for i, v := range x {
		dst[i] = math.Exp(v - top)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
	return top, sum
}
