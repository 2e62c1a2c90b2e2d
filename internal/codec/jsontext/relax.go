package jsontext

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Loose are the ways in which a text is not JSON but can be read as it.
type Loose uint

// The ways: what JavaScript, JSON5 and Python's repr have beyond JSON.
const (
	Comments       Loose = 1 << iota // // …, /* … */ and # …
	TrailingCommas                   // [1, 2,]
	SingleQuotes                     // 'text', also with line breaks
	BareNames                        // {name: 1}
	PythonWords                      // None, True, False
	NaNs                             // NaN, Infinity, nan, inf, undefined: null
	Tuples                           // (1, 2)
	Numbers                          // +1, .5, 5.
	Wrapped                          // callback(…);  var name = …;
)

// String describes the first of the ways.
func (l Loose) String() string {
	for i, what := range []string{
		"comments", "commas before closing brackets", "quotes that are not straight double ones, or breaks inside", "names without quotes", "None, True or False",
		"NaN or Infinity", "round brackets", "numbers such as .5", "a function or a variable around it",
	} {
		if l&(1<<i) != 0 {
			return what
		}
	}
	return ""
}

// Relax writes a value of loose JSON as JSON, in as many lines, and returns in which ways it was
// loose. ok is false where s is no such value, or has something else behind it.
func Relax(s string) (strict string, loose Loose, ok bool) {
	r := relaxer{s: s}
	r.space()
	closing := r.wrapping()
	r.space()
	if !r.value(0) {
		return "", r.loose, false
	}
	for r.space(); r.i < len(s) && (closing > 0 && s[r.i] == ')' || r.loose&Wrapped != 0 && s[r.i] == ';'); r.space() {
		if s[r.i] == ')' {
			closing--
		}
		r.i++
	}
	strict = r.b.String()
	return strict, r.loose, r.i == len(s) && closing == 0 && Valid(strict)
}

// relaxer reads s from i on and writes JSON.
type relaxer struct {
	s     string
	i     int
	b     strings.Builder
	loose Loose
}

// wrapping passes what JavaScript has before a value: the name of a function or of a variable. It
// returns how many brackets are to be closed behind it.
func (r *relaxer) wrapping() int {
	rest := r.s[r.i:]
	if strings.HasPrefix(rest, ")]}'") { // against inclusion as a script
		r.i += len(")]}'")
		if r.i < len(r.s) && r.s[r.i] == ',' {
			r.i++
		}
		r.loose |= Wrapped
		return 0
	}
	n := strings.IndexAny(rest, "[{\"'\n")
	if n <= 0 {
		return 0
	}
	head := strings.TrimSpace(rest[:n])
	switch {
	case strings.HasSuffix(head, "(") && isPath(strings.TrimSpace(head[:len(head)-1])):
	case strings.HasSuffix(head, "=") && isPath(strings.TrimSpace(head[:len(head)-1])):
	case strings.HasPrefix(head, "export") && isPath(head):
	default:
		return 0
	}
	r.i += n
	r.loose |= Wrapped
	return strings.Count(head, "(")
}

// isPath reports whether words are one name or several, joined by dots or blanks: var data,
// window.data.
func isPath(words string) bool {
	return words != "" && len(words) < 100 && strings.IndexFunc(words, func(c rune) bool { return !isNameRune(c) && c != '.' && c != ' ' }) < 0
}

func isNameRune(c rune) bool {
	return c == '_' || c == '$' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

// space passes blanks and comments, of which it keeps the line breaks.
func (r *relaxer) space() {
	for r.i < len(r.s) {
		var end int
		switch c := r.s[r.i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f':
			end = r.i + 1
		case strings.HasPrefix(r.s[r.i:], "\u00a0"), strings.HasPrefix(r.s[r.i:], "\ufeff"):
			_, n := utf8.DecodeRuneInString(r.s[r.i:])
			end = r.i + n
		case c == '#' || strings.HasPrefix(r.s[r.i:], "//"):
			if end = strings.IndexByte(r.s[r.i:], '\n'); end < 0 {
				end = len(r.s)
			} else {
				end += r.i
			}
			r.loose |= Comments
		case strings.HasPrefix(r.s[r.i:], "/*"):
			if end = strings.Index(r.s[r.i+2:], "*/"); end < 0 {
				return
			}
			end += r.i + 4
			r.loose |= Comments
		default:
			return
		}
		for n := strings.Count(r.s[r.i:end], "\n"); n > 0; n-- {
			r.b.WriteByte('\n')
		}
		r.i = end
	}
}

// value writes the value at i.
func (r *relaxer) value(depth int) bool {
	if r.i >= len(r.s) || depth > maxDepth {
		return false
	}
	switch c := r.s[r.i]; c {
	case '{':
		return r.list('}', '{', '}', depth+1)
	case '[':
		return r.list(']', '[', ']', depth+1)
	case '(':
		r.loose |= Tuples
		return r.list(')', '[', ']', depth+1)
	case '"', '\'':
		return r.text()
	case '-', '+', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return r.number()
	}
	switch word := r.word(); word {
	case "u", "b", "r": // of Python's strings
		if r.i < len(r.s) && (r.s[r.i] == '\'' || r.s[r.i] == '"') && word != "r" {
			r.loose |= SingleQuotes
			return r.text()
		}
		return false
	case "true", "false", "null":
		r.b.WriteString(word)
	case "True", "False":
		r.b.WriteString(strings.ToLower(word))
		r.loose |= PythonWords
	case "None":
		r.b.WriteString("null")
		r.loose |= PythonWords
	case "NaN", "nan", "Infinity", "inf", "undefined":
		r.b.WriteString("null")
		r.loose |= NaNs
	default:
		return false
	}
	return true
}

// word passes a name.
func (r *relaxer) word() string {
	rest := r.s[r.i:]
	n := strings.IndexFunc(rest, func(c rune) bool { return !isNameRune(c) })
	if n < 0 {
		n = len(rest)
	}
	r.i += n
	return rest[:n]
}

// list writes an object or an array that ends with close, within other brackets.
func (r *relaxer) list(end, opened, closed byte, depth int) bool {
	r.i++
	r.b.WriteByte(opened)
	for first := true; ; first = false {
		before := r.i
		// A comma that nothing follows is one too many: it is written before what follows it.
		comma := false
		r.space()
		if !first && r.i < len(r.s) && r.s[r.i] == ',' {
			comma = true
			r.i++
			r.space()
		}
		switch {
		case r.i >= len(r.s):
			return false
		case r.s[r.i] == end:
			if comma {
				r.loose |= TrailingCommas
			}
			r.i++
			r.b.WriteByte(closed)
			return true
		case !first && !comma:
			return false
		case before == r.i && !first:
			return false
		}
		if comma {
			r.b.WriteByte(',')
		}
		if closed == '}' && !r.key() || !r.value(depth) {
			return false
		}
	}
}

// key writes the key of a member with its colon.
func (r *relaxer) key() bool {
	switch c := r.s[r.i]; {
	case c == '"' || c == '\'':
		if !r.text() {
			return false
		}
	default:
		word := r.word()
		if word == "" {
			return false
		}
		r.b.WriteString(`"` + word + `"`)
		r.loose |= BareNames
	}
	r.space()
	if r.i >= len(r.s) || r.s[r.i] != ':' {
		return false
	}
	r.i++
	r.b.WriteByte(':')
	r.space()
	return true
}

// text writes a string in single or double quotes.
func (r *relaxer) text() bool {
	quote := r.s[r.i]
	if quote == '\'' {
		r.loose |= SingleQuotes
	}
	r.i++
	r.b.WriteByte('"')
	for r.i < len(r.s) {
		c := r.s[r.i]
		switch {
		case c == quote:
			r.i++
			r.b.WriteByte('"')
			return true
		case c == '\\':
			if !r.escape() {
				return false
			}
			continue
		case c == '"':
			r.b.WriteString(`\"`)
		case c < ' ':
			r.loose |= SingleQuotes
			fmt.Fprintf(&r.b, `\u%04x`, c)
		default:
			r.b.WriteByte(c)
		}
		r.i++
	}
	return false
}

// escape writes a backslash and what comes behind it.
func (r *relaxer) escape() bool {
	if r.i+1 >= len(r.s) {
		return false
	}
	c := r.s[r.i+1]
	r.i += 2
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		r.b.WriteByte('\\')
		r.b.WriteByte(c)
	case 'u':
		r.b.WriteString(`\u`)
	case '\'':
		r.b.WriteByte('\'')
	case '\n': // the text goes on in the next line
		r.loose |= SingleQuotes
	case 'a', 'v', '0':
		fmt.Fprintf(&r.b, `\u%04x`, map[byte]int{'a': 7, 'v': 11, '0': 0}[c])
		r.loose |= SingleQuotes
	case 'x', 'U':
		n := map[byte]int{'x': 2, 'U': 8}[c]
		if r.i+n > len(r.s) {
			return false
		}
		v, err := strconv.ParseUint(r.s[r.i:r.i+n], 16, 32)
		if err != nil || v > unicode.MaxRune {
			return false
		}
		r.i += n
		r.loose |= SingleQuotes
		switch {
		case v < ' ' || v == '"' || v == '\\':
			fmt.Fprintf(&r.b, `\u%04x`, v)
		default:
			r.b.WriteRune(rune(v))
		}
	default:
		return false
	}
	return true
}

// number writes a number.
func (r *relaxer) number() bool {
	from := r.i
	for r.i < len(r.s) && strings.IndexByte("+-.0123456789eE", r.s[r.i]) >= 0 {
		r.i++
	}
	n := r.s[from:r.i]
	if n == "-" || n == "+" {
		switch r.word() {
		case "Infinity", "inf", "NaN", "nan":
			r.b.WriteString("null")
			r.loose |= NaNs
			return true
		}
		return false
	}
	if number(n, 0) == len(n) {
		r.b.WriteString(n)
		return true
	}
	r.loose |= Numbers
	n = strings.TrimPrefix(n, "+")
	sign := ""
	if rest, negative := strings.CutPrefix(n, "-"); negative {
		sign, n = "-", rest
	}
	if strings.HasPrefix(n, ".") {
		n = "0" + n
	}
	n = strings.TrimSuffix(n, ".")
	n = strings.Replace(strings.Replace(n, ".e", "e", 1), ".E", "E", 1)
	if number(n, 0) != len(n) {
		return false
	}
	r.b.WriteString(sign + n)
	return true
}
