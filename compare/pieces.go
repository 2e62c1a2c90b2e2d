package compare

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/flat"
)

// Stage is a step of a comparison, whose pieces can be computed side by side.
type Stage string

// The stages, each of which depends on those before it alone.
const (
	StagePrepare     Stage = "prepare"     // what a run chooses of scalings, once for all of its entries
	StageTune1       Stage = "tune-1"      // a trial of a search in a run, for few epochs
	StageTune2       Stage = "tune-2"      // one of the best of those, for more
	StageTune3       Stage = "tune-3"      // one of the best of those, for all
	StageFit         Stage = "fit"         // an entry in a run
	StageCalibrate   Stage = "calibrate"   // the best fusion in a fold of the training rows
	StageSubsets     Stage = "subsets"     // the best fusion with subsets of very many modalities, in a run
	StageRecalibrate Stage = "recalibrate" // the chosen entry in a fold of the training rows, if it is another
	StageModel       Stage = "model"       // the chosen entry fitted for use
)

// Stages are all of them in order.
var Stages = []Stage{StagePrepare, StageTune1, StageTune2, StageTune3, StageFit, StageCalibrate, StageSubsets, StageRecalibrate, StageModel}

// Piece identifies what a comparison computes apart from all else.
type Piece struct {
	Stage Stage  `json:"stage"`
	Kind  string `json:"kind,omitempty"`  // of the entry, in StageFit alone
	Entry string `json:"entry,omitempty"` // its name; in a search a trial's place among those of its stage
	Fold  int    `json:"fold"`
	Seed  int    `json:"seed"`
}

// String returns a name that no other piece of the comparison has, and that any file can have.
func (p Piece) String() string {
	name := sha256.Sum256([]byte(p.Entry)) // whatever a column is called, and however long its name
	return fmt.Sprintf("%s-%s-%x-%d-%d", p.Stage, p.Kind, name[:8], p.Fold, p.Seed)
}

// Store keeps pieces of a comparison, so that one that is interrupted goes on, or that several
// machines share the work.
type Store interface {
	// Load returns a piece; nil where it is to be computed. An error that wraps [ErrPending] leaves it
	// out for now: others are computed, and the comparison ends with ErrPending.
	Load(p Piece) ([]byte, error)
	// Save keeps a piece that was computed.
	Save(p Piece, data []byte) error
	// Checkpoint returns the name of a file for the state of a fit under way; "" for none.
	Checkpoint() string
	// Remove deletes what only an interrupted comparison needs, once the result is written.
	Remove() error
}

// ErrPending reports that a comparison lacks pieces that are computed elsewhere.
var ErrPending = errors.New("pieces of the comparison are not there yet")

// PieceError is why a piece cannot be computed.
type PieceError struct {
	Piece Piece
	Err   error
}

// Error implements error.
func (e *PieceError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *PieceError) Unwrap() error { return e.Err }

// Keep returns a piece that s has, or computes and keeps it; computed is false of one that was
// kept. A kept piece that cannot be read is computed again.
func Keep[T any](s Store, p Piece, format string, visit func(*T, *flat.Stream), compute func() (*T, error)) (v *T, computed bool, err error) {
	if s != nil {
		data, err := s.Load(p)
		if err != nil {
			return nil, false, err
		}
		if data != nil {
			v := new(T)
			if err := flat.Decode(format, data, func(f *flat.Stream) { visit(v, f) }); err == nil {
				return v, false, nil
			}
		}
	}
	if v, err = compute(); err != nil {
		var inner *PieceError
		if errors.Is(err, ErrPending) || errors.As(err, &inner) {
			return nil, false, err
		}
		return nil, false, &PieceError{p, err}
	}
	if s == nil {
		return v, true, nil
	}
	return v, true, s.Save(p, flat.Encode(format, func(f *flat.Stream) { visit(v, f) }))
}

// Pieces lists what a comparison of these entries by a plan computes, in the order of the stages:
// as much as can be known beforehand. trials is how many a search has, inner whether an official
// split has too few validation rows to set thresholds by (see [Result.InnerFits]), many whether
// fusions have too many players to try every subset of them at once.
func Pieces(plan *dataset.Plan, entries []Entry, trials int, inner, many, model bool) []Piece {
	var out []Piece
	for _, r := range plan.Runs {
		out = append(out, Piece{Stage: StagePrepare, Fold: r.Fold, Seed: r.Seed})
	}
	for pass, n := range passSizes(trials) {
		for _, r := range plan.Runs {
			for slot := range n {
				out = append(out, tunePiece(pass, slot, r))
			}
		}
	}
	for _, r := range plan.Runs {
		for _, e := range entries {
			out = append(out, fitPiece(&e, r))
		}
	}
	folds := func(stage Stage) {
		for f := range innerFolds {
			out = append(out, Piece{Stage: stage, Fold: f + 1, Seed: plan.Runs[0].Seed})
		}
	}
	if inner {
		folds(StageCalibrate)
	}
	if many {
		for _, r := range plan.Runs {
			out = append(out, Piece{Stage: StageSubsets, Fold: r.Fold, Seed: r.Seed})
		}
	}
	if inner && model {
		folds(StageRecalibrate)
	}
	if model {
		out = append(out, Piece{Stage: StageModel})
	}
	return out
}

// ManyPlayers reports whether fusions of columns are tried with subsets of them only once one is
// chosen. Views of a single column are players of their own.
func ManyPlayers(views, columns []string) bool {
	n := len(slices.Compact(slices.Sorted(slices.Values(columns))))
	if n == 1 {
		n = len(views)
	}
	return n > maxSubsetPlayers
}

func fitPiece(e *Entry, r dataset.Run) Piece {
	name := e.Name
	switch { // no column's name holds a NUL
	case e.Variant != "":
		name = "variant\x00" + e.Variant
	case e.Tuned != nil:
		name = tunedPiece
	}
	return Piece{StageFit, e.Kind, name, r.Fold, r.Seed}
}

// Named reports whether the piece is of an entry that a user names: not of a variant for the
// ensemble, nor of what a search chose.
func (p Piece) Named() bool { return !strings.ContainsRune(p.Entry, 0) }

// Searches reports whether the piece is of a search, or of the entry that it adds.
func (p Piece) Searches() bool {
	return slices.Contains(passes[:], p.Stage) || p.Stage == StageFit && p.Entry == tunedPiece
}

// tunedPiece is the name of the pieces of the entry that a search adds.
const tunedPiece = "\x00" + TunedName

func tunePiece(pass, slot int, r dataset.Run) Piece {
	return Piece{Stage: passes[pass], Entry: strconv.Itoa(slot), Fold: r.Fold, Seed: r.Seed}
}
