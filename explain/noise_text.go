package explain

import (
	"math/rand/v2"
	"strings"
	"unicode"
)

// typos makes a typing error at each letter or digit with the chance given: its
// neighbor first, left out, doubled, or another character of the same text
// (so that Chinese text stays Chinese). Spaces and punctuation stay.
func typos(s string, chance float64, rng *rand.Rand) string {
	x := []rune(s)
	out := make([]rune, 0, len(x)+8)
	for i := 0; i < len(x); i++ {
		// The draws are the same for every level, so that harm grows with it.
		u, way, other := rng.Float64(), rng.IntN(4), rng.IntN(len(x))
		c := x[i]
		if u >= chance || !(unicode.IsLetter(c) || unicode.IsDigit(c)) {
			out = append(out, c)
			continue
		}
		switch way {
		case 0:
			if i+1 < len(x) && unicode.IsLetter(x[i+1]) {
				out = append(out, x[i+1])
				x[i+1] = c
				continue
			}
			fallthrough
		case 1: // left out
		case 2:
			out = append(out, c, c)
		case 3:
			out = append(out, x[other])
		}
	}
	return string(out)
}

// dropWords leaves words out, each with the chance given; in scripts written
// without spaces, characters. Of a text that loses all of them nothing is left.
func dropWords(s string, chance float64, rng *rand.Rand) string {
	var out strings.Builder
	word := make([]rune, 0, 16)
	flush := func() {
		if len(word) > 0 && rng.Float64() >= chance {
			out.WriteString(string(word))
		}
		word = word[:0]
	}
	for _, c := range s {
		switch {
		case unicode.IsSpace(c):
			flush()
			out.WriteRune(c)
		case unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			flush()
			word = append(word, c)
			flush()
		default:
			word = append(word, c)
		}
	}
	flush()
	return out.String()
}
