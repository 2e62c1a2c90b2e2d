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
	// Contributions are Shapley values by modality: of the predicted class's probability, of the mean
	// probability that each label is as predicted, or of a regression's value. They sum to the
	// prediction's minus that of a row without anything.
	Contributions map[string]float64 `json:"contributions"`
	Sampled       bool               `json:"sampled,omitempty"` // the contributions are estimates
	Without       []Variant          `json:"without"`           // with each modality left out
	Only          []Variant          `json:"only"`              // with each modality alone
}

// Variant is the prediction of a row with some of its modalities.
type Variant struct {
	Modality    string   `json:"modality"` // left out, or alone
	Prediction  string   `json:"prediction,omitempty"`
	Labels      []string `json:"-"`                     // of a multi-label task: those of Prediction, which is a list of them in JSON
	Probability float64  `json:"probability,omitempty"` // of Prediction, or the mean of those that each label is so
	Value       *float64 `json:"value,omitempty"`       // of a regression
}

// explain fills in the explanations of predictions made with the views of hide left out; s and p
// are their scores and probabilities. The features stay as they are: only the presence mask
// changes.
func (m *Model) explain(ctx context.Context, f *Features, hide []bool, s *model.Scores, p []float64, out []Prediction) error {
	names, of := model.Players(m.a.Spec.Views)
	rows, c := f.Len(), s.Outputs
	// What is explained of each row: the probability of what is predicted with everything.
	worth := make([]func(p []float64) float64, rows)
	for i := range worth {
		worth[i] = m.worth(p[i*c:(i+1)*c], s.Absent[i])
	}
	v := &variants{m: m, f: f, of: of, hide: hide, worth: worth, known: map[string]scored{}}
	// The answer itself is the subset with everything; it is not computed again.
	v.keep(slices.Repeat([]bool{true}, len(names)), p, s.Absent)
	// All subsets that are needed for certain, in batches; what Shapley asks for then is mostly known.
	if err := v.run(ctx, subsets(len(names))); err != nil {
		return err
	}
	g := &eval.Game{Players: len(names), Rows: rows, Goals: 1, Exact: exactModalities}
	g.Value = func(present []bool) ([][]float64, error) {
		if err := v.run(ctx, [][]bool{present}); err != nil {
			return nil, err
		}
		return [][]float64{v.known[key(present)].goal}, nil
	}
	shapley, err := g.Shapley()
	if err != nil {
		return err
	}
	without, only := make([]scored, len(names)), make([]scored, len(names))
	for k := range names {
		present := make([]bool, len(names))
		present[k] = true
		only[k] = v.known[key(present)]
		for j := range present {
			present[j] = j != k
		}
		without[k] = v.known[key(present)]
	}
	for i := range out {
		e := &Explanation{Contributions: map[string]float64{}, Sampled: shapley.Sampled}
		for k, name := range names {
			e.Contributions[name] = shapley.Parts[0][k][i]
			e.Without = append(e.Without, m.variant(name, without[k].p[i*c:(i+1)*c], without[k].absent[i]))
			e.Only = append(e.Only, m.variant(name, only[k].p[i*c:(i+1)*c], only[k].absent[i]))
		}
		out[i].Explanation = e
	}
	return nil
}

// variants are the answers to some rows with subsets of the modalities.
type variants struct {
	m     *Model
	f     *Features
	of    []int                       // the modality of each view
	hide  []bool                      // views that are hidden in any case
	worth []func(p []float64) float64 // by row, what is explained of its probabilities
	known map[string]scored
}

type scored struct {
	goal   []float64 // by row
	p      []float64 // all probabilities, of subsets that are shown by themselves
	absent []bool    // the rows without any view
}

func key(present []bool) string {
	key := make([]byte, len(present))
	for k, is := range present {
		if is {
			key[k] = 1
		}
	}
	return string(key)
}

// keep makes a subset known by its probabilities and the rows without any view.
func (v *variants) keep(present []bool, p []float64, absent []bool) {
	c := len(p) / len(v.worth)
	s := scored{goal: make([]float64, len(v.worth)), absent: absent}
	for i, worth := range v.worth {
		s.goal[i] = worth(p[i*c : (i+1)*c])
	}
	in := 0
	for _, is := range present {
		if is {
			in++
		}
	}
	if in == 1 || in >= len(present)-1 {
		s.p = p
	}
	v.known[key(present)] = s
}

// run makes the subsets known, as many at once as fit a batch.
func (v *variants) run(ctx context.Context, subsets [][]bool) error {
	subsets = slices.DeleteFunc(subsets, func(present []bool) bool {
		_, known := v.known[key(present)]
		return known
	})
	const batch = 1024 // rows
	for some := range slices.Chunk(subsets, max(1, batch/v.f.Len())) {
		hides := make([][]bool, len(some))
		for i, present := range some {
			hides[i] = model.Hidden(v.of, present)
			for k, h := range v.hide {
				hides[i][k] = hides[i][k] || h
			}
		}
		scores, err := v.m.predictor.PredictVariants(ctx, v.f.set, hides)
		if err != nil {
			return err
		}
		for i, s := range scores {
			v.keep(some[i], v.m.Probabilities(s), s.Absent)
		}
	}
	return nil
}

// subsets returns those that the contributions of n modalities are made of for certain: all of
// them, or where they are sampled those with one modality or all but one.
func subsets(n int) [][]bool {
	var out [][]bool
	if n <= exactModalities {
		for bits := range 1 << n {
			present := make([]bool, n)
			for k := range present {
				present[k] = bits>>k&1 == 1
			}
			out = append(out, present)
		}
		return out
	}
	for k := range n {
		one, others := make([]bool, n), slices.Repeat([]bool{true}, n)
		one[k], others[k] = true, false
		out = append(out, one, others)
	}
	return out
}

// worth returns what is explained of a row that is predicted with probabilities full: the
// probability of its class, the mean of those that each label is as predicted, or the value.
func (m *Model) worth(full []float64, absent bool) func(p []float64) float64 {
	switch {
	case m.a.Spec.Regression:
		return func(p []float64) float64 { return p[0] }
	case !m.a.Spec.Multilabel:
		top := m.Decide(full, absent)
		return func(p []float64) float64 { return p[top] }
	}
	given := eval.Decide(full, m.a.Thresholds)
	return func(p []float64) float64 {
		sum, k := 0.0, 0
		for l, x := range p {
			if k < len(given) && given[k] == l {
				k++
			} else {
				x = 1 - x
			}
			sum += x
		}
		return sum / float64(len(p))
	}
}

func (m *Model) variant(modality string, p []float64, absent bool) Variant {
	if m.a.Spec.Regression {
		return Variant{Modality: modality, Value: &p[0]}
	}
	if m.a.Spec.Multilabel {
		joined, labels := m.labels(p)
		return Variant{Modality: modality, Prediction: joined, Labels: labels, Probability: m.worth(p, absent)(p)}
	}
	top := m.Decide(p, absent)
	return Variant{Modality: modality, Prediction: m.a.Schema.Classes[top], Probability: p[top]}
}
