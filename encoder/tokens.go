package encoder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/encoder/tokenizer"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// openTokenizer reads the tokenizer beside the network. Without one, tokens alone can be encoded.
func (t *textPath) openTokenizer(f *folder, p *plan, tower *network.TowerInfo) error {
	sub, err := fs.Sub(f.fsys, p.dir)
	if err != nil {
		return err
	}
	t.tok, err = tokenizer.Open(sub)
	if errors.Is(err, fs.ErrNotExist) {
		t.missing = err
		t.tok = nil
		return nil
	}
	if err != nil {
		return err
	}
	if n := t.tok.Size(); tower.Vocab > 0 && n > tower.Vocab {
		return fmt.Errorf("cannot use the tokenizer: it has ids up to %d, where the network has %d tokens", n-1, tower.Vocab)
	}
	return f.hashAll(p.dir, tokenizer.Files)
}

// tokenize sets inputs to the ids of texts, on all threads.
func (e *Encoder) tokenize(ctx context.Context, inputs []network.Input, texts []string) error {
	kernel.Do(e.threads, (len(texts)+tokenizeStep-1)/tokenizeStep, &tokenizeJob{e, ctx, inputs, texts})
	return ctx.Err()
}

// tokenizeStep is how many texts a goroutine takes at a time.
const tokenizeStep = 16

type tokenizeJob struct {
	e      *Encoder
	ctx    context.Context
	inputs []network.Input
	texts  []string
}

// Run tokenizes a few texts.
func (j *tokenizeJob) Run(part int) {
	t := &j.e.text
	for i := part * tokenizeStep; i < min((part+1)*tokenizeStep, len(j.texts)) && j.ctx.Err() == nil; i++ {
		text := t.prompt + j.texts[i]
		if t.lower {
			text = strings.ToLower(text)
		}
		j.inputs[i] = network.Input{Tokens: j.e.padded(t.tok.Encode(text, t.most))}
	}
}
