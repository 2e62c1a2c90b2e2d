package dataset

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// isNoLabel reports whether a label is a word that programs write where there is none.
func isNoLabel(s string) bool {
	switch strings.ToLower(s) {
	case "nan", "none", "null", "n/a", "#n/a", "<na>", "nat", "na":
		return true
	}
	return false
}

// dropMissingWords takes labels such as nan, None and NULL for no label, and notes it. Where
// nothing but one class would be left they are classes after all.
func dropMissingWords(ds *Dataset, values map[string]int, c *collector) {
	words, rows := []string{}, 0
	for s, n := range values {
		if isNoLabel(s) {
			words, rows = append(words, s), rows+n
		}
	}
	if len(words) == 0 {
		notePlaceholder(ds, values, c)
		return
	}
	slices.Sort(words)
	for k, w := range words {
		words[k] = fmt.Sprintf("%q", w)
	}
	if len(values)-len(words) < 2 {
		c.note("label.missing-word", 0, ds.Schema.Label, "leave the label empty where it is missing", "%s is taken as a class, though it usually stands for a missing label", strings.Join(words, ", "))
		return
	}
	c.note("label.missing-word", 0, ds.Schema.Label, "if it is a class, give it another name", "%s the label %s, which stands for none: they cannot be learned from", have(rows), strings.Join(words, " or "))
	for i := range ds.Rows {
		if row := &ds.Rows[i]; isNoLabel(row.Label) {
			delete(values, row.Label)
			row.Label = ""
		}
	}
}

// notePlaceholder reports a class of a sign such as ? among classes of words and numbers.
func notePlaceholder(ds *Dataset, values map[string]int, c *collector) {
	var signs []string
	for s := range values {
		switch {
		case s == "?" || s == "-" || s == "--" || s == ".":
			signs = append(signs, fmt.Sprintf("%q", s))
		case strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0:
			return // classes of signs: of punctuation, of emoji
		}
	}
	if len(signs) > 0 && len(signs) < len(values) {
		slices.Sort(signs)
		c.note("label.missing-word", 0, ds.Schema.Label, "leave the label empty where it is missing", "%s is taken as a class, though it usually stands for a missing label", strings.Join(signs, ", "))
	}
}

// mergeAlike makes one class of labels that differ in nothing that a reader would take for a
// difference: upper and lower case, blanks, characters that cannot be seen, and ways to encode the
// same letter. The most frequent spelling is kept, and every merger is noted.
func mergeAlike(ds *Dataset, values map[string]int, c *collector) {
	to := mergedNames(values, ds.Schema.Label, c)
	for i := range ds.Rows {
		row := &ds.Rows[i]
		if s, ok := to[row.Label]; ok {
			values[row.Label]--
			if values[row.Label] == 0 {
				delete(values, row.Label)
			}
			row.Label = s
			values[s]++
		}
	}
}

// mergedNames returns the spelling that is kept of those that are taken for another, and notes it;
// values are the rows of each.
func mergedNames(values map[string]int, label string, c *collector) map[string]string {
	groups := map[string][]string{}
	for s := range values {
		key := labelKey(s)
		groups[key] = append(groups[key], s)
	}
	if len(groups) == len(values) {
		return nil
	}
	to := map[string]string{}
	var keys []string
	for key, same := range groups {
		if len(same) < 2 {
			continue
		}
		slices.SortFunc(same, func(a, b string) int {
			if d := values[b] - values[a]; d != 0 {
				return d
			}
			return strings.Compare(a, b)
		})
		keys = append(keys, key)
		for _, s := range same[1:] {
			to[s] = same[0]
		}
	}
	if len(groups) < 2 { // what is left is one class: the spelling is all that there is to learn
		to, keys = nil, nil
	}
	slices.Sort(keys)
	for _, key := range keys {
		same := groups[key]
		spellings := make([]string, len(same))
		for k, s := range same {
			spellings[k] = fmt.Sprintf("%s (%s)", visible(s), plural(values[s], "row"))
		}
		c.note("class.alike", 0, label, "write them alike; other names keep them apart", "these labels differ in %s alone and are taken as one class: %s", difference(same), strings.Join(spellings, ", "))
	}
	return to
}

// noteLookAlike reports labels that a reader would take for one another, but which may well be two
// classes: they differ in punctuation, or in letters of another alphabet that look the same.
func noteLookAlike(ds *Dataset, values map[string]int, c *collector) {
	groups := map[string][]string{}
	for s := range values {
		if key := skeleton(s); key != "" {
			groups[key] = append(groups[key], s)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		same := groups[key]
		if len(same) < 2 {
			continue
		}
		slices.Sort(same)
		spellings := make([]string, len(same))
		for k, s := range same {
			spellings[k] = fmt.Sprintf("%s (%s)", ascii(s), plural(values[s], "row"))
		}
		c.note("class.look-alike", 0, ds.Schema.Label, "write them alike if they are one", "these labels look alike, but are classes of their own: %s", someOf(spellings))
	}
}

// skeleton is a label without its case and its punctuation, with Latin letters for those of the
// Cyrillic and Greek alphabets that look the same (Unicode Technical Standard 39); "" where little
// is left to compare.
func skeleton(s string) string {
	letters := 0
	key := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r):
			letters++
		case !unicode.IsDigit(r):
			return -1
		}
		if latin, ok := confusable[r]; ok {
			return latin
		}
		return r
	}, cases.Fold().String(labelKey(s)))
	if letters < 2 {
		return ""
	}
	return key
}

// confusable are small letters that look like Latin ones.
var confusable = map[rune]rune{
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'у': 'y', 'х': 'x', 'і': 'i', 'ј': 'j', 'ѕ': 's', 'һ': 'h', 'ԁ': 'd',
	'α': 'a', 'ο': 'o', 'ν': 'v', 'ι': 'i', 'κ': 'k', 'ρ': 'p', 'υ': 'u', 'χ': 'x',
}

// ascii is a label in quotes; where it mixes alphabets, what is not ASCII is written as its code,
// since nothing else tells the letters apart.
func ascii(s string) string {
	latin, other := false, false
	for _, r := range s {
		latin = latin || unicode.Is(unicode.Latin, r)
		other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek)
	}
	if latin && other {
		return fmt.Sprintf("%+q", s)
	}
	return visible(s)
}

// labelKey is what labels that are taken as one class have in common. A single letter keeps its
// case, also beside digits: as a class, a is often another than A.
func labelKey(s string) string {
	key := visibleText(s)
	if !plainASCII(key) {
		key = width.Fold.String(key)
	}
	letters := 0
	for _, r := range key {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters > 1 {
		key = cases.Fold().String(key)
	}
	return key
}

// visibleText is s without characters that cannot be seen, in one encoding of its letters, with
// single blanks.
func visibleText(s string) string {
	if plainASCII(s) {
		return s
	}
	s = norm.NFC.String(strings.Map(func(r rune) rune {
		switch {
		case r == '\u200d' || r == '\ufe0f': // inside emoji
			return r
		case unicode.Is(unicode.Cf, r), r == '\u034f', unicode.IsControl(r) && !unicode.IsSpace(r):
			return -1
		}
		return r
	}, s))
	return strings.Trim(strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " "), "\u200d\ufe0f")
}

// plainASCII reports whether s holds nothing that visibleText would change.
func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f || c == ' ' && (i+1 < len(s) && s[i+1] == ' ' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return true
}

// visible is a label in quotes, with characters that cannot be seen as their codes.
func visible(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "")
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r == '"' || r == '\\' || r != ' ' && !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) || unicode.Is(unicode.Mn, r) {
			q := fmt.Sprintf("%+q", string(r))
			b.WriteString(q[1 : len(q)-1])
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// difference describes how labels that are alike differ.
func difference(same []string) string {
	for _, s := range same[1:] {
		if visibleText(s) == visibleText(same[0]) {
			return "blanks or characters that cannot be seen"
		}
	}
	for _, s := range same[1:] {
		if strings.EqualFold(width.Fold.String(s), width.Fold.String(same[0])) && !strings.EqualFold(s, same[0]) {
			return "the width of their letters"
		}
	}
	return "upper and lower case"
}
