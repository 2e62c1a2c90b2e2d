package optim

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// SGDConfig are the constants of SGD.
type SGDConfig struct {
	Momentum    float64 // 0 for none
	WeightDecay float64 // added to the gradient, times the value; not for NoDecay
}

// SGD is gradient descent with momentum as in PyTorch: v = momentum v + g, w -= lr v.
type SGD struct {
	config SGDConfig
	spans  []span
	state  keeper
}

var _ Optimizer = (*SGD)(nil)

// NewSGD returns an optimizer of params.
func NewSGD(params []*grad.Param, c SGDConfig) *SGD {
	moments := 0
	if c.Momentum != 0 {
		moments = 1
	}
	s := spans(params, moments)
	return &SGD{config: c, spans: s, state: newKeeper("sgd", params, s, moments)}
}

// Step does one step of descent.
func (o *SGD) Step(lr float64) {
	o.state.steps++
	for i := range o.spans {
		s := &o.spans[i]
		if s.value.F64 != nil {
			sgdStep(o.config, s, s.value.F64, s.grad.F64, s.m.F64, lr)
		} else {
			sgdStep(o.config, s, s.value.F32, s.grad.F32, s.m.F32, lr)
		}
	}
}

func sgdStep[T kernel.Float](c SGDConfig, s *span, w, g, m []T, lr float64) {
	decay := c.WeightDecay
	if !s.decay {
		decay = 0
	}
	if s.sparse == nil {
		kernel.SGD(w, g, m, lr, c.Momentum, decay)
		return
	}
	for _, r := range s.sparse.Touched() {
		from, to := int(r)*s.cols, (int(r)+1)*s.cols
		row := m
		if m != nil {
			row = m[from:to]
		}
		kernel.SGD(w[from:to], g[from:to], row, lr, c.Momentum, decay)
	}
}

// State returns the step count and the momentum.
func (o *SGD) State() ([]byte, error) { return o.state.save(), nil }

// Load takes a state.
func (o *SGD) Load(b []byte) error { return o.state.load(b) }
