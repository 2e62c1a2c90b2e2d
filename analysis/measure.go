package analysis

import (
	"context"
	"runtime/debug"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/predict"
)

// keptProbabilities is how many probabilities of classes are kept in memory to measure a model, a
// sixteenth at most of what the process may take; of more it is run again wherever they are needed.
func keptProbabilities() int { return int(min(16<<20, debug.SetMemoryLimit(-1)/16/8)) }

// scoredAtOnce is how many rows are scored before only their probabilities are kept: a multiple of
// a batch, so that batches, and with them the last bits, are those of all rows at once.
const scoredAtOnce = 4096

// Evaluate measures a model on the labeled ones of rows of ds, whose features are f; the others are
// context for their groups. It returns ctx.Err() once ctx is done.
func Evaluate(ctx context.Context, m *predict.Model, ds *dataset.Dataset, f *predict.Features, rows []int) (*Evaluation, error) {
	classes := m.Artifact().Spec.Outputs
	if m.Schema().Task == dataset.Classification && classes > 2 && len(rows) > keptProbabilities()/classes {
		preds, err := stream(ctx, m, ds, f, rows)
		if err != nil {
			return nil, err
		}
		return evaluationOf(m, ds, rows, preds), nil
	}
	p := make([]float64, 0, len(rows)*classes)
	var absent []bool
	for left := rows; len(left) > 0; {
		n := scoredAtOnce
		if len(left) < 2*n || m.OverRows() {
			n = len(left)
		}
		s, err := m.Score(ctx, f.Set(), left[:n], nil)
		if err != nil {
			return nil, err
		}
		p, absent = append(p, m.Probabilities(s)...), append(absent, s.Absent...)
		left = left[n:]
	}
	return NewEvaluation(m, ds, rows, p, absent), nil
}

// stream predicts rows without keeping the probabilities.
func stream(ctx context.Context, m *predict.Model, ds *dataset.Dataset, f *predict.Features, rows []int) (*eval.Predictions, error) {
	var labels []int
	at := make([]int, len(ds.Rows)) // of a labeled row, its place in labels
	for _, r := range rows {
		if ds.Rows[r].Labeled() {
			at[r] = len(labels)
			labels = append(labels, ds.Rows[r].Class)
		}
	}
	batches := m.Artifact().Model.Layout(f.Set(), rows)
	absent := make([]bool, len(labels))
	workers := min(parallel.Workers(m.Options().Threads), len(batches))
	pass := func(ctx context.Context, use func(worker, i int, logits []float64)) error {
		return parallel.For(ctx, len(batches), workers, func(ctx context.Context, worker, k int) error {
			s, err := m.Logits(ctx, f.Set(), batches[k].Rows)
			if err != nil {
				return err
			}
			m.Calibrate(s)
			for j, r := range batches[k].Rows {
				if ds.Rows[r].Labeled() {
					absent[at[r]] = s.Absent[j]
					use(worker, at[r], s.Logits[j*s.Outputs:(j+1)*s.Outputs])
				}
			}
			return nil
		})
	}
	decide := func(i int, p []float64) int { return m.Decide(p, absent[i]) }
	return eval.Stream(ctx, labels, m.Artifact().Spec.Outputs, workers, pass, decide)
}
