package predict

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
)

// Prediction is the model's answer to one row.
type Prediction struct {
	Class         string    // the most probable one; "" of a regression
	Classes       []string  // of Probabilities
	Probabilities []float64 // nil of a regression
	Value         float64   // of a regression
	// Flags are what limits the prediction: "absent:image" (an empty cell), "unreadable:audio",
	// "partial:text" (a part of the cell was left out), "prior" (nothing was there).
	Flags       []string
	Weights     map[string]float64 // by view, of a fusion that weighs them; else nil
	Set         []string           // the prediction set, most probable first; nil unless queried
	Explanation *Explanation       // nil unless queried
}

// Prediction returns the answer for the i-th of the rows that s scores, without flags; p are their
// Probabilities.
func (m *Model) Prediction(s *model.Scores, p []float64, i int) Prediction {
	c := s.Outputs
	out := Prediction{}
	if m.a.Spec.Regression {
		out.Value = p[i]
	} else {
		out.Classes, out.Probabilities = m.a.Schema.Classes, p[i*c:(i+1)*c]
		out.Class = out.Classes[eval.Argmax(out.Probabilities)]
	}
	if s.Weights != nil && !s.Absent[i] {
		out.Weights = map[string]float64{}
		for v, view := range m.a.Views {
			out.Weights[view.Name] = s.Weights[i*len(m.a.Views)+v]
		}
	}
	return out
}

// top returns p with the k most probable classes only, in descending order.
func (p Prediction) top(k int) Prediction {
	if p.Classes == nil { // a regression
		return p
	}
	order := make([]int, len(p.Classes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Probabilities[b], p.Probabilities[a]) })
	order = order[:min(k, len(order))]
	classes, probabilities := make([]string, len(order)), make([]float64, len(order))
	for i, c := range order {
		classes[i], probabilities[i] = p.Classes[c], p.Probabilities[c]
	}
	p.Classes, p.Probabilities = classes, probabilities
	return p
}

// MarshalJSON writes the members of a served prediction: "prediction" (a class, or the number of a
// regression), "probabilities" by class or "value", "flags", and "weights", "set" and "explanation"
// as far as p has them.
func (p Prediction) MarshalJSON() ([]byte, error) {
	out := struct {
		Prediction    any                `json:"prediction"`
		Probabilities *distribution      `json:"probabilities,omitempty"`
		Value         *float64           `json:"value,omitempty"`
		Flags         []string           `json:"flags"`
		Weights       map[string]float64 `json:"weights,omitempty"`
		Set           []string           `json:"set,omitempty"`
		Explanation   *Explanation       `json:"explanation,omitempty"`
	}{Prediction: p.Class, Flags: p.Flags, Weights: p.Weights, Set: p.Set, Explanation: p.Explanation}
	if p.Classes == nil {
		out.Prediction, out.Value = p.Value, &p.Value
	} else {
		out.Probabilities = &distribution{p.Classes, p.Probabilities}
	}
	if out.Flags == nil {
		out.Flags = []string{}
	}
	return json.Marshal(out)
}

// distribution is written as an object in the order of its classes, which a map would lose.
type distribution struct {
	classes       []string
	probabilities []float64
}

func (d *distribution) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, c := range d.classes {
		name, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(d.probabilities[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(append(append(name, ':'), value...))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
