// Package feature turns media into views: frozen, deterministic features that
// are extracted once, cached by content, and scaled by a state fitted on
// training rows alone.
//
// A [Modality] opens a cell once; each of its views then extracts a [Raw] from
// the opened item. A [Fitter] learns a [State] (scales, idf, levels) from the
// Raws of the training rows, and the State turns a Raw into what the model takes.
package feature

import (
	"context"
	"encoding/json"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

// Shape describes how a view's values are laid out.
type Shape string

// The shapes of a view.
const (
	Vector   Shape = "vector"   // Values [D]
	Sequence Shape = "sequence" // Values [T, D]
	Sparse   Shape = "sparse"   // Index and Values, in ascending order of index; fitted, index < Dim
	Tokens   Shape = "tokens"   // Index [T]: hashed tokens; fitted, ids < Dim
)

// Raw is the frozen features of one cell in one view. The zero Raw is absent.
type Raw struct {
	Values []float32
	Index  []uint32
	Dim    int // width of a vector or of a sequence's step
	Steps  int // length of a sequence or token list
}

// Absent reports whether the cell had nothing to extract.
func (r *Raw) Absent() bool { return len(r.Values) == 0 && len(r.Index) == 0 }

// Modality extracts the views of one kind of column.
type Modality interface {
	Kind() media.Kind
	// Views lists the views, defaults first.
	Views() []View
	// Open decodes a present cell once, for all views. The cell's files are looked up in from.
	// It ends with ctx's error soon after ctx is done. The item does not keep c, or its Fields.
	Open(ctx context.Context, c *dataset.Cell, col *dataset.Column, from media.Folder) (item any, err error)
}

// View is one feature block of a column. Implementations are stateless and safe for concurrent use.
type View interface {
	// Info describes the view; it must not depend on data.
	Info() Info
	// Extract computes the frozen features of an item that the view's modality opened.
	Extract(item any) (Raw, error)
	// NewFitter starts a fit. The scaling applies to vectors and sequences.
	NewFitter(s Scaling) Fitter
	// LoadState restores what Fitter.State gave, from its JSON.
	LoadState(data json.RawMessage) (State, error)
}

// Releaser is an opened item whose memory is used again.
type Releaser interface {
	// Release ends the use of the item and of what was extracted from it.
	Release()
}

// Info is what `fusor views` shows of a view.
type Info struct {
	Name    string // "color"; a column's view is called column.color
	Shape   Shape
	Version int    // part of the cache key: raised when the extracted values change
	Options string // normalized options, part of the cache key
	Doc     string // one line: formula and source
	Default bool   // taken when --views names none
	NoCache bool   // extracting costs less than reading the cache: never cached
	// Pretrained marks the vectors of a pretrained network: they are cached of texts in a table, too,
	// and what scaling they need is not known beforehand, as of a vector column.
	Pretrained bool
}

// Batched is a View that extracts several cells in less time together than one by one, with the
// same result.
type Batched interface {
	View
	// Input returns what extraction needs of an item, and how much work that is, in tokens.
	Input(item any) (in any, size int, err error)
	// ExtractAll computes the features of several inputs. An error is no cell's fault.
	ExtractAll(ctx context.Context, inputs []any) ([]Raw, error)
}

// Scaling describes how the dense values of a view are scaled; which one is right differs between
// data sets.
type Scaling string

// The scalings.
const (
	PerFeature Scaling = "feature" // every feature to mean 0, deviation 1
	PerView    Scaling = "view"    // one mean and one deviation for the whole view
	NoScaling  Scaling = "none"
)

// Fitter learns a view's state from training rows. Merge makes distributed fitting possible:
// adding rows to two fitters and merging equals adding all to one, up to rounding.
type Fitter interface {
	Add(Raw)
	Merge(Fitter)
	State() (State, error)
}

// State applies what was fitted. It is plain data: json.Marshal yields what View.LoadState reads.
// Floats that matter are stored as [Floats], exactly.
type State interface {
	// Dim is the width of the fitted vector or step, or the number of ids.
	Dim() int
	// Apply turns an extracted row into what the model takes. It may reuse dst's memory; r is not
	// changed.
	Apply(dst *Raw, r Raw)
}

// Scaler is a State that only scales: every value that is finite becomes (x − mean)·scale, or stays
// as it is where there are no scales, bounded by ±limit; any other becomes 0.
type Scaler interface {
	State
	// Scales returns a mean and a factor per feature, or one of each for all, or none.
	Scales() (mean, scale []float32, limit float64)
}
