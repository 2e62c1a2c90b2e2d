package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Command writes words as a POSIX shell reads them back: what could mean more
// than itself is in single quotes.
func Command(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		if !utf8.ValidString(w) { // a name of other bytes, which no terminal shows or copies
			out[i] = ansiQuoted(w)
			continue
		}
		if w == "" || strings.ContainsFunc(w, func(c rune) bool {
			return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("-_./=,:+@%", c)
		}) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		out[i] = w
	}
	return strings.Join(out, " ")
}

// ansiQuoted writes s as $'…', with the bytes that are no text as \x and two digits.
func ansiQuoted(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1 || r < ' ':
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\'' || r == '\\':
			b.WriteString(`\` + s[:n])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return "$'" + b.String() + "'"
}
