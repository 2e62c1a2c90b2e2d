package nlp

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// TokenKind describes what a token is.
type TokenKind uint8

// The kinds of tokens.
const (
	Word      TokenKind = iota // letters, UAX #29: "don't" is one word
	Number                     // begins with a digit: 3, 3.14, 2nd
	Ideograph                  // one character of a script without spaces: Han, hiragana, Thai; of katakana, a word
	Punct                      // a run of one and the same punctuation character or symbol: ! !!! ...
	Emoji                      // an emoji with its modifiers, or an emoticon such as :-)
	URL                        // http://…, https://… or www.…
	Mention                    // @name
	Hashtag                    // #topic
)

// Token is the bytes [Start, End) of a text.
type Token struct {
	Start, End uint32
	Kind       TokenKind
}

// Tokenize appends the tokens of a normalized text in order. Words end where
// UAX #29 states; addresses, mentions, hashtags and emoji are kept whole. Spaces are
// no tokens.
func Tokenize(dst []Token, text []byte) []Token {
	var iter words.Iterator[[]byte]
	made := false
	for p := 0; p < len(text); {
		c := text[p]
		end, kind := 0, Word
		// The common cases by their first byte; Unicode's word boundaries cost many times as much.
		switch {
		case c == ' ' || c == '\n':
			p++
			continue
		case isAlnum(c):
			// http and www.
			if c == 'h' || c == 'w' || c == 'H' || c == 'W' {
				end, kind = urlEnd(text, p), URL
			}
			if end == 0 {
				end, kind = wordEnd(text, p), Word
				if c <= '9' {
					kind = Number
				}
			}
		case c == '@' || c == '#':
			end, kind = tagEnd(text, p), Mention
			if c == '#' {
				kind = Hashtag
			}
		case c < utf8.RuneSelf:
			end, kind = emoticonEnd(text, p), Emoji
		}
		// Runs of one mark are a token: "!!!", "...".
		if end == 0 && c < utf8.RuneSelf && !isAlnum(c) {
			for end = p + 1; end < len(text) && text[end] == c; end++ {
			}
			kind = Punct
		}
		if end == 0 {
			// The iterator is made for texts that need it.
			if !made {
				iter, made = *words.FromBytes(nil), true
			}
			// From here to the next space is more than any word needs to look at.
			iter.SetText(text[p:])
			if !iter.Next() {
				break
			}
			end = p + iter.End()
			r, _ := utf8.DecodeRune(text[p:])
			kind = kindOf(r)
			if kind == Word && isAlnum(c) && c <= '9' {
				kind = Number
			}
			if kind == space {
				p = end
				continue
			}
			// As for ASCII above.
			if kind == Punct {
				for one := text[p:end]; bytes.HasPrefix(text[end:], one); {
					end += len(one)
				}
			}
		}
		dst = append(dst, Token{uint32(p), uint32(end), kind})
		p = end
	}
	return dst
}

const space TokenKind = 255 // inside Tokenize only

// kindOf classifies a token by its first rune.
func kindOf(r rune) TokenKind {
	switch {
	case Unspaced(r):
		return Ideograph
	case unicode.IsLetter(r), r == '_':
		return Word
	case unicode.IsDigit(r):
		return Number
	case unicode.IsSpace(r):
		return space
	case isEmoji(r):
		return Emoji
	case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
		return space // a mark or joiner without a base means nothing
	}
	return Punct
}

// Unspaced reports whether r belongs to a script that does not separate words
// by spaces, so that every character is a token: Han, kana, Thai, Lao, Khmer, Myanmar.
func Unspaced(r rune) bool {
	switch {
	case r < 0x0e00:
		return false
	case r >= 0x4e00 && r <= 0x9fff, r >= 0x3400 && r <= 0x4dbf, r >= 0x20000 && r <= 0x3ffff, r >= 0xf900 && r <= 0xfaff, r == 0x3007, r == 0x3005:
		return true
	case r >= 0x3041 && r <= 0x30ff:
		return r != 0x30fb
	case r <= 0x0eff, r >= 0x1000 && r <= 0x109f, r >= 0x1780 && r <= 0x17ff:
		return unicode.IsLetter(r)
	}
	return false
}

func isEmoji(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2600 && r <= 0x27bf || r >= 0x2b05 && r <= 0x2b55 || r >= 0x2190 && r <= 0x21ff || r >= 0x2300 && r <= 0x23ff
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// wordEnd finds the end of an ASCII word, or 0 where only the full rules of UAX #29 can tell.
func wordEnd(text []byte, p int) int {
	for p < len(text) && isAlnum(text[p]) {
		p++
	}
	if p == len(text) {
		return p
	}
	switch c := text[p]; {
	case c >= utf8.RuneSelf:
		r, _ := utf8.DecodeRune(text[p:])
		if Unspaced(r) {
			return p // an ideograph breaks a word
		}
		return 0
	case c == '\'' || c == '.' || c == ':' || c == ',' || c == ';':
		if p+1 < len(text) && (isAlnum(text[p+1]) || text[p+1] >= utf8.RuneSelf) {
			return 0
		}
	}
	return p
}

// urlEnd returns the end of a web address at p, 0 if there is none.
func urlEnd(text []byte, p int) int {
	if p > 0 && isAlnum(text[p-1]) {
		return 0
	}
	rest := text[p:]
	n := 0
	for _, prefix := range [...]string{"http://", "https://", "www."} {
		if len(rest) > len(prefix) && equalFold(rest[:len(prefix)], prefix) {
			n = len(prefix)
		}
	}
	if n == 0 {
		return 0
	}
	end := n
	for end < len(rest) && rest[end] > ' ' && rest[end] < 0x7f && rest[end] != '<' && rest[end] != '>' && rest[end] != '"' {
		end++
	}
	for end > n && bytes.IndexByte([]byte(".,;:!?)]}'"), rest[end-1]) >= 0 {
		end--
	}
	if end == n {
		return 0
	}
	return p + end
}

func equalFold(b []byte, lower string) bool {
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// tagEnd returns the end of an @mention or #hashtag at p, 0 if there is none. Ideographs end it.
func tagEnd(text []byte, p int) int {
	if p > 0 && isAlnum(text[p-1]) {
		return 0
	}
	end := p + 1
	for end < len(text) {
		if isAlnum(text[end]) {
			end++
			continue
		}
		r, n := utf8.DecodeRune(text[end:])
		if text[p] == '@' || r < utf8.RuneSelf || Unspaced(r) || !unicode.IsLetter(r) {
			break
		}
		end += n
	}
	if end == p+1 {
		return 0
	}
	return end
}

// emoticonEnd returns the end of an emoticon such as :) ;-( =D <3 at p, 0 if there is none.
func emoticonEnd(text []byte, p int) int {
	if p > 0 && isAlnum(text[p-1]) {
		return 0
	}
	rest := text[p:]
	if len(rest) < 2 {
		return 0
	}
	end := 1
	switch rest[0] {
	case '<':
		if rest[1] != '3' {
			return 0
		}
		end = 2
	case ':', ';', '=':
		if rest[end] == '-' || rest[end] == '\'' {
			end++
		}
		if end == len(rest) || bytes.IndexByte([]byte(")(][dDpPoO/\\|*3"), rest[end]) < 0 {
			return 0
		}
		end++
	default:
		return 0
	}
	if end < len(rest) && isAlnum(rest[end]) {
		return 0
	}
	return p + end
}
