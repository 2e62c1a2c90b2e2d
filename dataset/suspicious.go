package dataset

import (
	"regexp"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// foreignNumber is a number as people and spreadsheets write it, but which can be read in more than
// one way (1,234) or holds a sign that is no part of it (12 %, $9.50).
var foreignNumber = regexp.MustCompile(`^[-+]?[$€£¥￥]? ?[-+]?\d[\d.,' \x{00a0}\x{202f}]*[%$€£¥￥元]?$`)

// webAddress is one address, of a page or of what lies in a store of objects.
var webAddress = regexp.MustCompile(`^(?i:https?|ftp|s3|gs|file)://\S+$`)

// noteSuspiciousKinds reports columns that were taken as texts or categories but hardly can be
// ones.
func noteSuspiciousKinds(t *Table, i int, kind media.Kind, c *collector) {
	if kind != media.Category && kind != media.Text {
		return
	}
	type looks int
	const (
		other looks = iota
		date
		number
		foreign
		address
	)
	distinct, n, dates, numbers, addresses, example := map[string]looks{}, 0, 0, 0, 0, ""
	for _, s := range t.column(i) {
		if isBlank(s) {
			continue
		}
		n++
		is, seen := distinct[s]
		if !seen {
			switch _, plain := ParseNumber(s); {
			case strings.Contains(s, "://") && webAddress.MatchString(s):
				is = address
			case len(s) > 40 || isMissing(s):
			case ambiguousDate(s):
				is = date
			case plain:
				is = number
			case strings.ContainsAny(s, ",'%$€£¥￥元") && foreignNumber.MatchString(s): // 1.2.3 is a version
				is = foreign
			}
			distinct[s] = is
		}
		switch is {
		case date:
			dates++
		case number:
			numbers++
		case address:
			addresses++
		case foreign:
			if numbers++; example == "" {
				example = s
			}
		}
	}
	taken := map[media.Kind]string{media.Category: "categories", media.Text: "texts"}[kind]
	most := mostly * float64(n)
	switch {
	case n > 0 && float64(dates) >= most:
		c.note("date.ambiguous", 0, t.Header[i], "write dates as 2006-01-31", "looks like dates whose day and month cannot be told apart; taken as %s", taken)
	case example != "" && float64(numbers) >= most:
		c.note("number.unreadable", 0, t.Header[i], "write them as 1234.5", "looks like numbers, but %q cannot be read as one; taken as %s", example, taken)
	case n > 0 && float64(addresses) >= most:
		c.note("column.addresses", 0, t.Header[i], "if they are of pictures, sounds or films, download these and name the files", "holds web addresses; taken as %s", taken)
	case kind == media.Category && n >= 20 && 10*len(distinct) >= 9*n:
		c.note("column.own-category", 0, t.Header[i], "leave it out with --ignore, or set its kind with --kind", "nearly every row has a category of its own")
	}
}
