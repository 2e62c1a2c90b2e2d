package text

import (
	"fmt"
	"os"

	"github.com/fusor-ml/fusor/internal/nlp"
)

// Embeddings are given word vectors for the tokens of a fitted semantic view.
type Embeddings struct {
	Dim    int       // width of a vector
	Values []float32 // [vocabulary, Dim], zero where the file has no vector
	Found  []bool    // [vocabulary]
	Count  int       // how many were found
}

// ReadEmbeddings reads the vectors of the tokens of a fitted semantic view from a
// .vec or .txt file (word2vec, GloVe or fastText text format), for a model to
// start from. The file is streamed. Of words that differ in case only, the first
// one counts: such files begin with the most frequent.
func ReadEmbeddings(path string, vocabulary TokenState) (*Embeddings, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the embeddings: %w", err)
	}
	defer f.Close()
	e := &Embeddings{Found: make([]bool, vocabulary.Dim())}
	id := UnknownToken
	want := func(word []byte) bool {
		id = vocabulary.ID(TokenHash(string(word)))
		return id != UnknownToken && !e.Found[id]
	}
	each := func(_ []byte, v []float32) {
		if e.Values == nil {
			e.Values = make([]float32, len(e.Found)*len(v))
		}
		copy(e.Values[id*len(v):], v)
		e.Found[id] = true
		e.Count++
	}
	if e.Dim, err = nlp.ReadVectors(f, want, each); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if e.Values == nil {
		e.Values = make([]float32, len(e.Found)*e.Dim)
	}
	return e, nil
}
