package fusion

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Config is the configuration of a method as plain data. Zero means the method's default, for a pointer nil does. Each method reads the fields
// that its Options name.
type Config struct {
	// Dim is the width of the fused vector, or of the space in which the views meet.
	Dim int `json:"dim,omitempty" yaml:"dim,omitempty"`
	// Rank is the rank of the factors of lowrank.
	Rank int `json:"rank,omitempty" yaml:"rank,omitempty"`
	// Heads and Layers are those of the transformer; Layers also of bilstm.
	Heads  int `json:"heads,omitempty" yaml:"heads,omitempty"`
	Layers int `json:"layers,omitempty" yaml:"layers,omitempty"`
	// Hidden is the width of one direction of bilstm, of the scorer of attention, of the feed-forward part of transformer.
	Hidden int `json:"hidden,omitempty" yaml:"hidden,omitempty"`
	// Dropout is the probability with which values are dropped in training, 0 ≤ p < 1; nil: the method's default.
	Dropout *float64 `json:"dropout,omitempty" yaml:"dropout,omitempty"`
	// Weights are the fixed weights of weighted, one per view; empty: they are learned.
	Weights []float64 `json:"weights,omitempty" yaml:"weights,omitempty"`
	// Over says what bilstm runs over: rows, time or views; empty: time if there is a sequence, else views.
	Over string `json:"over,omitempty" yaml:"over,omitempty"`
	// Skip lets bilstm over rows hand on the row's own features beside what it read.
	Skip bool `json:"skip,omitempty" yaml:"skip,omitempty"`
	// Outputs is the number of classes, or 1 in a regression. Set by the caller; only late reads it.
	Outputs int `json:"outputs,omitempty" yaml:"outputs,omitempty"`
	// Regression says that the outputs are values, not classes. Set by the caller; only late reads it.
	Regression bool `json:"regression,omitempty" yaml:"regression,omitempty"`
}

// What bilstm can run over.
const (
	OverRows  = "rows"
	OverTime  = "time"
	OverViews = "views"
)

// Or returns c with the zero fields taken from d.
func (c Config) Or(d Config) Config {
	or := func(a *int, b int) {
		if *a == 0 {
			*a = b
		}
	}
	or(&c.Dim, d.Dim)
	or(&c.Rank, d.Rank)
	or(&c.Heads, d.Heads)
	or(&c.Layers, d.Layers)
	or(&c.Hidden, d.Hidden)
	or(&c.Outputs, d.Outputs)
	if c.Dropout == nil {
		c.Dropout = d.Dropout
	}
	if len(c.Weights) == 0 {
		c.Weights = d.Weights
	}
	if c.Over == "" {
		c.Over = d.Over
	}
	c.Skip = c.Skip || d.Skip
	c.Regression = c.Regression || d.Regression
	return c
}

// dropout is Dropout, 0 where nothing is said.
func (c Config) dropout() float64 {
	if c.Dropout == nil {
		return 0
	}
	return *c.Dropout
}

// set returns the JSON names of the fields that a user can set and has set.
func (c Config) set() []string {
	var names []string
	add := func(name string, on bool) {
		if on {
			names = append(names, name)
		}
	}
	add("dim", c.Dim != 0)
	add("rank", c.Rank != 0)
	add("heads", c.Heads != 0)
	add("layers", c.Layers != 0)
	add("hidden", c.Hidden != 0)
	add("dropout", c.Dropout != nil)
	add("weights", len(c.Weights) != 0)
	add("over", c.Over != "")
	add("skip", c.Skip)
	return names
}

// Check reports an option of cfg that the method does not read or that is out of range. Outputs and Regression, which
// the caller sets for every method, are not looked at.
func (m Method) Check(cfg Config) error {
	for _, name := range cfg.set() {
		if !slices.Contains(m.Options, name) {
			has := "it has no options"
			if len(m.Options) > 0 {
				has = "it has " + strings.Join(m.Options, ", ")
			}
			return fmt.Errorf("fusion %s: there is no option %q; %s", m.Name, name, has)
		}
	}
	if err := cfg.check(); err != nil {
		return fmt.Errorf("fusion %s: %w", m.Name, err)
	}
	return nil
}

// MaxWidth is the greatest width of a layer: a mistyped one must not take all memory.
const MaxWidth = 1 << 14

// check reports a value that no method can work with.
func (c Config) check() error {
	for _, f := range []struct {
		name   string
		v, max int
	}{
		{"dim", c.Dim, MaxWidth},
		{"rank", c.Rank, MaxWidth},
		{"heads", c.Heads, MaxWidth},
		{"layers", c.Layers, 64},
		{"hidden", c.Hidden, MaxWidth},
		{"outputs", c.Outputs, math.MaxInt},
	} {
		if f.v < 0 || f.v > f.max {
			return fmt.Errorf("%s is %d; it must be positive and at most %d", f.name, f.v, f.max)
		}
	}
	if p := c.dropout(); !(p >= 0 && p < 1) {
		return fmt.Errorf("dropout is %g; it must be at least 0 and below 1", p)
	}
	if !slices.Contains([]string{"", OverRows, OverTime, OverViews}, c.Over) {
		return fmt.Errorf("over is %q; it must be %s, %s or %s", c.Over, OverRows, OverTime, OverViews)
	}
	return nil
}
