package tokenizer

import (
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// class is a set of properties of a character.
type class uint16

const (
	space       class = 1 << iota // White_Space
	control                       // what BERT's clean_text removes
	nonspacing                    // marks that BERT strips
	mark                          // marks that StripAccents removes
	punctuation                   // punctuation and ASCII symbols, of BERT
	numeric                       // numbers of the pre-tokenizer Digits
	letter                        // \p{L}
	number                        // \p{N}
	word                          // \w
	chinese                       // BERT's CJK ranges
	cased                         // not its own lower case
	composed                      // changed by NFD
	combining                     // moved by NFD: of a combining class other than 0
)

// A page holds the classes of 256 code points; pages are computed when they are first needed.
type page [256]class

var pages [(unicode.MaxRune + 1) >> 8]atomic.Pointer[page]

// classOf returns the properties of r.
func classOf(r rune) class {
	p := pages[r>>8].Load()
	if p == nil {
		p = new(page)
		for i := range p {
			p[i] = classify(r&^0xff | rune(i))
		}
		pages[r>>8].Store(p)
	}
	return p[r&0xff]
}

// The corrections to Go's tables.
var (
	controlKept                    = parse(controlLater)
	nonspacingKept, nonspacingMore = parse(nonspacingLater), parse(nonspacingOnce)
	markKept, markMore             = parse(markLater), parse(markOnce)
	punctuationKept, punctMore     = parse(punctuationLater), parse(punctuationOnce)
	numericMore, letterMore        = parse(numericNewer), parse(letterNewer)
	numberMore, wordMore           = parse(numberNewer), parse(wordNewer)
	chineseAll                     = parse(chineseRanges)
	removedByNmt, spaceOfNmt       = parse(nmtRemoved), parse(nmtSpace)
	canonicalKept, compatibleKept  = parse(canonicalLater), parse(compatibilityLater)
)

func classify(r rune) (set class) {
	add := func(c class, member bool) {
		if member {
			set |= c
		}
	}
	blank := r == '\t' || r == '\n' || r == '\r'
	other := unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) && !blank
	ascii := r < utf8.RuneSelf && unicode.IsSymbol(r)
	words := unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
	add(space, unicode.IsSpace(r))
	add(control, r == 0 || r == utf8.RuneError || other && !controlKept.has(r))
	add(nonspacing, unicode.Is(unicode.Mn, r) && !nonspacingKept.has(r) || nonspacingMore.has(r))
	add(mark, unicode.Is(unicode.M, r) && !markKept.has(r) || markMore.has(r))
	add(punctuation, ascii || unicode.IsPunct(r) && !punctuationKept.has(r) || punctMore.has(r))
	add(numeric, unicode.IsNumber(r) || numericMore.has(r))
	add(letter, unicode.IsLetter(r) || letterMore.has(r))
	add(number, unicode.IsNumber(r) || numberMore.has(r))
	add(word, words || wordMore.has(r))
	add(chinese, chineseAll.has(r))
	add(cased, lower(r) != r || r == dottedI)
	add(composed, decomposes(r))
	add(combining, norm.NFD.PropertiesString(string(r)).CCC() != 0)
	return set
}

// dottedI is İ, whose lower case has two characters.
const dottedI = 'İ'

// lower returns the lower case of r; of İ the first of its two characters.
func lower(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	for _, m := range lowerNewer {
		if r >= m[0] && r < m[0]+m[2] {
			return m[1] + r - m[0]
		}
	}
	return unicode.ToLower(r)
}

// ranges is a sorted list of ranges of code points.
type ranges [][2]rune

// parse reads ranges such as "7f 2000-200a".
func parse(s string) ranges {
	var out ranges
	for _, f := range strings.Fields(s) {
		from, to, several := strings.Cut(f, "-")
		if !several {
			to = from
		}
		a, errA := strconv.ParseInt(from, 16, 32)
		b, errB := strconv.ParseInt(to, 16, 32)
		if errA != nil || errB != nil {
			panic("tokenizer: bad range " + f)
		}
		out = append(out, [2]rune{rune(a), rune(b)})
	}
	return out
}

func (l ranges) has(r rune) bool {
	i, j := 0, len(l)
	for i < j {
		if h := (i + j) / 2; l[h][1] < r {
			i = h + 1
		} else {
			j = h
		}
	}
	return i < len(l) && l[i][0] <= r
}
