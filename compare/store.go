package compare

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/durable"
)

// Store keeps the outcomes of a comparison that is under way in a folder, one
// file a fit, whole or not there. Another comparison (other data, options or
// version) finds nothing in it.
type Store struct{ dir string }

// format changes with what an outcome holds.
const format = 3

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
	return filepath.Join(s.dir, fmt.Sprintf("%s-%x-%d-%d.gob", e.Kind, name[:8], r.Fold, r.Seed))
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
	if gob.NewDecoder(bytes.NewReader(data)).Decode(o) != nil || !slices.Equal(o.Test, r.Test) {
		return nil
	}
	return o
}

func (s *Store) save(e *Entry, r dataset.Run, o *Outcome) error {
	if s == nil {
		return nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(o); err != nil {
		return fmt.Errorf("cannot keep an outcome: %w", err)
	}
	return durable.WriteFile(s.path(e, r), b.Bytes())
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
