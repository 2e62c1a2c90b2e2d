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
func NewPredict(ctx context.Context, m *fusor.Model, ds *dataset.Dataset, s Setup) (*Job, error) {
	if err := m.Check(ds); err != nil {
		return nil, ds.Problems.Wrap(err)
	}
	sum, err := sumOf(m.Model)
	if err != nil {
		return nil, err
	}
	j := newJob(Predict, ds, &s)
	j.Model = sum
	j.Views = m.Views()
	var order []int
	ends := func(int) bool { return true }
	if m.OverRows() {
		last := map[int]bool{} // places where a sequence ends
		for _, rows := range dataset.Sequences(ds, nil) {
			order = append(order, rows...)
			last[len(order)] = true
		}
		ends = func(at int) bool { return last[at] }
	}
	j.blocks(s.Block, ends)
	tasks := j.addBlocks(nil, stageAnswers)
	return j, j.write(ctx, s.Storage, ds.Rows, order, tasks)
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

// MergePredict returns the answers to all rows and the problems of their media. With allowMissing
// the rows of blocks that are not there have an answer without anything but the flag [Missing].
func (w *Worker) MergePredict(ctx context.Context, allowMissing bool) ([]fusor.Prediction, dataset.Problems, error) {
	p, ok := w.kind.(*answering)
	if !ok {
		return nil, nil, fmt.Errorf("the job is of the kind %s", w.job.Kind)
	}
	out := make([]fusor.Prediction, w.job.Data.Rows)
	found := slices.Clone(w.job.Data.Problems)
	for _, t := range w.tasks {
		rows, err := w.block(ctx, *t.Block)
		if err != nil {
			return nil, nil, err
		}
		data, err := w.read(ctx, t)
		// Rows of a block that failed have a place all the same, so that answers stay in the order of the
		// rows.
		if err != nil && allowMissing {
			for _, r := range rows {
				out[r.Index].Flags = []string{Missing}
				if p.q.Top == 0 {
					out[r.Index].Classes = p.m.Schema().Classes
				}
				out[r.Index].Probabilities = make([]float64, len(out[r.Index].Classes))
			}
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w: %w", t, errMissing, err)
		}
		var a answers
		var list []answer
		if err = flat.Decode(answersFormat, data, a.flat); err == nil {
			err = json.Unmarshal(a.rows, &list)
		}
		// A part of another job, or of another version of the rows, must not be matched by place.
		if err == nil && len(list) != len(rows) {
			err = fmt.Errorf("it has %d answers to %d rows", len(list), len(rows))
		}
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read what %s made: %w", t, err)
		}
		for i, r := range rows {
			// Not in the part, which would repeat the names of the classes for each row.
			if p.q.Top == 0 && p.m.Schema().Task != dataset.Regression {
				list[i].Classes = p.m.Schema().Classes
			}
			out[r.Index] = fusor.Prediction(list[i])
		}
		found = append(found, a.problems...)
	}
	ds := w.dataset(nil)
	ds.SortProblems(found)
	return out, found, nil
}
