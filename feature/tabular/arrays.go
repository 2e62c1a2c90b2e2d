package tabular

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

// Arrays returns the modalities of columns that hold what was extracted before: sequences, bags and
// tokens.
func Arrays() []feature.Modality {
	return []feature.Modality{
		arrays{media.Sequence, feature.Sequence, "the steps as given; a NaN counts as the mean of its feature"},
		arrays{media.Bag, feature.Sparse, "the entries as given, over the mean norm of a training row unless that is 1"},
		arrays{media.Tokens, feature.Tokens, "the ids as given, for learned embeddings"},
	}
}

// arrays is such a modality; its one view is called as its kind.
type arrays struct {
	kind  media.Kind
	shape feature.Shape
	doc   string
}

var (
	_ feature.Modality = arrays{}
	_ feature.View     = arrays{}
)

// Kind implements feature.Modality.
func (a arrays) Kind() media.Kind { return a.kind }

// Views implements feature.Modality.
func (a arrays) Views() []feature.View { return []feature.View{a} }

// Open implements feature.Modality.
func (a arrays) Open(_ context.Context, c *dataset.Cell, col *dataset.Column, _ media.Folder) (any, error) {
	r := feature.Raw{Values: c.Vector, Index: c.Index, Dim: col.Dim, Steps: len(c.Index)}
	switch {
	case a.kind == media.Sequence && (col.Dim <= 0 || len(c.Vector)%col.Dim != 0):
		return nil, fmt.Errorf("%d numbers are no whole steps of %d", len(c.Vector), col.Dim)
	case a.kind == media.Sequence:
		r.Steps = len(c.Vector) / col.Dim
	case a.kind == media.Bag && len(c.Index) != len(c.Vector):
		return nil, fmt.Errorf("a bag of %d indices and %d weights", len(c.Index), len(c.Vector))
	}
	for _, id := range r.Index {
		if int64(id) >= int64(col.Dim) {
			return nil, fmt.Errorf("the index %d is not below %d", id, col.Dim)
		}
	}
	return &Array{r}, nil
}

// Array is an opened sequence, bag or list of tokens.
type Array struct{ raw feature.Raw }

// MapNumbers returns the array with f of each number; field is its place in a step. The array
// itself stays as it is.
func (a *Array) MapNumbers(f func(field int, v float64) float64) any {
	r := a.raw
	r.Values = make([]float32, len(a.raw.Values))
	for i, v := range a.raw.Values {
		r.Values[i] = float32(f(i%r.Dim, float64(v)))
	}
	return &Array{r}
}

// Numbers calls f with each number.
func (a *Array) Numbers(f func(field int, v float64)) {
	a.MapNumbers(func(field int, v float64) float64 { f(field, v); return v })
}

// Info implements feature.View.
func (a arrays) Info() feature.Info {
	return feature.Info{Name: string(a.kind), Shape: a.shape, Version: 1, Default: true, NoCache: true, Doc: a.doc}
}

// Extract implements feature.View.
func (a arrays) Extract(item any) (feature.Raw, error) {
	x, ok := item.(*Array)
	if !ok {
		return feature.Raw{}, fmt.Errorf("cannot extract a %s from a %T", a.kind, item)
	}
	return x.raw, nil
}

// NewFitter implements feature.View.
func (a arrays) NewFitter(s feature.Scaling) feature.Fitter {
	if a.kind == media.Sequence {
		return feature.NewDense(s)
	}
	return &arrayFitter{}
}

// LoadState implements feature.View.
func (a arrays) LoadState(data json.RawMessage) (feature.State, error) {
	if a.kind == media.Sequence {
		return feature.LoadDense(data)
	}
	var s arrayState
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("cannot read the width: %w", err)
	}
	if s.Width <= 0 || s.Width > math.MaxInt32 || !(s.Scale > 0 && s.Scale <= math.MaxFloat32) {
		return nil, fmt.Errorf("cannot use a width of %d with the scale %g", s.Width, s.Scale)
	}
	return &s, nil
}

// arrayFitter learns how long the rows of a bag are, as vectors.
type arrayFitter struct {
	width int
	rows  int
	norms float64
	err   error
}

var _ feature.Fitter = (*arrayFitter)(nil)

// Add implements feature.Fitter.
func (f *arrayFitter) Add(r feature.Raw) {
	if r.Absent() {
		return
	}
	f.width = max(f.width, r.Dim)
	sum := 0.0
	for _, v := range r.Values {
		sum += float64(v) * float64(v)
	}
	f.rows++
	f.norms += math.Sqrt(sum)
}

// Merge implements feature.Fitter.
func (f *arrayFitter) Merge(other feature.Fitter) {
	g, ok := other.(*arrayFitter)
	if !ok {
		f.err = fmt.Errorf("cannot merge a fit of %T into one of %T", other, f)
		return
	}
	f.width, f.rows, f.norms = max(f.width, g.width), f.rows+g.rows, f.norms+g.norms
}

// State implements feature.Fitter.
func (f *arrayFitter) State() (feature.State, error) {
	switch {
	case f.err != nil:
		return nil, f.err
	case f.rows == 0:
		return nil, fmt.Errorf("cannot fit: %w", feature.ErrNoRows)
	case f.width <= 0:
		return nil, errors.New("cannot fit: the rows have no width")
	}
	s := &arrayState{Width: f.width, Scale: 1}
	const near = 1e-3 // what is of norm 1 already stays bit by bit
	if norm := f.norms / float64(f.rows); math.Abs(norm-1) > near && norm > 1e-30 && norm < 1e30 {
		s.Scale = 1 / norm
	}
	return s, nil
}

// arrayState scales the weights of a bag. Tokens have none.
type arrayState struct {
	Width int     `json:"width"`
	Scale float64 `json:"scale"`
}

var _ feature.State = (*arrayState)(nil)

// Dim implements feature.State.
func (s *arrayState) Dim() int { return s.Width }

// Apply implements feature.State. An entry beyond the width is left out.
func (s *arrayState) Apply(dst *feature.Raw, r feature.Raw) {
	dst.Index, dst.Values, dst.Dim, dst.Steps = dst.Index[:0], dst.Values[:0], s.Width, 0
	for i, at := range r.Index {
		if int64(at) >= int64(s.Width) {
			continue
		}
		dst.Index = append(dst.Index, at)
		if len(r.Values) == len(r.Index) {
			x := float32(float64(r.Values[i]) * s.Scale)
			if x-x != 0 { // NaN or infinite
				x = 0
			}
			dst.Values = append(dst.Values, x)
		}
	}
	dst.Steps = len(dst.Index)
}
