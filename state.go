package fusor

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/train"
)

// keepState makes hooks write the state of a fit to a file after every epoch, unless path is "";
// rows is the digest of the run. It returns what the fit depends on, as savedState checks it.
func (j *job) keepState(hooks *train.Hooks, path string, src train.Source, run dataset.Run, rows string, more ...any) (data string, err error) {
	if path == "" {
		return "", nil
	}
	if data, err = j.fingerprint(src, rows, append([]any{run}, more...)...); err != nil {
		return "", err
	}
	hooks.Save = func(c *train.Checkpoint) error {
		c.Data = data
		return c.WriteFile(path)
	}
	return data, nil
}

// savedState returns the state that keepState wrote to path; nil if there is none.
func savedState(path, data string) (*train.Checkpoint, error) {
	from, err := train.ReadCheckpoint(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if from.Data != data {
		return nil, fmt.Errorf("cannot resume from %s: the data, their media or the settings are not those it was begun with; train without resuming, or delete it", path)
	}
	return from, nil
}

// fingerprint is a hash of everything that a fit depends on; rows is that of the rows.
func (j *job) fingerprint(src train.Source, rows string, more ...any) (string, error) {
	features, err := src.Features.Digest() // the manifest's media may have changed under their names
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(append([]any{src.Data.Schema, rows, features, j.recipe}, more...))
	if err != nil {
		return "", fmt.Errorf("cannot tell what is trained on: %w", err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data)), nil
}
