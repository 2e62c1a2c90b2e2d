package fusor

import (
	"io"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/predict"
)

// Prediction is a model's answer to one row.
type Prediction = predict.Prediction

// Model is a trained model. Its methods are safe for concurrent use.
type Model struct {
	*predict.Model
	allowMissing []string // see Options.AllowMissing
}

func (o *Options) newModel(a *artifact.Artifact) *Model {
	return &Model{predict.New(a, o.shared()), o.AllowMissing}
}

// Load reads a saved model. Of the options, Threads, CacheDir, NoCache, Strict,
// AllowMissing, Methods, Views and Progress count.
func Load(path string, o Options) (*Model, error) {
	m, err := predict.Load(path, o.shared())
	if err != nil {
		return nil, err
	}
	return &Model{m, o.AllowMissing}, nil
}

// Decode is Load from a reader.
func Decode(r io.Reader, o Options) (*Model, error) {
	m, err := predict.Decode(r, o.shared())
	if err != nil {
		return nil, err
	}
	return &Model{m, o.AllowMissing}, nil
}
