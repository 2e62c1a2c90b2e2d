package svg

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// em is a character's width in ems, on the wide side of the fonts in use
// (DejaVu Sans and Verdana are wider than Segoe UI, Roboto or Helvetica).
func em(r rune) float64 {
	switch {
	case r < 0x20 || r == 0xFFFD || r == 0xFFFE || r == 0xFFFF: // shown as U+FFFD
		return 1.05
	case strings.ContainsRune("ijl.,:;'|!I", r):
		return 0.36
	case strings.ContainsRune("ftr()[]{}/\\- \u00a0\"", r):
		return 0.45
	case strings.ContainsRune("mwMW@%", r):
		return 0.98
	case r >= '0' && r <= '9':
		return 0.64
	case unicode.Is(unicode.Mn, r) || r == 0x200D || r == 0xFE0F:
		return 0
	case r >= 0x1100 && wide(r):
		return 1.05
	case r >= 0x1F000:
		return 1.35
	case unicode.IsUpper(r):
		return 0.76
	case r < 0x250:
		return 0.64
	}
	return 0.85
}

// wide shows characters that take a full em: Han, kana, Hangul, their
// punctuation and full-width forms.
func wide(r rune) bool {
	return r <= 0x115F || r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 ||
		r >= 0xFFE0 && r <= 0xFFE6 || r >= 0x20000 && r <= 0x3FFFD
}

// textWidth is an upper estimate of the width of s in pixels.
func textWidth(s string, size float64) float64 {
	sum := 0.0
	for _, r := range s {
		sum += em(r)
	}
	return sum * size
}

func widest(labels []string, size float64) float64 {
	most := 0.0
	for _, s := range labels {
		most = max(most, textWidth(s, size))
	}
	return most
}

// truncate cuts s to room pixels, with an ellipsis in place of the rest.
func truncate(s string, room, size float64) string {
	if textWidth(s, size) <= room {
		return s
	}
	sum := em('…') * size
	for i, r := range s {
		if sum += em(r) * size; sum > room {
			if i == 0 {
				return ""
			}
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

// fit shortens s to room pixels. In names joined by " + " the longest are cut
// first, so that each can still be told.
func fit(s string, room, size float64) string {
	parts := strings.Split(s, " + ")
	if len(parts) < 2 || textWidth(s, size) <= room {
		return truncate(s, room, size)
	}
	left := room - float64(len(parts)-1)*textWidth(" + ", size)
	share, most := left/float64(len(parts)), 0.0
	for most = share; ; most++ { // as much as the short ones leave over
		total := 0.0
		for _, p := range parts {
			total += math.Min(textWidth(p, size), most)
		}
		if total > left || most > left {
			break
		}
	}
	for i, p := range parts {
		parts[i] = truncate(p, most-1, size)
	}
	if most < 4*size { // too little to tell anything
		return truncate(s, room, size)
	}
	return truncate(strings.Join(parts, " + "), room, size)
}

// fitNames shortens the names of one axis to room pixels. Where names would be the same, what they
// begin with in common is cut rather than what distinguishes them.
func fitNames(names []string, room, size float64) []string {
	out, alike := make([]string, len(names)), map[string][]string{}
	for i, s := range names {
		out[i] = fit(s, room, size)
		alike[out[i]] = append(alike[out[i]], s)
	}
	for i, s := range names {
		common := commonStart(alike[out[i]])
		if common == 0 {
			continue
		}
		head := truncate(s[:common], room/2, size)
		out[i] = truncate(strings.TrimSuffix(head, "…")+"…"+s[common:], room, size)
	}
	return out
}

// commonStart is the length of what different names begin with in common, up to the end of a word;
// 0 for names that are all the same.
func commonStart(names []string) int {
	first, last := slices.Min(names), slices.Max(names)
	if first == last {
		return 0
	}
	end := 0
	for i, r := range first {
		if r == utf8.RuneError || !strings.HasPrefix(last, first[:i+utf8.RuneLen(r)]) {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) || r >= 0x1100 && wide(r) {
			end = i + utf8.RuneLen(r)
		}
	}
	return end
}

// wrap breaks s into lines of at most room pixels, at spaces and between wide
// characters; a longer word is cut.
func wrap(s string, room, size float64) []string {
	var lines []string
	cur := ""
	for _, w := range words(s) {
		if cur != "" && textWidth(strings.TrimRight(cur+w, " "), size) > room {
			lines = append(lines, strings.TrimRight(cur, " "))
			cur = ""
		}
		cur += w
	}
	if cur != "" {
		lines = append(lines, strings.TrimRight(cur, " "))
	}
	for i := range lines {
		lines[i] = truncate(lines[i], room, size)
	}
	return lines
}

func words(s string) []string {
	var out []string
	from := 0
	rs := []rune(s)
	for i, r := range rs {
		closing := i+1 < len(rs) && strings.ContainsRune("，。；：、！？）》」”", rs[i+1])
		if r == ' ' || r >= 0x1100 && wide(r) && !closing {
			out = append(out, string(rs[from:i+1]))
			from = i + 1
		}
	}
	if from < len(rs) {
		out = append(out, string(rs[from:]))
	}
	return out
}
