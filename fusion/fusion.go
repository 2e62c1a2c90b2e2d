// Package fusion turns the encoded views of a batch into one vector per row.
//
// A method is an entry of a [Table]: its name, what it is, where it comes from, the options it reads and a function that
// builds it. [Methods] is the table of everything that ships here, one file per method. The package knows tensors and
// presence masks and nothing about media, manifests or features; a method from another module is added with [Table.With]
// and is as good as one from here.
//
// # Presence
//
// Input.Present says for each row and view whether the view is there (1) or not (0). The content of an absent view, even
// NaN, never reaches a result or a gradient. Every method states what it puts in place of an absent view; a row in which
// every view is absent gives a finite result, which the model replaces with the class prior.
package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// ViewShape is what a method is told about a view when it is built.
type ViewShape struct {
	Name     string // for messages, e.g. "image.color"
	Dim      int    // features of the view, or of one step of it; at least 1
	Sequence bool   // the view is [B, T, Dim] with lengths instead of [B, Dim]
}

// View is one view of a batch.
type View struct {
	X       *grad.Var // [B, Dim], or [B, T, Dim] for a sequence
	Lengths []int     // valid steps of each row of a sequence, 0 to T; nil: all T
}

// Input is a batch as a method sees it: the views in the order in which the method was built with them.
type Input struct {
	Views   []View
	Present *tensor.Tensor // [B, V] of 0 and 1, always set

	// RowGroups holds the lengths of consecutive runs of rows; each run is one group (a conversation, a day) in its order.
	// Their sum is B. Only methods that run over rows read it; nil: each row is a group of its own.
	RowGroups []int
}

// Output is what a method makes of a batch.
type Output struct {
	Z       *grad.Var // [B, OutDim]
	Weights *grad.Var // [B, V] how much each view counted, or nil if the method has no such weights
	LogVar  *grad.Var // [B, OutDim] log-variance of Z, from methods that give one (poe), else nil

	// Final says that Z is already the prediction: log-probabilities [B, Config.Outputs], or values in a regression.
	// The model then has no head.
	Final bool
}

// Fusion is one built method: its parameters live in the scope that it was built with. Forward may be called by many
// goroutines at once, each with a tape of its own.
type Fusion interface {
	Forward(t *grad.Tape, in Input) Output
	OutDim() int // width of Output.Z
}

// Method is an entry of the table.
type Method struct {
	Name   string
	Doc    string // one line
	Source string // the paper, or "textbook"

	// Options names the fields of Config, by their JSON names, that the method reads; [Method.Check] rejects others.
	Options []string
	// Defaults is what Build fills in for options that are zero.
	Defaults Config
	// Build makes the method for these views. It creates every parameter in s.
	Build func(s *nn.Scope, cfg Config, views []ViewShape) (Fusion, error)
	// TakesSequences says whether, with this configuration, sequence views come as they are; nil: never. Where it says
	// no, the caller pools sequences to [B, D] first.
	TakesSequences func(cfg Config) bool
	// Final says that Output.Final is always set: a model needs no head.
	Final bool
	// Laws says what fusiontest checks beyond the laws that hold for every method.
	Laws Laws
}

// Sequences reports whether the method, so configured, takes sequence views.
func (m Method) Sequences(cfg Config) bool { return m.TakesSequences != nil && m.TakesSequences(cfg) }

// Laws are the laws of a method that not every method obeys, as data for fusiontest.Run.
type Laws struct {
	// Permutable: the order of the views does not matter, once the parameters that belong to a view move with it.
	Permutable bool
	// Indexed lists parameter prefixes that are followed by the view: "proj" for proj.0.weight, proj.1.weight, …
	Indexed []string
	// Axis lists parameters whose first axis is the views.
	Axis []string
	// Columns lists parameters whose last axis is the concatenation of the views.
	Columns []string
	// Idle lists prefixes of parameters that a single view may not reach: weights from step to step where there is one step.
	Idle []string
	// Cases are the configurations under which all laws are checked; empty: one, the defaults made small.
	Cases []Case
}

// Case is one configuration for the law suite. Zero fields of Config are filled with small values by the suite.
type Case struct {
	Name      string
	Config    Config
	Widths    []int // of the views; nil: four views of different widths
	Sequences bool  // the first two views are sequences
	Groups    bool  // the rows form groups
	Drop      bool  // a view that is absent everywhere may as well not exist
	Weights   bool  // Output.Weights is there, is 0 for what is absent and sums to 1 over what is present
}
