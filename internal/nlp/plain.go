package nlp

import (
	"unicode"
	"unicode/utf8"
)

// PlainWords appends the words that scikit-learn's default token pattern
// `(?u)\b\w\w+\b` finds: runs of two and more letters, digits and underscores.
func PlainWords(dst []Token, text []byte) []Token {
	for p := 0; p < len(text); {
		start, runes := p, 0
		for p < len(text) {
			c := text[p]
			if isAlnum(c) {
				p++
				runes++
				continue
			}
			if c < utf8.RuneSelf {
				break
			}
			r, n := utf8.DecodeRune(text[p:])
			if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
				break
			}
			p += n
			runes++
		}
		if runes >= 2 {
			dst = append(dst, Token{uint32(start), uint32(p), Word})
		}
		if runes == 0 {
			_, n := utf8.DecodeRune(text[p:])
			p += n
		}
	}
	return dst
}
