package dataset

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/internal/codec/jsontext"
)

// trim is strings.TrimSpace, at less cost where there is nothing to trim.
func trim(s string) string {
	plain := func(c byte) bool { return c > ' ' && c < utf8.RuneSelf }
	if s == "" || plain(s[0]) && plain(s[len(s)-1]) {
		return s
	}
	return strings.TrimSpace(s)
}

// isBlank reports whether a cell holds nothing but white space.
func isBlank(s string) bool { return trim(s) == "" }

// isMissing reports whether a trimmed cell of a number, date, file or vector reports that there is
// nothing.
func isMissing(s string) bool {
	if len(s) > len("none") {
		return false
	}
	switch strings.ToLower(s) {
	case "", "na", "n/a", "nan", "null", "none", "-", "?":
		return true
	}
	return false
}

// ParseNumber reads a decimal number as programs write it, which is how cells of tables hold
// numbers; a NaN, an infinity or a number beyond float64 is none.
func ParseNumber(s string) (float64, bool) {
	if s == "" || len(s) > 400 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// isPlain reports whether s is a number of digits, with a point and a sign or without, for which
// ParseNumber need not be asked.
func isPlain(s string) bool {
	const most = 300 // digits, all of which float64 can hold
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	points := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c-'0' <= 9 {
			continue
		} else if points++; c != '.' || points > 1 {
			return false
		}
	}
	return len(s) > points && len(s) <= most
}

// ParseBoolean reads true/false, yes/no, t/f, y/n, 是/否 in any case.
func ParseBoolean(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "t", "y", "是":
		return true, true
	case "false", "no", "f", "n", "否":
		return false, true
	}
	return false, false
}

// dateLayout is one way of writing a date; clock: with a time of day.
type dateLayout struct {
	layout string
	clock  bool
}

// dateLayouts are the ways of writing a date that can be read in one way only; 01/02/2024 is none
// of them.
var dateLayouts = []dateLayout{
	{time.DateOnly, false},
	{"2006/01/02", false},
	{"2006.01.02", false},
	{"2006/1/2", false},
	{"2006-1-2", false},
	{"2006年1月2日", false},
	{"2.1.2006", false},
	{"2 Jan 2006", false},
	{"Jan 2, 2006", false},
	{"2 January 2006", false},
	{"January 2, 2006", false},
	{time.RFC3339Nano, true},
	{"2006-01-02T15:04:05.999999999", true},
	{"2006-01-02 15:04:05.999999999", true},
	{"2006-01-02 15:04:05.999999999Z07:00", true},
	{"2006-01-02T15:04", true},
	{"2006-01-02 15:04", true},
	{"2006/01/02 15:04:05", true},
	{"2006/01/02 15:04", true},
	{"2006/1/2 15:04:05", true},
	{"2006/1/2 15:04", true},
}

// ParseDate reads a date or a date with a time of day that can be read in one way only.
func ParseDate(s string) (when time.Time, clock, ok bool) {
	if len(s) < 8 || len(s) > 40 || (s[0] < '0' || s[0] > '9') && (s[0] < 'A' || s[0] > 'Z') {
		return time.Time{}, false, false
	}
	for _, l := range dateLayouts {
		if t, err := time.Parse(l.layout, s); err == nil {
			return t, l.clock, true
		}
	}
	return time.Time{}, false, false
}

// ambiguousDate reports whether s is a date that means two things, such as 03/04/2024.
func ambiguousDate(s string) bool {
	_, us := time.Parse("1/2/2006", s)
	_, uk := time.Parse("2/1/2006", s)
	return us == nil || uk == nil
}

// formatDate is how a date field is written: 2006-01-02, with a time of day as RFC 3339.
func formatDate(t time.Time, clock bool) string {
	if clock {
		return t.Format(time.RFC3339)
	}
	return t.Format(time.DateOnly)
}

// parseVector reads a JSON array of numbers.
func parseVector(s string) ([]float32, error) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return nil, fmt.Errorf("not a JSON array of numbers")
	}
	body := s[1 : len(s)-1]
	if isBlank(body) {
		return nil, nil
	}
	out := make([]float32, 0, 1+strings.Count(body, ","))
	if v, ok := jsontext.AppendFloats(out, s); ok {
		return v, nil
	}
	for {
		item, rest, more := strings.Cut(body, ",")
		item = strings.TrimSpace(item)
		v, err := strconv.ParseFloat(item, 32)
		switch {
		case item == "null" || (err == nil && math.IsNaN(v)):
			return nil, fmt.Errorf("the number at place %d is missing (NaN)", len(out)+1)
		case err != nil || math.IsInf(v, 0):
			return nil, fmt.Errorf("%.20q at place %d is not a number", item, len(out)+1)
		}
		out = append(out, float32(v))
		if !more {
			return out, nil
		}
		body = rest
	}
}

// looksLikeVector is a cheap test for a JSON array of numbers.
func looksLikeVector(s string) bool {
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return false
	}
	first, _, _ := strings.Cut(s[1:len(s)-1], ",")
	first = strings.TrimSpace(first)
	if first == "" || first == "NaN" || first == "null" {
		return true
	}
	_, ok := ParseNumber(first)
	return ok
}

// splitFiles reads the names in a cell: one, several with semicolons between, or a JSON array.
func splitFiles(s string) []string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `["`) {
		var names []string
		if json.Unmarshal([]byte(s), &names) == nil {
			return clean(names)
		}
	}
	return clean(strings.Split(s, ";"))
}

// clean trims names and drops the empty ones.
func clean(names []string) []string {
	out := names[:0]
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// plural counts things in words: "1 cell", "2 cells".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
