package fusor

import (
	"io"

	"github.com/fusor-ml/fusor/predict"
)

// Prediction is a model's answer to one row.
type Prediction = predict.Prediction

// Model is a trained model. Its methods are safe for concurrent use.
type Model struct{ *predict.Model }

// Load reads a saved model.
func Load(path string, o Options) (*Model, error) {
	m, err := predict.Load(path, o)
	if err != nil {
		return nil, err
	}
	return &Model{m}, nil
}

// Decode is Load from a reader.
func Decode(r io.Reader, o Options) (*Model, error) {
	m, err := predict.Decode(r, o)
	if err != nil {
		return nil, err
	}
	return &Model{m}, nil
}
