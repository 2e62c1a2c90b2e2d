package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Bounds of the parts of tokenizer.json.
const (
	maxPart   = 8 << 20 // bytes of a normalizer (a charsmap has 320 KB), pre-tokenizer or post-processor
	maxDepth  = 8       // of sequences
	maxSteps  = 64      // of a sequence
	maxAdded  = 1 << 17 // added tokens
	maxLength = 1 << 10 // bytes of an added token
)

// Parse reads the contents of tokenizer.json.
func Parse(data []byte) (*Tokenizer, error) {
	var f struct {
		Added         json.RawMessage `json:"added_tokens"`
		Normalizer    json.RawMessage `json:"normalizer"`
		PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
		PostProcessor json.RawMessage `json:"post_processor"`
		Model         json.RawMessage `json:"model"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	// Before they are parsed: sequences in sequences multiply.
	if len(f.Normalizer) > maxPart || len(f.PreTokenizer) > maxPart || len(f.PostProcessor) > maxPart {
		return nil, errors.New("a normalizer, pre-tokenizer or post-processor is too large")
	}
	t := &Tokenizer{}
	var err error
	if t.normalizer, err = parseNormalizer(f.Normalizer, 0); err != nil {
		return nil, err
	}
	if t.preTokenizer, err = parsePreTokenizer(f.PreTokenizer, 0); err != nil {
		return nil, err
	}
	if isNull(f.Model) {
		return nil, errors.New("it has no model")
	}
	if err := t.parseModel(f.Model); err != nil {
		return nil, err
	}
	if tooMany(f.Added, 8*maxAdded) {
		return nil, errors.New("there are too many added tokens")
	}
	var added []addedToken
	if !isNull(f.Added) {
		if err := json.Unmarshal(f.Added, &added); err != nil {
			return nil, fmt.Errorf("cannot read the added tokens: %w", err)
		}
	}
	// After the model, in whose vocabulary most of them are.
	if err := t.add(added); err != nil {
		return nil, err
	}
	if t.single, t.pair, err = parsePostProcessor(f.PostProcessor, 0); err != nil {
		return nil, err
	}
	// Whether bytes can stay depends on what the last step before the model is.
	t.leaveBytes()
	return t, nil
}

// isNull reports whether a value is left out.
func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// leaveBytes lets words be written as byte characters only when they are new, where that is the
// last step before the model.
func (t *Tokenizer) leaveBytes() {
	switch p := t.preTokenizer.(type) {
	case byteLevel:
		p.raw, t.rawBytes = true, true
		t.preTokenizer = p
	case preTokenizers:
		if b, ok := p[len(p)-1].(byteLevel); ok {
			b.raw, t.rawBytes = true, true
			p[len(p)-1] = b
		}
	}
}

// add makes tokens be found in texts. A token that the model does not have gets its own id.
func (t *Tokenizer) add(tokens []addedToken) error {
	if len(tokens) > maxAdded {
		return errors.New("there are too many added tokens")
	}
	copied := false
	// Special tokens come first where two are spelled alike after normalization.
	tokens = slices.Clone(tokens)
	slices.SortStableFunc(tokens, func(a, b addedToken) int { return boolOrder(b.Special) - boolOrder(a.Special) })
	var plain, normalized []addedToken
	var plainTexts, normalizedTexts []string
	for _, token := range tokens {
		if token.Content == "" {
			continue
		}
		if len(token.Content) > maxLength {
			return fmt.Errorf("the added token %q is too long", cut(token.Content))
		}
		var err error
		if t.vocabulary, err = t.vocabulary.extend(token.Content, token.ID, &copied); err != nil {
			return fmt.Errorf("cannot add a token: %w", err)
		}
		if !token.Normalized {
			plain, plainTexts = append(plain, token), append(plainTexts, token.Content)
			continue
		}
		text := token.Content
		if t.normalizer != nil {
			text = t.normalizer.normalize(text)
		}
		if len(text) > maxLength {
			return fmt.Errorf("the added token %q is too long", cut(token.Content))
		}
		normalized, normalizedTexts = append(normalized, token), append(normalizedTexts, text)
	}
	t.plain, t.normalized = newAddedTokens(plain, plainTexts), newAddedTokens(normalized, normalizedTexts)
	return nil
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

type modelConfig struct {
	Type         string          `json:"type"`
	Vocab        json.RawMessage `json:"vocab"`
	Merges       json.RawMessage `json:"merges"`
	Unknown      *string         `json:"unk_token"`
	UnknownID    *int64          `json:"unk_id"`
	Prefix       *string         `json:"continuing_subword_prefix"`
	Suffix       *string         `json:"end_of_word_suffix"`
	MaxChars     *int            `json:"max_input_chars_per_word"`
	Dropout      *float64        `json:"dropout"`
	Fuse         bool            `json:"fuse_unk"`
	ByteFallback bool            `json:"byte_fallback"`
	WholeWords   bool            `json:"ignore_merges"`
}

func (t *Tokenizer) parseModel(raw json.RawMessage) error {
	var c modelConfig
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("cannot read the model: %w", err)
	}
	if c.Type == "" { // files of 2020 do not name it
		switch vocab := strings.TrimSpace(string(c.Vocab[:min(len(c.Vocab), 16)])); {
		case !isNull(c.Merges):
			c.Type = "BPE"
		case strings.HasPrefix(vocab, "["):
			c.Type = "Unigram"
		case c.Prefix != nil:
			c.Type = "WordPiece"
		}
	}
	t.Model = c.Type
	switch c.Type {
	case "WordPiece":
		v, err := readVocabulary(c.Vocab)
		if err != nil {
			return err
		}
		return t.setWordPiece(v, or(c.Prefix, "##"), or(c.Unknown, "[UNK]"), or(c.MaxChars, 100))
	case "BPE":
		return t.parseBPE(c)
	case "Unigram":
		return t.parseUnigram(c)
	case "WordLevel":
		v, err := readVocabulary(c.Vocab)
		if err != nil {
			return err
		}
		unknown, err := v.unknown(or(c.Unknown, "<unk>"))
		if err != nil {
			return err
		}
		t.vocabulary, t.model = v, &wordLevel{ids: v.byToken, unknown: unknown}
		return nil
	}
	return fmt.Errorf("the model %q is not supported; known are WordPiece, BPE, Unigram and WordLevel", cut(c.Type))
}

// unknown returns the id of the token for what is unknown.
func (v *vocabulary) unknown(token string) (int32, error) {
	id, ok := v.byToken[token]
	if !ok {
		return 0, fmt.Errorf("the unknown token %q is not in the vocabulary", cut(token))
	}
	return id, nil
}

func (t *Tokenizer) setWordPiece(v *vocabulary, prefix, unknown string, maxChars int) error {
	id, err := v.unknown(unknown)
	if err != nil {
		return err
	}
	if maxChars < 1 {
		return fmt.Errorf("max_input_chars_per_word is %d", maxChars)
	}
	t.Model, t.vocabulary, t.model = "WordPiece", v, newWordPiece(v, prefix, id, maxChars)
	return nil
}

func (t *Tokenizer) parseBPE(c modelConfig) error {
	v, err := readVocabulary(c.Vocab)
	if err != nil {
		return err
	}
	merges, err := readMerges(c.Merges)
	if err != nil {
		return err
	}
	if or(c.Dropout, 0) != 0 {
		return fmt.Errorf("dropout %g: it leaves out merges by chance", *c.Dropout)
	}
	m := &bpe{ids: v.byToken, unknown: -1, prefix: or(c.Prefix, ""), suffix: or(c.Suffix, ""), fuse: c.Fuse, wholeWords: c.WholeWords}
	if c.Unknown != nil {
		if m.unknown, err = v.unknown(*c.Unknown); err != nil {
			return err
		}
	}
	if c.ByteFallback {
		m.bytes = v.byteTokens()
	}
	return t.setBPE(v, m, merges)
}

func (t *Tokenizer) setBPE(v *vocabulary, m *bpe, merges [][2]string) error {
	m.merges = make(map[uint64]merge, len(merges))
	for i, g := range merges {
		a, okA := v.byToken[g[0]]
		b, okB := v.byToken[g[1]]
		if len(g[1]) < len(m.prefix) {
			return fmt.Errorf("merge %d: %q is shorter than the prefix %q", i+1, cut(g[1]), cut(m.prefix))
		}
		joined, okJ := v.byToken[g[0]+g[1][len(m.prefix):]]
		if !okA || !okB || !okJ {
			return fmt.Errorf("merge %d of %q and %q is not in the vocabulary", i+1, cut(g[0]), cut(g[1]))
		}
		m.merges[pairKey(a, b)] = merge{int32(i), joined}
	}
	for r := range m.chars {
		m.chars[r] = -1
		if id, ok := v.byToken[string(rune(r))]; ok {
			m.chars[r] = id
		}
	}
	t.Model, t.vocabulary, t.model = "BPE", v, m
	return nil
}

func (t *Tokenizer) parseUnigram(c modelConfig) error {
	v, scores, err := readPieces(c.Vocab)
	if err != nil {
		return err
	}
	if c.UnknownID == nil {
		return errors.New("the Unigram model has no unknown token")
	}
	if *c.UnknownID < 0 || *c.UnknownID >= int64(len(scores)) {
		return fmt.Errorf("the unknown token has the id %d in a vocabulary of %d", *c.UnknownID, len(scores))
	}
	m := newUnigram(v, scores, int32(*c.UnknownID))
	if c.ByteFallback {
		m.bytes = v.byteTokens()
	}
	t.vocabulary, t.model = v, m
	return nil
}

// or returns *p, or otherwise where p is nil.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
