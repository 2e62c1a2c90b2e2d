package predict

import (
	"context"
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
)

// Query is what is wanted of each row beside the prediction.
type Query struct {
	Top      int     // so many of the most probable classes; 0: all, in the order of the schema
	Coverage float64 // nominal coverage of prediction sets, between 0 and 1; 0: no sets
	Explain  bool    // what each modality contributed
	// Without are modalities that are hidden, of Model.Modalities.
	Without []string
}

// Result is the answer to the rows of a data set.
type Result struct {
	Predictions []Prediction     `json:"predictions"`
	Problems    dataset.Problems `json:"problems"`
}

// Predict scores the rows of a data set that was read with the model's schema. A cell that is empty
// or unreadable counts as absent, and is flagged; a row without anything gets the class prior. An
// error wraps the [dataset.Problems] found until then.
func (m *Model) Predict(ctx context.Context, ds *dataset.Dataset) (*Result, error) {
	f, err := m.Features(ctx, ds)
	if err != nil {
		return nil, err
	}
	p, err := m.Answer(ctx, f, Query{})
	if err != nil {
		return nil, f.Problems.Wrap(err)
	}
	return &Result{p, f.Problems}, nil
}

// Answer predicts the rows of f.
func (m *Model) Answer(ctx context.Context, f *Features, q Query) ([]Prediction, error) {
	hide, err := m.hidden(q.Without)
	if err != nil {
		return nil, err
	}
	sets, err := m.sets(q.Coverage)
	if err != nil || f.Len() == 0 {
		return nil, err
	}
	s, err := m.predictor.Logits(ctx, f.set, allRows(f.set), hide)
	if err != nil {
		return nil, err
	}
	// Before the probabilities, since it puts the prior in the place of scores that have overflowed.
	overflowed := m.overflowed(s)
	p := m.Probabilities(s)
	out := make([]Prediction, f.Len())
	for i := range out {
		out[i] = m.Prediction(s, p, i)
		out[i].Flags = f.flags[i]
		if overflowed[i] {
			// Flags are shared with f, which other queries may be answered from.
			out[i].Flags = append(slices.Clip(out[i].Flags), "overflow")
		}
		if s.Absent[i] {
			out[i].Flags = append(slices.Clip(out[i].Flags), "prior")
		}
		if sets != nil {
			for _, k := range sets.Set(out[i].Probabilities) {
				out[i].Set = append(out[i].Set, m.a.Schema.Classes[k])
			}
		}
	}
	if q.Explain {
		if err := m.explain(ctx, f, hide, s, p, out); err != nil {
			return nil, err
		}
	}
	// Last: sets and explanations are of all classes.
	if q.Top > 0 {
		for i := range out {
			out[i] = out[i].top(q.Top)
		}
	}
	return out, nil
}

// overflowed finds the rows for which the network's arithmetic has left the range of its numbers,
// as huge cells or weights make it, and puts the prior in the place of their scores.
func (m *Model) overflowed(s *model.Scores) map[int]bool {
	var rows map[int]bool
	finite := func(v float64) bool { return v-v == 0 }
	nv := len(m.a.Views)
	for i := range s.Absent {
		logits, ok := s.Logits[i*s.Outputs:(i+1)*s.Outputs], true
		for _, v := range logits {
			if m.a.Spec.Regression {
				ok = ok && finite(v*m.a.TargetStd+m.a.TargetMean)
			} else {
				ok = ok && finite(v) && finite(v/m.a.Temperature)
			}
		}
		for v := range nv {
			ok = ok && (s.Weights == nil || finite(s.Weights[i*nv+v]))
		}
		if ok {
			continue
		}
		if rows == nil {
			rows = map[int]bool{}
		}
		rows[i], s.Absent[i] = true, true
		for k := range logits {
			logits[k] = float64(m.a.Spec.Prior[k])
		}
	}
	return rows
}

// Score runs the network on rows of a set, nil meaning all, each given once, with the marked views
// hidden (nil: none). It returns ctx.Err() once ctx is done.
func (m *Model) Score(ctx context.Context, set *model.Set, rows []int, hide []bool) (*model.Scores, error) {
	if rows == nil {
		rows = allRows(set)
	}
	return m.predictor.PredictMasked(ctx, set, rows, hide)
}

func allRows(set *model.Set) []int {
	rows := make([]int, set.Len())
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// Logits is Score without the probabilities, of which Scores.P is nil, and with nothing hidden.
func (m *Model) Logits(ctx context.Context, set *model.Set, rows []int) (*model.Scores, error) {
	return m.predictor.Logits(ctx, set, rows, nil)
}

// Probabilities returns the calibrated probabilities of s, [rows, classes], or a regression's
// values in the targets' units, [rows].
func (m *Model) Probabilities(s *model.Scores) []float64 {
	out := make([]float64, len(s.Logits))
	if m.a.Spec.Regression {
		for i, v := range s.Logits {
			out[i] = m.a.TargetMean + m.a.TargetStd*v
		}
		return out
	}
	z := make([]float64, s.Outputs)
	for i := range s.Absent {
		m.calibrate(z, s, i)
		m.a.Spec.Activate(out[i*s.Outputs:(i+1)*s.Outputs], z)
	}
	return out
}

// Calibrate brings the logits of s, of a classification, to the model's temperature.
func (m *Model) Calibrate(s *model.Scores) {
	for i := range s.Absent {
		m.calibrate(s.Logits[i*s.Outputs:(i+1)*s.Outputs], s, i)
	}
}

// calibrate writes the logits of row i of s at the model's temperature to z.
func (m *Model) calibrate(z []float64, s *model.Scores, i int) {
	copy(z, s.Logits[i*s.Outputs:(i+1)*s.Outputs])
	if s.Absent[i] { // the prior is as it is
		return
	}
	for j := range z {
		z[j] /= m.a.Temperature
	}
}

// hidden marks the views of the named modalities; nil if none is named.
func (m *Model) hidden(names []string) ([]bool, error) {
	if len(names) == 0 {
		return nil, nil
	}
	all, of := model.Players(m.a.Spec.Views)
	present := slices.Repeat([]bool{true}, len(all))
	for _, n := range names {
		k := slices.Index(all, n)
		if k < 0 {
			return nil, fmt.Errorf("the model has no modality %q; it has %q", n, all)
		}
		present[k] = false
	}
	return model.Hidden(of, present), nil
}

// sets returns the prediction sets of a coverage; nil if it is 0.
func (m *Model) sets(coverage float64) (*eval.Conformal, error) {
	switch {
	case coverage == 0:
		return nil, nil
	case !(coverage > 0 && coverage < 1):
		return nil, fmt.Errorf("the coverage %g is not between 0 and 1", coverage)
	case m.a.Spec.Multilabel:
		return nil, fmt.Errorf("the model has no prediction sets: they are of classes, one of which is right, and its labels have a threshold each instead")
	case len(m.a.Conformal) == 0:
		return nil, fmt.Errorf("the model has no prediction sets: they need the validation rows of a classification")
	}
	c := m.Conformal(coverage)
	return &c, nil
}

// Conformal returns the prediction sets of a nominal coverage, whose threshold comes from the
// model's validation rows.
func (m *Model) Conformal(coverage float64) eval.Conformal {
	scores := make([]float64, len(m.a.Conformal))
	for i, v := range m.a.Conformal {
		scores[i] = float64(v)
	}
	return eval.ConformalFrom(scores, coverage)
}
