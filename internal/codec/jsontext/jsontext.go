// Package jsontext checks JSON (RFC 8259) and walks its objects and arrays in one pass, without
// decoding or copying: rows of many numbers are read in a fraction of the time that encoding/json
// takes to see that they are valid.
//
// What is valid is what encoding/json.Valid takes, which does not ask whether strings are UTF-8.
package jsontext

import (
	"encoding/json"
	"strings"
)

// maxDepth is how deeply arrays and objects may be nested, as in encoding/json.
const maxDepth = 10_000

// Member is a member of an object as it is written: Key is a string in its quotes.
type Member struct{ Key, Value string }

// Valid reports whether s is one JSON value, with nothing but space around it.
func Valid(s string) bool {
	end := value(s, space(s, 0), 0)
	return end >= 0 && space(s, end) == len(s)
}

// AppendMembers appends the members of the JSON object that s is, in their order; ok is false where
// s is none. Their keys may be alike.
func AppendMembers(dst []Member, s string) (members []Member, ok bool) {
	i := space(s, 0)
	if i >= len(s) || s[i] != '{' {
		return dst, false
	}
	end := object(s, i, 1, func(key, value string) bool {
		dst = append(dst, Member{key, value})
		return true
	})
	return dst, end >= 0 && space(s, end) == len(s)
}

// EachMember calls f with the members of the JSON object that s is, in their order and as they are
// written, until f returns false. It reports whether s is an object and f returned true for all of
// them; what comes behind a member is not checked before f has it.
func EachMember(s string, f func(key, value string) bool) bool {
	i := space(s, 0)
	if i >= len(s) || s[i] != '{' {
		return false
	}
	end := object(s, i, 1, f)
	return end >= 0 && space(s, end) == len(s)
}

// EachElement is EachMember for the elements of an array.
func EachElement(s string, f func(value string) bool) bool {
	i := space(s, 0)
	if i >= len(s) || s[i] != '[' {
		return false
	}
	end := array(s, i, 1, f)
	return end >= 0 && space(s, end) == len(s)
}

// Unquote returns the text of the JSON string that s is, in the memory of s where nothing in it is
// escaped.
func Unquote(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s[1 : len(s)-1], nil
	}
	var out string
	err := json.Unmarshal([]byte(s), &out)
	return out, err
}

// space returns the place of the first character from i on that is none of JSON's spaces.
func space(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// value returns the end of the value that begins at i and is inside depth others; -1 if it is none.
// So do the functions of its kinds.
func value(s string, i, depth int) int {
	if i >= len(s) {
		return -1
	}
	switch c := s[i]; c {
	case '"':
		return text(s, i)
	case '{':
		return object(s, i, depth+1, nil)
	case '[':
		return array(s, i, depth+1, nil)
	case 't':
		return literal(s, i, "true")
	case 'f':
		return literal(s, i, "false")
	case 'n':
		return literal(s, i, "null")
	}
	return number(s, i)
}

func literal(s string, i int, word string) int {
	if len(s)-i < len(word) || s[i:i+len(word)] != word {
		return -1
	}
	return i + len(word)
}

func object(s string, i, depth int, member func(key, value string) bool) int {
	if depth > maxDepth {
		return -1
	}
	i = space(s, i+1)
	if i < len(s) && s[i] == '}' {
		return i + 1
	}
	for i < len(s) && s[i] == '"' {
		key := i
		if i = text(s, i); i < 0 {
			return -1
		}
		keyEnd := i
		if i = space(s, i); i >= len(s) || s[i] != ':' {
			return -1
		}
		start := space(s, i+1)
		if i = value(s, start, depth); i < 0 {
			return -1
		}
		if member != nil && !member(s[key:keyEnd], s[start:i]) {
			return -1
		}
		if i = space(s, i); i >= len(s) {
			return -1
		}
		switch s[i] {
		case '}':
			return i + 1
		case ',':
			i = space(s, i+1)
		default:
			return -1
		}
	}
	return -1
}

func array(s string, i, depth int, element func(value string) bool) int {
	if depth > maxDepth {
		return -1
	}
	i = space(s, i+1)
	if i < len(s) && s[i] == ']' {
		return i + 1
	}
	for {
		start := i
		if i = value(s, i, depth); i < 0 {
			return -1
		}
		if element != nil && !element(s[start:i]) {
			return -1
		}
		if i = space(s, i); i >= len(s) {
			return -1
		}
		switch s[i] {
		case ']':
			return i + 1
		case ',':
			i = space(s, i+1)
		default:
			return -1
		}
	}
}

func text(s string, i int) int {
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c == '\\':
			if i++; i >= len(s) {
				return -1
			}
			switch s[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if len(s)-i <= 4 || !isHex(s[i+1]) || !isHex(s[i+2]) || !isHex(s[i+3]) || !isHex(s[i+4]) {
					return -1
				}
				i += 4
			default:
				return -1
			}
		}
	}
	return -1
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func number(s string, i int) int {
	if i < len(s) && s[i] == '-' {
		i++
	}
	start := i
	if i = digits(s, i); i < 0 || s[start] == '0' && i > start+1 {
		return -1
	}
	if i < len(s) && s[i] == '.' {
		if i = digits(s, i+1); i < 0 {
			return -1
		}
	}
	if i < len(s) && s[i]|' ' == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return digits(s, i)
	}
	return i
}

// digits returns the end of the digits at i; -1 if there is none.
func digits(s string, i int) int {
	start := i
	for i < len(s) && s[i]-'0' < 10 {
		i++
	}
	if i == start {
		return -1
	}
	return i
}
