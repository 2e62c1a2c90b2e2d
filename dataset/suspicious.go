package dataset

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/media"
)

// foreignNumber is a number as people and spreadsheets write it, but which can be read in more than
// one way (1,234) or holds a sign that is no part of it (12 %, $9.50).
var foreignNumber = regexp.MustCompile(`^[-+]?[$€£¥￥]? ?[-+]?\d[\d.,' \x{00a0}\x{202f}]*[%$€£¥￥元]?$`)

// roundedNumber is a number with a sign that qualifies it, or a letter that multiplies it: <5, ~12,
// 100+, 3.5*, 1.2M.
var roundedNumber = regexp.MustCompile(`^(?:[<>≤≥~≈±]=? ?[-+]?\d[\d.,]*|[-+]?\d[\d.,]*(?:[+*†]| ?(?:[kKMB]|bn|mn)))$`)

// mostlyNumbers is the share of numbers from which a column of texts or categories was probably
// meant as one of numbers.
const mostlyNumbers = 0.7

// areUnits reports whether two endings of numbers are units: letters alone may as well be part of a
// code (12A, 7B), and others are those of ordinals (1st, 2nd).
func areUnits(units [2]string) bool {
	for _, u := range units {
		switch u {
		case "st", "nd", "rd", "th":
			return false
		}
	}
	return utf8.RuneCountInString(units[0]) > 1 || utf8.RuneCountInString(units[1]) > 1
}

// webAddress is one address, of a page or of what lies in a store of objects.
var webAddress = regexp.MustCompile(`^(?i:https?|ftp|s3|gs|file)://\S+$`)

// looks is what a text looks like that was not read as it.
type looks int

const (
	looksOther looks = iota
	looksDate
	looksNumber
	looksForeign // a number that cannot be read
	looksAddress
)

// looksOf returns what a cell looks like.
func looksOf(s string) looks {
	number, _ := unbound(s)
	switch _, plain := ParseNumber(number); {
	case strings.Contains(s, "://") && webAddress.MatchString(s):
		return looksAddress
	// No number is that long; texts are spared the regular expressions.
	case len(s) > 40 || isMissing(s):
		return looksOther
	case ambiguousDate(s):
		return looksDate
	case plain:
		return looksNumber
	// The sign is looked for first, since most cells have none and the expression costs far more.
	case strings.ContainsAny(s, ",'%$€£¥￥元") && foreignNumber.MatchString(s), // 1.2.3 is a version
		roundedNumber.MatchString(s):
		return looksForeign
	}
	return looksOther
}

// noteSuspiciousKinds reports columns that were taken as texts or categories but hardly can be
// ones.
func noteSuspiciousKinds(t *Table, i int, kind media.Kind, c *collector) {
	if kind != media.Category && kind != media.Text {
		return
	}
	// Each distinct text is looked at once: regular expressions on every cell of a million would
	// dominate the reading.
	distinct, n, dates, numbers, addresses, example, word := map[string]looks{}, 0, 0, 0, 0, "", ""
	for _, s := range t.column(i) {
		if isBlank(s) {
			continue
		}
		n++
		is, seen := distinct[s]
		if !seen {
			is = looksOf(s)
			distinct[s] = is
		}
		switch is {
		case looksDate:
			dates++
		case looksNumber:
			numbers++
		case looksAddress:
			addresses++
		case looksOther:
			if word == "" && len(s) <= 40 {
				word = s
			}
		case looksForeign:
			if numbers++; example == "" {
				example = s
			}
		}
	}
	taken := map[media.Kind]string{media.Category: "categories", media.Text: "texts"}[kind]
	most := mostly * float64(n)
	_, units := unitOf(t.texts(i))
	switch {
	// From the most specific finding to the vaguest; one note a column.
	case units[1] != "" && areUnits(units):
		c.note("number.units", 0, t.Header[i], "write all in one unit", "looks like numbers, but of different units, %s and %s; taken as %s", units[0], units[1], taken)
	case n > 0 && float64(dates) >= most:
		c.note("date.ambiguous", 0, t.Header[i], "write dates as 2006-01-31", "looks like dates whose day and month cannot be told apart; taken as %s", taken)
	case example != "" && float64(numbers) >= most:
		c.note("number.unreadable", 0, t.Header[i], "write them as 1234.5", "looks like numbers, but %q cannot be read as one; taken as %s", example, taken)
	case n >= fewRows && numbers < n && float64(numbers) >= mostlyNumbers*float64(n) && word != "":
		c.note("number.words", 0, t.Header[i], fmt.Sprintf("leave a cell empty where the number is missing; --kind %s=number takes the others as numbers", shellName(t.Header[i])), "%d of %d cells are numbers, but others, such as %q, are not; taken as %s", numbers, n, word, taken)
	case n > 0 && float64(addresses) >= most:
		c.note("column.addresses", 0, t.Header[i], "if they are of pictures, sounds or films, download these and name the files", "holds web addresses; taken as %s", taken)
	// 20 rows at least: of a few, all different ones are no surprise.
	case kind == media.Category && n >= 20 && 10*len(distinct) >= 9*n:
		c.note("column.own-category", 0, t.Header[i], "leave it out with --ignore, or set its kind with --kind", "nearly every row has a category of its own")
	}
}
