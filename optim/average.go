package optim

import (
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// Average is an exponential moving average of parameters over the steps of a fit (Polyak & Juditsky
// 1992; weights that decay, with the start at zero corrected for, as in Kingma & Ba 2015, section
// 7.2). An averaged model depends less on the last batches.
type Average struct {
	decay  float64
	params []*grad.Param
	state  AverageState
}

// AverageState is what the following averages depend on, but for the parameters.
type AverageState struct {
	Taken int         // how many values went in
	Mean  [][]float32 // of every parameter
}

// NewAverage returns an average of float32 parameters that remembers about 1/(1-decay) values,
// decay in [0, 1).
func NewAverage(params []*grad.Param, decay float64) *Average {
	a := &Average{decay: decay, params: params}
	for _, p := range params {
		a.state.Mean = append(a.state.Mean, make([]float32, p.Value.Len()))
	}
	return a
}

// Take lets the parameters' present values in.
func (a *Average) Take() {
	a.state.Taken++
	share := float32((1 - a.decay) / (1 - math.Pow(a.decay, float64(a.state.Taken))))
	for i, p := range a.params {
		mean := a.state.Mean[i]
		kernel.Scale(mean, 1-share, mean)
		kernel.Axpy(share, p.Value.F32, mean)
	}
}

// Swap exchanges the parameters' values with their averages; a second call puts both back. Before
// the first Take it does nothing.
func (a *Average) Swap() {
	if a.state.Taken == 0 {
		return
	}
	for i, p := range a.params {
		for j, m := range a.state.Mean[i] {
			a.state.Mean[i][j], p.Value.F32[j] = p.Value.F32[j], m
		}
	}
}

// State returns a copy of the state.
func (a *Average) State() AverageState {
	s := AverageState{Taken: a.state.Taken}
	for _, m := range a.state.Mean {
		s.Mean = append(s.Mean, append([]float32(nil), m...))
	}
	return s
}

// Load takes a state of an average over the same parameters.
func (a *Average) Load(s AverageState) error {
	if len(s.Mean) != len(a.params) {
		return fmt.Errorf("cannot load an average of %d parameters for %d", len(s.Mean), len(a.params))
	}
	for i, p := range a.params {
		if len(s.Mean[i]) != p.Value.Len() {
			return fmt.Errorf("cannot load an average: parameter %s has %d values, not %d", p.Name, p.Value.Len(), len(s.Mean[i]))
		}
	}
	a.state.Taken = s.Taken
	for i, m := range s.Mean {
		copy(a.state.Mean[i], m)
	}
	return nil
}
