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

// Folder keeps the pieces of a comparison that is under way in a folder, one
// file each, whole or not there. Another comparison (other data, options or
// version) finds nothing in it.
type Folder struct{ dir string }

var _ Store = (*Folder)(nil)

// format changes with what an outcome holds.
const format = 8

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
	s.Float(&o.Temperature)
	s.Floats(&o.Thresholds)
	s.Text(&o.Decision)
	s.Floats32(&o.Conformal)
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

// OpenFolder opens the store of a comparison in dir; key is all that is compared
// (data, options, versions) and is only hashed.
func OpenFolder(dir string, key any) (*Folder, error) {
	data, err := json.Marshal([]any{format, key})
	if err != nil {
		return nil, fmt.Errorf("cannot open the comparison's store: %w", err)
	}
	sum := sha256.Sum256(data)
	s := &Folder{filepath.Join(dir, fmt.Sprintf("unfinished-%x", sum[:6]))}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot open the comparison's store: %w", err)
	}
	return s, nil
}

func (s *Folder) path(p Piece) string { return filepath.Join(s.dir, p.String()) }

// Load implements Store.
func (s *Folder) Load(p Piece) ([]byte, error) {
	data, err := os.ReadFile(s.path(p))
	if err != nil {
		return nil, nil //nolint:nilerr // what cannot be read is computed again
	}
	return data, nil
}

// Save implements Store.
func (s *Folder) Save(p Piece, data []byte) error { return durable.WriteFile(s.path(p), data) }

// Checkpoint implements Store.
func (s *Folder) Checkpoint() string { return filepath.Join(s.dir, "model.checkpoint") }

// Remove implements Store: it deletes the folder.
func (s *Folder) Remove() error {
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("cannot delete the fits that were kept: %w", err)
	}
	return nil
}

// KeptError is why a comparison has no result, although some of its fits are kept: the same
// comparison goes on from them.
type KeptError struct{ Err error }

// Error implements error.
func (e *KeptError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *KeptError) Unwrap() error { return e.Err }

// Ended returns the error that ended the comparison, as a [KeptError] if anything is kept; else the
// folder is deleted. It returns nil for nil.
func (s *Folder) Ended(err error) error {
	if err == nil || os.Remove(s.dir) == nil { // it is empty
		return err
	}
	return &KeptError{err}
}

// keepOutcome returns a kept outcome of a run, or computes it. One that is of other test rows is
// computed again.
func keepOutcome(s Store, p Piece, r dataset.Run, compute func() (*Outcome, error)) (*Outcome, error) {
	o, _, err := Keep(s, p, outcomeFormat, func(o *Outcome, f *flat.Stream) { o.visit(f, r) }, compute)
	return o, err
}

// keepOutcomes is keepOutcome of the n outcomes of one piece.
func keepOutcomes(s Store, p Piece, r dataset.Run, n int, compute func() ([]*Outcome, error)) ([]*Outcome, error) {
	visit := func(list *[]*Outcome, f *flat.Stream) {
		flat.List(f, list, func(o **Outcome) {
			if f.Reading() {
				*o = &Outcome{}
			}
			(*o).visit(f, r)
		})
		if len(*list) != n {
			f.Fail()
		}
	}
	list, _, err := Keep(s, p, outcomeFormat, visit, func() (*[]*Outcome, error) {
		list, err := compute()
		return &list, err
	})
	if err != nil {
		return nil, err
	}
	return *list, nil
}

// visit is flat of an outcome of a run.
func (o *Outcome) visit(f *flat.Stream, r dataset.Run) {
	if o.flat(f); f.Reading() && (!slices.Equal(o.Test, r.Test) || !o.consistent()) {
		f.Fail()
	}
}
