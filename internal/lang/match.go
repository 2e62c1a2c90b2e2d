package lang

import "strings"

// maxJoints bounds the places at which a text is taken apart, and maxText its length: what is
// longer is no message of this program but the output of another.
const (
	maxJoints = 24
	maxText   = 1 << 14
)

// translate returns s in the language of c: whole where a message made it, else taken apart where
// messages are joined, by colons and semicolons.
func (c *catalogue) translate(s string) string {
	if len(s) > maxText {
		return s
	}
	m := matcher{c: c, known: map[part]rendering{}}
	return m.render(s, true).text
}

// rendering is a text in another language, and how many letters of it messages account for: the
// rendering that accounts for most is the right one.
type rendering struct {
	text    string
	letters int
}

type matcher struct {
	c     *catalogue
	known map[part]rendering
}

// part is a part of a text. As a word it may be one that the catalogue has as such: only where a
// message takes one, for elsewhere it is as likely the name of a column.
type part struct {
	text string
	word bool
}

// render returns the best rendering of s; s itself, accounting for nothing, where there is none.
func (m *matcher) render(s string, word bool) rendering {
	key := part{s, word}
	if r, ok := m.known[key]; ok {
		return r
	}
	best := rendering{text: s}
	m.known[key] = best // for what contains itself
	consider := func(r rendering) {
		if r.letters > best.letters {
			best = r
		}
	}
	if e, ok := m.c.byID[s]; ok && len(e.verbs) == 0 && (word || strings.Contains(s, " ")) {
		best = rendering{unescape(e.format), lettersOf(s)}
	} else {
		for _, e := range m.c.candidates(s) {
			m.match(e, s, consider)
		}
		m.takeApart(s, consider)
	}
	m.known[key] = best
	return best
}

// match considers the ways in which e can have made s.
func (m *matcher) match(e *entry, s string, consider func(rendering)) {
	if !strings.Contains(s, e.longest) {
		return
	}
	found := e.lazy().FindStringSubmatch(s)
	if found == nil {
		return
	}
	consider(m.fill(e, found[1:]))
	if other := e.greedy().FindStringSubmatch(s); other != nil {
		consider(m.fill(e, other[1:]))
	}
}

// fill renders e with the parameters that were found.
func (m *matcher) fill(e *entry, params []string) rendering {
	args := map[int]rendering{}
	for i, v := range e.verbs {
		r := rendering{text: params[i]}
		switch v.letter {
		case 'q':
			r.text = curly(params[i])
		case 's', 'v', 'w':
			if names.MatchString(params[i]) {
				r.text = strings.ReplaceAll(params[i], ", ", "、")
			} else if e.words[v.arg] || strings.Contains(params[i], " ") {
				r = m.render(params[i], e.words[v.arg])
			}
		}
		args[v.arg] = r
	}
	out := rendering{letters: e.letters}
	var b strings.Builder
	for i, piece := range e.pieces {
		b.WriteString(piece)
		if i < len(e.order) {
			b.WriteString(args[e.order[i]].text)
		}
	}
	for _, r := range args {
		out.letters += r.letters
	}
	out.text = b.String()
	return out
}

// joints are the ways in which a message follows another one or a place, as in
// `shop.csv:17: what; advice`.
var joints = []struct{ english, chinese string }{{": ", "："}, {"; ", "；"}, {", ", "，"}, {". ", "。"}, {"] ", "] "}}

// takeApart considers s as two texts that are joined.
func (m *matcher) takeApart(s string, consider func(rendering)) {
	n := 0
	quoted := false
	for i := 0; i+2 < len(s) && n < maxJoints; i++ {
		switch {
		case s[i] == '\\':
			i++
			continue
		case s[i] == '"':
			quoted = !quoted
			continue
		case quoted:
			continue
		}
		for _, j := range joints {
			if !strings.HasPrefix(s[i:], j.english) {
				continue
			}
			n++
			head, tail := m.render(s[:i], false), m.render(s[i+len(j.english):], false)
			if letters := head.letters + tail.letters; letters > 0 {
				joint := j.chinese
				if head.letters == 0 && j.english == ": " { // a place, a name of a file
					joint = ": "
				}
				if tail.letters == 0 && j.english == ", " {
					joint = ", "
				}
				consider(rendering{head.text + joint + tail.text, letters})
			}
			break
		}
	}
}
