package optim

import (
	"math"
	"testing"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// newValues makes a parameter of the given values.
func newValues(v ...float32) *grad.Param {
	return &grad.Param{Name: "p", Value: tensor.FromF32(v, len(v), 1), Grad: tensor.New(tensor.F32, len(v), 1)}
}

func TestAverageIsTheWeightedMeanOfTheValuesTaken(t *testing.T) {
	const decay = 0.75
	p := newValues(0, 0)
	a := NewAverage([]*grad.Param{p}, decay)
	values := [][2]float32{{1, -2}, {4, 8}, {-3, 0.5}, {10, 1}}
	var weights float64
	var want [2]float64
	for i, v := range values {
		copy(p.Value.F32, v[:])
		a.Take()
		w := math.Pow(decay, float64(len(values)-1-i))
		weights += w
		want[0] += w * float64(v[0])
		want[1] += w * float64(v[1])
	}
	a.Swap()
	for i, got := range p.Value.F32 {
		if math.Abs(float64(got)-want[i]/weights) > 1e-5 {
			t.Errorf("average %d is %g, want %g", i, got, want[i]/weights)
		}
	}
	a.Swap()
	if p.Value.F32[0] != 10 || p.Value.F32[1] != 1 {
		t.Errorf("after a second swap the values are %v, want those of the last step", p.Value.F32)
	}
}

func TestAverageGoesOnFromItsState(t *testing.T) {
	run := func(stop bool) float32 {
		p := newValues(0)
		a := NewAverage([]*grad.Param{p}, 0.9)
		for i := range 10 {
			if stop && i == 4 {
				s := a.State()
				a = NewAverage([]*grad.Param{p}, 0.9)
				if err := a.Load(s); err != nil {
					t.Fatal(err)
				}
			}
			p.Value.F32[0] = float32(i * i)
			a.Take()
		}
		a.Swap()
		return p.Value.F32[0]
	}
	if a, b := run(false), run(true); a != b {
		t.Errorf("with a stop in between the average is %g, without %g", b, a)
	}
}

func TestAverageRefusesTheStateOfOtherParameters(t *testing.T) {
	a := NewAverage([]*grad.Param{newValues(1, 2)}, 0.9)
	for _, other := range [][]*grad.Param{{newValues(1)}, nil} {
		if err := a.Load(NewAverage(other, 0.9).State()); err == nil {
			t.Errorf("a state of %d parameters was taken", len(other))
		}
	}
}
