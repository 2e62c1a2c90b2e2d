package conformance_test

import (
	"testing"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/optim"
	"github.com/fusor-ml/fusor/tensor"
)

// optimizerConfig is the union of the optimizers' configurations.
type optimizerConfig struct {
	LR          float64    `json:"lr"`
	Betas       [2]float64 `json:"betas"`
	Eps         float64    `json:"eps"`
	Momentum    float64    `json:"momentum"`
	WeightDecay float64    `json:"weight_decay"`
}

func (c optimizerConfig) sgd(ps []*grad.Param) optim.Optimizer {
	return optim.NewSGD(ps, optim.SGDConfig{Momentum: c.Momentum, WeightDecay: c.WeightDecay})
}

func (c optimizerConfig) adam() optim.AdamConfig {
	return optim.AdamConfig{Beta1: c.Betas[0], Beta2: c.Betas[1], Eps: c.Eps, WeightDecay: c.WeightDecay}
}

var optimizers = map[string]func(optimizerConfig, []*grad.Param) optim.Optimizer{
	"sgd":          optimizerConfig.sgd,
	"sgd_momentum": optimizerConfig.sgd,
	"adam":         func(c optimizerConfig, ps []*grad.Param) optim.Optimizer { return optim.NewAdam(ps, c.adam()) },
	"adamw":        func(c optimizerConfig, ps []*grad.Param) optim.Optimizer { return optim.NewAdamW(ps, c.adam()) },
}

// compareOptimizer minimizes x'Qx/2 - b'x from x, whose gradient is Qx - b, and compares every
// step.
func compareOptimizer(t *testing.T, c *conformance.Case, make func(optimizerConfig, []*grad.Param) optim.Optimizer) {
	var cfg optimizerConfig
	if err := c.DecodeConfig(&cfg); err != nil {
		t.Fatal(err)
	}
	if c.Objective != "0.5 x'Qx - b'x, gradient Qx - b" {
		t.Fatalf("unknown objective %q", c.Objective)
	}
	want := c.Outputs["trajectory"]
	if want == nil || c.Inputs["Q"] == nil || c.Inputs["b"] == nil || c.Inputs["x"] == nil {
		t.Fatal("the file lacks Q, b, x or the trajectory")
	}
	Q, b := c.Inputs["Q"].Data, c.Inputs["b"].Data
	for _, d := range []tensor.DType{tensor.F64, tensor.F32} {
		tolerance := 1e-9
		if d == tensor.F32 {
			tolerance = 1e-5
		}
		n := len(b)
		p := &grad.Param{Name: "x", Value: c.Inputs["x"].As(d), Grad: tensor.New(d, n)}
		opt := make(cfg, []*grad.Param{p})
		got := tensor.New(d, want.Shape...)
		for step := range want.Shape[0] {
			for i := range n {
				g := -b[i]
				for j := range n {
					g += Q[i*n+j] * p.Value.Flat(j)
				}
				p.Grad.SetFlat(g, i)
			}
			opt.Step(cfg.LR)
			for i := range n {
				got.SetFlat(p.Value.Flat(i), step*n+i)
			}
		}
		if err := conformance.Compare(got, want, tolerance); err != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
}
