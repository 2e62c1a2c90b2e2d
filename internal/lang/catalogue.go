package lang

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// packed are the files of zh, one after another; as they are they would be a hundredth of the
// program. TestPacked writes it.
//
//go:embed zh.po.gz
var packed []byte

// chinese returns the catalogue, read once. A file that cannot be read is a mistake of the build,
// which the tests of this package find.
var chinese = sync.OnceValue(func() *catalogue {
	messages, err := unpack(packed)
	if err != nil {
		panic(fmt.Sprintf("lang: %v", err))
	}
	c := &catalogue{byID: map[string]*entry{}, byWord: map[string][]*entry{}}
	for _, m := range messages {
		c.add(m[0], m[1])
	}
	for _, list := range c.byWord {
		slices.SortStableFunc(list, moreSpecific)
	}
	slices.SortStableFunc(c.open, moreSpecific)
	return c
})

// unpack reads the messages of packed files.
func unpack(packed []byte) (messages [][2]string, err error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return parsePO(string(text))
}

// catalogue holds the entries of one language.
type catalogue struct {
	byID   map[string]*entry
	byWord map[string][]*entry // of those with parameters, by the word that they begin with
	open   []*entry            // those that begin with a parameter
}

// entry is one message.
type entry struct {
	id           string
	format       string       // in the language, with the verbs that Sprintf takes
	words        map[int]bool // parameters that are words of the catalogue themselves: %m in the .po file
	verbs        []verb       // of id
	pieces       []string     // of the language's format: text, and between its verbs
	order        []int        // the parameters between the pieces, from 0
	letters      int          // of id that are no parameters
	longest      string       // the longest text between parameters, which a message must hold
	lazy, greedy func() *regexp.Regexp
}

// verb is a formatting directive of fmt: where it stands, which argument it takes, and its letter.
type verb struct {
	start, end int
	arg        int
	letter     byte
}

var directive = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*\d*(?:\.\d+)?(?:\[(\d+)\])?([bcdeEfFgGmoOpqsTtUvwxX%])`)

// verbsOf returns the directives of a format, without %%.
func verbsOf(format string) (verbs []verb) {
	next := 0
	for _, m := range directive.FindAllStringSubmatchIndex(format, -1) {
		v := verb{start: m[0], end: m[1], arg: next, letter: format[m[6]]}
		if v.letter == '%' {
			continue
		}
		for _, g := range []int{2, 4} {
			if m[g] >= 0 {
				n, _ := strconv.Atoi(format[m[g]:m[g+1]])
				v.arg = n - 1
			}
		}
		next = v.arg + 1
		verbs = append(verbs, v)
	}
	return verbs
}

// pattern are the texts that a directive makes.
func (v verb) pattern(any string) string {
	switch v.letter {
	case 'd':
		return `([-+]?\d+)`
	case 'q':
		return `("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+')`
	case 'g', 'f', 'e':
		return `([-+]?(?:\d[\d.eE+-]*|NaN|Inf))`
	case 'x', 'X':
		return `([0-9a-fA-Fx]+)`
	case 'c':
		return `(.)`
	case 't':
		return `(true|false)`
	}
	return any
}

func (c *catalogue) add(id, str string) {
	e := &entry{id: id, verbs: verbsOf(id), words: map[int]bool{}}
	at := 0
	var format strings.Builder
	for _, v := range verbsOf(str) {
		text := str[at:v.start]
		e.pieces, e.order = append(e.pieces, unescape(text)), append(e.order, v.arg)
		format.WriteString(text)
		if v.letter == 'm' {
			e.words[v.arg] = true
			fmt.Fprintf(&format, "%%[%d]s", v.arg+1)
		} else {
			format.WriteString(str[v.start : v.end-1])
			format.WriteByte(printed(v.letter))
		}
		at = v.end
	}
	e.pieces = append(e.pieces, unescape(str[at:]))
	format.WriteString(str[at:])
	e.format = format.String()
	c.byID[id] = e
	c.index(e)
}

// printed is the letter with which Sprintf prints what Errorf wraps by %w.
func printed(letter byte) byte {
	if letter == 'w' {
		return 'v'
	}
	return letter
}

// moreSpecific puts the entry with more text of its own first.
func moreSpecific(a, b *entry) int { return b.letters - a.letters }

// index makes e known to match, if it has parameters and text enough to be told from others.
func (c *catalogue) index(e *entry) {
	if len(e.verbs) == 0 {
		return
	}
	var lazy, greedy strings.Builder
	at := 0
	text := func(s string) {
		s = unescape(s)
		if len(s) > len(e.longest) {
			e.longest = s
		}
		e.letters += lettersOf(s)
		lazy.WriteString(regexp.QuoteMeta(s))
		greedy.WriteString(regexp.QuoteMeta(s))
	}
	for _, v := range e.verbs {
		text(e.id[at:v.start])
		lazy.WriteString(v.pattern(`(.*?)`))
		greedy.WriteString(v.pattern(`(.*)`))
		at = v.end
	}
	text(e.id[at:])
	if e.letters < 3 {
		return
	}
	compile := func(s string) func() *regexp.Regexp {
		return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^` + s + `$`) })
	}
	e.lazy, e.greedy = compile(lazy.String()), compile(greedy.String())
	if word := firstWord(e.id[:e.verbs[0].start]); word != "" {
		c.byWord[word] = append(c.byWord[word], e)
	} else {
		c.open = append(c.open, e)
	}
}

// firstWord returns the text of s up to its first space; "" if there is none.
func firstWord(s string) string {
	word, _, ok := strings.Cut(s, " ")
	if !ok {
		return ""
	}
	return word
}

func unescape(s string) string { return strings.ReplaceAll(s, "%%", "%") }

func lettersOf(s string) (n int) {
	for _, r := range s {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			n++
		}
	}
	return n
}

// parsePO returns the pairs of msgid and msgstr of a .po file, without its header.
func parsePO(s string) (messages [][2]string, err error) {
	field := -1
	var m [2]string
	flush := func() {
		if m[0] != "" {
			messages = append(messages, m)
		}
		m = [2]string{}
	}
	for i, line := range strings.Split(s, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "msgid "):
			flush()
			field, line = 0, line[len("msgid "):]
		case strings.HasPrefix(line, "msgstr "):
			field, line = 1, line[len("msgstr "):]
		case line == "" || line[0] == '#':
			continue
		case line[0] != '"' || field < 0:
			return nil, fmt.Errorf("line %d: no string of a message", i+1)
		}
		text, err := strconv.Unquote(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		m[field] += text
	}
	flush()
	return messages, nil
}

// candidates returns the entries with parameters that s may have been made of.
func (c *catalogue) candidates(s string) []*entry {
	return slices.Concat(c.byWord[firstWord(s)], c.open)
}
