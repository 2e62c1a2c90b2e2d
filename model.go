package fusor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/model"
)

// Model is a trained model. Its methods are safe for concurrent use.
type Model struct {
	a         *artifact.Artifact
	o         Options
	predictor *model.Predictor
}

func (o *Options) newModel(a *artifact.Artifact) *Model {
	m := &Model{a: a, o: *o, predictor: model.NewPredictor(a.Model, o.threads())}
	if tell := o.Progress; tell != nil {
		var mu sync.Mutex
		m.o.Progress = func(p Progress) {
			mu.Lock()
			defer mu.Unlock()
			tell(p)
		}
	}
	return m
}

// Load brings a saved model back. Of the options, Threads, CacheDir, NoCache,
// Strict, Methods, Views and Progress count.
func Load(path string, o Options) (*Model, error) {
	a, err := artifact.ReadFile(path, o.views(), o.methods())
	if err != nil {
		return nil, err
	}
	return o.newModel(a), nil
}

// Save writes the model to path; the file is whole or not there.
func (m *Model) Save(path string) error { return m.a.WriteFile(path) }

// Encode writes the model to w.
func (m *Model) Encode(w io.Writer) error { return m.a.Encode(w) }

// Schema is what the model reads and predicts.
func (m *Model) Schema() *dataset.Schema { return &m.a.Schema }

// Artifact is what the model was saved as.
func (m *Model) Artifact() *artifact.Artifact { return m.a }

// Prediction is what the model says of one row.
type Prediction struct {
	Class         string             // the most probable one; "" of a regression
	Probabilities []float64          // parallel to Schema().Classes
	Value         float64            // of a regression
	Weights       map[string]float64 // by view, of a fusion that weighs them; else nil
	// Flags say what limits the prediction: "absent:image" (an empty cell),
	// "unreadable:audio", "partial:text" (a part of the cell was left out),
	// "prior" (nothing was there).
	Flags []string
}

// Predict scores the rows of a data set that was read with the model's schema.
// A cell that is empty or unreadable counts as absent, and is flagged; a row
// without anything gets the class prior.
func (m *Model) Predict(ctx context.Context, ds *dataset.Dataset) ([]Prediction, dataset.Problems, error) {
	set, flawed, problems, err := m.set(ctx, ds)
	if err != nil {
		return nil, problems, err
	}
	if len(ds.Rows) == 0 {
		return nil, problems, nil
	}
	rows := all(ds)
	s, err := m.predictor.Predict(ctx, set, rows)
	if err != nil {
		return nil, problems, err
	}
	p := m.probabilities(s)
	out := make([]Prediction, len(rows))
	for i := range out {
		out[i] = m.prediction(s, p, i)
		m.flag(&out[i], i, set, func(column int) bool {
			return ds.Rows[i].Cells[column].Flawed || flawed[feature.Place{Row: i, Column: column}]
		})
		if s.Absent[i] {
			out[i].Flags = append(out[i].Flags, "prior")
		}
	}
	return out, problems, nil
}

func (m *Model) prediction(s *model.Scores, p []float64, i int) Prediction {
	c := s.Outputs
	out := Prediction{}
	if m.a.Spec.Regression {
		out.Value = p[i]
	} else {
		out.Probabilities = p[i*c : (i+1)*c]
		out.Class = m.a.Schema.Classes[eval.Argmax(out.Probabilities)]
	}
	if s.Weights != nil && !s.Absent[i] {
		out.Weights = map[string]float64{}
		for v, view := range m.a.Views {
			out.Weights[view.Name] = s.Weights[i*len(m.a.Views)+v]
		}
	}
	return out
}

// flag says which columns the prediction for row i had to do without, in whole
// or in part.
func (m *Model) flag(p *Prediction, i int, set *model.Set, flawed func(column int) bool) {
	for k, c := range m.a.Schema.Columns {
		used, present := false, false
		for v, view := range m.a.Views {
			if view.Column == c.Name {
				used, present = true, present || set.Views[v].Present[i]
			}
		}
		if !used {
			continue
		}
		switch broken := flawed(k); {
		case present && broken:
			p.Flags = append(p.Flags, "partial:"+c.Name)
		case !present && broken:
			p.Flags = append(p.Flags, "unreadable:"+c.Name)
		case !present:
			p.Flags = append(p.Flags, "absent:"+c.Name)
		}
	}
}

// set extracts the model's views of a data set and applies their states; flawed are the cells that had a problem then.
func (m *Model) set(ctx context.Context, ds *dataset.Dataset) (set *model.Set, flawed map[feature.Place]bool, problems dataset.Problems, err error) {
	if err := m.fits(ds); err != nil {
		return nil, nil, known(ds), err
	}
	var names []string
	for _, v := range m.a.Views {
		names = append(names, v.Name)
	}
	refs, err := m.o.views().Select(&ds.Schema, names)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("cannot read the data as the model was trained: %w", err)
	}
	bank, problems, err := m.o.extract(ctx, ds, refs)
	if err != nil {
		return nil, nil, problems, err
	}
	defer bank.Close() //nolint:errcheck // temporary files
	set = &model.Set{}
	if m.OverRows() {
		set.Groups = model.NewGroups(len(ds.Rows), dataset.Sequences(ds, nil))
	}
	for i, v := range m.a.Views {
		for j, ref := range refs {
			if ref.Name != v.Name {
				continue
			}
			x, err := feature.Apply(bank.Stores[j], ref.View.Info().Shape, m.a.States[i])
			if err != nil {
				return nil, nil, problems, fmt.Errorf("view %s: %w", v.Name, err)
			}
			set.Views = append(set.Views, x)
		}
	}
	return set, bank.Flawed, problems, nil
}

// fits checks that a data set was read with the model's schema: in another order its fields and
// classes would be taken for others.
func (m *Model) fits(ds *dataset.Dataset) error {
	if ds == nil {
		return errors.New("no data set is given")
	}
	own, its := &m.a.Schema, &ds.Schema
	if own.Task == its.Task && slices.Equal(own.Classes, its.Classes) && reflect.DeepEqual(own.Columns, its.Columns) {
		return ds.CheckCells()
	}
	return fmt.Errorf("cannot read %s as the model was trained: its columns, kinds or classes are others; open it with dataset.Options{Schema: model.Schema()}", ds.Name)
}

// known are the problems that were found when ds was read.
func known(ds *dataset.Dataset) dataset.Problems {
	if ds == nil {
		return nil
	}
	return ds.Problems
}

// probabilities are the calibrated probabilities of s, or a regression's values in the targets' units.
func (m *Model) probabilities(s *model.Scores) []float64 {
	out := make([]float64, len(s.Logits))
	if m.a.Spec.Regression {
		for i, v := range s.Logits {
			out[i] = m.a.TargetMean + m.a.TargetStd*v
		}
		return out
	}
	c := s.Outputs
	z := make([]float64, c)
	for i := 0; i < len(out); i += c {
		for j := range z {
			z[j] = s.Logits[i+j]
			if !s.Absent[i/c] {
				z[j] /= m.a.Temperature
			}
		}
		model.Softmax(out[i:i+c], z)
	}
	return out
}

// Evaluation is a model's scores on labelled rows.
type Evaluation struct {
	compare.Row
	Confusion [][]int  // [true][predicted], of a classification
	Classes   []string // of the confusion
}

// rows checks an argument that names rows of a data set, each once; nil names all. Of those some must have a label.
func (m *Model) rows(ds *dataset.Dataset, rows []int) ([]int, error) {
	if err := m.fits(ds); err != nil {
		return nil, err
	}
	if rows == nil {
		rows = all(ds)
	}
	labelled, seen := 0, make([]bool, len(ds.Rows))
	for _, r := range rows {
		switch {
		case r < 0 || r >= len(ds.Rows):
			return nil, fmt.Errorf("row %d is asked for; %s has %d rows, counted from 0", r, ds.Name, len(ds.Rows))
		case seen[r]:
			return nil, fmt.Errorf("row %d is asked for twice", r)
		}
		seen[r] = true
		row := &ds.Rows[r]
		if !row.Labelled() {
			continue
		}
		if labelled++; !m.a.Spec.Regression && (row.Class < 0 || row.Class >= len(ds.Schema.Classes)) {
			return nil, fmt.Errorf("row %d has the label %q and the class %d of %d, counted from 0", r, row.Label, row.Class, len(ds.Schema.Classes))
		}
	}
	unread := func(p dataset.Problem) bool { return p.Column == ds.Schema.Label }
	switch {
	case labelled > 0:
	case slices.ContainsFunc(ds.Problems, unread) && m.a.Spec.Regression:
		return nil, fmt.Errorf("no label of %s is a number, which is what the model predicts", ds.Name)
	case slices.ContainsFunc(ds.Problems, unread):
		return nil, fmt.Errorf("no label of %s is a class of the model", ds.Name)
	default:
		return nil, errors.New("no row has a label")
	}
	return rows, nil
}

// Evaluate measures the model on the labelled ones of the given rows, each
// once, of a data set that was read with the model's schema; rows nil means all.
func (m *Model) Evaluate(ctx context.Context, ds *dataset.Dataset, rows []int) (*Evaluation, dataset.Problems, error) {
	rows, err := m.rows(ds, rows)
	if err != nil {
		return nil, known(ds), fmt.Errorf("cannot evaluate: %w", err)
	}
	set, _, problems, err := m.set(ctx, ds)
	if err != nil {
		return nil, problems, err
	}
	s, err := m.predictor.Predict(ctx, set, rows) // unlabelled rows are context for their groups
	if err != nil {
		return nil, problems, err
	}
	return m.evaluate(ds, rows, m.probabilities(s)), problems, nil
}

func (m *Model) evaluate(ds *dataset.Dataset, rows []int, p []float64) *Evaluation {
	preds := compare.Predictions(ds, rows, p)
	e := &Evaluation{Row: compare.Measure(m.a.Schema.Task, preds, compare.Groups(ds, rows))}
	e.Name, e.Kind, e.Fusion = m.a.Spec.Method, compare.Fusion, m.a.Spec.Method
	if len(m.a.Views) == 1 {
		e.Kind = compare.Single
	}
	for _, v := range m.a.Views {
		e.Views = append(e.Views, v.Name)
	}
	e.Parameters, e.TestRows = m.a.Model.Size(), float64(preds.Len())
	if !m.a.Spec.Regression {
		e.Confusion, e.Classes = eval.Confusion(preds), m.a.Schema.Classes
	}
	return e
}

// MarshalJSON writes the row of a comparison with the confusion beside it.
func (e *Evaluation) MarshalJSON() ([]byte, error) {
	row, err := json.Marshal(e.Row)
	if err != nil || e.Confusion == nil {
		return row, err
	}
	more, err := json.Marshal(struct {
		Confusion [][]int  `json:"confusion"`
		Classes   []string `json:"classes"`
	}{e.Confusion, e.Classes})
	if err != nil {
		return nil, err
	}
	return append(append(row[:len(row)-1], ','), more[1:]...), nil
}

// OverRows reports whether the model reads the rows of a group in order, so
// that all rows of a group must be predicted together.
func (m *Model) OverRows() bool { return m.a.Model.OverRows() }
