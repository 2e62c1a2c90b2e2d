package textenc

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// sampleSize is how many bytes the statistics are taken of: lines with characters beyond ASCII,
// from the whole file.
const sampleSize = 64 << 10

// closeCall is the difference of two encodings' log likelihoods below which the better one may be
// the wrong one.
const closeCall = 6

// guess finds the encoding whose language model makes s most probable, among those that decode it.
// rival is another that is nearly as probable and reads the text differently; "" if there is none.
func guess(s string) (best, rival Encoding, ok bool) {
	s = excerpt(s)
	if onlySigns(s) {
		if hasEuro(s) {
			return ISO885915, "", true
		}
		return Windows1252, "", true
	}
	all := candidates(s)
	first := -1
	for i := range all {
		if first < 0 || all[i].score > all[first].score {
			first = i
		}
	}
	if first < 0 || strings.Count(all[first].text, "\uFFFD")*20 > 1+utf8.RuneCountInString(all[first].text) {
		return "", "", false
	}
	second := math.Inf(-1)
	for i := range all {
		if i != first && all[i].text != all[first].text && all[i].score > second {
			second, rival = all[i].score, all[i].name
		}
	}
	if all[first].score-second >= closeCall {
		rival = ""
	}
	best = all[first].name
	if best == Windows1252 && hasEuro(s) {
		best = ISO885915
	}
	return best, rival, true
}

// Signs that English text has beyond ASCII, as Windows-1252 or ISO 8859-15 has them, by the letters
// that they may stand beside. In other code pages they are letters, and then parts of words.
const (
	signsApart  = "–—¤£¥¢§¹³¼½¾¬¦¶ªº´¨†‡‰×÷€" // beside none
	signsBefore = "“‘„‹«¡¿£€±"                // a letter behind
	signsBehind = "”’…›»™®²³"                 // a letter before
	signsAmid   = "’·•©°\u00a0"               // either
)

// onlySigns reports whether s is words of ASCII with signs of Windows-1252 between them. Single
// signs are too little for statistics, which see a letter of some language in each.
func onlySigns(s string) bool {
	high, words := 0, 0
	for i := 0; i < len(s); i++ {
		if s[i] < utf8.RuneSelf {
			if isLetter(s[i]) {
				words++
			}
			continue
		}
		high++
		before, after := byte(' '), byte(' ')
		if i > 0 {
			before = s[i-1]
		}
		if i+1 < len(s) {
			after = s[i+1]
		}
		// Two bytes may be one character, but for quotes, dashes and blanks in a row.
		if after >= utf8.RuneSelf && (!spacing(s[i]) || !spacing(after)) {
			return false
		}
		allowed := signsAmid
		switch first, last := isLetter(before), isLetter(after); {
		case first && !last:
			allowed += signsBehind
		case last && !first:
			allowed += signsBefore + "µ"
		case !first:
			allowed += signsBefore + signsBehind + signsApart + "µ"
		}
		if !strings.ContainsRune(allowed, charmap.Windows1252.DecodeByte(s[i])) {
			return false
		}
	}
	return words >= 4*high
}

// spacing reports whether b is a mark or a blank that stands beside others.
func spacing(b byte) bool { return b < 0xa1 }

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// hasEuro reports whether s, text of Western Europe, is in ISO 8859-15: it has the euro where
// Windows-1252 has the sign ¤, which nobody writes, and nothing among the controls, where
// Windows-1252 has its euro, quotes and dashes.
func hasEuro(s string) bool {
	euro := false
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 && s[i] < 0xa0 {
			return false
		}
		euro = euro || s[i] == 0xa4
	}
	return euro
}

// candidate is a text as an encoding has it.
type candidate struct {
	name  Encoding
	text  string
	score float64
}

// Most encodings are out of the question by the first bytes of a text.
const (
	firstBytes = 384
	hopeless   = 60 // of a log likelihood behind the best
)

// candidates are the encodings that may be those of s.
func candidates(s string) []candidate {
	if len(s) <= 2*firstBytes {
		return scored(s, legacies)
	}
	score, most := map[Encoding]float64{}, math.Inf(-1)
	for _, c := range scored(s[:firstBytes], legacies) {
		score[c.name], most = c.score, max(most, c.score)
	}
	var left []legacy
	for _, l := range legacies {
		if v, decodes := score[l.name]; decodes && v > most-hopeless {
			left = append(left, l)
		}
	}
	return scored(s, left)
}

// scored decodes s in each of the encodings.
func scored(s string, list []legacy) []candidate {
	var out []candidate
	for i := range list {
		l := &list[i]
		text, err := l.enc.NewDecoder().String(s)
		if err != nil {
			continue
		}
		m := l.model()
		out = append(out, candidate{l.name, text, l.prior + m.likelihood(text)})
	}
	return out
}

// excerpt takes lines with bytes beyond ASCII, at even distances.
func excerpt(s string) string {
	size := 0
	for line := range strings.SplitAfterSeq(s, "\n") {
		if !ascii(line) {
			size += len(line)
		}
	}
	if size <= sampleSize {
		if size == len(s) {
			return s
		}
	}
	keep := min(1, float64(sampleSize)/float64(max(size, 1)))
	var b strings.Builder
	credit := 1.0
	for line := range strings.SplitAfterSeq(s, "\n") {
		if ascii(line) {
			continue
		}
		if credit += keep; credit >= 1 {
			credit--
			b.WriteString(line[:min(len(line), sampleSize)])
		}
		if b.Len() >= sampleSize {
			break
		}
	}
	return b.String()
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// likelihood is the log likelihood of a text. Each word is of the language that suits it best, at a
// price where that is not the language that suits the whole best: a text may mix them, but seldom
// does.
func (m *model) likelihood(text string) float64 {
	n := len(m.langs)
	// Kept until the language of the whole is known.
	var words []float64 // [word, language]
	word := make([]float64, n)
	whole := make([]float64, n)
	total, dirty := 0.0, false
	flush := func() {
		if dirty {
			words = append(words, word...)
			for k := range word {
				whole[k] += word[k]
				word[k] = 0
			}
		}
		dirty = false
	}
	prev := ' '
	for i, r := range text {
		// ASCII is alike in all encodings, and only ends words.
		if r < utf8.RuneSelf {
			total += logASCII + m.joint(prev, r)
			if prev = r; r <= ' ' || r == ',' || r == ';' || r == '"' {
				flush()
			}
			continue
		}
		dirty = true
		for k, p := range m.langs {
			v, known := p[r]
			switch {
			case known:
			case r == unicode.ReplacementChar || !printable(r) || r < 0xa0:
				v = logNever
			default:
				// A letter that the language does not use may be of a name; a control character is of no text.
				v = logRare
			}
			word[k] += v
		}
		total += m.joint(prev, r)
		// A sign inside of a word is what a wrong single-byte encoding makes of a letter.
		if next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):]); !m.wide && inside(prev, r, next) {
			total -= 4
		} else if !m.wide && beside(prev, r, next) {
			total -= 2
		}
		prev = r
	}
	flush()
	// The language that suits the whole best.
	home := 0
	for k := range whole {
		if whole[k] > whole[home] {
			home = k
		}
	}
	for at := 0; at < len(words); at += n {
		best := words[at+home]
		for k := range n {
			best = max(best, words[at+k]-foreign)
		}
		total += best
	}
	return total
}

// foreign is the price of a word of another language than the text's.
const foreign = 3

// inside reports whether r is a sign in the middle of a word.
func inside(prev, r, next rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '’' && r != '\u00a0' && r != '·' && unicode.IsLetter(prev) && unicode.IsLetter(next)
}

// beside reports whether a character is where texts seldom have it: a letter at a digit, a mark at
// no letter, or one of signsApart at a letter.
func beside(prev, r, next rune) bool {
	switch {
	case unicode.IsLetter(r):
		return isDigit(prev) || isDigit(next)
	case unicode.IsMark(r):
		return !unicode.IsLetter(prev) && !unicode.IsMark(prev)
	}
	return strings.ContainsRune(signsApart, r) && (unicode.IsLetter(prev) || unicode.IsLetter(next))
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// joint is the log of how much less often than by chance b follows a inside a word.
func (m *model) joint(a, b rune) float64 {
	if a < utf8.RuneSelf && b < utf8.RuneSelf || !unicode.IsLetter(a) || !unicode.IsLetter(b) {
		return 0
	}
	if m.wide {
		if a < utf8.RuneSelf || b < utf8.RuneSelf {
			return -3
		}
		return 0
	}
	if unicode.Is(unicode.Latin, a) != unicode.Is(unicode.Latin, b) {
		return -6
	}
	score := 0.0
	if unicode.IsLower(a) && unicode.IsUpper(b) {
		score -= 8
	}
	if m.latin && a >= utf8.RuneSelf && b >= utf8.RuneSelf {
		score--
	}
	return score
}
