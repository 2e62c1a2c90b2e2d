package dataset

import (
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/fusor-ml/fusor/media"
)

// Notation describes how a column's numbers or dates are written, where writers differ. It is
// decided once, for a whole column of the table that is trained on: one cell (1,234 or 03/04/2024)
// does not tell. A trained model keeps it.
type Notation string

// The notations. Of none, numbers have a decimal point, and dates with slashes that do not
// begin with the year cannot be read.
const (
	DecimalComma Notation = "decimal_comma" // 3,14 and 1.234,5
	DayFirst     Notation = "day_first"     // 28/4/2024
	MonthFirst   Notation = "month_first"   // 4/28/2024
	Clock        Notation = "clock"         // 13:45, 0:03:12.5 or 1h 20m, as seconds
	Magnitude    Notation = "magnitude"     // 3.7M beside 20K
)

// String returns a notation in words.
func (n Notation) String() string { return strings.ReplaceAll(string(n), "_", " ") }

// wanted reports in a problem how the column is read.
func (n Notation) wanted() string {
	switch n {
	case DecimalComma:
		return " with a decimal comma, as the column's others are,"
	case DayFirst:
		return " with the day before the month, as the column's others are,"
	case MonthFirst:
		return " with the month before the day, as the column's others are,"
	case Clock:
		return " of a clock, as the column's others are,"
	case Magnitude:
		return " such as 3.7M, as the column's others are,"
	}
	return ""
}

// longestNumber bounds a number that is more than digits, point, sign and exponent.
const longestNumber = 40

// number reads a number as people and spreadsheets write it: with thousands in groups (1,234,567.8
// or 1 234 567.8), as a percentage (12.5 %, which is 0.125), as an amount ($12, 12 €), negative in
// parentheses (12.50), in full-width digits.
func (n Notation) number(s string) (float64, bool) {
	if n == Clock {
		if v, ok := clock(s); ok {
			return v, true
		}
		if v, _, _, ok := duration(s); ok {
			return v, true
		}
		return ParseNumber(s) // of a table whose times are seconds already
	}
	if n == Magnitude {
		v, _, ok := magnitude(s)
		return v, ok
	}
	if n != DecimalComma {
		if v, ok := ParseNumber(s); ok {
			return v, true
		}
	}
	if len(s) > longestNumber || strings.IndexFunc(s, isDigit) < 0 || isPlain(s) && strings.IndexByte(s, '.') >= 0 && !grouped(s) {
		return 0, false
	}
	digits, sign, percent := bare(s)
	if digits == "" || (digits[0] < '0' || digits[0] > '9') && digits[0] != '.' {
		return 0, false
	}
	point, group := ".", ','
	if n == DecimalComma {
		point, group = ",", '.'
	}
	whole, fraction, broken := strings.Cut(digits, point)
	if i := strings.IndexFunc(whole, func(c rune) bool { return !isDigit(c) }); i >= 0 {
		sep, _ := utf8.DecodeRuneInString(whole[i:])
		if sep != group && !strings.ContainsRune(groupSigns, sep) {
			return 0, false
		}
		var ok bool
		if whole, ok = ungroup(whole, string(sep)); !ok {
			return 0, false
		}
	}
	if digits = whole; broken {
		if point == "," && (whole == "" || fraction == "") { // a list rather than a number
			return 0, false
		}
		digits += "." + fraction
	}
	v, ok := ParseNumber(sign + digits)
	if percent {
		v /= 100
	}
	return v, ok
}

// grouped reports whether the point of a plain number may stand between thousands: in 1.234, not in
// 0.123 or 1.5.
func grouped(s string) bool {
	if len(s) < len("1.234") || s[len(s)-len(".234")] != '.' {
		return false
	}
	whole := strings.TrimLeft(s[:len(s)-len(".234")], "+-")
	return len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0'
}

// groupSigns stand between thousands beside comma and point: blanks that break no line, and the
// Swiss apostrophe.
const groupSigns = " \u00a0\u202f\u2009'’"

func isDigit(c rune) bool {
	return c >= '0' && c <= '9' || c >= utf8.RuneSelf && unicode.IsDigit(c)
}

// western writes the digits, separators and signs of numbers of other scripts as those of ASCII.
func western(s string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case '\u2212': // the minus sign that typeset tables have
			return '-'
		case '\u066a': // of Arabic
			return '%'
		case '\u066b':
			return '.'
		case '\u066c':
			return ','
		}
		if c >= utf8.RuneSelf && unicode.IsDigit(c) {
			return '0' + digitOf(c)
		}
		return c
	}, width.Fold.String(s))
}

// digitOf is the value of a decimal digit: those of a script follow one another from 0 (The
// Unicode Standard, section 4.6).
func digitOf(c rune) rune {
	for _, r := range unicode.Nd.R16 {
		if c >= rune(r.Lo) && c <= rune(r.Hi) {
			return (c - rune(r.Lo)) % 10
		}
	}
	for _, r := range unicode.Nd.R32 {
		if c >= rune(r.Lo) && c <= rune(r.Hi) {
			return (c - rune(r.Lo)) % 10
		}
	}
	return 0
}

// bare takes the sign, one sign of a currency and a per cent sign off a number. An amount in
// parentheses, or with the sign behind it, is negative, as accountants write it.
func bare(s string) (digits, sign string, percent bool) {
	s = trim(s)
	if strings.ContainsFunc(s, func(c rune) bool { return c >= utf8.RuneSelf }) {
		s = trim(western(s))
	}
	s, percent = strings.CutSuffix(s, "%")
	// One sign of either sort: "12 % €" is no number.
	amount := percent
	currency := func(last bool) {
		s = trim(s)
		r, n := utf8.DecodeRuneInString(s)
		if last {
			r, n = utf8.DecodeLastRuneInString(s)
		}
		if amount || n == 0 || !unicode.Is(unicode.Sc, r) {
			return
		}
		if amount = true; last {
			s = trim(s[:len(s)-n])
		} else {
			s = trim(s[n:])
		}
	}
	negative := func() {
		if inner, ok := strings.CutPrefix(s, "("); ok && sign == "" {
			if inner, ok = strings.CutSuffix(inner, ")"); ok {
				s, sign = trim(inner), "-"
			}
		}
	}
	signed := func() {
		if sign == "" && s != "" && (s[0] == '-' || s[0] == '+') {
			s, sign = s[1:], s[:1]
		}
	}
	// Signs nest in every order that is in use: -$5, $-5, ($5), $(5), (5 €), 5-, €5-.
	negative()
	currency(true)
	negative()
	signed()
	currency(false)
	negative()
	signed()
	// SAP and older accounting systems write the sign behind.
	if rest, ok := strings.CutSuffix(s, "-"); ok && sign == "" {
		s, sign = trim(rest), "-"
	}
	return s, sign, percent
}

// ungroup joins thousands: one to three digits, then threes; or, behind commas, twos and a last
// three.
func ungroup(s, sep string) (string, bool) {
	parts := strings.Split(s, sep)
	if n := len(parts); n > 2 && sep == "," && len(parts[n-2]) == 2 { // 12,34,567, as in India
		for i, p := range parts {
			if len(p) != 2 && (i > 0 || len(p) > 2) && i < n-1 || i == n-1 && len(p) != 3 || p == "" || strings.Trim(p, "0123456789") != "" {
				return "", false
			}
		}
		return strings.Join(parts, ""), parts[0][0] != '0'
	}
	for i, p := range parts {
		if len(p) != 3 && (i > 0 || len(p) > 3 || p == "") || strings.Trim(p, "0123456789") != "" {
			return "", false
		}
	}
	return strings.Join(parts, ""), parts[0][0] != '0'
}

// slashes are the layouts of dates with slashes that begin with the day, and with the month.
var slashes = map[Notation][]dateLayout{
	DayFirst:   withClocks("2/1/2006", "2/1/06"),
	MonthFirst: withClocks("1/2/2006", "1/2/06"),
}

// withClocks are layouts of dates, each alone and with the ways of writing a time of day behind it.
func withClocks(dates ...string) []dateLayout {
	var out []dateLayout
	for _, d := range dates {
		out = append(out, dateLayout{d, false})
		for _, c := range []string{" 15:04", " 15:04:05", " 3:04 PM", " 3:04:05 PM", ", 15:04", ", 15:04:05", ", 3:04 PM", ", 3:04:05 PM"} {
			out = append(out, dateLayout{d + c, true})
		}
	}
	return out
}

// date reads a date, or a date with a time of day.
func (n Notation) date(s string) (when time.Time, clock, ok bool) {
	if when, clock, ok = ParseDate(s); ok || len(s) > longestNumber {
		return when, clock, ok
	}
	return slashDate(s, n)
}

// slashDate reads a date whose day and month only the notation tells apart.
func slashDate(s string, n Notation) (when time.Time, clock, ok bool) {
	s = slashed(s)
	if i := strings.IndexByte(s, '/'); i < 1 || i > 2 || s[0]-'0' > 9 {
		return time.Time{}, false, false
	}
	for _, l := range slashes[n] {
		if t, err := time.Parse(l.layout, s); err == nil {
			return t, l.clock, true
		}
	}
	return time.Time{}, false, false
}

// doubt is what a column leaves open: a cell that means two things, "" if nothing is open.
type doubt string

// readingOf decides how the cells of a column of numbers or dates are written: by those that can be
// read in one way only, if nearly all of these agree.
func readingOf(kind media.Kind, cells iter.Seq[string]) (Notation, doubt) {
	switch kind {
	case media.Number:
		// 1.5 cannot have a point between thousands: one vote, without being read in both ways.
		plain := 0 // with a point that only a decimal one is
		comma, point, open := weigh(func(yield func(string) bool) {
			for s := range cells {
				switch {
				case !isPlain(s):
				case grouped(s):
				default:
					if strings.IndexByte(s, '.') >= 0 {
						plain++
					}
					continue
				}
				if !yield(s) {
					return
				}
			}
		}, ",.", DecimalComma.number, Notation("").number)
		point += plain
		// Nearly all, as for kinds: a decimal comma here and there among points is a typing error.
		if comma > 0 && float64(comma) >= mostly*float64(comma+point) {
			return DecimalComma, ""
		}
		if point > 0 {
			open = ""
		}
		return "", open
	case media.Date:
		date := func(n Notation) func(string) (time.Time, bool) {
			return func(s string) (time.Time, bool) {
				when, _, ok := n.date(s)
				return when, ok
			}
		}
		// 28/04 votes for the day, 04/28 for the month; 03/04 leaves it open.
		day, month, open := weigh(func(yield func(string) bool) {
			for s := range cells {
				if !yield(slashed(trim(s))) {
					return
				}
			}
		}, "/", date(DayFirst), date(MonthFirst))
		switch n := mostly * float64(day+month); {
		case day > 0 && float64(day) >= n:
			return DayFirst, ""
		case month > 0 && float64(month) >= n:
			return MonthFirst, ""
		}
		return "", open
	}
	return "", ""
}

// weigh counts the cells that only one of two ways reads, among those with one of the marks; open
// is the first cell with the first mark that both read, differently.
func weigh[T comparable](cells iter.Seq[string], marks string, first, second func(string) (T, bool)) (one, other int, open doubt) {
	for s := range cells {
		if s = trim(s); len(s) > longestNumber || !strings.ContainsAny(s, marks) {
			continue
		}
		a, okA := first(s)
		b, okB := second(s)
		switch {
		case okA && !okB:
			one++
		case okB && !okA:
			other++
		case okA && okB && a != b && open == "" && strings.Contains(s, marks[:1]):
			open = doubt(s)
		}
	}
	return one, other, open
}
