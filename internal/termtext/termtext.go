// Package termtext fits text into the columns of a terminal: Han characters take two of them.
package termtext

import (
	"iter"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Width returns the number of terminal columns of s.
func Width(s string) int { return uniseg.StringWidth(s) }

// Widest returns the largest Width.
func Widest(list []string) int {
	most := 0
	for _, s := range list {
		most = max(most, Width(s))
	}
	return most
}

// Pad returns s with spaces up to width columns.
func Pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-Width(s)))
}

// Cut shortens s to width columns, with an ellipsis for the rest.
func Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	var b strings.Builder
	used := 1
	for g, columns := range graphemes(s) {
		if used += columns; used > width {
			break
		}
		b.WriteString(g)
	}
	return b.String() + "…"
}

// graphemes returns the characters that a reader sees in s (UAX 29), and the columns of each.
// uniseg.NewGraphemes would bring the tables of words and sentences with it.
func graphemes(s string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for state := -1; s != ""; {
			var g string
			var columns int
			if g, s, columns, state = uniseg.FirstGraphemeClusterInString(s, state); !yield(g, columns) {
				return
			}
		}
	}
}

// Fit is Cut that cuts the longest of names joined by " + " first,
// so that each can still be recognized.
func Fit(s string, width int) string {
	parts := strings.Split(s, " + ")
	most := width
	for total := Width(s); total > width && most > 4; most-- {
		total = 3 * (len(parts) - 1)
		for _, p := range parts {
			total += min(Width(p), most-1)
		}
	}
	for i, p := range parts {
		parts[i] = Cut(p, most)
	}
	return Cut(strings.Join(parts, " + "), width)
}

// percent is a percentage, whose parts belong on one line.
var percent = regexp.MustCompile(`(\d) %`)

// Wrap breaks s into lines of at most width columns, where Unicode allows it (UAX 14) and not
// before a percent sign; a longer word is broken anywhere. Unlike UAX 14 it keeps a flag or a path
// whole (--views, docs/scale.md), and breaks behind full-width punctuation whatever follows.
func Wrap(s string, width int) []string {
	lines := wrap(percent.ReplaceAllString(s, "$1\u00a0%"), width)
	if strings.Contains(s, "\u00a0") {
		return lines
	}
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(l, "\u00a0", " ")
	}
	return lines
}

func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, part := range segments(s, width) {
		if line != "" && Width(strings.TrimRight(line+part, " ")) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += part
		if word := strings.TrimRight(line, " "); Width(word) > width {
			pieces := Break(word, width)
			last := len(pieces) - 1
			lines, line = append(lines, pieces[:last]...), pieces[last]+line[len(word):]
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// Break breaks s into lines of at most width columns, between any two characters.
func Break(s string, width int) []string {
	var lines []string
	from, at, used := 0, 0, 0
	for g, columns := range graphemes(s) {
		if used += columns; used > width && at > from {
			lines = append(lines, s[from:at])
			from, used = at, columns
		}
		at += len(g)
	}
	return append(lines, s[from:])
}

// segments returns the parts of s between which a line may end. What belongs together but is wider
// than a line is left in parts.
func segments(s string, width int) (parts []string) {
	state := -1
	for s != "" {
		var part string
		part, s, _, state = uniseg.FirstLineSegmentInString(s, state)
		for at := chineseBreak(part); at > 0; at = chineseBreak(part) {
			parts, part = append(parts, part[:at]), part[at:]
		}
		if k := len(parts) - 1; k >= 0 && technical(parts[k], part) && Width(parts[k]+part) <= width {
			parts[k] += part
			continue
		}
		parts = append(parts, part)
	}
	return parts
}

// chineseBreak returns the first place within s where Chinese may end a line, behind a closing sign
// or before an opening one; 0 if there is none.
func chineseBreak(s string) int {
	const opening, closing = "（“《", "，、；：。？！）”》"
	var before rune
	for i, r := range s {
		breaks := strings.ContainsRune(closing, before) || strings.ContainsRune(opening, r) && !strings.ContainsRune(opening, before)
		if i > 0 && breaks && !strings.ContainsRune(closing+" \u00a0…)]}", r) {
			return i
		}
		before = r
	}
	return 0
}

// technical reports whether before and after are parts of a flag, of a path or of another word that
// has no spaces, which UAX 14 breaks behind a hyphen or a slash.
func technical(before, after string) bool {
	end := before[len(before)-1]
	if end != '-' && end != '/' || after[0] >= utf8.RuneSelf {
		return false
	}
	word := before[strings.LastIndexFunc(before, func(r rune) bool { return r == ' ' || r >= utf8.RuneSelf })+1:]
	word = strings.TrimLeft(word, "\uFFFD\"'(")
	return strings.HasPrefix(word, "-") || strings.ContainsAny(word, "/=")
}

// Printable returns s without what would move the cursor or color the terminal: line breaks stay,
// other white space is a space, every other control character U+FFFD.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || !unicode.IsControl(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ReplacementChar
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Line returns Printable of s with its line breaks as spaces.
func Line(s string) string { return strings.ReplaceAll(Printable(s), "\n", " ") }
