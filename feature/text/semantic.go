package text

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
)

// Bounds of the semantic view.
const (
	MaxTokens     = 128   // a longer text keeps its first 96 and its last 32 tokens
	headTokens    = 96    // how a text begins and how it ends shows most of it
	MaxVocabulary = 20000 // token types with an embedding of their own
	minTokenDocs  = 2
)

// UnknownToken is the id of a token outside the vocabulary.
const UnknownToken = 0

// Semantic returns the view of the meaning: the sequence of tokens, for learned
// embeddings. Words in lower case, Han characters one by one, numbers by their
// number of digits, every address as one token, every mention as one.
func Semantic() feature.View { return semantic{} }

type semantic struct{ given *feature.Embeddings }

var _ feature.WordEmbedder = semantic{}

// Info implements feature.View.
func (semantic) Info() feature.Info {
	return feature.Info{
		Name: "semantic", Shape: feature.Tokens, Version: 1, NoCache: true,
		Options: fmt.Sprintf("tokens=%d vocabulary=%d", MaxTokens, MaxVocabulary),
		Doc:     "the first 96 and last 32 tokens (UAX #29 words, Han characters, emoji) as ids for learned embeddings; 0 = unknown",
	}
}

// Word implements feature.WordEmbedder: a word goes the way of a text. One of several
// tokens (new york, 很好) is in no vocabulary.
func (semantic) Word(word string) (hash uint32, ok bool) {
	lower := nlp.Lower(nil, nlp.Normalize(nil, word))
	if t := nlp.Tokenize(nil, lower); len(t) == 1 {
		return tokenHash(lower, t[0]), true
	}
	return 0, false
}

// From implements feature.WordEmbedder.
func (semantic) From(e *feature.Embeddings) feature.View { return semantic{e} }

// tokenHash maps tokens that would hardly come twice onto one of their kind.
func tokenHash(text []byte, t nlp.Token) uint32 {
	word := text[t.Start:t.End]
	switch t.Kind {
	case nlp.URL:
		return urlHash
	case nlp.Mention:
		return mentionHash
	case nlp.Number:
		if len(word) > 2 {
			return numberHash[min(len(word), 9)]
		}
	case nlp.Punct:
		word = word[:min(len(word), 3)]
	}
	return nlp.Hash(0, word)
}

var (
	urlHash     = nlp.Hash(0, []byte("\x01url"))
	mentionHash = nlp.Hash(0, []byte("\x01mention"))
)

// numberHash is by length: 3 characters, 4 … 9 and more.
var numberHash = func() (h [10]uint32) {
	for i := range h {
		h[i] = nlp.Hash(0, []byte{1, 'n', byte('0' + i)})
	}
	return h
}()

// Extract implements feature.View: the hashes of the tokens in order.
func (semantic) Extract(item any) (feature.Raw, error) {
	it, err := itemOf("semantic", item)
	if err != nil {
		return feature.Raw{}, err
	}
	it.analyse()
	n := min(len(it.tokens), MaxTokens)
	if n == 0 {
		return feature.Raw{}, nil
	}
	r := feature.Raw{Index: make([]uint32, n), Steps: n}
	for i := range r.Index {
		at := i
		if i >= headTokens {
			at = len(it.tokens) - n + i
		}
		r.Index[i] = tokenHash(it.lower, it.tokens[at])
	}
	return r, nil
}

// NewFitter implements feature.View. Tokens have no scaling.
func (v semantic) NewFitter(feature.Scaling) feature.Fitter { return &tokenFitter{given: v.given} }

// LoadState implements feature.View.
func (semantic) LoadState(data json.RawMessage) (feature.State, error) {
	var s tokenState
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("cannot read the token vocabulary: %w", err)
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	return &s, nil
}

type tokenFitter struct {
	df      nlp.DocFreq
	counter nlp.Counter
	given   *feature.Embeddings // nil: all is learned
	err     error
}

var _ feature.Fitter = (*tokenFitter)(nil)

// Add implements feature.Fitter.
func (f *tokenFitter) Add(r feature.Raw) {
	if r.Absent() {
		return
	}
	f.counter.Reset()
	for _, h := range r.Index {
		f.counter.Add(h)
	}
	f.df.Add(f.counter.Distinct())
}

// Merge implements feature.Fitter.
func (f *tokenFitter) Merge(other feature.Fitter) {
	g, ok := other.(*tokenFitter)
	if !ok {
		f.err = fmt.Errorf("cannot merge a fit of %T into one of %T", other, f)
		return
	}
	f.df.Merge(&g.df)
}

// State implements feature.Fitter: the tokens of at least two training texts, the most frequent
// ones. With given embeddings, also the other training tokens that these have, and their first
// words whether a training text has them or not: of those a new text can have some.
func (f *tokenFitter) State() (feature.State, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.df.Docs == 0 {
		return nil, fmt.Errorf("cannot fit: %w", feature.ErrNoRows)
	}
	s := &tokenState{Hashes: f.df.Select(0, math.MaxUint32, minTokenDocs, MaxVocabulary)}
	if err := s.prepare(); err != nil || f.given == nil {
		return s, err
	}
	var more []uint32
	room := MaxVocabulary - len(s.Hashes)
	for i, h := range f.given.Hashes {
		if s.ID(h) != UnknownToken {
			continue
		}
		seen := f.df.Of(h) > 0 && room > 0
		if seen {
			room--
		}
		if seen || i < feature.FirstWords {
			more = append(more, h)
		}
	}
	s.Hashes = append(s.Hashes, more...)
	slices.Sort(s.Hashes)
	s.given = f.given
	return s, s.prepare()
}

// tokenState numbers tokens from 1 in the order of their hashes; 0 is any other token.
type tokenState struct {
	Hashes feature.Ids `json:"hashes"` // ascending

	vocabulary *nlp.Vocabulary
	given      *feature.Embeddings // of a fit; a trained model needs them no more
}

var _ feature.PretrainedState = (*tokenState)(nil)

func (s *tokenState) prepare() error {
	var err error
	s.vocabulary, err = nlp.NewVocabulary(s.Hashes)
	return err
}

// Dim implements feature.State: the vocabulary and the unknown token.
func (s *tokenState) Dim() int { return len(s.Hashes) + 1 }

// ID returns the id of a token's hash, UnknownToken if it has none.
func (s *tokenState) ID(hash uint32) int { return s.vocabulary.Find(hash) + 1 }

// EmbeddingDim implements feature.Started.
func (s *tokenState) EmbeddingDim() int {
	if s.given == nil {
		return 0
	}
	return s.given.Dim
}

// Vector implements feature.Started.
func (s *tokenState) Vector(id int) []float32 {
	if s.given == nil || id == UnknownToken {
		return nil
	}
	if i := s.given.Find(s.Hashes[id-1]); i >= 0 {
		return s.given.Vector(i)
	}
	return nil
}

// Apply implements feature.State.
func (s *tokenState) Apply(dst *feature.Raw, r feature.Raw) {
	dst.Index, dst.Values, dst.Dim, dst.Steps = dst.Index[:0], dst.Values[:0], s.Dim(), len(r.Index)
	for _, h := range r.Index {
		dst.Index = append(dst.Index, uint32(s.ID(h)))
	}
}
