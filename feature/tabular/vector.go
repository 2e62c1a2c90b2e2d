package tabular

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

// Vectors returns the modality of ready-made vectors.
func Vectors() feature.Modality { return vectors{} }

type vectors struct{}

var _ feature.Modality = vectors{}

// Kind implements feature.Modality.
func (vectors) Kind() media.Kind { return media.Vector }

// Views implements feature.Modality.
func (vectors) Views() []feature.View { return []feature.View{vector{}} }

// Open implements feature.Modality: the cell's vector, or a JSON array in its text.
// One with a value that is NaN or infinite is an error, as it is where data is read.
func (vectors) Open(ctx context.Context, c *dataset.Cell, col *dataset.Column, _ media.Folder) (any, error) {
	v := c.Vector
	if len(v) == 0 && c.Text != "" {
		var err error
		if v, err = ParseVector(c.Text); err != nil {
			return nil, err
		}
	}
	switch {
	case len(v) == 0 && len(c.Media) > 0: // an array that could not be read
		_, err := media.Open(ctx, c.Media[0])
		return nil, errors.Join(err, errors.New("the cell holds no vector"))
	case len(v) == 0:
		return nil, errors.New("the cell holds no vector")
	case col.Dim > 0 && len(v) != col.Dim:
		return nil, fmt.Errorf("the vector has %d values, the column's have %d", len(v), col.Dim)
	}
	for i, x := range v {
		if x-x != 0 { // NaN or infinite
			return nil, fmt.Errorf("the number at place %d of the vector is missing or infinite", i+1)
		}
	}
	return v, nil
}

// vector passes a cell's vector through.
type vector struct{}

var _ feature.View = vector{}

// Info implements feature.View.
func (vector) Info() feature.Info {
	return feature.Info{
		Name: "vector", Shape: feature.Vector, Version: 1, Default: true, NoCache: true,
		Doc: "the values as given; a vector with a missing or infinite value is reported and left out",
	}
}

// Extract implements feature.View.
func (vector) Extract(item any) (feature.Raw, error) {
	v, ok := item.([]float32)
	if !ok {
		return feature.Raw{}, fmt.Errorf("cannot extract a vector from a %T", item)
	}
	return feature.Raw{Values: v, Dim: len(v)}, nil
}

// NewFitter implements feature.View.
func (vector) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (vector) LoadState(data json.RawMessage) (feature.State, error) { return feature.LoadDense(data) }
