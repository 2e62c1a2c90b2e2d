package nlp

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalize appends s in Unicode normalization form NFKC (UAX #15): full-width
// letters become ASCII, ligatures fall apart, accents are composed. Control
// characters and bytes that are not UTF-8 become spaces; zero-width spaces,
// byte-order marks, soft hyphens and the marks that choose an emoji's look vanish.
// Case is kept. The result is valid UTF-8.
func Normalize(dst []byte, s string) []byte {
	at := len(dst)
	if isASCII(s) {
		dst = append(dst, s...)
		for i := at; i < len(dst); i++ {
			if c := dst[i]; c < ' ' && c != '\n' || c == 0x7f {
				dst[i] = ' '
			}
		}
		return dst
	}
	dst = norm.NFKC.AppendString(dst, s)
	w := at
	for r := at; r < len(dst); {
		c, n := utf8.DecodeRune(dst[r:])
		switch {
		case c == utf8.RuneError && n <= 1, c < ' ' && c != '\n', c >= 0x7f && c < 0xa0:
			dst[w] = ' '
			w++
		case c == 0x200b, c == 0xfeff, c == 0xad, c == 0x2060, c == 0xfe0e, c == 0xfe0f:
		default:
			w += copy(dst[w:], dst[r:r+n])
		}
		r += n
	}
	return dst[:w]
}

// Lower appends text with every letter in lower case, rune by rune.
func Lower(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r >= 0x2e80 && r < 0xa640 { // CJK: no case
			dst = append(dst, text[i:i+n]...)
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += n
	}
	return dst
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
