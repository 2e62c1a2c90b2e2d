package dataset

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/jsontext"
)

// readJSONLines reads one JSON object a line.
func readJSONLines(text string, opt *rowOptions, c *collector) *Table {
	r := newRowReader(opt, c)
	for number := 1; len(text) > 0; number++ {
		var line string
		if line, text, _ = strings.Cut(text, "\n"); !isBlank(line) {
			r.add(line, number)
		}
	}
	return r.table()
}

// maxListed is the longest text of an object whose members are listed before they are read.
const maxListed = 1 << 20

// parseObject reads the members of one line's object with r. It yields the object as valid JSON.
func parseObject(line string, r *memberReader) (object string, ok bool) {
	const advice = "write one JSON object a line"
	line = strings.TrimSpace(line)
	if line[0] != '{' {
		r.c.fatal("json.object", r.line, "", advice, "not a JSON object")
		return "", false
	}
	// Most objects have few members: their array stays on the stack. Where it could take many times
	// the memory of the text, the text is walked twice instead.
	var few [16]jsontext.Member
	var members []jsontext.Member
	walk := len(line) > maxListed
	list := func() (valid bool) {
		if walk {
			return jsontext.Valid(line)
		}
		members, valid = jsontext.AppendMembers(few[:0], line)
		return valid
	}
	valid := list()
	if !valid {
		// Python's json.dump writes NaN and Infinity unless allow_nan is off. Tried second: the scan for
		// them costs a copy, and nearly all lines are valid.
		given := line
		repaired, did := withoutNaN(line)
		if line = repaired; did {
			valid = list()
		}
		if !valid && r.loose {
			if strict, loose, ok := jsontext.Relax(given); ok {
				line = strict
				if valid = list(); valid {
					noteLoose(loose, r.line, r.c)
					did = false
				}
			}
		}
		if !valid {
			r.c.fatal("json.syntax", r.line, "", advice, "%s", jsonFault(given))
			return "", false
		}
		if did {
			r.c.note("json.nan", r.line, "", "write null for a value that is missing", "NaN or Infinity, which JSON does not have, is taken as missing")
		}
	}
	// To the first member that makes the row unusable.
	if walk {
		jsontext.EachMember(line, func(key, value string) bool {
			r.read(keyName(key), value, "", 0)
			return !r.bad
		})
	}
	for i := 0; i < len(members) && !r.bad; i++ {
		r.read(keyName(members[i].Key), members[i].Value, "", 0)
	}
	return line, !r.bad
}

// jsonFault describes what is wrong with a line that is no JSON.
func jsonFault(line string) string {
	var v any
	err := json.Unmarshal([]byte(line), &v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		if syntax.Offset >= int64(len(line)) && strings.Contains(syntax.Error(), "unexpected end") {
			return "the JSON object is cut off"
		}
		return fmt.Sprintf("not valid JSON at character %d: %v", syntax.Offset, syntax)
	}
	return "not valid JSON"
}

// eachMember walks the members of a valid JSON object without decoding them.
func eachMember(s string, f func(key, value string)) {
	at := 1
	skip := func(chars string) {
		for at < len(s) && strings.IndexByte(chars, s[at]) >= 0 {
			at++
		}
	}
	for {
		skip(" \t\r\n,")
		if at >= len(s) || s[at] == '}' {
			return
		}
		key := s[at : at+valueLen(s[at:])]
		at += len(key)
		skip(" \t\r\n:")
		value := s[at : at+valueLen(s[at:])]
		at += len(value)
		f(key, value)
	}
}

// valueLen is the length of the valid JSON value that s starts with.
func valueLen(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(s))
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// withoutNaN replaces NaN and Infinity, which Python writes into JSON, by null outside strings.
func withoutNaN(s string) (string, bool) {
	var b strings.Builder
	did := false
	for i := 0; i < len(s); {
		if s[i] == '"' {
			n := valueLen(s[i:])
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		n := 0
		for _, word := range []string{"NaN", "-Infinity", "Infinity"} {
			if strings.HasPrefix(s[i:], word) {
				n = len(word)
				break
			}
		}
		if n > 0 {
			b.WriteString("null")
			did = true
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String(), did
}
