package scale

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/predict"
)

// answers is what a task of the stage answers makes of its block.
type answers struct {
	rows     []byte // predictions as JSON
	problems dataset.Problems
}

const answersFormat = "fusor answers 1"

func (a *answers) flat(s *flat.Stream) {
	s.Bytes(&a.rows)
	problems(s, &a.problems)
}

// answer is a Prediction with all of its fields, which JSON holds to the bit.
type answer predict.Prediction

// NewPredict makes the job of answering the rows of a data set that was read with m's schema and
// [dataset.Options].Deferred. Rows that m reads together are of one block.
func NewPredict(ctx context.Context, m *fusor.Model, rows *dataset.Blocks, s Setup) (*Job, error) {
	if err := m.Check(rows.Dataset); err != nil {
		return nil, rows.Problems.Wrap(err)
	}
	sum, err := sumOf(m.Model)
	if err != nil {
		return nil, err
	}
	j := newJob(Predict, rows.Dataset, rows.Len(), &s)
	j.Model = sum
	j.Views = m.Views()
	var order []int
	ends := func(int) bool { return true }
	if m.OverRows() {
		if !rows.One() {
			return nil, errors.New("the model reads rows together, which must all be there")
		}
		last := map[int]bool{} // places where a sequence ends
		for _, sequence := range dataset.Sequences(rows.Dataset, nil) {
			order = append(order, sequence...)
			last[len(order)] = true
		}
		ends = func(at int) bool { return last[at] }
	}
	j.blocks(s.Block, ends)
	tasks := j.addBlocks(nil, stageAnswers)
	return j, j.write(ctx, s.Storage, rows, order, tasks)
}

// sumOf is a hash of a model as it is saved.
func sumOf(m *predict.Model) (string, error) {
	h := sha256.New()
	if err := m.Encode(h); err != nil {
		return "", fmt.Errorf("cannot hash the model: %w", err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

var errOtherModel = errors.New("the model is another than when the job was made")

// answering does the tasks of a prediction.
type answering struct {
	w *Worker
	m *fusor.Model
	q predict.Query
}

var _ kind = (*answering)(nil)

// Predict makes w a worker that answers rows with the job's model.
func (w *Worker) Predict(m *fusor.Model, q predict.Query) error {
	if w.job.Kind != Predict {
		return fmt.Errorf("the job is of the kind %s", w.job.Kind)
	}
	sum, err := sumOf(m.Model)
	if err != nil {
		return err
	}
	if sum != w.job.Model {
		return errOtherModel
	}
	w.kind = &answering{w, m, q}
	return nil
}

// close implements kind.
func (p *answering) close() error { return nil }

// Model returns the model that answers; nil in a job of another kind.
func (w *Worker) Model() *fusor.Model {
	if p, ok := w.kind.(*answering); ok {
		return p.m
	}
	return nil
}

// do implements kind.
func (p *answering) do(ctx context.Context, _ Stage, tasks []Task, done func(Task, float64, error)) error {
	return p.w.eachBlock(ctx, tasks, done, func(ctx context.Context, block, _ int) ([]byte, error) {
		ds, err := p.w.rows(ctx, block)
		if err != nil {
			return nil, err
		}
		if err := ds.Resolve(); err != nil {
			return nil, err
		}
		f, err := p.m.Features(ctx, ds)
		if err != nil {
			return nil, err
		}
		list, err := p.m.Answer(ctx, f, p.q)
		if err != nil {
			return nil, f.Problems.Wrap(err)
		}
		plain := make([]answer, len(list))
		for i, a := range list {
			if plain[i] = answer(a); p.q.Top == 0 { // they are those of the schema
				plain[i].Classes = nil
			}
		}
		out := answers{problems: slices.DeleteFunc(f.Problems, func(p dataset.Problem) bool { return p.Row == 0 })} // of this machine's cache
		if out.rows, err = json.Marshal(plain); err != nil {
			return nil, fmt.Errorf("cannot keep the answers: %w", err)
		}
		return flat.Encode(answersFormat, out.flat), nil
	})
}

// Missing is the flag of a row whose block is not there.
const Missing = "missing"

// Answers are the answers of a job to all of its rows, a part at a time.
type Answers struct {
	w            *Worker
	p            *answering
	allowMissing bool

	task     int                // the next one
	list     []fusor.Prediction // of the tasks before it, not taken yet
	problems dataset.Problems   // of media
}

// MergePredict returns the answers to all rows, of which the job must have been done. With
// allowMissing the rows of blocks that are not there have an answer without anything but the flag
// [Missing].
func (w *Worker) MergePredict(allowMissing bool) (*Answers, error) {
	p, ok := w.kind.(*answering)
	if !ok {
		return nil, fmt.Errorf("the job is of the kind %s", w.job.Kind)
	}
	return &Answers{w: w, p: p, allowMissing: allowMissing, problems: slices.Clone(w.job.Data.Problems)}, nil
}

// Next returns the answers to the next n rows, in the order of the data set. Of a model that reads
// rows together n must be all of them.
func (a *Answers) Next(ctx context.Context, n int) ([]fusor.Prediction, error) {
	// Their parts are in another order than the rows.
	together := a.p.m.OverRows()
	var all []fusor.Prediction
	if together {
		if n != a.w.job.Data.Rows {
			return nil, fmt.Errorf("cannot merge %d rows: the model reads all %d together", n, a.w.job.Data.Rows)
		}
		all = make([]fusor.Prediction, n)
	}
	for ; a.task < len(a.w.tasks) && (together || len(a.list) < n); a.task++ {
		t := a.w.tasks[a.task]
		list, err := a.part(ctx, t)
		if err != nil {
			return nil, err
		}
		if !together {
			a.list = append(a.list, list...)
			continue
		}
		rows, err := a.w.block(ctx, *t.Block)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			all[rows[i].index] = list[i]
		}
	}
	if together {
		return all, nil
	}
	if len(a.list) < n {
		return nil, fmt.Errorf("cannot merge: there are answers to %d rows, and %d more rows", a.w.job.Data.Rows, n-len(a.list))
	}
	// The rest is moved, so that what was taken is not held.
	all, a.list = a.list[:n:n], slices.Clone(a.list[n:])
	return all, nil
}

// part returns the answers that a task made.
func (a *Answers) part(ctx context.Context, t Task) ([]fusor.Prediction, error) {
	n := a.w.job.Blocks[*t.Block+1] - a.w.job.Blocks[*t.Block]
	out := make([]fusor.Prediction, n)
	classes := a.p.m.Schema().Classes
	data, err := a.w.read(ctx, t)
	// Rows of a block that failed have a place all the same, so that answers stay in the order of
	// rows.
	if err != nil && a.allowMissing {
		for i := range out {
			if out[i].Flags = []string{Missing}; a.p.q.Top == 0 {
				out[i].Classes = classes
			}
			out[i].Probabilities = make([]float64, len(out[i].Classes))
		}
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", t, errMissing, err)
	}
	var made answers
	var list []answer
	if err = flat.Decode(answersFormat, data, made.flat); err == nil {
		err = json.Unmarshal(made.rows, &list)
	}
	if err == nil && len(list) != n {
		err = fmt.Errorf("it has %d answers to %d rows", len(list), n)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read what %s made: %w", t, err)
	}
	for i := range list {
		// Not in the part, which would repeat the names of the classes for each row.
		if a.p.q.Top == 0 && a.p.m.Schema().Task != dataset.Regression {
			list[i].Classes = classes
		}
		out[i] = fusor.Prediction(list[i])
	}
	a.problems = append(a.problems, made.problems...)
	return out, nil
}

// Problems returns those of the data and of the media of the rows that were taken.
func (a *Answers) Problems() dataset.Problems {
	found := slices.Clone(a.problems)
	a.w.dataset(nil).SortProblems(found)
	return found
}
