package encoder

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/encoder/tokenizer"
)

// textPath is what a text passes through before and behind the network.
type textPath struct {
	tok     *tokenizer.Tokenizer
	missing error // why tok is nil
	most    int   // tokens
	lower   bool
	prompt  string
	pooling *pooling // nil: the network's own vector
	after   []module
	dim     int
}

// openText reads the tokenizer and the files of sentence-transformers beside it.
func (e *Encoder) openText(f *folder, p *plan, o Options) error {
	tower := e.net.Text.Info()
	t := &e.text
	t.after = p.after
	if err := t.openPooling(e, p, o, &tower); err != nil {
		return err
	}
	if err := t.openTokenizer(f, p, &tower); err != nil {
		return err
	}
	if err := t.limit(f, p, o, &tower); err != nil {
		return err
	}
	prompts, err := t.prompts(f, o)
	if err != nil {
		return err
	}
	if t.prompt != "" && t.pooling != nil && t.pooling.skipPrompt {
		return errors.New("cannot use a prompt: include_prompt of 1_Pooling is false, a computation that is not known")
	}
	e.info.Text = &Text{
		Dim: t.dim, MaxTokens: t.most, Vocabulary: tower.Vocab, Pooling: t.String(), Prompts: prompts, Prompt: t.prompt,
	}
	if t.tok != nil {
		e.info.Text.Tokenizer = t.tok.Model
		if tower.Vocab == 0 { // a graph without config.json
			e.info.Text.Vocabulary = t.tok.Size()
		}
	}
	return nil
}

// openPooling chooses the pooling and checks that what follows fits its width.
func (t *textPath) openPooling(e *Encoder, p *plan, o Options, tower *network.TowerInfo) error {
	var err error
	switch {
	case o.Pooling == "pooler" && tower.Embed > 0:
		t.dim = tower.Embed
	case o.Pooling != "":
		if t.pooling, err = newPooling(o.Pooling); err != nil {
			return err
		}
	case p.pooling != nil:
		t.pooling = p.pooling
		if w := t.pooling.width; w != 0 && w != tower.Dim {
			return fmt.Errorf("cannot use 1_Pooling: it takes vectors of %d values, where the network has %d", w, tower.Dim)
		}
	case p.clip || tower.Own || tower.Dim == 0:
		if tower.Embed == 0 {
			return errors.New("cannot use modules.json: the network has no vector of its own")
		}
		t.dim = tower.Embed
	default:
		t.pooling = &pooling{modes: []string{"mean"}}
		e.info.Notes = append(e.info.Notes, "the folder names no pooling: the mean of all tokens is taken")
	}
	if t.pooling != nil {
		t.dim = tower.Dim * len(t.pooling.modes)
	}
	for _, m := range t.after {
		if t.dim, err = m.dim(t.dim); err != nil {
			return fmt.Errorf("cannot use modules.json: %w", err)
		}
	}
	return nil
}

// limit sets the number of tokens that texts are cut to: that of sentence_bert_config.json, else
// of tokenizer_config.json, and what the network takes at most.
func (t *textPath) limit(f *folder, p *plan, o Options, tower *network.TowerInfo) error {
	t.most = tower.MaxTokens
	var s struct {
		Max   *int `json:"max_seq_length"`
		Lower bool `json:"do_lower_case"`
	}
	for _, name := range []string{
		"sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json",
		"sentence_camembert_config.json", "sentence_xlm-roberta_config.json",
	} {
		ok, err := f.decode(path.Join(p.dir, name), &s)
		if err != nil {
			return err
		}
		if ok {
			break
		}
	}
	t.lower = s.Lower
	switch {
	case s.Max != nil:
		if *s.Max < 1 {
			return fmt.Errorf("cannot use sentence_bert_config.json: max_seq_length is %d", *s.Max)
		}
		t.most = min(t.most, *s.Max)
	case t.tok != nil && t.tok.Limit > 0:
		t.most = min(t.most, t.tok.Limit)
	}
	if o.MaxTokens > 0 {
		t.most = min(t.most, o.MaxTokens)
	}
	return nil
}

// prompts reads config_sentence_transformers.json and chooses the prompt.
func (t *textPath) prompts(f *folder, o Options) (map[string]string, error) {
	var c struct {
		Prompts map[string]string `json:"prompts"`
		Default *string           `json:"default_prompt_name"`
		Kind    string            `json:"model_type"`
	}
	if _, err := f.decode("config_sentence_transformers.json", &c); err != nil {
		return nil, err
	}
	if c.Kind != "" && c.Kind != "SentenceTransformer" {
		return nil, fmt.Errorf("cannot use config_sentence_transformers.json: model_type is %.60q, which makes no dense vectors of texts", c.Kind)
	}
	switch named, ok := c.Prompts[o.Prompt]; {
	case o.Prompt != "" && ok:
		t.prompt = named
	case o.Prompt != "":
		t.prompt = o.Prompt
	case c.Default != nil:
		if t.prompt, ok = c.Prompts[*c.Default]; !ok {
			return nil, fmt.Errorf("cannot use config_sentence_transformers.json: there is no prompt %.60q", *c.Default)
		}
	}
	return c.Prompts, nil
}

// String describes how the vector of a text is made.
func (t *textPath) String() string {
	names := []string{"the network's own"}
	if t.pooling != nil {
		names[0] = t.pooling.String()
	}
	for _, m := range t.after {
		names = append(names, m.String())
	}
	return strings.Join(names, ", ")
}

// textChunk is how many texts are held as tokens at once.
const textChunk = 4096

// EncodeTexts returns the vectors of texts, one after the other, in dst if it has room. A text
// that is too long is cut.
func (e *Encoder) EncodeTexts(ctx context.Context, dst []float32, texts []string) ([]float32, error) {
	if e.info.Text == nil {
		return nil, fmt.Errorf("cannot encode texts: %s takes none", e.info.Architecture)
	}
	if e.text.tok == nil {
		return nil, fmt.Errorf("cannot encode texts: %w", e.text.missing)
	}
	dim := e.text.dim
	dst = room(dst, len(texts)*dim)
	for from := 0; from < len(texts); from += textChunk {
		to := min(from+textChunk, len(texts))
		inputs := make([]network.Input, to-from)
		if err := e.tokenize(ctx, inputs, texts[from:to]); err != nil {
			return nil, fmt.Errorf("cannot encode texts: %w", err)
		}
		if _, err := e.EncodeTokens(ctx, dst[from*dim:to*dim], inputs); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// EncodeTokens is EncodeTexts of texts that are tokens already, special ones included.
func (e *Encoder) EncodeTokens(ctx context.Context, dst []float32, texts []network.Input) ([]float32, error) {
	if e.info.Text == nil {
		return nil, fmt.Errorf("cannot encode texts: %s takes none", e.info.Architecture)
	}
	t := &e.text
	dst = room(dst, len(texts)*t.dim)
	rows := make([]int, len(texts))
	for i := range texts {
		rows[i] = len(texts[i].Tokens)
	}
	err := e.encode(ctx, e.net.Text, texts, rows, func(i int, out *network.Output) {
		t.vector(dst[i*t.dim:(i+1)*t.dim], out)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot encode texts: %w", err)
	}
	return dst, nil
}

// vector sets dst to the vector of what the network computed.
func (t *textPath) vector(dst []float32, out *network.Output) {
	var v []float32
	if t.pooling == nil {
		v = append(v, out.Embed...)
	} else {
		v = t.pooling.apply(nil, out.Hidden, len(out.Hidden)/out.Rows)
	}
	for _, m := range t.after {
		v = m.apply(v)
	}
	copy(dst, v)
}

// room returns dst with n elements, or a new slice.
func room(dst []float32, n int) []float32 {
	if cap(dst) < n {
		return make([]float32, n)
	}
	return dst[:n]
}
