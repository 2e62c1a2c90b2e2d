package lang

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// names matches a list of names, as messages have them: mean, weighted, or review (text), table
// (table).
var names = regexp.MustCompile(`^` + name + `(?:, ` + name + `)+$`)

const name = `[^\s,;:"'(){}，；：、]+(?: \([^(),]*\))?`

// sprint formats args by e's format as Chinese writes them: what %q puts in quotes has those of
// Chinese, and the names of a list an enumeration comma between them.
func (e *entry) sprint(args []any) string {
	shown := make([]any, len(args))
	copy(shown, args)
	for _, v := range e.verbs {
		if v.arg >= len(shown) {
			continue
		}
		switch s, ok := shown[v.arg].(string); {
		case v.letter == 'q':
			shown[v.arg] = quoted{shown[v.arg]}
		case ok && names.MatchString(s):
			shown[v.arg] = strings.ReplaceAll(s, ", ", "、")
		}
	}
	return fmt.Sprintf(e.format, shown...)
}

// quoted is a value that %q prints in Chinese quotes, and every other verb as ever.
type quoted struct{ value any }

// Format implements [fmt.Formatter].
func (q quoted) Format(f fmt.State, verb rune) {
	s := fmt.Sprintf(fmt.FormatString(f, verb), q.value)
	if verb == 'q' {
		s = curly(s)
	}
	_, _ = io.WriteString(f, s)
}

// curly returns a string or character that Go quoted in Chinese quotes, in which " and ' need no
// backslash.
func curly(s string) string {
	if len(s) < 2 || s[0] != '"' && s[0] != '\'' || s[len(s)-1] != s[0] {
		return s
	}
	return "“" + strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\\`, `\\`).Replace(s[1:len(s)-1]) + "”"
}
