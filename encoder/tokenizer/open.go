package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// maxFile bounds a file of a tokenizer; the largest in use have 35 MB.
const maxFile = 64 << 20

// Files are the names of all files that Open may read.
var Files = []string{"tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt"}

// Open reads the tokenizer in a model's folder: tokenizer.json, or else vocab.txt (BERT), or else
// vocab.json and merges.txt (RoBERTa, GPT-2, CLIP), with tokenizer_config.json beside it. Without
// any of them the error is fs.ErrNotExist.
func Open(fsys fs.FS) (*Tokenizer, error) {
	var c config
	if data, err := readFile(fsys, "tokenizer_config.json"); err == nil {
		if err := json.Unmarshal(data, &c); err != nil {
			return nil, fmt.Errorf("cannot read tokenizer_config.json: %w", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	t, err := open(fsys, &c)
	if err != nil {
		return nil, err
	}
	t.fromLeft = c.TruncationSide == "left"
	if c.MaxLength >= 1 && c.MaxLength < 1e9 { // 1e30 is no limit
		t.Limit = int(c.MaxLength)
	}
	return t, nil
}

func open(fsys fs.FS, c *config) (*Tokenizer, error) {
	for _, source := range []struct {
		name string
		read func(data []byte) (*Tokenizer, error)
	}{
		{"tokenizer.json", Parse},
		{"vocab.txt", c.wordPiece},
		{"vocab.json", func(data []byte) (*Tokenizer, error) {
			merges, err := readFile(fsys, "merges.txt")
			if err != nil {
				return nil, err
			}
			return c.bytePairs(data, merges)
		}},
	} {
		data, err := readFile(fsys, source.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t, err := source.read(data)
		if err != nil {
			return nil, fmt.Errorf("cannot use %s: %w", source.name, err)
		}
		return t, nil
	}
	for _, name := range []string{"sentencepiece.bpe.model", "spiece.model", "tokenizer.model"} {
		if f, err := fsys.Open(name); err == nil {
			f.Close()
			return nil, fmt.Errorf("cannot read %s: %w: save the tokenizer as tokenizer.json, with AutoTokenizer.from_pretrained(…).save_pretrained(…)", name, fs.ErrNotExist)
		}
	}
	return nil, fmt.Errorf("cannot open the tokenizer: %w: there is no tokenizer.json, vocab.txt or vocab.json", fs.ErrNotExist)
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("cannot read %s: more than %d MB", name, maxFile>>20)
	}
	return data, nil
}
