package encoder

import (
	"fmt"
	"strings"

	"github.com/fusor-ml/fusor/encoder/network"
)

// Windows returns a text as the tokens of consecutive windows, special tokens included, each as
// long as [Encoder.EncodeTokens] takes: one window of a text that fits, else as few as hold all of
// it, of nearly the same length. The prompt is put before the text, and so is in the first window.
func (e *Encoder) Windows(text string) ([]network.Input, error) {
	if e.info.Text == nil {
		return nil, fmt.Errorf("cannot encode texts: %s takes none", e.info.Architecture)
	}
	t := &e.text
	if t.tok == nil {
		return nil, fmt.Errorf("cannot encode texts: %w", t.missing)
	}
	text = t.prompt + text
	if t.lower {
		text = strings.ToLower(text)
	}
	windows := t.tok.Windows(text, t.most)
	if n := len(windows); n > 1 {
		special := t.tok.Specials()
		tokens := 0
		for _, w := range windows {
			tokens += len(w) - special
		}
		windows = t.tok.Windows(text, (tokens+n-1)/n+special)
	}
	inputs := make([]network.Input, len(windows))
	for i, ids := range windows {
		inputs[i] = network.Input{Tokens: e.padded(ids)}
	}
	return inputs, nil
}

// padded returns the ids as the network takes them, with at least one.
func (e *Encoder) padded(ids []int32) []int32 {
	info := e.net.Text.Info()
	for len(ids) < info.PadTo {
		ids = append(ids, int32(info.PadID))
	}
	if len(ids) == 0 { // a tokenizer without special tokens and an empty text
		ids = []int32{int32(info.PadID)}
	}
	return ids
}
