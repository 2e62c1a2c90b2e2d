package compare

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/internal/flat"
)

// Store keeps the outcomes of a comparison that is under way in a folder, one
// file a fit, whole or not there. Another comparison (other data, options or
// version) finds nothing in it.
type Store struct{ dir string }

// format changes with what an outcome holds.
const format = 5

var outcomeFormat = fmt.Sprintf("fusor outcome %d", format)

// flat visits every field, to write or to read it.
func (o *Outcome) flat(s *flat.Stream) {
	s.Ints(&o.Test)
	s.Floats(&o.TestP)
	s.Ints(&o.Val)
	s.Floats(&o.ValP)
	s.Floats(&o.ValLogits)
	s.Bools(&o.ValAbsent)
	s.Floats(&o.TestLogits)
	s.Floats(&o.TestWeights)
	s.Bools(&o.Absent)
	o.History.Flat(s)
	s.Texts(&o.Views)
	s.Texts(&o.Players)
	flat.List(s, &o.Subsets, func(v *SubsetScores) {
		s.Bools(&v.Hit)
		s.Floats32(&v.True)
		s.Floats32(&v.Top)
		s.Floats32(&v.Hits)
		s.Floats32(&v.Named)
		s.Floats32(&v.Value)
	})
	s.Floats(&o.Weights)
	s.Int(&o.TrainRows)
	s.Bool(&o.DampDense)
	s.Int(&o.Parameters)
	s.Float(&o.Seconds)
	s.Text(&o.column)
	flat.List(s, &o.subsetLogits, s.Floats32)
	flat.List(s, &o.subsetAbsent, s.Bools)
}

// consistent reports whether lists that are of the same rows are as long as these are many.
func (o *Outcome) consistent() bool {
	whole := func(n, rows int) bool { return n == 0 || rows > 0 && n%rows == 0 }
	each := func(n, rows int) bool { return n == 0 || n == rows }
	test, val := len(o.Test), len(o.Val)
	ok := whole(len(o.TestP), test) && whole(len(o.TestLogits), test) && whole(len(o.TestWeights), test) && each(len(o.Absent), test) &&
		whole(len(o.ValP), val) && whole(len(o.ValLogits), val) && each(len(o.ValAbsent), val)
	for _, v := range o.Subsets {
		ok = ok && each(len(v.Hit), test) && each(len(v.True), test) && each(len(v.Top), test) && each(len(v.Hits), test) && each(len(v.Named), test) && each(len(v.Value), test)
	}
	for k, v := range o.subsetLogits {
		ok = ok && len(v) == len(o.TestLogits) && len(o.subsetAbsent) == len(o.subsetLogits) && len(o.subsetAbsent[k]) == test
	}
	return ok
}

// OpenStore opens the store of a comparison in dir; key is all that is compared
// (data, options, versions) and is only hashed.
func OpenStore(dir string, key any) (*Store, error) {
	data, err := json.Marshal([]any{format, key})
	if err != nil {
		return nil, fmt.Errorf("cannot open the comparison's store: %w", err)
	}
	sum := sha256.Sum256(data)
	s := &Store{filepath.Join(dir, fmt.Sprintf("unfinished-%x", sum[:6]))}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot open the comparison's store: %w", err)
	}
	return s, nil
}

func (s *Store) path(e *Entry, r dataset.Run) string {
	name := sha256.Sum256([]byte(e.Name)) // whatever a column is called, and however long its name
	return filepath.Join(s.dir, fmt.Sprintf("%s-%x-%d-%d.outcome", e.Kind, name[:8], r.Fold, r.Seed))
}

// load returns a kept outcome, or nil; one that cannot be read, or is of other
// test rows, is computed again.
func (s *Store) load(e *Entry, r dataset.Run) *Outcome {
	if s == nil {
		return nil
	}
	data, err := os.ReadFile(s.path(e, r))
	if err != nil {
		return nil
	}
	o := &Outcome{}
	if flat.Decode(outcomeFormat, data, o.flat) != nil || !slices.Equal(o.Test, r.Test) || !o.consistent() {
		return nil
	}
	return o
}

func (s *Store) save(e *Entry, r dataset.Run, o *Outcome) error {
	if s == nil {
		return nil
	}
	return durable.WriteFile(s.path(e, r), flat.Encode(outcomeFormat, o.flat))
}

// Checkpoint returns the name of a file for the state of the fit that follows a comparison.
func (s *Store) Checkpoint() string {
	if s == nil {
		return ""
	}
	return filepath.Join(s.dir, "model.checkpoint")
}

// Remove deletes the store, once the comparison's result is written.
func (s *Store) Remove() error {
	if s == nil {
		return nil
	}
	return os.RemoveAll(s.dir)
}
