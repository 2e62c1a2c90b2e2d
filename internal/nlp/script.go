package nlp

import (
	"unicode"
	"unicode/utf8"
)

// Script is a writing system.
type Script uint8

// The scripts that are told apart. Other is every other letter.
const (
	Latin Script = iota
	Han
	Kana
	Hangul
	Cyrillic
	Greek
	Arabic
	Hebrew
	Thai
	Devanagari
	Other
	Scripts // how many there are
)

var scriptNames = [Scripts]string{"Latin", "Han", "Kana", "Hangul", "Cyrillic", "Greek", "Arabic", "Hebrew", "Thai", "Devanagari", "Other"}

// String returns the script's English name.
func (s Script) String() string { return scriptNames[min(s, Other)] }

// ScriptOf returns the script of a letter.
func ScriptOf(r rune) Script {
	switch {
	case r < 0x250 || r >= 0x1e00 && r <= 0x1eff:
		return Latin
	case r >= 0x370 && r <= 0x3ff || r >= 0x1f00 && r <= 0x1fff:
		return Greek
	case r >= 0x400 && r <= 0x52f:
		return Cyrillic
	case r >= 0x590 && r <= 0x5ff:
		return Hebrew
	case r >= 0x600 && r <= 0x6ff || r >= 0x750 && r <= 0x77f:
		return Arabic
	case r >= 0x900 && r <= 0x97f:
		return Devanagari
	case r >= 0xe00 && r <= 0xe7f:
		return Thai
	case r >= 0x3041 && r <= 0x30ff || r >= 0xff66 && r <= 0xff9f:
		return Kana
	case r >= 0xac00 && r <= 0xd7a3 || r >= 0x1100 && r <= 0x11ff:
		return Hangul
	case r >= 0x4e00 && r <= 0x9fff || unicode.Is(unicode.Han, r):
		return Han
	}
	return Other
}

// Profile counts the letters of each script.
type Profile [Scripts]int

// ProfileOf counts the letters of a text.
func ProfileOf(text []byte) Profile {
	var p Profile
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
				p[Latin]++
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if unicode.IsLetter(r) {
			p[ScriptOf(r)]++
		}
		i += n
	}
	return p
}

// Letters returns how many letters there are.
func (p *Profile) Letters() int {
	n := 0
	for _, k := range p {
		n += k
	}
	return n
}

// Main returns the script of most letters, the first of equals; ok is false where there is no
// letter. A Han character weighs as much as three letters, since it writes about as much.
func (p *Profile) Main() (s Script, ok bool) {
	best := 0
	for i, n := range p {
		if Script(i) == Han {
			n *= 3
		}
		if n > best {
			best, s, ok = n, Script(i), true
		}
	}
	return s, ok
}

// Language guesses the language from the scripts alone: zh, ja, ko, el, he, th,
// else the script's group by its largest language: Latin en, Cyrillic ru, Arabic
// ar, Devanagari hi; "und" without letters.
func (p *Profile) Language() string {
	s, ok := p.Main()
	if !ok {
		return "und"
	}
	if s == Han && p[Kana]*5 > p[Han] { // Japanese prose is a third to two thirds kana
		s = Kana
	}
	return [...]string{Latin: "en", Han: "zh", Kana: "ja", Hangul: "ko", Cyrillic: "ru", Greek: "el", Arabic: "ar", Hebrew: "he", Thai: "th", Devanagari: "hi", Other: "und"}[s]
}
