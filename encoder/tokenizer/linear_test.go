package tokenizer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// longTexts are of 128 KB, and hard on a tokenizer that looks at everything twice.
var longTexts = map[string]string{
	"one letter":        strings.Repeat("a", 1<<17),
	"a word":            strings.Repeat("thequickbrownfox", 1<<13),
	"spaces":            strings.Repeat(" ", 1<<17),
	"spaces, then text": strings.Repeat(" ", 1<<17) + "x",
	"line ends":         strings.Repeat("\r\n", 1<<16),
	"marks":             "a" + strings.Repeat("\u0301\u0323", 1<<15),
	"family":            strings.Repeat("\U0001f469\u200d", 1<<14),
	"Hangul":            strings.Repeat("\u1100\u1161", 1<<14),
	"Chinese":           strings.Repeat("今天天气很好", 1<<13),
	"masks":             strings.Repeat("   <mask>", 1<<14),
	"half a token":      strings.Repeat("<mas", 1<<15),
	"quotes":            strings.Repeat("'", 1<<17),
	"digits":            strings.Repeat("12", 1<<16),
}

// A megabyte takes about a second at most, whatever it holds; what takes quadratic time takes
// minutes. The bound leaves room for a busy machine.
func TestLongTextsTakeLinearTime(t *testing.T) {
	toks := map[string]*Tokenizer{"small": parsed(t, wordPieces), "bytes": parsed(t, `{"pre_tokenizer": {"type": "ByteLevel"}, "model": `+bytesModel()+`}`)}
	root := os.Getenv("FUSOR_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	for _, name := range []string{"bpe-roberta", "bpe-clip", "unigram-xlmr", "unigram-t5", "wp-uncased"} {
		if tok, err := Open(os.DirFS(filepath.Join(root, "encoders", "tokenizer", name))); err == nil {
			toks[name] = tok
		}
	}
	for name, tok := range toks {
		for kind, text := range longTexts {
			start := time.Now()
			n := len(tok.Encode(text, 0))
			took := time.Since(start)
			t.Logf("%s of %s: %d ids in %v", name, kind, n, took.Round(time.Millisecond))
			if took > 10*time.Second {
				t.Errorf("%s takes %v for 128 KB of %s", name, took, kind)
			}
		}
	}
}
