package tokenizer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A pattern finds what a pre-tokenizer cuts at or a normalizer replaces.
type pattern interface {
	// find returns the first match in s[from:], which is not empty, as places in s; start is
	// negative where there is none.
	find(s string, from int) (start, end int)
}

// literal matches a text.
type literal string

func (p literal) find(s string, from int) (start, end int) {
	i := strings.Index(s[from:], string(p))
	if i < 0 {
		return -1, -1
	}
	return from + i, from + i + len(p)
}

// oneOf matches a character that has a property.
type oneOf func(r rune) bool

func (f oneOf) find(s string, from int) (start, end int) {
	for i, r := range s[from:] {
		if f(r) {
			return from + i, from + i + utf8.RuneLen(r)
		}
	}
	return -1, -1
}

// hasClass returns a pattern of the characters of a class.
func hasClass(c class) oneOf { return func(r rune) bool { return classOf(r)&c != 0 } }

// run matches from least to most characters of a set in a row, as many as there are.
type run struct {
	member      func(r rune) bool
	least, most int
}

func (p run) find(s string, from int) (start, end int) {
	start, n := from, 0
	for i, r := range s[from:] {
		if n == p.most {
			return start, from + i
		}
		if p.member(r) {
			if n == 0 {
				start = from + i
			}
			n++
			continue
		}
		if n >= p.least {
			return start, from + i
		}
		n = 0
	}
	if n >= p.least {
		return start, len(s)
	}
	return -1, -1
}

// scan matches what a function finds at a place: the end of the match, or the place itself.
type scan func(s string, at int) (end int)

func (f scan) find(s string, from int) (start, end int) {
	for at := from; at < len(s); {
		if end := f(s, at); end > at {
			return at, end
		}
		_, n := utf8.DecodeRuneInString(s[at:])
		at += n
	}
	return -1, -1
}

// expressions holds the regular expressions that tokenizers in use have, each with a matcher
// of its own, which takes linear time. What is a run of one set of characters is not listed:
// parseRun reads it.
var expressions = map[string]pattern{
	`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:                                          scan(gpt2Word),
	`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:                                             scan(gpt2Word),
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: scan(func(s string, at int) int { return gpt4Word(s, at, 3) }),
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`:      scan(func(s string, at int) int { return gpt4Word(s, at, 1) }),
	`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`:                         scan(clipWord),
	`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`:                                                           scan(clipPlainWord),
	`\w+|[^\w\s]+`: scan(wordOrSymbols),
}

// parsePattern returns the matcher of a regular expression.
func parsePattern(expression string) (pattern, error) {
	if p, ok := expressions[expression]; ok {
		return p, nil
	}
	if p, ok := parseRun(expression); ok {
		return p, nil
	}
	return nil, fmt.Errorf("the regular expression %q is not one of those that are supported", cut(expression))
}

// cut shortens s for a message.
func cut(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

func isLetter(r rune) bool { return classOf(r)&letter != 0 }
func isNumber(r rune) bool { return classOf(r)&number != 0 }
func isSpace(r rune) bool  { return classOf(r)&space != 0 }
func isOther(r rune) bool  { return classOf(r)&(letter|number|space) == 0 }
func isWord(r rune) bool   { return classOf(r)&word != 0 }

// while returns the end of the characters of s[at:] that have the property, at most n of them.
func while(s string, at int, f func(r rune) bool, n int) int {
	for ; at < len(s) && n > 0; n-- {
		r, size := utf8.DecodeRuneInString(s[at:])
		if !f(r) {
			break
		}
		at += size
	}
	return at
}

// all is more characters than a text has.
const all = 1 << 30

// contraction returns the end of 's, 't, 're, 've, 'm, 'll or 'd at the place, or the place.
func contraction(s string, at int, fold bool) int {
	if s[at] != '\'' || at+1 == len(s) {
		return at
	}
	next := func(i int) byte {
		if i >= len(s) {
			return 0
		}
		c := s[i]
		if fold && 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}
	switch a, b := next(at+1), next(at+2); {
	case a == 's', a == 't', a == 'm', a == 'd':
		return at + 2
	case a == 'r' && b == 'e', a == 'v' && b == 'e', a == 'l' && b == 'l':
		return at + 3
	}
	if fold && strings.HasPrefix(s[at+1:], "ſ") { // folds to s
		return at + 1 + len("ſ")
	}
	return at
}

// gpt2Word matches 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+.
func gpt2Word(s string, at int) int {
	if end := contraction(s, at, false); end > at {
		return end
	}
	from := at
	if s[at] == ' ' && at+1 < len(s) {
		from++
	}
	r, _ := utf8.DecodeRuneInString(s[from:])
	switch c := classOf(r); {
	case c&letter != 0:
		return while(s, from, isLetter, all)
	case c&number != 0:
		return while(s, from, isNumber, all)
	case c&space == 0:
		return while(s, from, isOther, all)
	}
	return blanks(s, at)
}

// blanks matches \s+(?!\S)|\s+: white space, and the last of it only at the end or alone.
func blanks(s string, at int) int {
	end := while(s, at, isSpace, all)
	if end == len(s) || end == at {
		return end
	}
	_, size := utf8.DecodeLastRuneInString(s[:end])
	if end-size > at {
		return end - size
	}
	return end
}

// gpt4Word matches (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|
// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+.
func gpt4Word(s string, at, digits int) int {
	if end := contraction(s, at, true); end > at {
		return end
	}
	r, size := utf8.DecodeRuneInString(s[at:])
	c := classOf(r)
	if c&letter != 0 {
		return while(s, at, isLetter, all)
	}
	if c&number != 0 {
		return while(s, at, isNumber, digits)
	}
	if r != '\r' && r != '\n' {
		if end := while(s, at+size, isLetter, all); end > at+size {
			return end
		}
	}
	from := at
	if r == ' ' {
		from++
	}
	if end := while(s, from, isOther, all); end > from {
		return while(s, end, func(r rune) bool { return r == '\r' || r == '\n' }, all)
	}
	end := while(s, at, isSpace, all)
	if i := strings.LastIndexAny(s[at:end], "\r\n"); i >= 0 {
		return at + i + 1
	}
	return blanks(s, at)
}

// clipPlainWord matches 's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+.
func clipPlainWord(s string, at int) int {
	if end := contraction(s, at, false); end > at {
		return end
	}
	r, size := utf8.DecodeRuneInString(s[at:])
	switch c := classOf(r); {
	case c&letter != 0:
		return while(s, at, isLetter, all)
	case c&number != 0:
		return at + size
	}
	return while(s, at, isOther, all)
}

// clipWord is clipPlainWord but for CLIP's two special tokens.
func clipWord(s string, at int) int {
	for _, token := range []string{"<|startoftext|>", "<|endoftext|>"} {
		if strings.HasPrefix(s[at:], token) {
			return at + len(token)
		}
	}
	return clipPlainWord(s, at)
}

// wordOrSymbols matches \w+|[^\w\s]+.
func wordOrSymbols(s string, at int) int {
	if end := while(s, at, isWord, all); end > at {
		return end
	}
	return while(s, at, func(r rune) bool { return classOf(r)&(word|space) == 0 }, all)
}

// parseRun reads an expression that is one set of characters and at most one quantifier that
// wants a character at least, such as \s+, " {2,}", [0-9] or [^\p{L}]{1,3}.
func parseRun(e string) (pattern, bool) {
	member, rest, ok := parseSet(e)
	if !ok {
		return nil, false
	}
	p := run{member: member, least: 1, most: 1}
	switch {
	case rest == "":
	case rest == "+":
		p.most = all
	case len(rest) > 2 && rest[0] == '{' && rest[len(rest)-1] == '}':
		from, to, several := strings.Cut(rest[1:len(rest)-1], ",")
		least, err := strconv.Atoi(from)
		if err != nil || least < 1 || least > 1000 {
			return nil, false
		}
		p.least, p.most = least, least
		if several {
			p.most = all
			if to != "" {
				if p.most, err = strconv.Atoi(to); err != nil || p.most < least {
					return nil, false
				}
			}
		}
	default:
		return nil, false
	}
	return p, true
}

// parseSet reads the set of characters that e begins with.
func parseSet(e string) (member func(r rune) bool, rest string, ok bool) {
	if e == "" {
		return nil, "", false
	}
	// A set of one: a character, a class or an escape.
	if e[0] != '[' {
		return parseMember(e, `.^$*+?()[]{}|`)
	}
	e = e[1:]
	negative := strings.HasPrefix(e, "^")
	e = strings.TrimPrefix(e, "^")
	var members []func(r rune) bool
	for e != "" && e[0] != ']' {
		// Oniguruma's syntax, of which this is the part that tokenizers use; the rest is refused.
		if strings.HasPrefix(e, "&&") || e[0] == '-' && len(members) > 0 && !strings.HasPrefix(e, "-]") {
			return nil, "", false // an intersection, or a range from what is no character
		}
		from, isRange := literalChar(e)
		f, rest, ok := parseMember(e, "[")
		if !ok {
			return nil, "", false
		}
		if isRange && len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
			to, single := literalChar(rest[1:])
			if !single || to < from {
				return nil, "", false
			}
			_, rest, _ = parseMember(rest[1:], "")
			f = func(r rune) bool { return from <= r && r <= to }
		}
		members = append(members, f)
		e = rest
	}
	if e == "" || len(members) == 0 {
		return nil, "", false
	}
	return func(r rune) bool {
		for _, f := range members {
			if f(r) {
				return !negative
			}
		}
		return negative
	}, e[1:], true
}

// controls are the escapes of control characters.
var controls = map[rune]rune{'n': '\n', 'r': '\r', 't': '\t', 'f': '\f', 'v': '\v'}

// literalChar returns the single character that e begins with, escaped or not.
func literalChar(e string) (rune, bool) {
	r, n := utf8.DecodeRuneInString(e)
	if r != '\\' {
		return r, n > 0
	}
	r, n = utf8.DecodeRuneInString(e[1:])
	if c, ok := controls[r]; ok {
		return c, true
	}
	return r, n > 0 && (r >= utf8.RuneSelf || unicode.IsPunct(r) || unicode.IsSymbol(r) || r == ' ')
}

// parseMember reads a character, an escape or a property; special lists the characters that
// must be escaped there.
func parseMember(e, special string) (member func(r rune) bool, rest string, ok bool) {
	if want, ok := literalChar(e); ok {
		r, n := utf8.DecodeRuneInString(e)
		if r == '\\' {
			_, m := utf8.DecodeRuneInString(e[1:])
			n += m
		} else if strings.ContainsRune(special, r) {
			return nil, "", false
		}
		return func(r rune) bool { return r == want }, e[n:], true
	}
	if len(e) < 2 {
		return nil, "", false
	}
	if e[1] == 'p' || e[1] == 'P' {
		name, rest, closed := strings.Cut(e[2:], "}")
		if !closed || !strings.HasPrefix(name, "{") {
			return nil, "", false
		}
		f, ok := properties[name[1:]]
		if e[1] == 'P' {
			return func(r rune) bool { return !f(r) }, rest, ok
		}
		return f, rest, ok
	}
	if f, ok := escapes[e[1]]; ok {
		return f, e[2:], true
	}
	return nil, "", false
}

var properties = map[string]func(r rune) bool{
	"L": isLetter,
	"N": isNumber,
}

var escapes = map[byte]func(r rune) bool{
	's': isSpace,
	'S': func(r rune) bool { return !isSpace(r) },
	'd': isDigit,
	'D': func(r rune) bool { return !isDigit(r) },
}

func isDigit(r rune) bool { return unicode.IsDigit(r) || numberMore.has(r) }
