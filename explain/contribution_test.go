package explain

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/eval"
)

func TestContributionIntervals(t *testing.T) {
	// Player 0 adds 1 in about 60 % of the rows; player 1 adds +1 or −1 by chance.
	const rows = 400
	rng := rand.New(rand.NewPCG(5, 5))
	gain := matrix(2, rows)
	for i := range rows {
		if rng.Float64() < 0.6 {
			gain[0][i] = 1
		}
		gain[1][i] = float64(2*rng.IntN(2) - 1)
	}
	g := &eval.Game{Players: 2, Rows: rows, Goals: 1, Value: func(present []bool) ([][]float64, error) {
		w := make([]float64, rows)
		for p, in := range present {
			for i := range w {
				if in {
					w[i] += gain[p][i]
				}
			}
		}
		return [][]float64{w}, nil
	}}
	class := make([][]int, rows)
	for i := range class {
		class[i] = []int{i % 2}
	}
	v, err := g.Shapley()
	if err != nil {
		t.Fatal(err)
	}
	c := Contributions(v, []string{Correctness}, []string{"useful", "noise"}, Sample{Classes: []string{"a", "b", "never"}, Class: class})[0]
	if p := c.Parts[0]; p.Low < 0.5 || p.High > 0.7 || p.Value < p.Low || p.Value > p.High {
		t.Errorf("useful: %+v", p)
	}
	if p := c.Parts[1]; p.Low > 0 || p.High < 0 {
		t.Errorf("noise: %+v", p)
	}
	if len(c.Classes) != 2 {
		t.Errorf("classes: %+v", c.Classes)
	}
	for p := range c.Parts {
		if got := (c.Classes[0].Values[p] + c.Classes[1].Values[p]) / 2; math.Abs(got-c.Parts[p].Value) > 1e-9 {
			t.Errorf("the classes' mean is %g, the data's %g", got, c.Parts[p].Value)
		}
	}
}

func TestAreasByHand(t *testing.T) {
	y := []float64{1, 0.8, 0.2}
	if got := Area([]float64{0, 1, 4}, y); math.Abs(got-(0.9+3*0.5)/4) > 1e-12 {
		t.Errorf("area %g", got)
	}
	if got := Area(nil, y); math.Abs(got-0.7) > 1e-12 {
		t.Errorf("relative %g", got)
	}
	// The baseline begins 0.1 lower: moved up it is 1, 0.7, 0.4.
	if got := Effective(y, []float64{0.9, 0.6, 0.3}); math.Abs(got-(0.1-0.2)) > 1e-12 {
		t.Errorf("effective %g", got)
	}
}
