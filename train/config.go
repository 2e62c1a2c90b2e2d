// Package train fits a model: batches, early stopping on validation loss, the
// refit on all rows, and checkpoints. Every random choice is drawn from the
// seed and the step it belongs to, so a run is repeatable bit for bit, from the
// start or from a checkpoint, on any number of cores.
package train

import (
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/optim"
)

// Config holds what does not belong to the model itself. Zero fields mean the defaults; where 0 is a value of its own
// the field is a pointer, and nil means the default.
type Config struct {
	Epochs         int      `json:"epochs,omitempty"`          // at most; default 100
	Batch          int      `json:"batch,omitempty"`           // rows; default 32
	LR             float64  `json:"lr,omitempty"`              // peak learning rate; default 0.002
	WeightDecay    *float64 `json:"weight_decay,omitempty"`    // of adamw (decoupled) and sgd; default 0.01
	Optimizer      string   `json:"optimizer,omitempty"`       // adamw, adam, sgd; default adamw
	Momentum       *float64 `json:"momentum,omitempty"`        // of sgd; default 0.9
	Schedule       string   `json:"schedule,omitempty"`        // cosine (with warm-up), constant; default cosine
	Patience       int      `json:"patience,omitempty"`        // epochs without a better validation loss; default 12
	Margin         *float64 `json:"margin,omitempty"`          // standard errors by which a later epoch must be better; default 0.5
	Clip           *float64 `json:"clip,omitempty"`            // bound on the gradient's norm; default 5, 0: none
	ClassWeights   bool     `json:"class_weights,omitempty"`   // weigh classes by 1/frequency
	LabelSmoothing float64  `json:"label_smoothing,omitempty"` // default 0
	Loss           string   `json:"loss,omitempty"`            // of a regression: mse, l1, smooth_l1; default mse
	NoRefit        bool     `json:"no_refit,omitempty"`        // keep the weights of the best epoch instead of refitting on train + val
	NoAverage      bool     `json:"no_average,omitempty"`      // take the weights of a step, not their moving average; models of n-gram tables always do
	Seed           uint64   `json:"seed"`
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	set := func(p **float64, v float64) {
		if *p == nil {
			*p = &v
		}
	}
	seti := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	sets := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	seti(&c.Epochs, 100)
	seti(&c.Batch, 32)
	seti(&c.Patience, 12)
	if c.LR == 0 {
		c.LR = 0.002
	}
	set(&c.WeightDecay, 0.01)
	set(&c.Momentum, 0.9)
	set(&c.Clip, 5)
	set(&c.Margin, 0.5)
	sets(&c.Optimizer, "adamw")
	sets(&c.Schedule, "cosine")
	sets(&c.Loss, "mse")
	return c
}

// Check reports a setting that is out of range.
func (c Config) Check() error {
	c = c.withDefaults()
	switch {
	case c.Epochs < 1 || c.Batch < 1 || c.Patience < 1:
		return fmt.Errorf("epochs, batch and patience must be at least 1")
	case !(c.LR > 0) || math.IsInf(c.LR, 0):
		return fmt.Errorf("learning rate %g is no number above 0", c.LR)
	case !(*c.WeightDecay >= 0 && *c.Clip >= 0 && *c.Margin >= 0) || math.IsInf(*c.WeightDecay+*c.Clip+*c.Margin, 0):
		return fmt.Errorf("weight decay, clip and margin must be numbers of at least 0")
	case !(*c.Momentum >= 0 && *c.Momentum < 1):
		return fmt.Errorf("momentum %g is not in [0, 1)", *c.Momentum)
	case !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1):
		return fmt.Errorf("label smoothing %g is not in [0, 1)", c.LabelSmoothing)
	case !oneOf(c.Optimizer, "adamw", "adam", "sgd"):
		return fmt.Errorf("no optimizer %q; there are adamw, adam, sgd", c.Optimizer)
	case !oneOf(c.Schedule, "cosine", "constant"):
		return fmt.Errorf("no schedule %q; there are cosine, constant", c.Schedule)
	case !oneOf(c.Loss, "mse", "l1", "smooth_l1"):
		return fmt.Errorf("no loss %q; there are mse, l1, smooth_l1", c.Loss)
	}
	return nil
}

func oneOf(s string, of ...string) bool {
	for _, o := range of {
		if s == o {
			return true
		}
	}
	return false
}

// schedule gives the learning rate of a step; total is what Epochs comes to.
func (c Config) schedule(total int) func(step int) float64 {
	if c.Schedule == "constant" {
		return optim.Constant(c.LR)
	}
	return optim.CosineWarmup(c.LR, min(50, total/10), total)
}
