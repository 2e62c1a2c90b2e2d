package dataset

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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
	if len(s) > len("-1.#QNAN") {
		return strings.HasPrefix(s, "0000-00-00") // MySQL's date of nothing
	}
	switch strings.ToLower(s) {
	case "", "na", "n/a", "n.a.", "nan", "-nan", "null", "(null)", "nil", "none", "nat", "<na>", "-", "--", "–", "—", "?", ".", "..", "...", "…", `\n`:
		return true
	case "#n/a", "#na", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan": // Excel, C on Windows
		return true
	}
	return false
}

// isInfinite reports whether a trimmed cell is how programs write an infinite number.
func isInfinite(s string) bool {
	switch strings.ToLower(strings.TrimLeft(s, "+-")) {
	case "inf", "infinity", "∞", "1.#inf":
		return len(s) <= len("-infinity")
	}
	return false
}

// ParseNumber reads a decimal number as programs write it, which is how cells of tables hold
// numbers; a NaN, an infinity or a number beyond float64 is none.
func ParseNumber(s string) (float64, bool) {
	if v, ok := shortDecimal(s); ok {
		return v, true
	}
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
	if s == "" || len(s) > most {
		return false
	}
	whole, fraction := s, ""
	if i := strings.IndexByte(s, '.'); i >= 0 {
		whole, fraction = s[:i], s[i+1:]
	}
	return len(whole)+len(fraction) > 0 && allDigits(whole) && allDigits(fraction)
}

// allDigits reports whether s holds nothing but the digits 0 to 9. It looks at eight at a time, as
// the cells of a wide table are looked at more often than anything else is.
func allDigits(s string) bool {
	const high, six, threes = 0xF0F0F0F0F0F0F0F0, 0x0606060606060606, 0x3333333333333333
	for len(s) >= 8 {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		// The high half of a digit is 3, and stays 3 if 6 is added. A carry into the next byte comes of
		// bytes from 0xFA on alone, whose own high half is not 3.
		if x&high|(x+six)&high>>4 != threes {
			return false
		}
		s = s[8:]
	}
	for i := 0; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return true
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

// dateWords are what dates begin with that begin with a name.
var dateWords = map[string]bool{
	"Jan": true, "Feb": true, "Mar": true, "Apr": true, "May": true, "Jun": true, "Jul": true, "Aug": true, "Sep": true, "Oct": true, "Nov": true, "Dec": true,
	"Sun": true, "Mon": true, "Tue": true, "Wed": true, "Thu": true, "Fri": true, "Sat": true,
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
	{"2-Jan-2006", false},
	{"2-Jan-06", false}, // Oracle's
	{"2/Jan/2006", false},
	{"Jan 2 2006", false},
	{"Mon, 2 Jan 2006", false},
	{"Monday, " + "January 2, 2006", false},
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
	{"2006-01-02 3:04:05 PM", true},
	{"2006-01-02 15:04:05 UTC", true},
	{"2006-01-02 15:04:05 -0700", true},
	{"2006-01-02 15:04:05 -0700 MST", true}, // Go's
	{"2006-01", false},                      // a month alone is its first day
	{"2006/01", false},
	{"2006年1月", false},
	{"Jan 2006", false},
	{"January 2006", false},
	{"20060102T150405Z0700", true},
	{"20060102T150405", true},
	{"2006年1月2日 15:04", true},
	{"2006年1月2日 15:04:05", true},
	{"2006年1月2日 15時04分", true},
	{"2.1.2006 15:04", true},
	{"2.1.2006 15:04:05", true},
	{"2 Jan 2006 15:04", true},
	{"2 Jan 2006 15:04:05", true},
	{"2-Jan-2006 15:04", true},
	{"2-Jan-2006 15:04:05", true},
	{"Jan 2, 2006 15:04", true},
	{"Jan 2, 2006 3:04 PM", true},
	{"Jan 2, 2006, 3:04 PM", true},
	{"Jan 2, 2006 3:04:05 PM", true},
	{"Jan 2, 2006, 3:04:05 PM", true},
	{"2/Jan/2006:15:04:05 -0700", true}, // of web servers
	{"Mon, 2 Jan 2006 15:04:05 -0700", true},
	{"Mon, 2 Jan 2006 15:04:05 GMT", true},
	{time.ANSIC, true},
	{time.RubyDate, true}, // of tweets
}

// ParseDate reads a date or a date with a time of day that can be read in one way only.
func ParseDate(s string) (when time.Time, clock, ok bool) {
	if len(s) < 6 || len(s) > 40 {
		return time.Time{}, false, false
	}
	if allDigits(s) {
		return digitDate(s)
	}
	// Most texts are told by their first letters, without an error of each layout.
	digit := s[0]-'0' <= 9
	if !digit && !dateWords[s[:3]] {
		return otherDate(s)
	}
	for _, l := range dateLayouts {
		if l.layout[0]-'0' <= 9 != digit {
			continue
		}
		if t, err := time.Parse(l.layout, s); err == nil {
			// Four digits and two may as well be a code.
			if len(s) == len("2006-01") && (t.Year() < 1800 || t.Year() >= 2200) {
				break
			}
			return t, l.clock, true
		}
	}
	return otherDate(s)
}

// otherDate reads a date that no layout describes.
func otherDate(s string) (when time.Time, clock, ok bool) {
	if when, ok = periodDate(s); !ok {
		when, ok = wordDate(s)
	}
	return when, false, ok
}

// ambiguousDate reports whether s is a date that means two things, such as 03/04/2024.
func ambiguousDate(s string) bool {
	_, _, uk := slashDate(s, DayFirst)
	_, _, us := slashDate(s, MonthFirst)
	return uk || us
}

// slashed writes a date whose first two parts end in dashes, such as 28-04-2024, with slashes;
// anything else is returned as it is.
func slashed(s string) string {
	at := 0
	for part := range 2 {
		n := 0
		for at < len(s) && s[at]-'0' <= 9 {
			at, n = at+1, n+1
		}
		if n < 1 || n > 2 || at == len(s) || s[at] != '-' {
			return s
		}
		if at++; part == 1 && (at == len(s) || s[at]-'0' > 9) {
			return s
		}
	}
	return strings.Replace(s, "-", "/", 2)
}

// clock reads a time of day or a time that something took, such as 13:45, 1:45 PM, 0:03:12.5 or
// 125:30:00, in seconds.
func clock(s string) (seconds float64, ok bool) {
	if len(s) < len("0:00") || len(s) > len("000:00:00.000000 PM") || s[0]-'0' > 9 {
		return 0, false
	}
	half := 0.0
	afternoon := false
	if end := len(s) - 2; s[end+1]|0x20 == 'm' {
		switch s[end] | 0x20 {
		case 'a':
		case 'p':
			afternoon = true
		default:
			return 0, false
		}
		half, s = 12, strings.TrimRight(s[:end], " \u00a0\u202f")
	}
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	for i, p := range parts {
		whole, fraction, broken := strings.Cut(p, ".")
		if broken && (i < len(parts)-1 || i == 0 || fraction == "") || i > 0 && len(whole) != 2 || len(whole) < 1 || len(whole) > 3 ||
			strings.Trim(whole+fraction, "0123456789") != "" {
			return 0, false
		}
		v, err := strconv.ParseFloat(p, 64)
		if err != nil || i > 0 && v >= 60 || i == 0 && half > 0 && (v < 1 || v > 12) {
			return 0, false
		}
		if i == 0 && half > 0 {
			if v = math.Mod(v, half); afternoon {
				v += half
			}
		}
		seconds = 60*seconds + v
	}
	if len(parts) == 2 {
		seconds *= 60
	}
	return seconds, true
}

// formatDate is how a date field is written: 2006-01-02, with a time of day as RFC 3339.
func formatDate(t time.Time, clock bool) string {
	if clock {
		return t.Format(time.RFC3339)
	}
	return t.Format(time.DateOnly)
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
