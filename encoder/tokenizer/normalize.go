package tokenizer

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A normalizer rewrites a text before it is cut into words.
type normalizer interface {
	normalize(s string) string
}

// normalizers is the normalizer Sequence.
type normalizers []normalizer

func (l normalizers) normalize(s string) string {
	for _, n := range l {
		s = n.normalize(s)
	}
	return s
}

// bertNormalizer is BERT's: it drops control characters and turns white space into spaces,
// puts spaces around Chinese characters, strips accents, and lowers case.
type bertNormalizer struct {
	clean, chinese, strip, lowercase bool
}

func (n bertNormalizer) normalize(s string) string {
	out := make([]byte, 0, len(s)+len(s)/8)
	// Most texts have none, and are done in one pass without Unicode's forms.
	marks := false // whether what follows may have to be reordered or composed by NFD
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			// The reference takes tab, newline and return for blanks and drops other controls.
			case c >= ' ' && c != 0x7f:
				if n.lowercase && 'A' <= c && c <= 'Z' {
					c += 'a' - 'A'
				}
			case !n.clean:
			case c == '\t' || c == '\n' || c == '\r':
				c = ' '
			default:
				continue
			}
			out = append(out, c)
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		k := classOf(r)
		if n.clean {
			if k&control != 0 {
				continue
			}
			if k&space != 0 {
				out = append(out, ' ')
				continue
			}
		}
		if n.strip && (k&(composed|nonspacing|combining) != 0) {
			marks = true
			break
		}
		// Ideographs become words of their own.
		if n.chinese && k&chinese != 0 {
			out = append(utf8.AppendRune(append(out, ' '), r), ' ')
			continue
		}
		if n.lowercase && k&cased != 0 {
			out = appendLower(out, r)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	if marks {
		return n.slow(s)
	}
	return string(out)
}

// slow applies the steps one after another.
func (n bertNormalizer) slow(s string) string {
	var out []byte
	for _, r := range s {
		k := classOf(r)
		switch {
		case n.clean && k&control != 0:
		case n.clean && k&space != 0:
			out = append(out, ' ')
		case n.chinese && k&chinese != 0:
			out = append(utf8.AppendRune(append(out, ' '), r), ' ')
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	s, out = string(out), out[:0]
	if n.strip {
		s = form(norm.NFD, s)
	}
	for _, r := range s {
		k := classOf(r)
		switch {
		case n.strip && k&nonspacing != 0:
		case n.lowercase && k&cased != 0:
			out = appendLower(out, r)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}

func appendLower(out []byte, r rune) []byte {
	if r == dottedI {
		return append(out, "i\u0307"...)
	}
	return utf8.AppendRune(out, lower(r))
}

// lowercase lowers each character by itself, without regard to its neighbors.
type lowercase struct{}

func (lowercase) normalize(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			out = append(out, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		out = appendLower(out, r)
		i += size
	}
	return string(out)
}

// unicodeForm is one of NFC, NFD, NFKC and NFKD.
type unicodeForm norm.Form

func (f unicodeForm) normalize(s string) string { return form(norm.Form(f), s) }

// dropper removes or replaces single characters.
type dropper func(r rune) rune // negative: removed

func (f dropper) normalize(s string) string { return strings.Map(f, s) }

// stripAccents is the normalizer StripAccents, which wants decomposed text.
func stripAccents(r rune) rune {
	if classOf(r)&mark != 0 {
		return -1
	}
	return r
}

// nmt is the normalizer Nmt, of neural machine translation.
func nmt(r rune) rune {
	switch {
	case removedByNmt.has(r):
		return -1
	case spaceOfNmt.has(r):
		return ' '
	}
	return r
}

// strip trims white space.
type strip struct{ left, right bool }

func (n strip) normalize(s string) string {
	blank := func(r rune) bool { return classOf(r)&space != 0 }
	if n.left {
		s = strings.TrimLeftFunc(s, blank)
	}
	if n.right {
		s = strings.TrimRightFunc(s, blank)
	}
	return s
}

// prepend puts a text before what is not empty.
type prepend string

func (p prepend) normalize(s string) string {
	if s == "" {
		return s
	}
	return string(p) + s
}

// replace puts a text in the place of what matches.
type replace struct {
	pattern pattern
	with    string
}

func (n replace) normalize(s string) string {
	var out []byte
	last := 0
	for at := 0; at < len(s); {
		start, end := n.pattern.find(s, at)
		if start < 0 {
			break
		}
		out = append(append(out, s[last:start]...), n.with...)
		last, at = end, end
	}
	if last == 0 {
		return s
	}
	return string(append(out, s[last:]...))
}

// byteChars is the normalizer ByteLevel: every byte becomes a character.
type byteChars struct{}

func (byteChars) normalize(s string) string { return toByteChars(s) }

// dropsFirst reports whether n removes the beginning of a text, s, so that what comes after it is
// not counted as the first any more. The library counts it even so after a charsmap.
func dropsFirst(n normalizer, s string) bool {
	switch n := n.(type) {
	case *precompiled:
		return false
	case normalizers:
		for _, step := range n {
			if dropsFirst(step, s) {
				return true
			}
			s = step.normalize(s)
		}
		return false
	}
	return s != "" && n.normalize(s) == ""
}
