package predict

import (
	"context"
	"slices"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
)

// exactModalities bounds the modalities whose contributions to a row are exact: 2⁸ runs of the
// network on it. Of more of them they are sampled.
const exactModalities = 8

// Explanation is what each modality contributed to one prediction.
type Explanation struct {
	// Contributions are Shapley values by modality: of the predicted class's probability, or of a
	// regression's value. They sum to the prediction's minus that of a row without anything.
	Contributions map[string]float64 `json:"contributions"`
	Sampled       bool               `json:"sampled,omitempty"` // the contributions are estimates
	Without       []Variant          `json:"without"`           // with each modality left out
	Only          []Variant          `json:"only"`              // with each modality alone
}

// Variant is the prediction of a row with some of its modalities.
type Variant struct {
	Modality    string   `json:"modality"` // left out, or alone
	Prediction  string   `json:"prediction,omitempty"`
	Probability float64  `json:"probability,omitempty"` // of Prediction
	Value       *float64 `json:"value,omitempty"`       // of a regression
}

// explain fills in the explanations of predictions made with the views of hide left out; s and p are
// their scores and probabilities. The features stay as they are: only the presence mask changes.
func (m *Model) explain(ctx context.Context, f *Features, hide []bool, s *model.Scores, p []float64, out []Prediction) error {
	names, of := model.Players(m.a.Spec.Views)
	rows, c := f.Len(), s.Outputs
	class := make([]int, rows) // predicted with everything
	for i := range class {
		class[i] = eval.Argmax(p[i*c : (i+1)*c])
	}
	run := func(present []bool) ([]float64, error) {
		if !slices.Contains(present, false) {
			return p, nil
		}
		mask := model.Hidden(of, present)
		for v, h := range hide {
			mask[v] = mask[v] || h
		}
		s, err := m.Score(ctx, f.set, nil, mask)
		if err != nil {
			return nil, err
		}
		return m.Probabilities(s), nil
	}
	without, only := make([][]float64, len(names)), make([][]float64, len(names))
	for k := range names {
		present := make([]bool, len(names))
		present[k] = true
		var err error
		if only[k], err = run(present); err != nil {
			return err
		}
		for j := range present {
			present[j] = j != k
		}
		if without[k], err = run(present); err != nil {
			return err
		}
	}
	// The subsets above are those that the game needs most often; they are not run again.
	value := func(present []bool) ([]float64, error) {
		in := 0
		first, last := -1, -1
		for k, is := range present {
			if is {
				in++
				first = k
			} else {
				last = k
			}
		}
		switch {
		case in == 1:
			return only[first], nil
		case in == len(names)-1:
			return without[last], nil
		}
		return run(present)
	}
	g := &eval.Game{Players: len(names), Rows: rows, Goals: 1, Exact: exactModalities}
	g.Value = func(present []bool) ([][]float64, error) {
		p, err := value(present)
		if err != nil {
			return nil, err
		}
		goal := make([]float64, rows)
		for i := range goal {
			goal[i] = p[i*c+class[i]]
		}
		return [][]float64{goal}, nil
	}
	v, err := g.Shapley()
	if err != nil {
		return err
	}
	for i := range out {
		e := &Explanation{Contributions: map[string]float64{}, Sampled: v.Sampled}
		for k, name := range names {
			e.Contributions[name] = v.Parts[0][k][i]
			e.Without = append(e.Without, m.variant(name, without[k][i*c:(i+1)*c]))
			e.Only = append(e.Only, m.variant(name, only[k][i*c:(i+1)*c]))
		}
		out[i].Explanation = e
	}
	return nil
}

func (m *Model) variant(modality string, p []float64) Variant {
	if m.a.Spec.Regression {
		return Variant{Modality: modality, Value: &p[0]}
	}
	top := eval.Argmax(p)
	return Variant{Modality: modality, Prediction: m.a.Schema.Classes[top], Probability: p[top]}
}
