package predict

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

// Card is what a model is, was trained on and reaches: the model card.
type Card struct {
	Task       dataset.Task         `json:"task"`
	Label      string               `json:"label"`
	Classes    []string             `json:"classes,omitempty"`
	Thresholds []float64            `json:"thresholds,omitempty"` // of the labels of a multi-label task, or of classes, parallel to Classes
	Decision   string               `json:"decision,omitempty"`   // the metric that thresholds of classes were chosen by
	Columns    []CardColumn         `json:"columns"`
	Group      string               `json:"group,omitempty"` // the columns of a model that reads the rows of a group in order
	Order      string               `json:"order,omitempty"`
	Fusion     string               `json:"fusion"`
	Members    []CardMember         `json:"members,omitempty"` // of an ensemble
	Parameters int                  `json:"parameters"`
	Rows       *int                 `json:"rows"` // that the weights were fitted on; nil: not recorded
	Metric     string               `json:"metric,omitempty"`
	Metrics    CardMetrics          `json:"metrics"` // nil: not recorded, or not measured
	Compared   *artifact.Compared   `json:"compared,omitempty"`
	Encoders   []CardEncoder        `json:"encoders"`
	Embeddings *artifact.Embeddings `json:"embeddings,omitempty"`
	Training   *CardTraining        `json:"training"` // nil: not recorded
	SHA256     string               `json:"sha256"`   // of the model's file
}

// CardColumn is a column that a model reads.
type CardColumn struct {
	Name  string     `json:"name"`
	Kind  media.Kind `json:"kind"`
	Views []string   `json:"views"`
	// Fields are the columns of the table that make this one, of the kind table.
	Fields []CardField `json:"fields,omitempty"`
}

// CardField is a column of numbers, categories, dates or truth values.
type CardField struct {
	Name string     `json:"name"`
	Kind media.Kind `json:"kind"`
}

// CardMember is one network of an ensemble.
type CardMember struct {
	Fusion string   `json:"fusion"`
	Views  []string `json:"views"`
	Weight float64  `json:"weight"` // share
}

// CardEncoder is a pretrained network that a column is read by.
type CardEncoder struct {
	Column       string `json:"column"`
	Architecture string `json:"architecture"`
	Dim          int    `json:"dim"`
	SHA256       string `json:"sha256"`
}

// CardTraining is what is recorded of a training.
type CardTraining struct {
	Rows    artifact.Rows   `json:"rows"`
	Data    string          `json:"rows_sha256,omitempty"` // of the table's cells and the part that each row was in
	Seed    uint64          `json:"seed"`
	Scored  artifact.Scored `json:"scored"`
	Folds   int             `json:"folds,omitempty"`
	Seeds   int             `json:"seeds,omitempty"`
	Kernel  string          `json:"kernel"`
	Version string          `json:"version"`
}

// CardMetrics are scores in the order in which they are shown.
type CardMetrics []artifact.Score

// MarshalJSON writes an object of summaries by metric, in their order; null for none.
func (m CardMetrics) MarshalJSON() ([]byte, error) {
	if m == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, s := range m {
		data, err := json.Marshal(s.Summary)
		if err != nil {
			return nil, fmt.Errorf("cannot write %s: %w", s.Name, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", s.Name, data)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Card returns the model card, without the hash of a file.
func (m *Model) Card() *Card {
	a := m.a
	c := &Card{
		Task: a.Schema.Task, Label: a.Schema.Label, Classes: a.Schema.Classes, Thresholds: a.Thresholds, Decision: a.Decision, Fusion: a.Spec.Method,
		Parameters: a.Model.Size(), Encoders: []CardEncoder{}, Embeddings: a.Embeddings,
	}
	// Only then do neighbors matter to who asks.
	if m.OverRows() {
		c.Group, c.Order = a.Schema.Group, a.Schema.Order
	}
	total := 0.0
	// Weights as shares, as they count when every member has its views.
	for _, m := range a.Spec.Members {
		total += m.Weight
	}
	for _, m := range a.Spec.Members {
		one := CardMember{Fusion: m.Spec.Method, Views: []string{}, Weight: m.Weight / total}
		for _, v := range m.Spec.Views {
			one.Views = append(one.Views, v.Name)
		}
		c.Members = append(c.Members, one)
	}
	for _, e := range a.Encoders {
		c.Encoders = append(c.Encoders, CardEncoder{Column: e.Column, Architecture: e.Architecture, Dim: e.Dim, SHA256: e.SHA256})
	}
	for _, col := range a.Schema.Columns {
		one := CardColumn{Name: col.Name, Kind: col.Kind, Views: []string{}}
		for _, v := range a.Views {
			if v.Column == col.Name {
				one.Views = append(one.Views, v.View)
			}
		}
		for _, f := range col.Fields {
			one.Fields = append(one.Fields, CardField{f.Name, f.Kind})
		}
		c.Columns = append(c.Columns, one)
	}
	r := a.Record
	// Models of older versions, and those put together by hand, have no record.
	if r == nil {
		return c
	}
	c.Rows, c.Metric, c.Metrics, c.Compared = &r.Rows.Fitted, r.Metric, r.Metrics, r.Compared
	c.Training = &CardTraining{Rows: r.Rows, Scored: r.Scored, Folds: r.Folds, Seeds: r.Seeds, Kernel: r.Kernel, Version: r.Version}
	if t := a.Training; t != nil {
		c.Training.Data, c.Training.Seed = t.Rows, t.Seed
	}
	return c
}
