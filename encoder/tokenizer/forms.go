package tokenizer

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// decomposes reports whether NFD changes r.
func decomposes(r rune) bool {
	return r >= utf8.RuneSelf && !canonicalKept.has(r) && !norm.NFD.IsNormalString(string(r))
}

// maxMarks is how many marks in a row are left to x/text, which follows the Stream-Safe Text
// Format (UAX #15, section 13) and breaks runs of more than 30 with a joiner; the tokenizers
// library does not.
const maxMarks = 8

// form applies a Unicode normalization form.
func form(f norm.Form, s string) string {
	if f.IsNormalString(s) && !longMarks(s) {
		return s
	}
	kept := canonicalKept
	if f == norm.NFKC || f == norm.NFKD {
		kept = compatibleKept
	}
	convert := f.String
	if longMarks(s) {
		convert = func(s string) string { return slowForm(f, s) }
	}
	var out []byte
	from := 0
	for i, r := range s {
		if r >= 0x3000 && kept.has(r) {
			out = append(append(out, convert(s[from:i])...), string(r)...)
			from = i + utf8.RuneLen(r)
		}
	}
	if from == 0 {
		return convert(s)
	}
	return string(append(out, convert(s[from:])...))
}

// longMarks reports whether s has a run of more than maxMarks characters that are no starters.
func longMarks(s string) bool {
	run := 0
	for _, r := range s {
		if r < 0x300 || classOf(r)&combining == 0 {
			run = 0
		} else if run++; run > maxMarks {
			return true
		}
	}
	return false
}

// slowForm is the algorithm of UAX #15 as it is written there, whatever the number of marks.
func slowForm(f norm.Form, s string) string {
	canonical := norm.NFD
	if f == norm.NFKC || f == norm.NFKD {
		canonical = norm.NFKD
	}
	var runes []rune
	for _, r := range s {
		runes = append(runes, []rune(canonical.String(string(r)))...)
	}
	classes := make([]uint8, len(runes))
	for i, r := range runes {
		classes[i] = norm.NFD.PropertiesString(string(r)).CCC()
	}
	for i := 0; i < len(runes); { // each run of marks is ordered by class
		if classes[i] == 0 {
			i++
			continue
		}
		end := i
		for end < len(runes) && classes[end] != 0 {
			end++
		}
		order := make([]int, end-i)
		for k := range order {
			order[k] = i + k
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(classes[a]) - int(classes[b]) })
		sorted := make([]rune, len(order))
		for k, at := range order {
			sorted[k] = runes[at]
		}
		copy(runes[i:], sorted)
		slices.Sort(classes[i:end])
		i = end
	}
	if f == norm.NFC || f == norm.NFKC {
		runes = compose(runes, classes)
	}
	return string(runes)
}

// compose joins starters with the marks after them that are not blocked.
func compose(runes []rune, classes []uint8) []rune {
	out := runes[:0]
	starter, last := -1, -1 // index in out; class of what was left after it
	for i, r := range runes {
		class := int(classes[i])
		if starter >= 0 && (last < class || last == -1) {
			if joined, ok := join(out[starter], r); ok {
				out[starter] = joined
				continue
			}
		}
		if class == 0 {
			starter, last = len(out), -1
		} else {
			last = class
		}
		out = append(out, r)
	}
	return out
}

// join returns the one character that a and b compose to.
func join(a, b rune) (rune, bool) {
	s := norm.NFC.String(string(a) + string(b))
	r, n := utf8.DecodeRuneInString(s)
	return r, n == len(s)
}
