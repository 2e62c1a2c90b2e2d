// Package tokenizer turns texts into the ids that a pretrained encoder was trained on. It reads
// tokenizer.json, or the older vocab.txt, or vocab.json with merges.txt, and computes what the
// tokenizers library (version 0.23) does: WordPiece, byte-pair encoding and Unigram models with
// their normalizers, pre-tokenizers, added tokens and post-processors. What it does not know is
// refused by name, because wrong ids show in nothing but worse embeddings.
package tokenizer

import (
	"strings"
	"sync"
)

// Tokenizer turns texts into ids. It is safe for concurrent use.
type Tokenizer struct {
	// Model is the name of the algorithm: WordPiece, BPE, Unigram or WordLevel.
	Model string
	// Limit is the model_max_length of tokenizer_config.json, special tokens included, and 0
	// where it names none. The truncation in tokenizer.json is of another use and not counted.
	Limit int

	vocabulary   *vocabulary
	normalizer   normalizer   // nil: none
	preTokenizer preTokenizer // nil: none
	model        model
	rawBytes     bool         // words are to be written as byte characters
	plain        *addedTokens // found in the text as it is; nil: none
	normalized   *addedTokens // found in the normalized text; nil: none
	single, pair template
	fromLeft     bool // a text that is too long loses its beginning

	mu   sync.Mutex
	idle []*workspace
}

// Size is one more than the largest id.
func (t *Tokenizer) Size() int { return t.vocabulary.size }

// ID returns the id of a token.
func (t *Tokenizer) ID(token string) (id int32, ok bool) {
	id, ok = t.vocabulary.byToken[token]
	return id, ok
}

// Specials is the number of special tokens that Encode adds to a text.
func (t *Tokenizer) Specials() int { return t.single.specials() }

// Encode returns the ids of text with special tokens, at most limit of them; a limit of 0 or less
// is none.
func (t *Tokenizer) Encode(text string, limit int) []int32 {
	ids, _ := t.single.fill(t.tokens(text, room(limit, t.single)))
	return bounded(ids, limit)
}

// EncodePair returns the ids and token types of two texts with special tokens, at most limit of
// them: the longer text is cut first.
func (t *Tokenizer) EncodePair(a, b string, limit int) (ids, types []int32) {
	n := room(limit, t.pair)
	x, y := t.tokens(a, -1), t.tokens(b, -1)
	if n >= 0 && len(x)+len(y) > n {
		short := min(len(x), len(y))
		long := max(short, n-short)
		if short+long > n {
			short, long = n/2, n-n/2
		}
		if len(x) > len(y) {
			x, y = t.cut(x, long), t.cut(y, short)
		} else {
			x, y = t.cut(x, short), t.cut(y, long)
		}
	}
	ids, types = t.pair.fill(x, y)
	return bounded(ids, limit), bounded(types, limit)
}

// Windows returns the ids of text in as many parts of at most limit ids as it takes, each with
// special tokens; the parts do not overlap. An empty text has one part.
func (t *Tokenizer) Windows(text string, limit int) [][]int32 {
	body := t.tokens(text, -1)
	n := room(limit, t.single)
	if n <= 0 {
		n = max(len(body), 1)
	}
	var windows [][]int32
	for len(windows) == 0 || len(body) > 0 {
		part := body[:min(n, len(body))]
		body = body[len(part):]
		ids, _ := t.single.fill(part)
		windows = append(windows, bounded(ids, limit))
	}
	return windows
}

// room is the number of ids that limit leaves to the texts of a template; -1: any number.
func room(limit int, t template) int {
	if limit <= 0 {
		return -1
	}
	return max(limit-t.specials(), 0)
}

func bounded(ids []int32, limit int) []int32 {
	if limit > 0 && len(ids) > limit {
		ids = ids[:limit]
	}
	return ids
}

// cut shortens ids to n.
func (t *Tokenizer) cut(ids []int32, n int) []int32 {
	if len(ids) <= n {
		return ids
	}
	if t.fromLeft {
		return ids[len(ids)-n:]
	}
	return ids[:n]
}

// tokens returns the ids of text without special tokens, at most limit of them; -1: all.
func (t *Tokenizer) tokens(text string, limit int) []int32 {
	w := t.workspace()
	defer t.release(w)
	w.ids, w.limit = w.ids[:0], limit
	if t.fromLeft {
		w.limit = -1
	}
	t.segments(strings.ToValidUTF8(text, "\ufffd"), w)
	ids := w.ids
	if limit >= 0 {
		ids = t.cut(ids, limit)
	}
	return append([]int32(nil), ids...)
}

// segments cuts s at the added tokens and encodes what lies between them.
func (t *Tokenizer) segments(s string, w *workspace) {
	if t.plain == nil {
		t.segment(s, true, w)
		return
	}
	t.plain.split(s, func(start, end int) bool { return t.segment(s[start:end], start == 0, w) }, w.token)
}

// segment normalizes and encodes a text without added tokens. It returns false when w is full.
func (t *Tokenizer) segment(s string, first bool, w *workspace) bool {
	if t.normalizer != nil {
		if first && w.wantFirst {
			first = !dropsFirst(t.normalizer, firstCluster(s))
		}
		s = t.normalizer.normalize(s)
	}
	if t.normalized == nil {
		return t.words(s, first, w)
	}
	return t.normalized.split(s, func(start, end int) bool { return t.words(s[start:end], first && start == 0, w) }, w.token)
}

// words cuts a normalized text into words and encodes them.
func (t *Tokenizer) words(s string, first bool, w *workspace) bool {
	if s == "" {
		return true
	}
	if t.preTokenizer == nil {
		return t.word(s, w)
	}
	w.pieces = t.preTokenizer.split(w.pieces[:0], piece{s, first})
	for _, p := range w.pieces {
		if !t.word(p.text, w) {
			return false
		}
	}
	return true
}

// word encodes a word, or takes its ids from those of earlier words.
func (t *Tokenizer) word(s string, w *workspace) bool {
	if ids, ok := w.cached(s); ok {
		w.ids = append(w.ids, ids...)
		return !w.full()
	}
	start := len(w.ids)
	text := s
	if t.rawBytes {
		text = toByteChars(s)
	}
	w.ids = t.model.encode(w.ids, text, w)
	w.keep(s, w.ids[start:])
	return !w.full()
}
