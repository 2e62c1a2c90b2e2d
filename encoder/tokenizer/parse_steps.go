package tokenizer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// patternConfig is {"String": "…"} or {"Regex": "…"}.
type patternConfig struct {
	String *string
	Regex  *string
}

func (c patternConfig) parse() (pattern, error) {
	switch {
	case c.String != nil && c.Regex == nil:
		if *c.String == "" {
			return nil, errors.New("a pattern is empty")
		}
		return literal(*c.String), nil
	case c.Regex != nil && c.String == nil:
		return parsePattern(*c.Regex)
	}
	return nil, errors.New("a pattern is neither a String nor a Regex")
}

// checkSequence bounds the sequences of normalizers, pre-tokenizers and post-processors.
func checkSequence(what string, steps []json.RawMessage, depth int) error {
	if depth >= maxDepth || len(steps) > maxSteps {
		return fmt.Errorf("the %s is nested too deep or has too many steps", what)
	}
	return nil
}

func parseNormalizer(raw json.RawMessage, depth int) (normalizer, error) {
	if isNull(raw) {
		return nil, nil
	}
	var c struct {
		Type      string            `json:"type"`
		Steps     []json.RawMessage `json:"normalizers"`
		Clean     *bool             `json:"clean_text"`
		Chinese   *bool             `json:"handle_chinese_chars"`
		Strip     *bool             `json:"strip_accents"`
		Lowercase *bool             `json:"lowercase"`
		Left      *bool             `json:"strip_left"`
		Right     *bool             `json:"strip_right"`
		Prepend   *string           `json:"prepend"`
		Pattern   patternConfig     `json:"pattern"`
		Content   string            `json:"content"`
		Charsmap  string            `json:"precompiled_charsmap"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("cannot read the normalizer: %w", err)
	}
	switch c.Type {
	case "Sequence":
		if err := checkSequence("normalizer", c.Steps, depth); err != nil {
			return nil, err
		}
		var l normalizers
		for _, step := range c.Steps {
			n, err := parseNormalizer(step, depth+1)
			if err != nil {
				return nil, err
			}
			if n != nil {
				l = append(l, n)
			}
		}
		return l, nil
	case "BertNormalizer":
		lowercase := or(c.Lowercase, true)
		// Accents are stripped with lowercase unless it is stated otherwise, as BERT's code had it.
		return bertNormalizer{or(c.Clean, true), or(c.Chinese, true), or(c.Strip, lowercase), lowercase}, nil
	case "NFC":
		return unicodeForm(norm.NFC), nil
	case "NFD":
		return unicodeForm(norm.NFD), nil
	case "NFKC":
		return unicodeForm(norm.NFKC), nil
	case "NFKD":
		return unicodeForm(norm.NFKD), nil
	case "Lowercase":
		return lowercase{}, nil
	case "StripAccents":
		return dropper(stripAccents), nil
	case "Nmt":
		return dropper(nmt), nil
	case "Strip":
		return strip{or(c.Left, true), or(c.Right, true)}, nil
	case "Prepend":
		return prepend(or(c.Prepend, "")), nil
	case "ByteLevel":
		return byteChars{}, nil
	case "Replace":
		p, err := c.Pattern.parse()
		if err != nil {
			return nil, fmt.Errorf("cannot use the normalizer Replace: %w", err)
		}
		return replace{p, c.Content}, nil
	case "Precompiled":
		// SentencePiece's identity normalization.
		if c.Charsmap == "" {
			return nil, nil
		}
		b, err := base64.StdEncoding.DecodeString(c.Charsmap)
		if err != nil {
			return nil, fmt.Errorf("cannot read the charsmap: %w", err)
		}
		return newPrecompiled(b)
	}
	return nil, fmt.Errorf("the normalizer %q is not supported", cut(c.Type))
}

func parsePreTokenizer(raw json.RawMessage, depth int) (preTokenizer, error) {
	if isNull(raw) {
		return nil, nil
	}
	var c struct {
		Type        string            `json:"type"`
		Steps       []json.RawMessage `json:"pretokenizers"`
		PrefixSpace *bool             `json:"add_prefix_space"`
		UseRegex    *bool             `json:"use_regex"`
		Replacement *string           `json:"replacement"`
		Scheme      *string           `json:"prepend_scheme"`
		Split       *bool             `json:"split"`
		Delimiter   string            `json:"delimiter"`
		Behavior    string            `json:"behavior"`
		Individual  bool              `json:"individual_digits"`
		Pattern     patternConfig     `json:"pattern"`
		Invert      bool              `json:"invert"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("cannot read the pre-tokenizer: %w", err)
	}
	switch c.Type {
	case "Sequence":
		if err := checkSequence("pre-tokenizer", c.Steps, depth); err != nil {
			return nil, err
		}
		var l preTokenizers
		for _, step := range c.Steps {
			p, err := parsePreTokenizer(step, depth+1)
			if err != nil {
				return nil, err
			}
			if p != nil {
				l = append(l, p)
			}
		}
		if len(l) == 0 {
			return nil, nil
		}
		return l, nil
	case "BertPreTokenizer":
		return bertWords{}, nil
	// Despite its name it keeps the matches of \w+ and of [^\w\s]+.
	case "Whitespace":
		return cutter{pattern: scan(wordOrSymbols), behavior: removed, invert: true}, nil
	case "WhitespaceSplit":
		return cutter{pattern: hasClass(space), behavior: removed}, nil
	case "ByteLevel":
		return byteLevel{prefixSpace: or(c.PrefixSpace, true), words: or(c.UseRegex, true)}, nil
	case "Metaspace":
		return newMetaspace(or(c.Replacement, "▁"), c.Scheme, c.PrefixSpace, or(c.Split, true))
	case "Punctuation":
		// The default of Punctuation; Split has none.
		b, err := parseBehavior(c.Behavior, isolated)
		return cutter{pattern: hasClass(punctuation), behavior: b}, err
	case "Digits":
		if c.Individual {
			return cutter{pattern: hasClass(numeric), behavior: isolated}, nil
		}
		return cutter{pattern: hasClass(numeric), behavior: contiguous}, nil
	case "CharDelimiterSplit":
		if utf8.RuneCountInString(c.Delimiter) != 1 {
			return nil, fmt.Errorf("the delimiter %q of CharDelimiterSplit is not one character", cut(c.Delimiter))
		}
		return cutter{pattern: literal(c.Delimiter), behavior: removed}, nil
	case "Split":
		p, err := c.Pattern.parse()
		if err != nil {
			return nil, fmt.Errorf("cannot use the pre-tokenizer Split: %w", err)
		}
		b, err := parseBehavior(c.Behavior, -1)
		return cutter{pattern: p, behavior: b, invert: c.Invert}, err
	}
	return nil, fmt.Errorf("the pre-tokenizer %q is not supported", cut(c.Type))
}

func parseBehavior(name string, otherwise behavior) (behavior, error) {
	if name == "" && otherwise >= 0 {
		return otherwise, nil
	}
	b, ok := behaviors[name]
	if !ok {
		return 0, fmt.Errorf("the behavior %q of a pre-tokenizer is not known", cut(name))
	}
	return b, nil
}

// newMetaspace reads both spellings: prepend_scheme, and the older add_prefix_space.
func newMetaspace(mark string, scheme *string, prefixSpace *bool, split bool) (preTokenizer, error) {
	if utf8.RuneCountInString(mark) != 1 {
		return nil, fmt.Errorf("the replacement %q of Metaspace is not one character", cut(mark))
	}
	m := metaspace{mark: mark, prefix: prefixAlways, cut: split}
	if scheme != nil {
		p, ok := prefixSchemes[*scheme]
		if !ok {
			return nil, fmt.Errorf("the prepend_scheme %q of Metaspace is not known", cut(*scheme))
		}
		if !or(prefixSpace, true) && p != prefixNever {
			return nil, fmt.Errorf("add_prefix_space of Metaspace contradicts its prepend_scheme %q", *scheme)
		}
		m.prefix = p
	} else if !or(prefixSpace, true) {
		m.prefix = prefixNever
	}
	return m, nil
}

// tokenID is ["token", id].
type tokenID int64

// UnmarshalJSON reads the id of a pair.
func (t *tokenID) UnmarshalJSON(b []byte) error {
	var name string
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	if len(raw) != 2 {
		return errors.New("a special token is not a pair of text and id")
	}
	if err := json.Unmarshal(raw[0], &name); err != nil {
		return err
	}
	return json.Unmarshal(raw[1], (*int64)(t))
}

// bare is what texts become without a post-processor.
func bare() (single, pair template) {
	return template{{text: 0}}, template{{text: 0}, {text: 1, kind: 1}}
}

func parsePostProcessor(raw json.RawMessage, depth int) (single, pair template, err error) {
	single, pair = bare()
	if isNull(raw) {
		return single, pair, nil
	}
	var c struct {
		Type     string            `json:"type"`
		Steps    []json.RawMessage `json:"processors"`
		Sep      *tokenID          `json:"sep"`
		Cls      *tokenID          `json:"cls"`
		Single   []templateStep    `json:"single"`
		Pair     []templateStep    `json:"pair"`
		Specials map[string]struct {
			IDs []int64 `json:"ids"`
		} `json:"special_tokens"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, nil, fmt.Errorf("cannot read the post-processor: %w", err)
	}
	switch c.Type {
	// It trims offsets, and ids have none.
	case "ByteLevel":
		return single, pair, nil
	case "BertProcessing", "RobertaProcessing":
		if c.Sep == nil || c.Cls == nil {
			return nil, nil, fmt.Errorf("the post-processor %s lacks sep or cls", c.Type)
		}
		cls, err := special(0, int64(*c.Cls))
		if err != nil {
			return nil, nil, err
		}
		sep, err := special(0, int64(*c.Sep))
		if err != nil {
			return nil, nil, err
		}
		single = template{cls, {text: 0}, sep}
		// Two separators between texts, and one kind for both.
		if c.Type == "RobertaProcessing" {
			return single, template{cls, {text: 0}, sep, sep, {text: 1}, sep}, nil
		}
		end := sep
		end.kind = 1
		return single, template{cls, {text: 0}, sep, {text: 1, kind: 1}, end}, nil
	case "TemplateProcessing":
		specials := map[string][]int64{}
		for name, s := range c.Specials {
			specials[name] = s.IDs
		}
		if single, err = newTemplate(c.Single, specials, false); err != nil {
			return nil, nil, err
		}
		if len(c.Pair) > 0 { // without one, pairs have no special tokens
			pair, err = newTemplate(c.Pair, specials, true)
		}
		return single, pair, err
	case "Sequence":
		if err := checkSequence("post-processor", c.Steps, depth); err != nil {
			return nil, nil, err
		}
		adding := 0
		// The last one that adds would have to wrap what the others made.
		for _, step := range c.Steps {
			s, p, err := parsePostProcessor(step, depth+1)
			if err != nil {
				return nil, nil, err
			}
			if s.specials() > 0 || p.specials() > 0 {
				if adding++; adding > 1 {
					return nil, nil, errors.New("several post-processors in a row add special tokens, which is not supported")
				}
				single, pair = s, p
			}
		}
		return single, pair, nil
	}
	return nil, nil, fmt.Errorf("the post-processor %q is not supported", cut(c.Type))
}

// templateStep is {"Sequence": {"id": "A", "type_id": 0}} or {"SpecialToken": {…}}.
type templateStep struct {
	Sequence     *templateRef
	SpecialToken *templateRef
}

type templateRef struct {
	ID   string `json:"id"`
	Type int64  `json:"type_id"`
}

func newTemplate(steps []templateStep, specials map[string][]int64, pair bool) (template, error) {
	var t template
	texts := [2]int{}
	total := 0
	for _, s := range steps {
		switch {
		case s.Sequence != nil && s.SpecialToken == nil:
			item := templateItem{kind: int32(s.Sequence.Type)}
			switch s.Sequence.ID {
			case "A":
			case "B":
				item.text = 1
			default:
				return nil, fmt.Errorf("the template names a text %q", cut(s.Sequence.ID))
			}
			texts[item.text]++
			t = append(t, item)
		case s.SpecialToken != nil && s.Sequence == nil:
			ids, ok := specials[s.SpecialToken.ID]
			if !ok {
				return nil, fmt.Errorf("the template names a special token %q that it does not define", cut(s.SpecialToken.ID))
			}
			item, err := special(s.SpecialToken.Type, ids...)
			if err != nil {
				return nil, err
			}
			if total += len(ids); total > maxSteps {
				return nil, errors.New("the template has too many special tokens")
			}
			t = append(t, item)
		default:
			return nil, errors.New("a step of the template is neither a Sequence nor a SpecialToken")
		}
	}
	if texts[0] != 1 || pair && texts[1] != 1 || !pair && texts[1] != 0 {
		return nil, errors.New("the template does not have each text once")
	}
	return t, nil
}

// special returns the step that adds special tokens.
func special(kind int64, ids ...int64) (templateItem, error) {
	item := templateItem{text: -1, kind: int32(kind)}
	for _, id := range ids {
		if id < 0 || id > maxID {
			return item, fmt.Errorf("a special token has the id %d", id)
		}
		item.ids = append(item.ids, int32(id))
	}
	return item, nil
}
