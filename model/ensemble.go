package model

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// Ensemble is the method of a model of several networks, as a Spec names it.
const Ensemble = "ensemble"

// ensembleFloor keeps the logarithm finite where every member yields a class no probability at all.
const ensembleFloor = 1e-12

// Member is one network of an ensemble. Its views are some of the ensemble's.
type Member struct {
	Spec   Spec    `json:"spec"`
	Weight float64 `json:"weight"` // above 0
}

// checkMembers reports what is wrong with an ensemble.
func (s *Spec) checkMembers() error {
	if s.Method != Ensemble || len(s.Members) == 0 {
		return fmt.Errorf("an ensemble has the method %q and at least one member, not %q and %d", Ensemble, s.Method, len(s.Members))
	}
	used := make([]bool, len(s.Views))
	for k, m := range s.Members {
		if m.Spec.Method == Ensemble {
			return errors.New("a member of an ensemble cannot be an ensemble")
		}
		if err := m.Spec.Check(); err != nil {
			return fmt.Errorf("member %d: %w", k, err)
		}
		if m.Spec.Outputs != s.Outputs || m.Spec.Regression != s.Regression || m.Spec.Multilabel != s.Multilabel {
			return fmt.Errorf("member %d predicts %d outputs, the ensemble %d", k, m.Spec.Outputs, s.Outputs)
		}
		if !(m.Weight > 0) || math.IsInf(m.Weight, 0) {
			return fmt.Errorf("member %d has the weight %g", k, m.Weight)
		}
		for _, v := range m.Spec.Views {
			at := s.view(v.Name)
			if at < 0 || s.Views[at].Shape != v.Shape || s.Views[at].Dim != v.Dim || s.Views[at].Column != v.Column {
				return fmt.Errorf("member %d takes a view %s that is not the ensemble's", k, v.Name)
			}
			used[at] = true
		}
	}
	if k := slices.Index(used, false); k >= 0 {
		return fmt.Errorf("no member takes view %s", s.Views[k].Name)
	}
	return nil
}

// view returns the index of the named view; -1 if there is none.
func (s *Spec) view(name string) int {
	return slices.IndexFunc(s.Views, func(v View) bool { return v.Name == name })
}

// Join returns the ensemble of trained models with these weights, whose sum need not be 1. It reads
// the views in the order in which they are named; those that no member takes are left out. The
// members must not change from then on.
func Join(members []*Model, weights []float64, order []string) (*Model, error) {
	if len(members) == 0 || len(weights) != len(members) {
		return nil, fmt.Errorf("cannot join %d models with %d weights", len(members), len(weights))
	}
	first := members[0].Spec
	spec := Spec{Method: Ensemble, Outputs: first.Outputs, Regression: first.Regression, Multilabel: first.Multilabel, Prior: first.Prior}
	values := map[string]*tensor.Tensor{}
	for k, m := range members {
		spec.Members = append(spec.Members, Member{m.Spec, weights[k]})
		for _, p := range m.Params() {
			values[memberName(k)+p.Name] = p.Value
		}
	}
	for _, name := range order {
		for _, m := range members {
			if at := m.Spec.view(name); at >= 0 {
				v := m.Spec.Views[at]
				spec.Views = append(spec.Views, View{Name: v.Name, Column: v.Column, Shape: v.Shape, Dim: v.Dim, Encoder: v.Encoder})
				break
			}
		}
	}
	return Restore(spec, members[0].methods, values)
}

// Members returns the networks of an ensemble; nil of any other model.
func (m *Model) Members() []*Model {
	if m.ensemble == nil {
		return nil
	}
	return m.ensemble.members
}

// Mean returns the scores that an ensemble makes of those of its members.
func (m *Model) Mean(members []*Scores) *Scores {
	c, n := m.Spec.Outputs, len(members[0].Absent)
	out := &Scores{Outputs: c, P: make([]float64, n*c), Logits: make([]float64, n*c), Absent: make([]bool, n)}
	no := make([]float64, c) // of labels: 1 − P, with the digits of a sure answer
	for i := range n {
		p, z := out.P[i*c:(i+1)*c], out.Logits[i*c:(i+1)*c]
		sum := 0.0
		clear(no)
		for k, s := range members {
			if w := m.Spec.Members[k].Weight; !s.Absent[i] {
				sum += w
				for j, x := range s.Row(i) {
					p[j] += w * x
					if m.Spec.Multilabel {
						no[j] += w / (1 + math.Exp(s.Logits[i*c+j]))
					}
				}
			}
		}
		if out.Absent[i] = sum == 0; sum == 0 {
			copy(p, members[0].Row(i))
			copy(z, members[0].Logits[i*c:(i+1)*c])
			continue
		}
		for j := range p {
			switch p[j] /= sum; {
			case m.Spec.Regression:
				z[j] = p[j]
			case m.Spec.Multilabel:
				z[j] = math.Log(p[j]+ensembleFloor) - math.Log(no[j]/sum+ensembleFloor)
			default:
				z[j] = math.Log(p[j] + ensembleFloor)
			}
		}
	}
	return out
}

// memberName is what the names of a member's parameters begin with.
func memberName(k int) string { return fmt.Sprintf("member.%d.", k) }

// ensemble is several networks whose predictions are averaged: probabilities, or the values of a
// regression, by the weights of the members that have a view in the row.
type ensemble struct {
	members []*Model
	weights []float64
	views   [][]int // of each member, indices into the ensemble's
}

func newEnsemble(spec *Spec, methods fusion.Table, scope *nn.Scope) (*ensemble, error) {
	e := &ensemble{}
	for k, m := range spec.Members {
		member, err := assemble(m.Spec, methods, scope.Sub("member").Sub(fmt.Sprint(k)))
		if err != nil {
			return nil, fmt.Errorf("member %d: %w", k, err)
		}
		var views []int
		for _, v := range m.Spec.Views {
			views = append(views, spec.view(v.Name))
		}
		e.members, e.weights, e.views = append(e.members, member), append(e.weights, m.Weight), append(e.views, views)
	}
	return e, nil
}

// overRows reports whether a member reads the rows of a group in their order.
func (e *ensemble) overRows() bool { return slices.ContainsFunc(e.members, (*Model).OverRows) }

// forward returns the logarithms of the averaged probabilities, the log-odds of labels', or the
// averaged values. Rows without any view hold no more than numbers.
func (e *ensemble) forward(t *grad.Tape, b *Batch, spec *Spec) *grad.Var {
	if len(b.parts) < len(e.members) {
		b.parts = make([]Batch, len(e.members))
	}
	votes, against := make([]*grad.Var, len(e.members)), make([]*grad.Var, len(e.members))
	// [rows × members]: a member without a view of the row has weight 0 there, and the others share
	// the rest.
	weights := t.NewConst(b.N, len(e.members))
	for k, m := range e.members {
		part := &b.parts[k]
		b.pick(part, e.views[k])
		// A member that reads rows by themselves must not get the groups of one that does not.
		if part.Groups = nil; m.overRows {
			part.Groups = b.Groups
		}
		z := m.Forward(t, part).Logits
		switch {
		case spec.Multilabel:
			// Not 1 − p, which is 0 for every logit beyond 17 in float32.
			z, against[k] = t.Sigmoid(z), t.Sigmoid(t.Neg(z))
		case !spec.Regression:
			z = t.Softmax(z)
		}
		votes[k] = z
		for i, any := range part.Any {
			if any != 0 {
				weights.Value().SetFlat(e.weights[k], i*len(e.members)+k)
			}
		}
	}
	// Rows without any view keep zeros: the caller puts the prior there.
	for i := range b.N {
		sum := 0.0
		for k := range e.members {
			sum += weights.Value().At(i, k)
		}
		for k := range e.members {
			if w := weights.Value().At(i, k); w != 0 {
				weights.Value().SetFlat(w/sum, i*len(e.members)+k)
			}
		}
	}
	p := t.WeightedSum(t.Stack(votes...), weights)
	if spec.Regression {
		return p
	}
	// Logits again, since all that follows (temperature, thresholds, export) is defined on logits.
	yes := t.Log(t.AddScalar(p, ensembleFloor))
	if spec.Multilabel {
		return t.Sub(yes, t.Log(t.AddScalar(t.WeightedSum(t.Stack(against...), weights), ensembleFloor)))
	}
	return yes
}

// pick fills part with some views of b.
func (b *Batch) pick(part *Batch, views []int) {
	part.N, part.Class, part.Target = b.N, b.Class, b.Target
	part.Views = part.Views[:0]
	part.Present = reuse(part.Present, b.N, len(views))
	part.Any = append(part.Any[:0], make([]float32, b.N)...)
	for k, v := range views {
		part.Views = append(part.Views, b.Views[v])
		for i, p := range b.Views[v].Mask {
			part.Present.F32[i*len(views)+k] = p
			part.Any[i] = max(part.Any[i], p)
		}
	}
}
