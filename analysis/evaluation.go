package analysis

import (
	"encoding/json"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/predict"
)

// Evaluation is a model's scores on labeled rows.
type Evaluation struct {
	compare.Row
	Confusion [][]int           // [true][predicted], of a classification with maxConfusion classes at most
	Classes   []string          // of the confusion
	Labels    []eval.LabelScore // of a multi-label task
	Problems  dataset.Problems  // of the data
}

// maxConfusion is the number of classes beyond which nobody reads a confusion, whose size is their
// square.
const maxConfusion = 2000

// NewEvaluation returns the scores of a model on the labeled ones of rows; p are the probabilities,
// or values, that it predicted for each of them, and absent are those without any view.
func NewEvaluation(m *predict.Model, ds *dataset.Dataset, rows []int, p []float64, absent []bool) *Evaluation {
	return evaluationOf(m, eval.Groups(ds, rows), NewPredictions(m, ds, rows, p, absent))
}

// NewPredictions puts what a model predicted of the labeled ones of rows beside the truth; p and
// absent are those of [NewEvaluation].
func NewPredictions(m *predict.Model, ds *dataset.Dataset, rows []int, p []float64, absent []bool) *eval.Predictions {
	preds := eval.NewPredictions(ds, rows, p)
	switch a := m.Artifact(); {
	case a.Spec.Multilabel:
		preds.Thresholds = a.Thresholds
	case a.Thresholds != nil:
		c := a.Spec.Outputs
		for i, r := range rows {
			if ds.Rows[r].Labeled() {
				preds.Chosen = append(preds.Chosen, m.Decide(p[i*c:(i+1)*c], absent[i]))
			}
		}
	}
	return preds
}

// evaluationOf is NewEvaluation of what was predicted of labeled rows in groups.
func evaluationOf(m *predict.Model, groups []int, preds *eval.Predictions) *Evaluation {
	a := m.Artifact()
	e := &Evaluation{Row: compare.Measure(a.Schema.Task, metricOf(a), preds, groups)}
	e.Name, e.Kind, e.Fusion = a.Spec.Method, eval.Fusion, a.Spec.Method
	if len(a.Views) == 1 {
		e.Kind = eval.Single
	}
	for _, v := range a.Views {
		e.Views = append(e.Views, v.Name)
	}
	e.Parameters, e.TestRows = a.Model.Size(), float64(preds.Len())
	if a.Spec.Multilabel {
		e.Labels = eval.LabelScores(preds, a.Schema.Classes)
	}
	if a.Schema.Task == dataset.Classification && len(a.Schema.Classes) <= maxConfusion {
		e.Confusion, e.Classes = eval.Confusion(preds), a.Schema.Classes
	}
	return e
}

// metricOf returns the metric that a model was chosen by; "" if that is not recorded.
func metricOf(a *artifact.Artifact) string {
	if a.Record == nil {
		return ""
	}
	return a.Record.Metric
}

// MarshalJSON writes the row of a comparison with the confusion, or the scores of each label,
// beside it.
func (e *Evaluation) MarshalJSON() ([]byte, error) {
	row, err := json.Marshal(e.Row)
	if err != nil || e.Confusion == nil && e.Labels == nil {
		return row, err
	}
	more, err := json.Marshal(struct {
		Confusion [][]int           `json:"confusion,omitempty"`
		Classes   []string          `json:"classes,omitempty"`
		Labels    []eval.LabelScore `json:"labels,omitempty"`
	}{e.Confusion, e.Classes, e.Labels})
	if err != nil {
		return nil, err
	}
	return append(append(row[:len(row)-1], ','), more[1:]...), nil
}
