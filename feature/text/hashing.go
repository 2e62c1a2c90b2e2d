package text

import (
	"encoding/json"
	"fmt"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
)

// hashingDim is the width of the hashing view: collisions of a few thousand
// words are rare at it, and the sign lets those that happen cancel (Weinberger et al., 2009).
const hashingDim = 1 << 14

// Hashing returns signed hashing of word 1-2-grams, which needs no fit:
// scikit-learn's HashingVectorizer(ngram_range=(1, 2), n_features=16384).
func Hashing() feature.View { return hashing{hashingDim} }

type hashing struct{ dim int }

var _ feature.View = hashing{}

// Info implements feature.View.
func (v hashing) Info() feature.Info {
	return feature.Info{
		Name: "hashing", Shape: feature.Sparse, Version: 1, NoCache: true,
		Options: fmt.Sprintf("words=1-2 pattern=\\w\\w+ hash=murmur3 buckets=%d", v.dim),
		Doc:     "plain word 1-2-grams hashed into 16384 buckets with signs, L2 norm; scikit-learn's HashingVectorizer (Weinberger 2009)",
	}
}

// Extract implements feature.View: the buckets and the signed sums in them.
func (v hashing) Extract(item any) (feature.Raw, error) {
	it, err := itemOf("hashing", item)
	if err != nil {
		return feature.Raw{}, err
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.counter.Reset()
	// A bucket's sign is kept in its lowest bit while counting.
	s.plainGrams(it.doc.Text, func(h uint32) {
		b, sign := nlp.Bucket(h, v.dim)
		k := uint32(b) << 1
		if sign < 0 {
			k |= 1
		}
		s.counter.Add(k)
	})
	index, sums := s.counter.Counts()
	out := feature.Raw{Dim: v.dim}
	for i, k := range index {
		n := sums[i]
		if k&1 == 1 {
			n = -n
		}
		if last := len(out.Index) - 1; last >= 0 && out.Index[last] == k>>1 {
			out.Values[last] += n
			continue
		}
		out.Index, out.Values = append(out.Index, k>>1), append(out.Values, n)
	}
	return out, nil
}

// NewFitter implements feature.View.
func (v hashing) NewFitter(feature.Scaling) feature.Fitter { return &hashingFitter{buckets: v.dim} }

// LoadState implements feature.View.
func (v hashing) LoadState(data json.RawMessage) (feature.State, error) {
	var s hashingState
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("cannot read the hashing: %w", err)
	}
	if s.Buckets != v.dim {
		return nil, fmt.Errorf("cannot use hashing into %d buckets, this version has %d", s.Buckets, v.dim)
	}
	return &s, nil
}

// hashingFitter has nothing to learn but whether training rows have the view.
type hashingFitter struct {
	buckets int
	any     bool
	err     error
}

var _ feature.Fitter = (*hashingFitter)(nil)

// Add implements feature.Fitter.
func (f *hashingFitter) Add(r feature.Raw) { f.any = f.any || !r.Absent() }

// Merge implements feature.Fitter.
func (f *hashingFitter) Merge(other feature.Fitter) {
	g, ok := other.(*hashingFitter)
	if !ok {
		f.err = fmt.Errorf("cannot merge a fit of %T into one of %T", other, f)
		return
	}
	f.any = f.any || g.any
}

// State implements feature.Fitter.
func (f *hashingFitter) State() (feature.State, error) {
	if f.err != nil {
		return nil, f.err
	}
	if !f.any {
		return nil, fmt.Errorf("cannot fit: %w", feature.ErrNoRows)
	}
	return &hashingState{Buckets: f.buckets}, nil
}

// hashingState scales a text's buckets to norm 1.
type hashingState struct {
	Buckets int `json:"buckets"`
}

var _ feature.State = (*hashingState)(nil)

// Dim implements feature.State.
func (s *hashingState) Dim() int { return s.Buckets }

// Apply implements feature.State. Buckets whose signs canceled are left out.
func (s *hashingState) Apply(dst *feature.Raw, r feature.Raw) {
	dst.Index, dst.Values, dst.Dim, dst.Steps = dst.Index[:0], dst.Values[:0], s.Buckets, 0
	for i, b := range r.Index {
		if i < len(r.Values) && r.Values[i] != 0 && int(b) < s.Buckets {
			dst.Index, dst.Values = append(dst.Index, b), append(dst.Values, r.Values[i])
		}
	}
	normalize(dst.Values, 1)
}
