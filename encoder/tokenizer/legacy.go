package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// config is what tokenizer_config.json states.
type config struct {
	Class          string                `json:"tokenizer_class"`
	Lowercase      *bool                 `json:"do_lower_case"`
	Strip          *bool                 `json:"strip_accents"`
	Chinese        *bool                 `json:"tokenize_chinese_chars"`
	PrefixSpace    bool                  `json:"add_prefix_space"`
	MaxLength      float64               `json:"model_max_length"`
	TruncationSide string                `json:"truncation_side"`
	Bos            *configToken          `json:"bos_token"`
	Eos            *configToken          `json:"eos_token"`
	Cls            *configToken          `json:"cls_token"`
	Sep            *configToken          `json:"sep_token"`
	Unknown        *configToken          `json:"unk_token"`
	Pad            *configToken          `json:"pad_token"`
	Mask           *configToken          `json:"mask_token"`
	Added          map[string]addedToken `json:"added_tokens_decoder"`
}

// configToken is "token" or {"content": "token", …}.
type configToken string

// UnmarshalJSON reads either form.
func (t *configToken) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var c struct{ Content string }
		err := json.Unmarshal(b, &c)
		*t = configToken(c.Content)
		return err
	}
	return json.Unmarshal(b, (*string)(t))
}

// wordPiece makes the tokenizer of a vocab.txt: BERT's, or MPNet's, which has other special tokens.
func (c *config) wordPiece(data []byte) (*Tokenizer, error) {
	lines, err := readLines(data)
	if err != nil {
		return nil, err
	}
	last := make(map[string]int, len(lines)) // of a token that is listed twice the last counts
	for i, line := range lines {
		last[line] = i
	}
	v := newVocabulary(len(lines))
	for i, line := range lines {
		if last[line] != i {
			continue
		}
		if err := v.add(line, int64(i)); err != nil {
			return nil, err
		}
	}
	mpnet := strings.HasPrefix(c.Class, "MPNet")
	cls, sep, pad, mask, other := "[CLS]", "[SEP]", "[PAD]", "[MASK]", ""
	if mpnet { // whose vocabulary has two unknown tokens
		cls, sep, pad, mask, other = "<s>", "</s>", "<pad>", "<mask>", "<unk>"
	} else if class := strings.TrimSuffix(c.Class, "Fast"); class != "" && !bertClasses[class] {
		return nil, fmt.Errorf("the tokenizer class %q is not known with a vocab.txt", cut(c.Class))
	}
	cls, sep = string(or(c.Cls, configToken(cls))), string(or(c.Sep, configToken(sep)))
	unknown := string(or(c.Unknown, "[UNK]"))
	t := &Tokenizer{}
	if err := t.setWordPiece(v, "##", unknown, 100); err != nil {
		return nil, err
	}
	lowercase := or(c.Lowercase, true)
	t.normalizer = bertNormalizer{true, or(c.Chinese, true), or(c.Strip, lowercase), lowercase}
	t.preTokenizer = bertWords{}
	if err := t.addSpecials(c, string(or(c.Mask, configToken(mask))), cls, sep, unknown, string(or(c.Pad, configToken(pad))), other); err != nil {
		return nil, err
	}
	return t, t.wrap(cls, sep, mpnet)
}

// bertClasses are the tokenizers that read a vocab.txt as BERT's does.
var bertClasses = map[string]bool{
	"BertTokenizer": true, "DistilBertTokenizer": true, "ElectraTokenizer": true, "MobileBertTokenizer": true, "PreTrainedTokenizer": true,
	"SqueezeBertTokenizer": true, "LayoutLMTokenizer": true, "ConvBertTokenizer": true, "RetriBertTokenizer": true, "RealmTokenizer": true, "DPRQuestionEncoderTokenizer": true,
	"DPRContextEncoderTokenizer": true, "DPRReaderTokenizer": true, "LxmertTokenizer": true,
}

// addSpecials adds the special tokens that the vocabulary has, and those of tokenizer_config.json.
func (t *Tokenizer) addSpecials(c *config, mask string, others ...string) error {
	var tokens []addedToken
	seen := map[string]bool{}
	for id, token := range c.Added {
		var err error
		if token.ID, err = strconv.ParseInt(id, 10, 32); err != nil {
			return fmt.Errorf("added_tokens_decoder has the id %q", cut(id))
		}
		tokens, seen[token.Content] = append(tokens, token), true
	}
	for _, name := range append(others, mask) {
		if id, ok := t.vocabulary.byToken[name]; ok && !seen[name] {
			strip := name == mask && mask == "<mask>"
			tokens, seen[name] = append(tokens, addedToken{ID: int64(id), Content: name, Special: true, LeftStrip: strip}), true
		}
	}
	slices.SortStableFunc(tokens, func(a, b addedToken) int { return cmp.Compare(a.ID, b.ID) })
	return t.add(tokens)
}

// wrap puts special tokens around texts, as BERT or, with two between texts, as RoBERTa does.
func (t *Tokenizer) wrap(cls, sep string, roberta bool) error {
	begin, okB := t.vocabulary.byToken[cls]
	end, okE := t.vocabulary.byToken[sep]
	if !okB || !okE {
		return fmt.Errorf("the special token %q or %q is not in the vocabulary", cut(cls), cut(sep))
	}
	item := func(kind int32, ids ...int32) templateItem { return templateItem{text: -1, ids: ids, kind: kind} }
	t.single = template{item(0, begin), {text: 0}, item(0, end)}
	if roberta {
		t.pair = template{item(0, begin), {text: 0}, item(0, end, end), {text: 1}, item(0, end)}
	} else {
		t.pair = template{item(0, begin), {text: 0}, item(0, end), {text: 1, kind: 1}, item(1, end)}
	}
	return nil
}

// bytePairs makes the tokenizer of vocab.json and merges.txt: CLIP's, RoBERTa's or GPT-2's.
func (c *config) bytePairs(vocab, mergesFile []byte) (*Tokenizer, error) {
	v, err := readVocabulary(vocab)
	if err != nil {
		return nil, err
	}
	lines, err := readLines(mergesFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read merges.txt: %w", err)
	}
	// The first line of OpenAI's files.
	if len(lines) > 0 && strings.HasPrefix(lines[0], "#version") {
		lines = lines[1:]
	}
	merges, err := splitMerges(lines)
	if err != nil {
		return nil, fmt.Errorf("cannot read merges.txt: %w", err)
	}
	// Without a class the special tokens show whose vocabulary it is.
	class := strings.TrimSuffix(c.Class, "Fast")
	if class == "" {
		switch {
		case v.has("<|startoftext|>"):
			class = "CLIPTokenizer"
		case v.has("<s>"):
			class = "RobertaTokenizer"
		case v.has("<|endoftext|>"):
			class = "GPT2Tokenizer"
		}
	}
	t := &Tokenizer{preTokenizer: byteLevel{prefixSpace: c.PrefixSpace, words: true}}
	m := &bpe{ids: v.byToken, unknown: -1}
	cls, sep, pad, mask, unknown := "<s>", "</s>", "<pad>", "<mask>", "<unk>"
	switch class {
	// As the reference's: words by CLIP's pattern, then bytes; an unknown one is the end token.
	case "CLIPTokenizer":
		whitespace := run{member: isSpace, least: 1, most: all}
		t.normalizer = normalizers{unicodeForm(norm.NFC), replace{whitespace, " "}, lowercase{}}
		t.preTokenizer = preTokenizers{cutter{pattern: scan(clipWord), behavior: removed, invert: true}, byteLevel{words: true}}
		m.suffix = "</w>"
		cls, sep, pad, mask, unknown = "<|startoftext|>", "<|endoftext|>", "<|endoftext|>", "", "<|endoftext|>"
		if m.unknown, err = v.unknown(string(or(c.Unknown, configToken(unknown)))); err != nil {
			return nil, err
		}
		cls, sep = string(or(c.Bos, configToken(cls))), string(or(c.Eos, configToken(sep)))
	case "RobertaTokenizer", "BartTokenizer", "LongformerTokenizer":
		cls, sep = string(or(c.Cls, configToken(cls))), string(or(c.Sep, configToken(sep)))
		pad, mask = string(or(c.Pad, configToken(pad))), string(or(c.Mask, configToken(mask)))
	case "GPT2Tokenizer":
		cls, sep, pad, mask, unknown = string(or(c.Bos, "<|endoftext|>")), string(or(c.Eos, "<|endoftext|>")), "", "", ""
	default:
		return nil, fmt.Errorf("the tokenizer class %q is not known with a vocab.json and merges.txt", cut(c.Class))
	}
	if err := t.setBPE(v, m, merges); err != nil {
		return nil, err
	}
	if err := t.addSpecials(c, mask, cls, sep, unknown, pad); err != nil {
		return nil, err
	}
	t.leaveBytes()
	// GPT-2 adds no special tokens.
	if class == "GPT2Tokenizer" {
		t.single, t.pair = bare()
		return t, nil
	}
	return t, t.wrap(cls, sep, true)
}

func (v *vocabulary) has(token string) bool {
	_, ok := v.byToken[token]
	return ok
}
