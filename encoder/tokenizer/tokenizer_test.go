package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

// bytesModel is a BPE model that has a token for each byte, and shows where words end by </w>.
func bytesModel() string {
	var b strings.Builder
	for i := range 256 {
		fmt.Fprintf(&b, `"<0x%02X>": %d,`, i, i)
	}
	return `{"type": "BPE", "byte_fallback": true, "end_of_word_suffix": "</w>", "vocab": {` + strings.TrimSuffix(b.String(), ",") + `}, "merges": []}`
}

// show writes ids of bytesModel as text, with | behind each word.
func show(ids []int32) string {
	b := make([]byte, len(ids))
	for i, id := range ids {
		b[i] = byte(id)
	}
	return strings.ReplaceAll(string(b), "</w>", "|")
}

// wordPieces is a tokenizer.json of a small WordPiece model.
const wordPieces = `{
	"added_tokens": [
		{"id": 0, "content": "[PAD]", "special": true}, {"id": 1, "content": "[UNK]", "special": true},
		{"id": 2, "content": "[CLS]", "special": true}, {"id": 3, "content": "[SEP]", "special": true},
		{"id": 4, "content": "[MASK]", "special": true, "lstrip": true}],
	"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
	"pre_tokenizer": {"type": "BertPreTokenizer"},
	"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
	"truncation": {"max_length": 3}, "padding": {"strategy": {"Fixed": 9}},
	"model": {"type": "WordPiece", "unk_token": "[UNK]", "max_input_chars_per_word": 10, "vocab": {
		"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "the": 5, "cat": 6, "##s": 7, "##at": 8, "c": 9, ",": 10, "今": 11, "天": 12, "cafe": 13}}}`

func parsed(t testing.TB, config string) *Tokenizer {
	t.Helper()
	tok, err := Parse([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestWordPiece(t *testing.T) {
	tok := parsed(t, wordPieces)
	f := func(text string, limit int, want ...int32) {
		t.Helper()
		if got := tok.Encode(text, limit); !slices.Equal(got, want) {
			t.Errorf("%q, at most %d: %v, want %v", text, limit, got, want)
		}
	}
	f("", 0, 2, 3)
	f("The cats, CAFÉ", 0, 2, 5, 6, 7, 10, 13, 3)
	f("今天", 0, 2, 11, 12, 3)
	f("dog", 0, 2, 1, 3)
	f("catsssssss", 0, 2, 6, 7, 7, 7, 7, 7, 7, 7, 3)
	f("catssssssss", 0, 2, 1, 3) // more than 10 characters
	f("the   [MASK]cat", 0, 2, 5, 4, 6, 3)
	f("the[mask]", 0, 2, 5, 1, 1, 1, 3) // not the token: added tokens count case
	f("the cat the cat", 4, 2, 5, 6, 3)
	f("the cat", 2, 2, 3)
	f("the cat", 1, 2)
	f("\xff\xfethe", 0, 2, 5, 3) // not UTF-8

	ids, types := tok.EncodePair("the cat the cat", "cats", 0)
	if want := []int32{2, 5, 6, 5, 6, 3, 6, 7, 3}; !slices.Equal(ids, want) {
		t.Errorf("pair: %v, want %v", ids, want)
	}
	if want := []int32{0, 0, 0, 0, 0, 0, 1, 1, 1}; !slices.Equal(types, want) {
		t.Errorf("types of a pair: %v, want %v", types, want)
	}
	if tok.Size() != 14 || tok.Specials() != 2 || tok.Model != "WordPiece" {
		t.Errorf("size %d, specials %d, model %s", tok.Size(), tok.Specials(), tok.Model)
	}
	if id, ok := tok.ID("cafe"); !ok || id != 13 {
		t.Errorf("cafe is %d, %v", id, ok)
	}
}

func TestWindowsHoldTheWholeText(t *testing.T) {
	tok := parsed(t, wordPieces)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"the", "cats", "dog", "今天", ",", "[MASK]"})).Draw(t, "words"), " ")
		limit := rapid.IntRange(3, 9).Draw(t, "limit")
		whole := tok.Encode(text, 0)
		var joined []int32
		for _, w := range tok.Windows(text, limit) {
			if len(w) > limit || w[0] != 2 || w[len(w)-1] != 3 {
				t.Fatalf("window %v", w)
			}
			joined = append(joined, w[1:len(w)-1]...)
		}
		if !slices.Equal(joined, whole[1:len(whole)-1]) {
			t.Fatalf("windows %v of %v", joined, whole)
		}
		if cut := tok.Encode(text, limit); !slices.Equal(cut, tok.Windows(text, limit)[0]) {
			t.Fatalf("cut off %v, first window %v", cut, tok.Windows(text, limit)[0])
		}
	})
}

func TestWhereWordsEnd(t *testing.T) {
	f := func(preTokenizer, text, want string) {
		t.Helper()
		tok := parsed(t, `{"pre_tokenizer": `+preTokenizer+`, "model": `+bytesModel()+`}`)
		for range 2 { // the second time from the cache
			if got := show(tok.Encode(text, 0)); got != want {
				t.Errorf("%s of %q: %q, want %q", preTokenizer, text, got, want)
			}
		}
	}
	split := func(pattern, behavior string, invert bool) string {
		return fmt.Sprintf(`{"type": "Split", "pattern": {"Regex": %q}, "behavior": %q, "invert": %v}`, pattern, behavior, invert)
	}
	f("null", "a b", "a b|")
	f(`{"type": "WhitespaceSplit"}`, " a  b\u00a0c ", "a|b|c|")
	f(`{"type": "Whitespace"}`, "it's a_b!? 3", "it|'|s|a_b|!?|3|")
	f(`{"type": "BertPreTokenizer"}`, "it's a_b", "it|'|s|a|_|b|")
	f(`{"type": "Digits", "individual_digits": false}`, "a12b3", "a|12|b|3|")
	f(`{"type": "Digits", "individual_digits": true}`, "a12", "a|1|2|")
	f(`{"type": "Metaspace", "replacement": "_"}`, "a  b", "_a|_|_b|")
	f(`{"type": "Metaspace", "replacement": "_", "prepend_scheme": "never"}`, "a b", "a|_b|")
	f(`{"type": "Metaspace", "replacement": "_", "split": false}`, "a b", "_a_b|")
	f(split(`\s+`, "Isolated", false), "a  b", "a|  |b|")
	f(split(`\s+`, "Removed", false), "a  b", "a|b|")
	f(split(`\s+`, "MergedWithPrevious", false), "a  b", "a  |b|")
	f(split(`\s+`, "MergedWithNext", false), "a  b", "a|  b|")
	f(split(`[ab]`, "Contiguous", false), "abcab", "ab|c|ab|")
	f(split(`[^ab\s]{2,}`, "Removed", true), "abcdea f ghi", "cde|ghi|")
	f(`{"type": "Sequence", "pretokenizers": [`+split(`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, "Isolated", false)+`]}`,
		"I'll  go 12!\n ", "I|'ll| | go| 12|!|\n |")
	f(`{"type": "ByteLevel", "add_prefix_space": true}`, "é b", "\u0120\u00c3\u00a9|\u0120b|")
}

func TestNormalizers(t *testing.T) {
	f := func(config, text, want string) {
		t.Helper()
		n, err := parseNormalizer(json.RawMessage(config), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := n.normalize(text); got != want {
			t.Errorf("%s of %q: %q, want %q", config, text, got, want)
		}
	}
	f(`{"type": "Lowercase"}`, "ÀİΣ", "ài\u0307σ")
	f(`{"type": "Strip", "strip_left": true, "strip_right": false}`, " a ", "a ")
	f(`{"type": "Prepend", "prepend": "_"}`, "a", "_a")
	f(`{"type": "Prepend", "prepend": "_"}`, "", "")
	f(`{"type": "Replace", "pattern": {"String": "a."}, "content": "b"}`, "a.aa.", "bab")
	f(`{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "_"}`, "a b   c", "a b_c")
	// SigLIP's punctuation.
	f(`{"type": "Replace", "pattern": {"Regex": "[!\"\\#\\$%\\&'\\(\\)\\*\\+,\\-\\.:;=\\?@\\[\\\\\\]\\^_`+"`"+`\\{\\|\\}\\~]"}, "content": ""}`, "a-b! [c]\\d_e ~f", "ab cde f")
	f(`{"type": "Nmt"}`, "a\u0001\u200bb", "a b")
	f(`{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}`, "é", "e")
	f(`{"type": "ByteLevel"}`, " é", "\u0120\u00c3\u00a9")
	f(`{"type": "BertNormalizer", "lowercase": false}`, "a\u0000\u00adÉ\t今", "aÉ  今 ")
}

func TestRefusals(t *testing.T) {
	f := func(config, want string) {
		t.Helper()
		if _, err := Parse([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", cut(config), err, want)
		}
	}
	model := `"model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "b": 1}}`
	with := func(part string) string { return "{" + part + ", " + model + "}" }
	f(`{"ver`, "unexpected end")
	f(`{}`, "no model")
	f(`{"model": {"type": "Frob", "vocab": {}}}`, `"Frob" is not supported`)
	f(`{"model": {"type": "WordLevel", "unk_token": "c", "vocab": {"a": 0}}}`, `"c" is not in the vocabulary`)
	f(`{"model": {"type": "WordPiece", "unk_token": "a", "vocab": {"a": 0, "b": 0}}}`, "the same id 0")
	f(`{"model": {"type": "WordPiece", "unk_token": "a", "vocab": {"a": -1}}}`, "the id -1")
	f(`{"model": {"type": "WordPiece", "unk_token": "a", "vocab": {"a": 99999999999}}}`, "the id 99999999999")
	f(`{"model": {"type": "WordPiece", "unk_token": "a", "max_input_chars_per_word": 0, "vocab": {"a": 1}}}`, "max_input_chars_per_word is 0")
	f(`{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}}`, "merge 1 of")
	f(`{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b c"]}}`, "not two symbols")
	f(`{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}}`, "dropout")
	f(`{"model": {"type": "Unigram", "vocab": [["a", 0.5]]}}`, "no unknown token")
	f(`{"model": {"type": "Unigram", "unk_id": 3, "vocab": [["a", 0.5]]}}`, "the id 3")
	f(`{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a"]]}}`, "piece 0 of the vocabulary")
	f(`{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 1], ["b", 1, 2]]}}`, "piece 1 of the vocabulary")
	f(`{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", "b"]]}}`, "piece 0 of the vocabulary")
	f(`{"model": {"type": "Unigram", "unk_id": 0, "vocab": []}}`, "empty")
	f(`{"model": {"type": "Unigram", "unk_id": 0, "vocab": {}}}`, "not a list")
	f(with(`"normalizer": {"type": "Frob"}`), `the normalizer "Frob"`)
	f(with(`"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////w=="}`), "charsmap")
	f(with(`"normalizer": {"type": "Replace", "pattern": {"String": ""}, "content": "x"}`), "empty")
	f(with(`"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a+)+$(?<=b)\\1"}, "behavior": "Isolated"}`), `"(a+)+$(?<=b)\\1" is not one`)
	f(with(`"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a*"}, "behavior": "Isolated"}`), "is not one")
	f(with(`"pre_tokenizer": {"type": "Frob"}`), `the pre-tokenizer "Frob"`)
	f(with(`"post_processor": {"type": "Frob"}`), `the post-processor "Frob"`)
	f(with(`"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}]}`), `"x" that it does not define`)
	f(with(`"added_tokens": [{"id": 5, "content": "a"}]`), "the ids 0 and 5")
	f(with(`"added_tokens": [{"id": 1, "content": "c"}]`), "the same id 1")
	f(with(`"normalizer": `+strings.Repeat(`{"type": "Sequence", "normalizers": [`, 20)+strings.Repeat("]}", 20)), "nested too deep")
	f(with(`"normalizer": `+strings.Repeat("[", 12000)), "depth")
}

func TestPieces(t *testing.T) {
	tok := parsed(t, `{"model": {"type": "Unigram", "unk_id": 0, "vocab": [ ["<u>" , 0], ["a\"b\u00e9",-1.5e0],["a", -9] ,["b", -2],["b",-1]] }}`)
	if got := tok.Encode("aba\"béxyb", 0); !slices.Equal(got, []int32{2, 4, 1, 0, 4}) {
		t.Errorf("%v", got)
	}
}

func TestOpen(t *testing.T) {
	if _, err := Open(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Open(fstest.MapFS{"spiece.model": {}}); err == nil || !strings.Contains(err.Error(), "save_pretrained") {
		t.Errorf("sentencepiece alone: %v", err)
	}
	tok, err := Open(fstest.MapFS{
		"vocab.txt":             {Data: []byte("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nThe\n##s\n")},
		"tokenizer_config.json": {Data: []byte(`{"tokenizer_class": "BertTokenizer", "do_lower_case": false, "model_max_length": 8, "truncation_side": "left"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Encode("The Thes the", 6); !slices.Equal(got, []int32{2, 5, 5, 6, 1, 3}) {
		t.Errorf("from vocab.txt: %v", got)
	}
	if got := tok.Encode("The Thes the", 4); !slices.Equal(got, []int32{2, 6, 1, 3}) {
		t.Errorf("cut off at the left: %v", got)
	}
	if tok.Limit != 8 {
		t.Errorf("limit %d", tok.Limit)
	}
	_, err = Open(fstest.MapFS{"vocab.txt": {Data: []byte("[UNK]\n")}, "tokenizer_config.json": {Data: []byte(`{"tokenizer_class": "FrobTokenizer"}`)}})
	if err == nil || !strings.Contains(err.Error(), "FrobTokenizer") {
		t.Errorf("an unknown class: %v", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := parsed(t, wordPieces)
	want := tok.Encode("the cats, café", 0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if got := tok.Encode("the cats, café", 0); !slices.Equal(got, want) {
					t.Errorf("%v, want %v", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}
