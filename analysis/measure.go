package analysis

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/predict"
)

// keptProbabilities is how many probabilities of classes are kept in memory to measure a model, a
// sixteenth at most of what the process may take; of more it is run again wherever they are needed.
func keptProbabilities() int { return int(min(16<<20, debug.SetMemoryLimit(-1)/16/8)) }

// scoredAtOnce is how many rows are scored before only their probabilities are kept: a multiple of
// a batch, so that batches, and with them the last bits, are those of all rows at once.
const scoredAtOnce = 4096

// part is rows of a data set that are measured, and the others that are read with them.
type part struct {
	data *dataset.Dataset
	rows []int                      // of data, those that are measured
	set  func() (*model.Set, error) // of all rows of data
}

// parts are all rows that are measured, in order. They may be asked for several times.
type parts iter.Seq2[part, error]

// Evaluate measures a model on the labeled ones of rows, of several blocks in ascending order; the
// others are context for their groups. An error wraps the [dataset.Problems] found until then.
func Evaluate(ctx context.Context, m *predict.Model, blocks *dataset.Blocks, rows []int) (*Evaluation, error) {
	allowed := m.Options().AllowMissing
	if blocks.One() {
		f, err := m.Mapped(ctx, blocks.Dataset)
		if err != nil {
			return nil, err
		}
		if err := blocks.CheckLost(f.Problems, allowed); err != nil {
			return nil, err
		}
		e, err := EvaluateSet(ctx, m, blocks.Dataset, f.Set(), rows)
		if err != nil {
			return nil, f.Problems.Wrap(err)
		}
		e.Problems = f.Problems
		return e, nil
	}
	problems, read := slices.Clone(blocks.Problems), 0 // rows whose problems are among them
	e, err := measured(ctx, m, rows, func(yield func(part, error) bool) {
		first, left := 0, rows
		for ds, err := range blocks.All() {
			if err != nil {
				yield(part{}, err)
				return
			}
			n, _ := slices.BinarySearch(left, first+len(ds.Rows))
			p := part{data: ds, rows: make([]int, n), set: func() (*model.Set, error) {
				f, err := m.Passing(ctx, ds)
				if err != nil {
					return nil, err
				}
				if first == read {
					problems, read = append(problems, f.Problems...), read+len(ds.Rows)
				}
				return f.Set(), nil
			}}
			for i, r := range left[:n] {
				p.rows[i] = r - first
			}
			if !yield(p, nil) {
				return
			}
			first, left = first+len(ds.Rows), left[n:]
		}
	})
	problems = append(problems, blocks.Late()...)
	blocks.SortProblems(problems)
	if err == nil {
		err = blocks.CheckLost(problems, allowed)
	}
	if err == nil && e.TestRows == 0 {
		err = fmt.Errorf("cannot evaluate: %w", Unlabeled(m, blocks.Dataset, problems))
	}
	if err != nil {
		return nil, problems.Wrap(err)
	}
	e.Problems = problems
	return e, nil
}

// Unlabeled is the error of rows that have no label, in which problems were found.
func Unlabeled(m *predict.Model, ds *dataset.Dataset, problems dataset.Problems) error {
	switch unread := func(p dataset.Problem) bool { return p.Column == ds.Schema.Label }; {
	case !slices.ContainsFunc(problems, unread):
		return errors.New("no row has a label")
	case m.Artifact().Spec.Regression:
		return fmt.Errorf("no label of %s is a number, which is what the model predicts", ds.Name)
	default:
		return fmt.Errorf("no label of %s is a class of the model", ds.Name)
	}
}

// EvaluateSet measures a model on the labeled ones of rows of ds, of whose views set is made. It
// returns ctx.Err() once ctx is done.
func EvaluateSet(ctx context.Context, m *predict.Model, ds *dataset.Dataset, set *model.Set, rows []int) (*Evaluation, error) {
	one := part{ds, rows, func() (*model.Set, error) { return set, nil }}
	return measured(ctx, m, rows, func(yield func(part, error) bool) { yield(one, nil) })
}

// measured measures a model on the labeled ones of rows, which are in parts.
func measured(ctx context.Context, m *predict.Model, rows []int, all parts) (*Evaluation, error) {
	run := kept
	if tooMany(m, len(rows)) {
		run = stream
	}
	groups := &eval.Grouping{}
	preds, err := run(ctx, m, len(rows), all, groups)
	if err != nil {
		return nil, err
	}
	return evaluationOf(m, groups.Rows, preds), nil
}

// tooMany reports whether the probabilities of so many rows are not kept.
func tooMany(m *predict.Model, rows int) bool {
	classes := m.Artifact().Spec.Outputs
	return m.Schema().Task == dataset.Classification && classes > 2 && rows > keptProbabilities()/classes
}

// Predictions puts what a model predicts of labeled rows beside the truth, by their scores, whose
// logits it may change. It returns ctx.Err() once ctx is done.
func Predictions(ctx context.Context, m *predict.Model, ds *dataset.Dataset, rows []int, s *model.Scores) (*eval.Predictions, error) {
	if !tooMany(m, len(rows)) {
		return NewPredictions(m, ds, rows, m.Probabilities(s), s.Absent), nil
	}
	m.Calibrate(s)
	workers := parallel.Workers(m.Options().Threads)
	pass := func(ctx context.Context, use func(worker, i int, logits []float64)) error {
		n := min(workers, len(rows))
		return parallel.For(ctx, n, n, func(_ context.Context, worker, k int) error {
			for i := k * len(rows) / n; i < (k+1)*len(rows)/n; i++ {
				use(worker, i, s.Logits[i*s.Outputs:(i+1)*s.Outputs])
			}
			return nil
		})
	}
	decide := func(i int, p []float64) int { return m.Decide(p, s.Absent[i]) }
	return eval.Stream(ctx, eval.Labels(ds, rows), s.Outputs, workers, pass, decide)
}

// kept predicts rows and keeps what is predicted.
func kept(ctx context.Context, m *predict.Model, rows int, all parts, groups *eval.Grouping) (*eval.Predictions, error) {
	out := eval.NewCollected(rows)
	for p, err := range all {
		if err != nil {
			return nil, err
		}
		set, err := p.set()
		if err != nil {
			return nil, err
		}
		groups.Add(p.data, p.rows)
		for left := p.rows; len(left) > 0; {
			n := scoredAtOnce
			if len(left) < 2*n || m.OverRows() {
				n = len(left)
			}
			s, err := m.Score(ctx, set, left[:n], nil)
			if err != nil {
				return nil, err
			}
			out.Add(NewPredictions(m, p.data, left[:n], m.Probabilities(s), s.Absent))
			left = left[n:]
		}
	}
	return out.All(), nil
}

// stream predicts rows without keeping the probabilities.
func stream(ctx context.Context, m *predict.Model, _ int, all parts, groups *eval.Grouping) (*eval.Predictions, error) {
	var labels []int
	for p, err := range all {
		if err != nil {
			return nil, err
		}
		groups.Add(p.data, p.rows)
		for _, r := range p.rows {
			if row := &p.data.Rows[r]; row.Labeled() {
				labels = append(labels, row.Class)
			}
		}
	}
	absent := make([]bool, len(labels))
	workers := parallel.Workers(m.Options().Threads)
	pass := func(ctx context.Context, use func(worker, i int, logits []float64)) error {
		first := 0 // label of the part
		for p, err := range all {
			if err != nil {
				return err
			}
			ds := p.data
			at := make([]int, len(ds.Rows)) // of a labeled row, its place in labels
			for _, r := range p.rows {
				if at[r] = first; ds.Rows[r].Labeled() {
					first++
				}
			}
			set, err := p.set()
			if err != nil {
				return err
			}
			batches := m.Artifact().Model.Layout(set, p.rows)
			err = parallel.For(ctx, len(batches), min(workers, len(batches)), func(ctx context.Context, worker, k int) error {
				s, err := m.Logits(ctx, set, batches[k].Rows)
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
			if err != nil {
				return err
			}
		}
		return nil
	}
	decide := func(i int, p []float64) int { return m.Decide(p, absent[i]) }
	return eval.Stream(ctx, labels, m.Artifact().Spec.Outputs, workers, pass, decide)
}
