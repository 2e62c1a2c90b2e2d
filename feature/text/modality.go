// Package text extracts the views of a text column: lexical (wording),
// syntactic (style and grammar) and semantic (a token sequence for learned
// embeddings), and the plain words and hashing views as scikit-learn defines them.
//
// English and Chinese are both first-class: the script is looked at character by
// character, so that a text may mix them, and nothing has to be chosen.
package text

import (
	"context"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
	"github.com/fusor-ml/fusor/media"
)

// Modality returns the text modality.
func Modality() feature.Modality { return modality{} }

type modality struct{}

var _ feature.Modality = modality{}

// Kind implements feature.Modality.
func (modality) Kind() media.Kind { return media.Text }

// Views implements feature.Modality.
func (modality) Views() []feature.View {
	return []feature.View{Lexical(), Syntactic(), Semantic(), Words(), Hashing()}
}

// Open implements feature.Modality. A cell holds its text, or names text files
// that are read one after the other.
func (modality) Open(ctx context.Context, c *dataset.Cell, _ *dataset.Column, from media.Folder) (any, error) {
	doc := media.NewDocument(c.Text)
	for i, src := range c.Sources(from) {
		d, err := media.ReadText(ctx, src)
		if err != nil {
			return nil, err
		}
		if i > 0 || doc.Text != "" {
			d.Text = doc.Text + "\n" + d.Text
		}
		whole := media.NewDocument(d.Text)
		whole.Encoding, whole.Cut = d.Encoding, whole.Cut || d.Cut || doc.Cut
		if doc = whole; doc.Cut {
			break
		}
	}
	return NewItem(doc), nil
}

// Item is an opened text: what several views need is computed once.
type Item struct {
	doc    media.Document
	once   sync.Once
	normal []byte      // NFKC, case kept
	lower  []byte      // normal in lower case
	tokens []nlp.Token // of lower
}

// NewItem opens a document.
func NewItem(d media.Document) *Item { return &Item{doc: d} }

// Text returns the text as it is.
func (it *Item) Text() string { return it.doc.Text }

// Flags describes what a reader of the result should know of the text.
func (it *Item) Flags() []string {
	it.analyse()
	if it.doc.Cut {
		return []string{fmt.Sprintf("text cut at %d bytes", media.MaxTextBytes)}
	}
	return nil
}

// Language guesses the language by script; see nlp.Profile.
func (it *Item) Language() string {
	p := nlp.ProfileOf(nlp.Normalize(make([]byte, 0, len(it.doc.Text)+8), it.doc.Text))
	return p.Language()
}

func (it *Item) analyse() {
	it.once.Do(func() {
		it.normal = nlp.Normalize(make([]byte, 0, len(it.doc.Text)+8), it.doc.Text)
		if len(it.normal) > media.MaxTextBytes { // ligatures that fall apart, up to elevenfold
			end := media.MaxTextBytes
			for !utf8.RuneStart(it.normal[end]) {
				end--
			}
			it.normal, it.doc.Cut = it.normal[:end:end], true
		}
		it.lower = nlp.Lower(make([]byte, 0, len(it.normal)), it.normal)
		it.tokens = nlp.Tokenize(make([]nlp.Token, 0, len(it.lower)/4+4), it.lower)
	})
}

func itemOf(view string, item any) (*Item, error) {
	it, ok := item.(*Item)
	if !ok {
		return nil, fmt.Errorf("cannot extract %s from a %T", view, item)
	}
	return it, nil
}
