package train

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/model"
)

// Of very many values those are kept that go with the labels of training rows; of few, all.
func TestScreen(t *testing.T) {
	const useful = 1234
	prepared := func(n, dim int) (*Prepared, *feature.Matrix) {
		rng := rand.New(rand.NewPCG(1, 2))
		m := &feature.Matrix{Shape: feature.Vector, Dim: dim, Present: make([]bool, n), Start: make([]int, n+1), Values: make([]float32, n*dim)}
		p := &Prepared{Set: &model.Set{Class: make([]int32, n)}, Source: Source{Data: &dataset.Dataset{}}}
		p.Data.Schema.Classes = []string{"a", "b"}
		for i := range n {
			m.Present[i], m.Start[i+1] = i%9 != 0, i+1
			for j := range dim {
				m.Values[i*dim+j] = float32(rng.NormFloat64())
			}
			if m.Values[i*dim+useful%dim] > 0 {
				p.Set.Class[i] = 1
			}
			if i%10 == 3 {
				p.Set.Class[i] = -1
			}
			if i%4 > 0 {
				p.Run.Train = append(p.Run.Train, i)
			}
		}
		return p, m
	}
	p, m := prepared(200, 3000)
	keep, err := p.screen(m)
	if err != nil || len(keep) < screenLeast || len(keep) > screenMost || !slices.Contains(keep, useful) || !slices.IsSorted(keep) {
		t.Errorf("kept %v, %v", keep, err)
	}
	for i := range m.Present { // what is no training row decides nothing
		if !slices.Contains(p.Run.Train, i) {
			p.Set.Class[i] = 1 - p.Set.Class[i]
		}
	}
	if again, _ := p.screen(m); !slices.Equal(again, keep) {
		t.Errorf("other rows change it to %v", again)
	}
	p.Set.Target, p.Set.Class = make([]float32, 200), nil
	for i := range p.Set.Target {
		p.Set.Target[i] = m.Values[i*m.Dim+7]
	}
	if keep, err = p.screen(m); err != nil || !slices.Contains(keep, 7) {
		t.Errorf("of a regression kept %v, %v", keep, err)
	}
	p, m = prepared(200, 1500)
	if keep, err = p.screen(m); err != nil || keep != nil {
		t.Errorf("of few values kept %v, %v", keep, err)
	}
}
