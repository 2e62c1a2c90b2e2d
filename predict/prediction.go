package predict

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
)

// Prediction is the model's answer to one row.
type Prediction struct {
	Class         string    // the predicted one, or the labels joined by Schema.Separator; "" of a regression
	Labels        []string  // of a multi-label task: those whose probability reaches their threshold; else nil
	Classes       []string  // of Probabilities
	Probabilities []float64 // nil of a regression
	Value         float64   // of a regression
	// Flags are what limits the prediction: "absent:image" (an empty cell), "unreadable:audio",
	// "partial:text" (a part of the cell was left out), "overflow" (the numbers are too large to
	// compute with), "prior" (nothing was there, or nothing of use).
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
		if m.a.Spec.Multilabel {
			out.Class, out.Labels = m.labels(out.Probabilities)
		} else {
			out.Class = out.Classes[m.Decide(out.Probabilities, s.Absent[i])]
		}
	}
	if s.Weights != nil && !s.Absent[i] {
		out.Weights = map[string]float64{}
		for v, view := range m.a.Views {
			out.Weights[view.Name] = s.Weights[i*len(m.a.Views)+v]
		}
	}
	return out
}

// Decide returns the class that is predicted of a row of calibrated probabilities, or of one
// without any view.
func (m *Model) Decide(p []float64, absent bool) int {
	return eval.DecideClasses([][]float64{p}, m.a.Thresholds, []bool{absent})[0]
}

// labels returns the labels that a row of probabilities is given, joined and each by itself.
func (m *Model) labels(p []float64) (joined string, names []string) {
	given := eval.Decide(p, m.a.Thresholds)
	names = make([]string, len(given))
	for k, l := range given {
		names[k] = m.a.Schema.Classes[l]
	}
	return m.a.Schema.Join(given), names
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

// MarshalJSON implements json.Marshaler with [Prediction.AppendJSON].
func (p Prediction) MarshalJSON() ([]byte, error) { return p.AppendJSON(nil) }

// AppendJSON appends an object with the members of a served prediction: "prediction" (a class, a
// list of labels, or the number of a regression), "probabilities" by class, in the order of p, or
// "value", "flags", and "weights", "set" and "explanation" as far as p has them.
func (p *Prediction) AppendJSON(b []byte) ([]byte, error) {
	var err error
	// Without reflection, for the sake of a server (decision 39).
	b = append(b, `{"prediction":`...)
	if p.Classes == nil {
		if b, err = appendNumber(b, p.Value); err != nil {
			return nil, err
		}
		b = append(b, `,"value":`...)
		if b, err = appendNumber(b, p.Value); err != nil {
			return nil, err
		}
	} else {
		if p.Labels != nil {
			b = appendTexts(b, p.Labels)
		} else {
			b = appendText(b, p.Class)
		}
		b = append(b, `,"probabilities":{`...)
		for i, class := range p.Classes {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendProbability(append(appendText(b, class), ':'), p.Probabilities[i]); err != nil {
				return nil, err
			}
		}
		b = append(b, '}')
	}
	b = appendTexts(append(b, `,"flags":`...), p.Flags)
	if len(p.Weights) > 0 {
		if b, err = appendNumbers(append(b, `,"weights":`...), p.Weights); err != nil {
			return nil, err
		}
	}
	if len(p.Set) > 0 {
		b = appendTexts(append(b, `,"set":`...), p.Set)
	}
	// Members that are not there are left out, not null, as in the schema.
	if e := p.Explanation; e != nil {
		if b, err = e.appendJSON(append(b, `,"explanation":`...)); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// MarshalJSON implements json.Marshaler.
func (e *Explanation) MarshalJSON() ([]byte, error) { return e.appendJSON(nil) }

// appendJSON appends e as its tags describe it, but for the labels of a variant, which are a list.
func (e *Explanation) appendJSON(b []byte) ([]byte, error) {
	b, err := appendNumbers(append(b, `{"contributions":`...), e.Contributions)
	if err != nil {
		return nil, err
	}
	if e.Sampled {
		b = append(b, `,"sampled":true`...)
	}
	for _, list := range []struct {
		name     string
		variants []Variant
	}{{`,"without":[`, e.Without}, {`,"only":[`, e.Only}} {
		b = append(b, list.name...)
		for i, v := range list.variants {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(append(b, `{"modality":`...), v.Modality)
			x := v.Probability
			if v.Value != nil {
				b, x = append(b, `,"value":`...), *v.Value
			} else {
				b = append(b, `,"prediction":`...)
				if v.Labels != nil {
					b = appendTexts(b, v.Labels)
				} else {
					b = appendText(b, v.Prediction)
				}
				b = append(b, `,"probability":`...)
			}
			if b, err = appendNumber(b, x); err != nil {
				return nil, err
			}
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	return append(b, '}'), nil
}

func appendNumbers(b []byte, values map[string]float64) ([]byte, error) {
	var err error
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendNumber(append(appendText(b, name), ':'), values[name]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendTexts(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}

// appendText appends s as a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil { // a string always has a JSON form
				panic(err)
			}
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

// appendProbability appends a probability with the digits of a float32, which is what the network
// computes with: more of them would be noise.
func appendProbability(b []byte, p float64) ([]byte, error) { return appendFloat(b, p, 32) }

// appendNumber appends v with all its digits.
func appendNumber(b []byte, v float64) ([]byte, error) { return appendFloat(b, v, 64) }

// appendFloat appends v, rounded to a float of so many bits, as ECMAScript writes numbers
// (ECMA-262, 6.1.6.1.20), which is what encoding/json does.
func appendFloat(b []byte, v float64, bits int) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("cannot write %v as JSON", v)
	}
	if bits == 32 {
		v = float64(float32(v))
	}
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, v, format, -1, bits)
	if n := len(b); format == 'e' && b[n-4] == 'e' && b[n-2] == '0' { // e-09 to e-9
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b, nil
}
