package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// A piece is a part of a text; first reports whether it begins the text.
type piece struct {
	text  string
	first bool
}

// A preTokenizer cuts a piece into words and may rewrite them.
type preTokenizer interface {
	// split appends the words of p, none of which is empty.
	split(out []piece, p piece) []piece
}

// part returns the part of p between two places.
func (p piece) part(start, end int) piece {
	return piece{p.text[start:end], p.first && start == 0}
}

// behavior is what becomes of the matches that a text is cut at.
type behavior int

const (
	isolated           behavior = iota // each is a word
	removed                            // left out
	mergedWithPrevious                 // the end of the word before
	mergedWithNext                     // the beginning of the word after
	contiguous                         // matches in a row are one word
)

var behaviors = map[string]behavior{
	"Isolated": isolated, "Removed": removed, "MergedWithPrevious": mergedWithPrevious,
	"MergedWithNext": mergedWithNext, "Contiguous": contiguous,
}

// cutter is the pre-tokenizer Split, and every other that cuts at matches of a pattern.
type cutter struct {
	pattern  pattern
	behavior behavior
	invert   bool // what lies between matches counts as the matches
}

func (c cutter) split(out []piece, p piece) []piece {
	s := p.text
	begin := len(out)
	matched := false // whether the last part before was a match
	add := func(start, end int, match bool) {
		// Empty parts are none, also between two matches.
		if start == end {
			return
		}
		// The pattern is of what to keep.
		if c.invert {
			match = !match
		}
		last := len(out) - 1
		join := false
		switch c.behavior {
		case removed:
			if match {
				return
			}
		case contiguous:
			join = last >= begin && match == matched
		case mergedWithPrevious:
			join = last >= begin && match && !matched
		case mergedWithNext:
			join = last >= begin && !match && matched
		}
		matched = match
		if join { // parts lie side by side
			out[last].text = s[start-len(out[last].text) : end]
			return
		}
		out = append(out, p.part(start, end))
	}
	at := 0
	for at < len(s) {
		start, end := c.pattern.find(s, at)
		if start < 0 {
			break
		}
		add(at, start, false)
		add(start, end, true)
		at = end
	}
	add(at, len(s), false)
	return out
}

// preTokenizers is the pre-tokenizer Sequence.
type preTokenizers []preTokenizer

func (l preTokenizers) split(out []piece, p piece) []piece {
	pieces := []piece{p}
	for i, t := range l {
		var next []piece
		if i == len(l)-1 {
			next = out
		}
		for _, q := range pieces {
			next = t.split(next, q)
		}
		pieces = next
	}
	return pieces
}

// bertWords cuts at white space, and makes every punctuation mark a word.
type bertWords struct{}

func (bertWords) split(out []piece, p piece) []piece {
	s := p.text
	start := 0
	for i := 0; i < len(s); {
		c, size := class(0), 1
		if s[i] < utf8.RuneSelf {
			c = asciiClass[s[i]]
		} else {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			c = classOf(r)
		}
		if c&(space|punctuation) != 0 {
			if start < i {
				out = append(out, p.part(start, i))
			}
			if c&space == 0 {
				out = append(out, p.part(i, i+size))
			}
			start = i + size
		}
		i += size
	}
	if start < len(s) {
		out = append(out, p.part(start, len(s)))
	}
	return out
}

var asciiClass = func() (t [utf8.RuneSelf]class) {
	for i := range t {
		t[i] = classify(rune(i))
	}
	return t
}()

// byteLevel is GPT-2's: it may put a space before a text, cuts it into words, and writes bytes as
// characters. The last is left to the tokenizer where nothing comes after it.
type byteLevel struct {
	prefixSpace, words, raw bool
}

func (b byteLevel) split(out []piece, p piece) []piece {
	if b.prefixSpace && p.text[0] != ' ' {
		p.text = " " + p.text
	}
	begin := len(out)
	if b.words {
		out = cutter{pattern: scan(gpt2Word)}.split(out, p)
	} else {
		out = append(out, p)
	}
	if !b.raw {
		for i := range out[begin:] {
			out[begin+i].text = toByteChars(out[begin+i].text)
		}
	}
	return out
}

// metaspace is sentencepiece's: spaces become a visible character, which begins a word.
type metaspace struct {
	mark   string
	prefix prefixScheme
	cut    bool
}

// prefixScheme is where a mark is put before a text.
type prefixScheme int

const (
	prefixNever  prefixScheme = iota
	prefixFirst               // before what begins the text
	prefixAlways              // before what follows a special token too
)

var prefixSchemes = map[string]prefixScheme{"never": prefixNever, "first": prefixFirst, "always": prefixAlways}

func (m metaspace) split(out []piece, p piece) []piece {
	p.text = strings.ReplaceAll(p.text, " ", m.mark)
	if (m.prefix == prefixAlways || m.prefix == prefixFirst && p.first) && !strings.HasPrefix(p.text, m.mark) {
		p.text = m.mark + p.text
	}
	if !m.cut {
		return append(out, p)
	}
	return cutter{pattern: literal(m.mark), behavior: mergedWithNext}.split(out, p)
}
