package text

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
)

// Features come in two families, told apart by the top bit of their hash: each
// has its own share of the vocabulary and its own norm, so that the many character
// n-grams of a text do not drown its words.
const charFamily = 1 << 31

// The norms of the two families of a text that has both: wordShare² + charShare² = 1.
const (
	wordShare = 0.6
	charShare = 0.8
)

// tfidfFitter counts document frequencies and keeps the most frequent features:
// idf = ln((1+n)/(1+df)) + 1 as in scikit-learn, its square root for characters.
type tfidfFitter struct {
	df      nlp.DocFreq
	minDocs int
	words   int  // at most so many features of the word family; 0 = all
	chars   int  // at most so many features of the character family; 0 = all
	linear  bool // counts as they are, not 1 + ln(count)
	err     error
}

var _ feature.Fitter = (*tfidfFitter)(nil)

// Add implements feature.Fitter.
func (f *tfidfFitter) Add(r feature.Raw) {
	if !r.Absent() {
		f.df.Add(r.Index)
	}
}

// Merge implements feature.Fitter.
func (f *tfidfFitter) Merge(other feature.Fitter) {
	g, ok := other.(*tfidfFitter)
	if !ok {
		f.err = fmt.Errorf("cannot merge a fit of %T into one of %T", other, f)
		return
	}
	f.df.Merge(&g.df)
}

// State implements feature.Fitter.
func (f *tfidfFitter) State() (feature.State, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.df.Docs == 0 {
		return nil, fmt.Errorf("cannot fit: %w", feature.ErrNoRows)
	}
	pick := func(minDocs int) feature.Ids {
		h := f.df.Select(0, charFamily-1, minDocs, f.words)
		return append(h, f.df.Select(charFamily, math.MaxUint32, minDocs, f.chars)...)
	}
	s := &tfidfState{Hashes: pick(f.minDocs), Linear: f.linear}
	if len(s.Hashes) == 0 { // a handful of texts that share nothing
		s.Hashes = pick(1)
	}
	s.IDF = make(feature.Floats, len(s.Hashes))
	for i, h := range s.Hashes {
		s.IDF[i] = nlp.IDF(f.df.Docs, f.df.Of(h))
		if h >= charFamily {
			s.IDF[i] = float32(math.Sqrt(float64(s.IDF[i])))
		}
	}
	return s, s.prepare()
}

// tfidfState weighs counts by 1 + ln(count) (or the count itself) times idf and
// scales each family to its share of the norm 1.
type tfidfState struct {
	Hashes feature.Ids    `json:"hashes"` // ascending
	IDF    feature.Floats `json:"idf"`
	Linear bool           `json:"linear,omitempty"`

	vocabulary *nlp.Vocabulary
}

var _ feature.State = (*tfidfState)(nil)

func loadTFIDF(data json.RawMessage) (feature.State, error) {
	var s tfidfState
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("cannot read the vocabulary: %w", err)
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *tfidfState) prepare() error {
	if len(s.IDF) != len(s.Hashes) || len(s.Hashes) == 0 {
		return fmt.Errorf("cannot use a vocabulary of %d features with %d weights", len(s.Hashes), len(s.IDF))
	}
	for i, v := range s.IDF {
		if !(v > 0 && v < 100) {
			return fmt.Errorf("cannot use a vocabulary whose weight %d is %g", i, v)
		}
	}
	var err error
	s.vocabulary, err = nlp.NewVocabulary(s.Hashes)
	return err
}

// Dim implements feature.State.
func (s *tfidfState) Dim() int { return len(s.Hashes) }

// Apply implements feature.State. A text without any known feature yields no entry.
func (s *tfidfState) Apply(dst *feature.Raw, r feature.Raw) {
	dst.Index, dst.Values, dst.Dim, dst.Steps = dst.Index[:0], dst.Values[:0], len(s.Hashes), 0
	if len(r.Index) != len(r.Values) {
		return
	}
	words := 0
	for i, h := range r.Index {
		at := s.vocabulary.Find(h)
		if at < 0 {
			continue
		}
		tf := r.Values[i]
		if !s.Linear {
			tf = sublinear(tf)
		}
		dst.Index, dst.Values = append(dst.Index, uint32(at)), append(dst.Values, tf*s.IDF[at])
		if h < charFamily {
			words = len(dst.Index)
		}
	}
	w, c := dst.Values[:words], dst.Values[words:]
	if len(w) == 0 || len(c) == 0 {
		normalize(dst.Values, 1)
		return
	}
	normalize(w, wordShare)
	normalize(c, charShare)
}

var sublinearOf = func() (t [256]float32) {
	for i := 1; i < len(t); i++ {
		t[i] = float32(1 + math.Log(float64(i)))
	}
	return t
}()

func sublinear(tf float32) float32 {
	if tf >= 1 && tf < 256 && tf == float32(int(tf)) {
		return sublinearOf[int(tf)]
	}
	return float32(1 + math.Log(max(1, float64(tf))))
}

// normalize scales v to Euclidean norm n.
func normalize(v []float32, n float32) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	k := float32(float64(n) / math.Sqrt(sum))
	for i := range v {
		v[i] *= k
	}
}
