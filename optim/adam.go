package optim

import (
	"math"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// AdamConfig are the constants of Adam and AdamW; zeros of the first three mean 0.9, 0.999 and
// 1e-8.
type AdamConfig struct {
	Beta1, Beta2 float64
	Eps          float64
	WeightDecay  float64 // not for NoDecay
}

// Adam follows the moments of the gradient (Kingma & Ba 2015), with decoupled weight decay as AdamW
// (Loshchilov & Hutter 2019); both as in PyTorch.
type Adam struct {
	config    AdamConfig
	decoupled bool
	spans     []span
	state     keeper
}

var _ Optimizer = (*Adam)(nil)

// NewAdam returns Adam; weight decay is added to the gradient.
func NewAdam(params []*grad.Param, c AdamConfig) *Adam { return newAdam(params, c, false) }

// NewAdamW returns AdamW; weight decay shrinks the values by lr·WeightDecay before the step.
func NewAdamW(params []*grad.Param, c AdamConfig) *Adam { return newAdam(params, c, true) }

func newAdam(params []*grad.Param, c AdamConfig, decoupled bool) *Adam {
	if c.Beta1 == 0 {
		c.Beta1 = 0.9
	}
	if c.Beta2 == 0 {
		c.Beta2 = 0.999
	}
	if c.Eps == 0 {
		c.Eps = 1e-8
	}
	kind := "adam"
	if decoupled {
		kind = "adamw"
	}
	s := spans(params, 2)
	return &Adam{config: c, decoupled: decoupled, spans: s, state: newKeeper(kind, params, s, 2)}
}

// Step does one step.
func (o *Adam) Step(lr float64) {
	o.state.steps++
	n := float64(o.state.steps)
	c := o.config
	step := kernel.AdamStep{
		LR: lr, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps,
		Correct1: 1 - math.Pow(c.Beta1, n), Correct2: 1 - math.Pow(c.Beta2, n),
	}
	for i := range o.spans {
		s := &o.spans[i]
		step.Decay, step.Shrink = 0, 0
		if s.decay && o.decoupled {
			step.Shrink = c.WeightDecay
		} else if s.decay {
			step.Decay = c.WeightDecay
		}
		if s.value.F64 != nil {
			adamStep(s, s.value.F64, s.grad.F64, s.m.F64, s.v.F64, step)
		} else {
			adamStep(s, s.value.F32, s.grad.F32, s.m.F32, s.v.F32, step)
		}
	}
}

func adamStep[T kernel.Float](s *span, w, g, m, v []T, step kernel.AdamStep) {
	if s.sparse == nil {
		kernel.Adam(w, g, m, v, step)
		return
	}
	for _, r := range s.sparse.Touched() {
		from, to := int(r)*s.cols, (int(r)+1)*s.cols
		kernel.Adam(w[from:to], g[from:to], m[from:to], v[from:to], step)
	}
}

// State returns the step count and the moments.
func (o *Adam) State() ([]byte, error) { return o.state.save(), nil }

// Load takes a state.
func (o *Adam) Load(b []byte) error { return o.state.load(b) }
