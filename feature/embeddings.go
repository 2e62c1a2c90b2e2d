package feature

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fusor-ml/fusor/internal/nlp"
)

// FirstWords is how many tokens from the beginning of an embedding file are kept
// whether the data has them or not: such files begin with the most frequent.
const FirstWords = 20000

// Embeddings are vectors of words, read from a file, that learned embeddings of
// tokens start from: those of the tokens that some row has, and the first ones.
type Embeddings struct {
	Name   string // the file's, without its folder
	SHA256 string // of its content
	Dim    int    // width of a vector
	Tokens int    // distinct tokens of the data
	Known  int    // how many of these have a vector

	Hashes []uint32 // of the tokens kept, each once, in the file's order
	values []float32
	at     map[uint32]int32
}

// Find returns a token's place among Hashes, -1 if it has no vector.
func (e *Embeddings) Find(hash uint32) int {
	if i, ok := e.at[hash]; ok {
		return int(i)
	}
	return -1
}

// Vector is the vector of the i-th token.
func (e *Embeddings) Vector(i int) []float32 { return e.values[i*e.Dim : (i+1)*e.Dim] }

// WordEmbedder is a view of [Tokens] that knows the words of an embedding file. All
// such views of a data set hash words alike.
type WordEmbedder interface {
	View
	// Word hashes a word as the view hashes a token; ok is false where no text yields it as one token.
	Word(word string) (hash uint32, ok bool)
	// From returns the view whose fits start from given vectors.
	From(e *Embeddings) View
}

// PretrainedState is the state of a view that starts from given vectors.
type PretrainedState interface {
	State
	// EmbeddingDim is the width of the vectors, 0 where none were given.
	EmbeddingDim() (dim int)
	// Vector is the one of an id, nil for an id without.
	Vector(id int) []float32
}

// Embed lets the learned embeddings of the tokens start from the vectors
// in a file in the text format of word2vec, GloVe and fastText (.vec, .txt). It
// is streamed: what is kept depends on the data's words, not on the file's length.
func (f *Features) Embed(ctx context.Context, file *os.File) error {
	var first WordEmbedder
	e := &Embeddings{Name: filepath.Base(file.Name()), at: map[uint32]int32{}}
	tokens := map[uint32]bool{} // of any row
	var raw Raw
	for k, ref := range f.Refs {
		v, ok := ref.View.(WordEmbedder)
		if !ok {
			continue
		}
		if first == nil {
			first = v
		}
		for i := range f.Stores[k].Len() {
			if err := f.Stores[k].Get(i, &raw); err != nil {
				return fmt.Errorf("cannot read the extracted features: %w", err)
			}
			for _, h := range raw.Index {
				tokens[h] = true
			}
		}
	}
	if first == nil {
		return fmt.Errorf("cannot start from %s: no view learns embeddings of tokens", file.Name())
	}
	if err := e.read(ctx, file, first, tokens); err != nil {
		return fmt.Errorf("%s: %w", file.Name(), err)
	}
	f.Embeddings = e
	for k, ref := range f.Refs {
		if v, ok := ref.View.(WordEmbedder); ok {
			f.Refs[k].View = v.From(e)
		}
	}
	return nil
}

// read fills e with the vectors of the tokens and of the file's first words. Of several words that
// are the same token (in another case, another form of a character, a number of as many digits) the
// file's first one counts.
func (e *Embeddings) read(ctx context.Context, file io.Reader, view WordEmbedder, tokens map[uint32]bool) error {
	var hash uint32
	want := func(word []byte) bool {
		h, ok := view.Word(string(word))
		if _, known := e.at[h]; !ok || known || len(e.Hashes) >= FirstWords && !tokens[h] {
			return false
		}
		hash = h
		return true
	}
	each := func(_ []byte, v []float32) {
		e.at[hash] = int32(len(e.Hashes))
		e.Hashes, e.values = append(e.Hashes, hash), append(e.values, v...)
		if tokens[hash] {
			e.Known++
		}
	}
	sum := sha256.New()
	var err error
	if e.Dim, err = nlp.ReadVectors(io.TeeReader(untilDone{ctx, file}, sum), want, each); err != nil {
		return err
	}
	e.SHA256, e.Tokens = hex.EncodeToString(sum.Sum(nil)), len(tokens)
	if e.Known == 0 {
		return fmt.Errorf("none of its words is in the texts: is it of their language, and are the lines words with their values?")
	}
	return nil
}

// untilDone is a reader that ends with its context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
