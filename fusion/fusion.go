// Package fusion turns the encoded views of a batch into one vector per row.
//
// A method is an entry of a [Table]: its name, what it is, where it comes from, its options and a
// function that builds it. [Methods] is the table of everything that ships here, one file per
// method. The package knows tensors and presence masks and nothing about media, manifests or
// features; a method from another module is added with [Table.With] and is the equal of one from
// here.
//
// # Presence
//
// Input.Present is 1 for each row and view that is there and 0 for the others. The content of an
// absent view, even NaN, never reaches a result or a gradient. Every method documents what takes
// the place of an absent view; the result for a row in which every view is absent is finite, and
// the model replaces it with the class prior.
package fusion

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// Shape describes the batches that a method is built for, and what is predicted from them.
type Shape struct {
	Views []ViewShape
	// Outputs is the number of classes or labels, or 1 in a regression. Only a method that predicts by
	// itself reads it.
	Outputs int
	// Regression reports whether the outputs are values, not classes.
	Regression bool
	// Multilabel reports whether each output is a label of its own, of which a row may have several.
	Multilabel bool
}

// ViewShape describes a view.
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

// Input is a batch as a method sees it: the views in the order in which the method was built with
// them.
type Input struct {
	Views   []View
	Present *tensor.Tensor // [B, V] of 0 and 1, always set

	// RowGroups holds the lengths of consecutive runs of rows; each run is one group (a conversation,
	// a day) in its order. Their sum is B. Only methods that run over rows read it; nil: each row is a
	// group of its own.
	RowGroups []int
}

// Output is what a method makes of a batch.
type Output struct {
	Z       *grad.Var // [B, OutDim]
	Weights *grad.Var // [B, V] how much each view counted, or nil if the method has no such weights
	LogVar  *grad.Var // [B, OutDim] log-variance of Z, of methods that have one (poe), else nil
	// Votes is what each view by itself states about what is predicted, of methods that decide per
	// view; else nil. It is [B, V, Shape.Outputs] on the scale of the model's output, logits or
	// values; of a [Learner] what its Loss takes. Where a view is absent it means nothing.
	Votes *grad.Var

	// Final reports whether Z is already the prediction: log-probabilities [B, Shape.Outputs], the
	// log-odds of labels, or values in a regression. The model then has no head.
	Final bool
}

// Fusion is one built method: its parameters live in the scope that it was built with. Forward may
// be called by many goroutines at once, each with a tape of its own.
type Fusion interface {
	Forward(t *grad.Tape, in Input) Output
	OutDim() int // width of Output.Z
}

// Learner is a Fusion that is trained by a loss of its own in place of the task's.
type Learner interface {
	Fusion
	// Loss returns the loss of out, which Forward made of in, as one number. A row in which no view is
	// present must not matter.
	Loss(t *grad.Tape, in Input, out Output, target Target) *grad.Var
}

// Stacker is a Fusion whose views learn each by itself, from the task's loss of their votes, and
// whose last step is learned after them, from votes on rows that they were not trained on.
type Stacker interface {
	Fusion
	// Join returns Output.Z of votes [B, V, Shape.Outputs] and of which of them are there, [B, V].
	Join(t *grad.Tape, votes *grad.Var, present *tensor.Tensor) *grad.Var
	// Joint returns what Join learns. As the parameters begin, the joined prediction from one view
	// alone is that of its vote divided by the number of views.
	Joint() []*grad.Param
}

// Target is what is to be predicted of a batch.
type Target struct {
	// P is [B, Shape.Outputs]: the probability that each class should have, 1 for the row's own unless
	// labels are smoothed; of a multi-label task that of each label; in a regression the value.
	P       *tensor.Tensor
	Weights []float32 // [B], of the rows; nil: all 1
	Epoch   int       // passes over the data up to now, this one included
}

// Method is an entry of the table.
type Method struct {
	Name   string
	Doc    string // one line
	Source string // the paper, or "textbook"

	// Options are the method's settings; [Method.Check] refuses others.
	Options []Option
	// Build makes the method. [Method.New], which callers use, has checked cfg and the views and
	// filled in the defaults. It creates every parameter in s.
	Build func(s *nn.Scope, cfg Config, shape Shape) (Fusion, error)

	// TakesSequences reports whether, with this configuration, the method takes sequence views
	// unpooled; nil means never. Otherwise the caller pools sequences to [B, D] first.
	TakesSequences func(cfg Config) bool
	// ReadsRows reports whether, with this configuration, the method reads the rows of a group in
	// their order (Input.RowGroups); nil means never.
	ReadsRows func(cfg Config) bool
	// Adapt returns cfg with what is not set chosen to suit the data; nil: as it is.
	Adapt func(cfg Config, data Data) Config
	// Textbook returns cfg with what is not set chosen as textbooks show the method, on these
	// matrices; nil: as it is.
	Textbook func(cfg Config, views []ViewShape) Config
	// RowWeights reports whether Output.Weights depends on the content of a row, so that it differs
	// between rows of the same presence.
	RowWeights bool
	// AnyWidths reports whether views of different widths are fused without learned projections to one
	// width.
	AnyWidths bool
	// Final reports whether Output.Final is always set: a model needs no head.
	Final bool
	// NoRegression reports whether the method predicts classes or labels only.
	NoRegression bool
	// Votes reports whether Output.Votes is always set, to be trained beside Z where that is asked
	// for; not of a Learner, whose Loss takes them.
	Votes bool
	// Auxiliary is the weight of the loss of the votes beside that of Z unless a recipe sets another.
	Auxiliary float64
	// Optional reports whether a comparison tries the method only where it is named.
	Optional bool
	// Laws is what fusiontest checks beyond the laws that hold for every method.
	Laws Laws
}

// Data describes the data that a method is chosen for.
type Data struct {
	Ordered   bool // rows have groups, and an order within them
	Sequences bool // a view is a sequence
}

// Sequences reports whether the method, so configured, takes sequence views.
func (m Method) Sequences(cfg Config) bool { return m.TakesSequences != nil && m.TakesSequences(cfg) }

// OverRows reports whether the method, so configured, reads the rows of a group in their order.
func (m Method) OverRows(cfg Config) bool { return m.ReadsRows != nil && m.ReadsRows(cfg) }

// Suited returns cfg with what is not set chosen to suit the data.
func (m Method) Suited(cfg Config, data Data) Config {
	if m.Adapt == nil {
		return cfg
	}
	return m.Adapt(cfg, data)
}

// Laws are the laws of a method that not every method obeys, as data for fusiontest.Run.
type Laws struct {
	// Permutable: the order of the views does not matter, once the parameters that belong to a view
	// move with it.
	Permutable bool
	// Indexed lists parameter prefixes that are followed by the view: "proj" for proj.0.weight,
	// proj.1.weight, …
	Indexed []string
	// Axis lists parameters whose first axis is the views.
	Axis []string
	// Columns lists parameters whose last axis is the concatenation of the views.
	Columns []string
	// Idle lists prefixes of parameters that a single view may not reach: weights from step to step
	// where there is one step.
	Idle []string
	// Cases are the configurations under which all laws are checked; empty: one, the defaults made
	// small.
	Cases []Case
}

// Case is one configuration for the law suite, which fills in small values for the sizes that
// Config does not set.
type Case struct {
	Name       string
	Config     Config
	Regression bool  // of one value, instead of three classes
	Multilabel bool  // of three labels, instead of three classes
	Widths     []int // of the views; nil: four views of different widths
	Sequences  bool  // the first two views are sequences
	Groups     bool  // the rows form groups
	Drop       bool  // a view that is absent everywhere may as well not exist
	Weights    bool  // Output.Weights is there, is 0 for what is absent and sums to 1 over what is present
}
