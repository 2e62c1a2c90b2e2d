package text

import (
	"bytes"
	"encoding/json"
	"sync"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
)

// Bounds of the lexical view.
const (
	maxGram   = 4     // longest character n-gram
	wordQuota = 10000 // word 1-2-grams in the vocabulary
	charQuota = 20000 // character n-grams in the vocabulary
	minDocs   = 2     // texts that must share a feature
)

// Lexical returns the view of the wording: TF-IDF of word 1-2-grams and of
// character 1-4-grams, in a vocabulary of the 10,000 and 20,000 most frequent
// hashes among those of at least two training texts.
//
// A Han character counts as a word, punctuation and emoji do, too, and of an
// address its host. Character n-grams run within stretches between spaces, a
// space on either side; single characters are taken of scripts without spaces
// only. A typo spoils no more than the few short n-grams that hold it: so these
// carry more of the norm than words, and only the root of their idf, since the
// rare n-grams that a typo makes must not outweigh those that it left.
func Lexical() feature.View { return lexical{} }

type lexical struct{}

var _ feature.View = lexical{}

// Info implements feature.View.
func (lexical) Info() feature.Info {
	return feature.Info{
		Name: "lexical", Shape: feature.Sparse, Version: 1, Default: true, NoCache: true,
		Options: "words=1-2 chars=1-4 vocabulary=10000+20000 hash=murmur3",
		Doc:     "(1+ln tf)·idf of word 1-2-grams (Han by character) and of character 1-4-grams; L2 norm in shares 0.6 : 0.8",
	}
}

// Extract implements feature.View: the hashes of the n-grams and their counts.
func (lexical) Extract(item any) (feature.Raw, error) {
	it, err := itemOf("lexical", item)
	if err != nil {
		return feature.Raw{}, err
	}
	it.analyse()
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.counter.Reset()
	s.wordGrams(it.lower, it.tokens)
	s.charGrams(it.lower)
	index, counts := s.counter.Counts()
	return feature.Raw{Index: index, Values: counts}, nil
}

// NewFitter implements feature.View. Sparse features have no scaling.
func (lexical) NewFitter(feature.Scaling) feature.Fitter {
	return &tfidfFitter{minDocs: minDocs, words: wordQuota, chars: charQuota}
}

// LoadState implements feature.View.
func (lexical) LoadState(data json.RawMessage) (feature.State, error) { return loadTFIDF(data) }

// scratch is the working memory of one extraction.
type scratch struct {
	counter nlp.Counter
	joined  []byte
	tokens  []nlp.Token
	runes   []rune
	text    []byte
	lower   []byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// wordGrams counts the tokens and the pairs of neighbors.
func (s *scratch) wordGrams(text []byte, tokens []nlp.Token) {
	s.joined = s.joined[:0]
	last := -1
	for _, t := range tokens {
		word := text[t.Start:t.End]
		if t.Kind == nlp.URL {
			word = host(word)
		}
		start := len(s.joined)
		if start > 0 {
			s.joined = append(s.joined, ' ')
			start++
		}
		s.joined = append(s.joined, word...)
		s.counter.Add(nlp.Hash(0, s.joined[start:]) &^ charFamily)
		if last >= 0 {
			s.counter.Add(nlp.Hash(0, s.joined[last:]) &^ charFamily)
		}
		last = start
	}
}

// host reduces an address to what tends to come again: its scheme and host.
func host(url []byte) []byte {
	at := 0
	if i := bytes.Index(url, []byte("//")); i >= 0 {
		at = i + 2
	}
	if i := bytes.IndexByte(url[at:], '/'); i >= 0 {
		return url[:at+i]
	}
	return url
}

// charGrams counts the n-grams of every stretch between spaces.
func (s *scratch) charGrams(text []byte) {
	for p := 0; p < len(text); {
		if text[p] <= ' ' {
			p++
			continue
		}
		s.runes = append(s.runes[:0], ' ')
		for p < len(text) && text[p] > ' ' {
			if c := text[p]; c < utf8.RuneSelf {
				s.runes = append(s.runes, rune(c))
				p++
				continue
			}
			r, n := utf8.DecodeRune(text[p:])
			s.runes = append(s.runes, r)
			p += n
		}
		s.runes = append(s.runes, ' ')
		s.grams()
	}
}

// grams counts the n-grams of the stretch in runes.
func (s *scratch) grams() {
	for i, first := range s.runes {
		h := nlp.NewGramHash(1).Add(first)
		if nlp.Unspaced(first) {
			s.counter.Add(h.Sum() | charFamily)
		}
		for _, r := range s.runes[i+1 : min(i+maxGram, len(s.runes))] {
			h = h.Add(r)
			s.counter.Add(h.Sum() | charFamily)
		}
	}
}
