// Package train fits a model: batches, early stopping on validation loss, the
// refit on all rows, and checkpoints. Every random choice is drawn from the
// seed and the step it belongs to, so a run is repeatable bit for bit, from the
// start or from a checkpoint, on any number of cores.
package train

import (
	"github.com/fusor-ml/fusor/optim"
)

// Config holds what does not belong to the model itself. Zero fields mean the defaults, which
// [Settings] lists; pointer fields distinguish an explicit zero from unset.
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
	// Modulation slows the encoders of the modality that does best alone (OGM-GE); 0: not.
	Modulation        float64 `json:"modulation,omitempty"`
	ModulationEpochs  int     `json:"modulation_epochs,omitempty"` // that are modulated; default 50
	NoModulationNoise bool    `json:"no_modulation_noise,omitempty"`
	NoRefit           bool    `json:"no_refit,omitempty"`   // keep the weights of the best epoch instead of refitting on train + val
	NoAverage         bool    `json:"no_average,omitempty"` // take the weights of a step, not their moving average; models of n-gram tables always do
	Seed              uint64  `json:"seed,omitempty"`
}

// withDefaults returns c with what is not set filled in.
func (c Config) withDefaults() Config {
	setDefaults(&c, "train.")
	return c
}

// manyRows is from how many training rows on there is more to a pass than a small table has in
// many.
const manyRows = 50_000

// forRows returns c with the settings that a fit on so many rows needs and that are not set: above
// manyRows an epoch is as long as several of a smaller table, so that there are fewer of them, and
// a larger batch costs less without taking fewer steps in all.
func (c Config) forRows(rows int) Config {
	if rows > manyRows {
		times := rows / manyRows // at least 1
		if c.Batch == 0 {
			c.Batch = mostBatch
			for c.Batch > 32*max(2, times) {
				c.Batch /= 2
			}
		}
		if c.Epochs == 0 {
			c.Epochs = max(10, 100/times)
		}
		if c.Patience == 0 {
			c.Patience = max(2, 12/times)
		}
	}
	return c.withDefaults()
}

// mostBatch is the largest batch that is taken for many rows.
const mostBatch = 512

// Check reports a setting that is out of range.
func (c Config) Check() error { return checkSettings(c, "train.") }

// schedule returns the learning rate of a step; total is what Epochs comes to.
func (c Config) schedule(total int) func(step int) float64 {
	if c.Schedule == "constant" {
		return optim.Constant(c.LR)
	}
	return optim.CosineWarmup(c.LR, min(50, total/10), total)
}
