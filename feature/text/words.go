package text

import (
	"encoding/json"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
)

// Words returns TF-IDF of word 1-2-grams alone, with scikit-learn's definition
// of a word: TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2,
// max_features=30000). It is there to compare with; a typo costs it whole words,
// and a Chinese sentence is one word to it.
func Words() feature.View { return words{} }

type words struct{}

var _ feature.View = words{}

// Info implements feature.View.
func (words) Info() feature.Info {
	return feature.Info{
		Name: "words", Shape: feature.Sparse, Version: 1, NoCache: true,
		Options: "words=1-2 pattern=\\w\\w+ hash=murmur3",
		Doc:     "(1+ln tf)·(ln((1+n)/(1+df))+1) of plain word 1-2-grams, L2 norm; scikit-learn's TfidfVectorizer",
	}
}

// Extract implements feature.View: the hashes of the n-grams and their counts.
func (words) Extract(item any) (feature.Raw, error) {
	it, err := itemOf("words", item)
	if err != nil {
		return feature.Raw{}, err
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.counter.Reset()
	s.plainGrams(it.doc.Text, func(h uint32) { s.counter.Add(h &^ charFamily) })
	index, counts := s.counter.Counts()
	return feature.Raw{Index: index, Values: counts}, nil
}

// NewFitter implements feature.View. Sparse features have no scaling.
func (words) NewFitter(feature.Scaling) feature.Fitter {
	return &tfidfFitter{minDocs: 2, words: 30000, chars: 30000}
}

// LoadState implements feature.View.
func (words) LoadState(data json.RawMessage) (feature.State, error) { return loadTFIDF(data) }

// plainGrams emits the murmur3 hash (seed 0) of every word, and of every pair of
// neighbors joined by a space.
func (s *scratch) plainGrams(text string, emit func(h uint32)) {
	s.lower = nlp.Lower(s.lower[:0], s.bytes(text))
	s.tokens = nlp.PlainWords(s.tokens[:0], s.lower)
	s.joined = s.joined[:0]
	last := -1
	for _, t := range s.tokens {
		start := len(s.joined)
		if start > 0 {
			s.joined = append(s.joined, ' ')
			start++
		}
		s.joined = append(s.joined, s.lower[t.Start:t.End]...)
		emit(nlp.Hash(0, s.joined[start:]))
		if last >= 0 {
			emit(nlp.Hash(0, s.joined[last:]))
		}
		last = start
	}
}

func (s *scratch) bytes(text string) []byte {
	s.text = append(s.text[:0], text...)
	return s.text
}
