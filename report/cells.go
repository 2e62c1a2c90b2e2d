package report

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// cells is the number of terminal columns of s: Han characters take two.
func cells(s string) int { return uniseg.StringWidth(s) }

func widestCells(list []string) int {
	most := 0
	for _, s := range list {
		most = max(most, cells(s))
	}
	return most
}

func padCells(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-cells(s)))
}

// cutCells shortens s to width columns, with an ellipsis for the rest.
func cutCells(s string, width int) string {
	if cells(s) <= width {
		return s
	}
	var b strings.Builder
	used := 1
	for g := uniseg.NewGraphemes(s); g.Next(); {
		if used += g.Width(); used > width {
			break
		}
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

// fitCells is cutCells that cuts the longest of names joined by " + " first,
// so that each can still be recognized.
func fitCells(s string, width int) string {
	parts := strings.Split(s, " + ")
	most := width
	for total := cells(s); total > width && most > 4; most-- {
		total = 3 * (len(parts) - 1)
		for _, p := range parts {
			total += min(cells(p), most-1)
		}
	}
	for i, p := range parts {
		parts[i] = cutCells(p, most)
	}
	return cutCells(strings.Join(parts, " + "), width)
}

// wrapCells breaks s into lines of at most width columns, where Unicode allows
// it (UAX 14); a longer word is cut.
func wrapCells(s string, width int) []string {
	var lines []string
	line, state := "", -1
	for s != "" {
		var part string
		part, s, _, state = uniseg.FirstLineSegmentInString(s, state)
		if line != "" && cells(strings.TrimRight(line+part, " ")) > width {
			lines = append(lines, cutCells(strings.TrimRight(line, " "), width))
			line = ""
		}
		line += part
	}
	return append(lines, cutCells(strings.TrimRight(line, " "), width))
}

// printable replaces control characters, so that a name cannot steer the
// terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
