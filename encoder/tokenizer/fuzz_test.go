package tokenizer

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// fuzzTexts are encoded by every tokenizer that a fuzzed file describes.
var fuzzTexts = []string{"", " ", "The cats aren't 12 今天 é", "\x00\xff\u0301\U0001f469\u200d\U0001f467", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}

// check encodes text, and checks what holds for every tokenizer.
func check(t *testing.T, tok *Tokenizer, text string) {
	whole := tok.Encode(text, 0)
	for _, limit := range []int{1, 3, 7} {
		if ids := tok.Encode(text, limit); len(ids) > limit {
			t.Fatalf("%d ids, at most %d", len(ids), limit)
		}
		for _, w := range tok.Windows(text, limit) {
			if len(w) > limit {
				t.Fatalf("a window of %d ids, at most %d", len(w), limit)
			}
		}
	}
	if again := tok.Encode(text, 0); len(again) != len(whole) {
		t.Fatalf("%d ids the first time, %d the second", len(whole), len(again))
	}
	if ids, types := tok.EncodePair(text, "a b", 9); len(ids) != len(types) || len(ids) > 9 {
		t.Fatalf("a pair of %d ids and %d types", len(ids), len(types))
	}
}

// FuzzParse looks for files that crash, or whose tokenizers do.
func FuzzParse(f *testing.F) {
	f.Add([]byte(wordPieces))
	f.Add([]byte(`{"pre_tokenizer": {"type": "ByteLevel"}, "model": ` + bytesModel() + `}`))
	for _, part := range []string{
		`"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "first"}, "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["<unk>", 0], ["▁a", -1], ["a", -2.5], ["<0x61>", -3]]}`,
		`"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": "[^a-z\\s]{2,5}"}, "content": "x"}]}, "model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0}}`,
		`"pre_tokenizer": {"type": "Punctuation", "behavior": "MergedWithNext"}, "added_tokens": [{"id": 3, "content": "The", "normalized": true, "rstrip": true, "single_word": true}], "model": {"type": "BPE", "unk_token": "a", "fuse_unk": true, "continuing_subword_prefix": "#", "vocab": {"a": 0, "#b": 1, "ab": 2}, "merges": [["a", "#b"]]}`,
		`"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAQAAAAEAAAA"}, "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "x", "type_id": 0}}], "special_tokens": {"x": {"ids": [0, 1]}}}, "model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0}}`,
	} {
		f.Add([]byte("{" + part + "}"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		tok, err := Parse(data)
		if err != nil {
			return
		}
		for _, text := range fuzzTexts {
			check(t, tok, text)
		}
	})
}

// FuzzEncode looks for texts that crash, with every golden tokenizer that is there.
func FuzzEncode(f *testing.F) {
	toks := []*Tokenizer{parsed(f, wordPieces), parsed(f, `{"pre_tokenizer": {"type": "ByteLevel"}, "model": `+bytesModel()+`}`)}
	root := os.Getenv("FUSOR_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	dirs, _ := filepath.Glob(filepath.Join(root, "encoders", "tokenizer", "*"))
	for _, dir := range dirs {
		tok, err := Open(os.DirFS(dir))
		if err != nil {
			f.Fatal(err)
		}
		toks = append(toks, tok)
	}
	for _, text := range fuzzTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		for _, tok := range toks {
			check(t, tok, text)
			for _, id := range tok.Encode(text, 0) {
				if id < 0 || int(id) >= tok.Size() {
					t.Fatalf("id %d of %d", id, tok.Size())
				}
			}
		}
	})
}

// FuzzCharsmap looks for charsmaps that crash.
func FuzzCharsmap(f *testing.F) {
	f.Add([]byte{4, 0, 0, 0, 0, 4, 0, 0, 'a', 0}, "é\r\n")
	f.Fuzz(func(t *testing.T, charsmap []byte, text string) {
		if len(charsmap) > 1<<14 || len(text) > 1<<10 {
			return
		}
		p, err := newPrecompiled(charsmap)
		if err != nil {
			return
		}
		if out := p.normalize(text); utf8.ValidString(text) && !utf8.ValidString(out) {
			t.Fatalf("%q is not UTF-8", out)
		}
	})
}
