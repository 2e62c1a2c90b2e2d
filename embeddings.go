package fusor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
)

// embeddings opens the recipe's file of word vectors, before long work begins; nil if it names
// none. What the file is called is kept, where it lies is not: the same content makes the same
// model.
func (j *job) embeddings() (*os.File, error) {
	path := j.recipe.Embeddings
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the embeddings: %w", err)
	}
	j.recipe.Embeddings = filepath.Base(path)
	return f, nil
}

// choose selects the views. Embeddings without named views are meant to be used: the views that
// learn words are taken beside the default ones.
func (j *job) choose(schema *dataset.Schema) ([]feature.Ref, error) {
	refs, err := j.Views.Select(schema, j.recipe.Views)
	if err != nil || j.recipe.Embeddings == "" {
		return refs, err
	}
	words := j.Views.WordEmbedder(schema)
	if len(words) == 0 {
		return nil, fmt.Errorf("cannot use the embeddings %s: the data has no column of text", j.recipe.Embeddings)
	}
	if len(j.recipe.Views) > 0 {
		for _, r := range refs {
			if slices.Contains(words, r.Name) {
				return refs, nil
			}
		}
		return nil, fmt.Errorf("cannot use the embeddings %s: none of the views taken learns words; take %s as well, or name no views",
			j.recipe.Embeddings, strings.Join(words, " or "))
	}
	names := words
	for _, r := range refs {
		names = append(names, r.Name)
	}
	return j.Views.Select(schema, names)
}

// notes are what a reader of a result should know of what others have learned for it.
func notes(b *feature.Features) []string { return append(wordsKnown(b), pretrainedNotes(b.Refs)...) }

// wordsKnown describes how much of the data given embeddings cover.
func wordsKnown(b *feature.Features) []string {
	e := b.Embeddings
	if e == nil {
		return nil
	}
	return []string{fmt.Sprintf("%s has vectors of %d values for %d of the %d different words of the data; the others start at random", e.Name, e.Dim, e.Known, e.Tokens)}
}

// startedFrom is what an artifact keeps of given embeddings.
func startedFrom(e *feature.Embeddings) *artifact.Embeddings {
	if e == nil {
		return nil
	}
	return &artifact.Embeddings{Name: e.Name, SHA256: e.SHA256}
}
