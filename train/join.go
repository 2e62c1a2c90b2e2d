package train

import (
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/model"
)

// Join returns the ensemble of models that were fitted on the views of p, with their weights. Its
// scores of the validation rows are the mean of theirs.
func (p *Prepared) Join(members []*Fitting, weights []float64) (*Fitting, error) {
	f := &Fitting{History: &History{}}
	var order []string
	for i, v := range p.Views {
		if slices.ContainsFunc(members, func(m *Fitting) bool { return slices.Contains(m.Views, i) }) {
			f.Views, order = append(f.Views, i), append(order, v.Name)
		}
	}
	var models []*model.Model
	var val []*model.Scores
	for _, m := range members {
		models = append(models, m.Model)
		if m.Val != nil {
			m.Val.P = m.Model.Spec.Probabilities(m.Val)
			val = append(val, m.Val)
		}
	}
	var err error
	if f.Model, err = model.Join(models, weights, order); err != nil {
		return nil, fmt.Errorf("cannot make the ensemble: %w", err)
	}
	if len(val) == len(members) {
		f.Val = f.Model.Mean(val)
	}
	return f, nil
}
