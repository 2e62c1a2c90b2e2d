package text

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/nlp"
)

// Layout of the syntactic view's values.
const (
	suffixBuckets = 24
	shapes        = 8
	classes       = 8
	lengths       = 8
)

var (
	atEnglish     = 0
	atChinese     = atEnglish + len(nlp.EnglishFunctionWords)
	atPunctuation = atChinese + len(nlp.ChineseFunctionCharacters)
	atShape       = atPunctuation + len(nlp.PunctuationMarks)
	atSuffix      = atShape + shapes
	atClass       = atSuffix + suffixBuckets
	atScript      = atClass + classes
	atLength      = atScript + int(nlp.Scripts)
	syntacticDim  = atLength + lengths

	functionWords  = placesOf(nlp.EnglishFunctionWords, atEnglish)
	functionChars  = runePlaces(nlp.ChineseFunctionCharacters, atChinese)
	markPlaces     = markPlacesFrom(atPunctuation)
	asciiMarkPlace = asciiMarks(markPlaces)
)

func placesOf(list []string, from int) map[string]int {
	m := make(map[string]int, len(list))
	for i, w := range list {
		m[w] = from + i
	}
	return m
}

func runePlaces(list []string, from int) map[rune]int {
	m := make(map[rune]int, len(list))
	for i, w := range list {
		r, _ := utf8.DecodeRuneInString(w)
		m[r] = from + i
	}
	return m
}

func markPlacesFrom(from int) map[rune]int {
	m := make(map[rune]int, len(nlp.PunctuationMarks))
	for i, r := range nlp.PunctuationMarks {
		m[r] = from + i
	}
	return m
}

// asciiMarks is markPlaces as a table; 0 is no mark.
func asciiMarks(m map[rune]int) (t [utf8.RuneSelf]int) {
	for r := range rune(utf8.RuneSelf) {
		t[r] = m[r]
	}
	return t
}

// Syntactic returns the view of style and grammar, one vector a text: the square
// roots of the relative frequencies (which steadies their variance) of English
// and Chinese function words and of punctuation marks, of word shapes, of hashed
// three-letter suffixes, of character classes and of scripts, then lengths.
func Syntactic() feature.View { return syntactic{} }

type syntactic struct{}

var _ feature.View = syntactic{}

// Info implements feature.View.
func (syntactic) Info() feature.Info {
	return feature.Info{
		Name: "syntactic", Shape: feature.Vector, Version: 1, NoCache: true,
		Options: fmt.Sprintf("dim=%d suffixes=%d", syntacticDim, suffixBuckets),
		Doc:     "√rates of function words (English, Chinese), punctuation, word shapes, suffixes, character classes, scripts; lengths",
	}
}

// NewFitter implements feature.View.
func (syntactic) NewFitter(s feature.Scaling) feature.Fitter { return feature.NewDense(s) }

// LoadState implements feature.View.
func (syntactic) LoadState(data json.RawMessage) (feature.State, error) {
	return feature.LoadDense(data)
}

// Extract implements feature.View.
func (syntactic) Extract(item any) (feature.Raw, error) {
	it, err := itemOf("syntactic", item)
	if err != nil {
		return feature.Raw{}, err
	}
	it.analyse()
	if len(it.tokens) == 0 {
		return feature.Raw{}, nil
	}
	v := make([]float32, syntacticDim)
	count := countTokens(v, it.lower, it.tokens)
	chars := countChars(v, it.normal)
	capitals := countShapes(v, it.normal)
	rate := func(from, to int, of float64) {
		for i := from; i < to; i++ {
			v[i] = float32(math.Sqrt(float64(v[i]) / max(1, of)))
		}
	}
	rate(atEnglish, atChinese, count.words)
	rate(atChinese, atPunctuation, count.ideographs)
	rate(atPunctuation, atShape, chars)
	rate(atShape, atSuffix, capitals)
	rate(atSuffix, atClass, count.words)
	rate(atClass, atScript, chars)
	p := nlp.ProfileOf(it.normal)
	for s, n := range p {
		v[atScript+s] = float32(math.Sqrt(float64(n) / max(1, float64(p.Letters()))))
	}
	n := float64(len(it.tokens))
	l := v[atLength:]
	l[0] = float32(math.Log1p(n))
	l[1] = float32(math.Log1p(chars))
	l[2] = float32(count.letters / max(1, count.words))
	l[3] = float32(math.Log1p(count.sentences))
	l[4] = float32(math.Log1p(n / max(1, count.sentences)))
	l[5] = float32(math.Sqrt(count.words / n))
	l[6] = float32(count.distinct / n)
	l[7] = float32(math.Sqrt(count.special / n))
	return feature.Raw{Values: v, Dim: syntacticDim}, nil
}

type tokenCounts struct {
	words, letters, ideographs, sentences, distinct, special float64
}

func countTokens(v []float32, text []byte, tokens []nlp.Token) (c tokenCounts) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.counter.Reset()
	inSentence := false
	// v holds counts here; the caller divides by the totals that are returned.
	for _, t := range tokens {
		word := text[t.Start:t.End]
		s.counter.Add(nlp.Hash(0, word))
		switch t.Kind {
		case nlp.Word:
			c.words++
			n := float64(utf8.RuneCount(word))
			c.letters += n
			// Endings are of longer words alone: the last three letters of a short one are the word itself.
			if at, ok := functionWords[string(word)]; ok {
				v[at]++
			} else if n > 4 {
				v[atSuffix+suffixBucket(word)]++
			}
			// A sentence needs a word, so that "..." or "?!" end one sentence, not three.
			inSentence = true
		case nlp.Ideograph:
			c.ideographs++
			r, _ := utf8.DecodeRune(word)
			if at, ok := functionChars[r]; ok {
				v[at]++
			}
			inSentence = true
		case nlp.Punct:
			r, _ := utf8.DecodeRune(word)
			if inSentence && (r == '.' || r == '!' || r == '?' || r == '。') {
				c.sentences++
				inSentence = false
			}
		case nlp.Emoji, nlp.URL, nlp.Mention, nlp.Hashtag:
			c.special++
		}
	}
	// The last sentence often has no mark.
	if inSentence {
		c.sentences++
	}
	c.distinct = float64(len(s.counter.Distinct()))
	return c
}

// suffixBucket hashes a word's last three letters.
func suffixBucket(word []byte) int {
	at := len(word)
	for range 3 {
		_, n := utf8.DecodeLastRune(word[:at])
		at -= n
	}
	return int(nlp.Hash(3, word[at:]) % suffixBuckets)
}

// countChars counts marks and character classes; it returns the characters that are no space.
func countChars(v []float32, text []byte) (chars float64) {
	repeated, last := 0, rune(0)
	class := v[atClass:]
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		at := 0
		// A table for ASCII, which most characters are; the map is for the rest.
		if r < utf8.RuneSelf {
			at = asciiMarkPlace[r]
		} else {
			r, n = utf8.DecodeRune(text[i:])
			at = markPlaces[r]
		}
		i += n
		if r == last {
			repeated++
		} else {
			repeated = 0
		}
		last = r
		if r == '\n' {
			class[0]++
		}
		// Spaces count for repetition and lines, but are not among the characters that rates are of.
		if r <= ' ' || r >= utf8.RuneSelf && unicode.IsSpace(r) {
			continue
		}
		chars++
		if at > 0 {
			v[at]++
		}
		switch {
		case 'a' <= r && r <= 'z':
		case 'A' <= r && r <= 'Z':
			class[1]++
		case '0' <= r && r <= '9':
			class[2]++
		case at > 0:
			class[3]++
		case r < utf8.RuneSelf:
			class[4]++
		case unicode.IsLetter(r):
			if unicode.IsUpper(r) {
				class[1]++
			}
		case unicode.IsDigit(r):
			class[2]++
		case unicode.IsSymbol(r):
			class[5]++
		default:
			class[6]++
		}
		if repeated >= 2 {
			class[7]++ // soooo, !!!!
		}
	}
	return chars
}

// countShapes counts the shapes of the stretches between spaces; it returns their number.
func countShapes(v []float32, text []byte) (n float64) {
	shape := v[atShape:]
	for p := 0; p < len(text); {
		// Bytes up to the ASCII space divide; the ideographic space and its kin do not.
		if text[p] <= ' ' {
			p++
			continue
		}
		var upper, lower, digit, other int
		first := rune(0)
		for p < len(text) && text[p] > ' ' {
			r, w := utf8.DecodeRune(text[p:])
			p += w
			if first == 0 {
				first = r
			}
			switch {
			case 'a' <= r && r <= 'z' || r >= utf8.RuneSelf && unicode.IsLower(r):
				lower++
			case 'A' <= r && r <= 'Z' || r >= utf8.RuneSelf && unicode.IsUpper(r):
				upper++
			case '0' <= r && r <= '9':
				digit++
			default:
				other++
			}
		}
		n++
		// From numbers to words: the first that applies counts, so each stretch has one shape at most.
		switch {
		case digit > 0 && upper+lower == 0:
			shape[0]++ // 12, 3.5, 50%
		case digit > 0:
			shape[1]++ // 5ft, B2B
		case upper == 1 && lower == 0:
			shape[2]++ // I, A
		case upper > 1 && lower == 0:
			shape[3]++ // GREAT
		case upper == 1 && lower > 0 && unicode.IsUpper(first):
			shape[4]++ // Great
		case upper > 0 && lower > 0:
			shape[5]++ // iPhone
		case lower > 0 && other > 0:
			shape[6]++ // don't, end.
		case lower == 0:
			shape[7]++ // ideographs and marks
		}
	}
	return n
}
