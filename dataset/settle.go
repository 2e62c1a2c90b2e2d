package dataset

import (
	"slices"
	"strings"
	"unicode"

	"github.com/fusor-ml/fusor/media"
)

// settle decides how columns are written whose own cells leave it open, by those that do not: where
// prices are 12,50, so many people as 1.234 are a thousand, and where one day is the 28/4, the
// 3/4 of another column is one of April. It changes kinds and found.
func settle(t *Table, columns []int, kinds []media.Kind, found map[int]inferred, c *collector) {
	written := map[Notation]int{} // the first column of each, from 1 on
	for k, i := range columns {
		if n := found[i].Notation; n != "" && written[n] == 0 {
			written[n] = k + 1
		}
	}
	comma, day, month := written[DecimalComma], written[DayFirst], written[MonthFirst]
	note := func(k, like int, example, read string) {
		c.note("notation.column", 0, t.Header[columns[k]], "", "%q is read as %s, as the column %q is written", example, read, t.Header[columns[like-1]])
	}
	if comma > 0 && !t.typed {
		w, open := style{Notation: DecimalComma}, map[int]string{}
		for k, i := range columns {
			if kinds[k] != media.Number || found[i].style != (style{}) {
				continue
			}
			example, all := "", true
			for s := range t.texts(i) {
				s = trim(s)
				if marked := strings.ContainsAny(s, ".,"); marked && example == "" {
					example = s
				}
				if !isMissing(s) && !isInfinite(s) && !w.reads(s) {
					all = false
					break
				}
			}
			switch {
			case example == "":
			case all:
				open[k] = example
			default: // of a point that can only be a decimal one: the columns differ
				return
			}
		}
		for k := range kinds {
			if s := open[k]; s != "" {
				found[columns[k]] = inferred{kind: media.Number, style: w, standIns: found[columns[k]].standIns}
				v, _ := w.number(s)
				note(k, comma, s, formatNumber("", v))
			}
		}
	}
	if (day > 0) == (month > 0) {
		return
	}
	n, like := DayFirst, day
	if month > 0 {
		n, like = MonthFirst, month
	}
	for k, i := range columns {
		if kinds[k] != media.Text && kinds[k] != media.Category {
			continue
		}
		if _, looked := found[i]; !looked {
			continue
		}
		dates, others, example := 0, 0, ""
		for s := range t.texts(i) {
			if s = trim(s); isMissing(s) {
				continue
			}
			if _, _, ok := n.date(s); !ok {
				if others++; mostly*float64(others) > float64(t.Len()) {
					break
				}
				continue
			}
			if dates++; example == "" {
				example = s
			}
		}
		if dates > 0 && float64(dates) >= mostly*float64(dates+others) {
			kinds[k] = media.Date
			found[i] = inferred{kind: media.Date, style: style{Notation: n}}
			when, clock, _ := n.date(example)
			note(k, like, example, formatDate(when, clock))
		}
	}
}

// noteAmounts notes of a column of numbers what is read without its meaning: bounds, currencies
// that differ, and words for powers of ten.
func noteAmounts(t *Table, i int, w style, c *collector) {
	var currencies []string
	noted := map[string]bool{}
	read := func(code, s string) {
		if v, ok := w.number(s); ok && !noted[code] {
			noted[code] = true
			c.note(code, 0, t.Header[i], "", "%q counts as %s", s, formatNumber("", v))
		}
	}
	for s := range t.texts(i) {
		s = trim(s)
		if _, bound := unbound(s); bound {
			read("number.bound", s)
		} else if w.Notation == Magnitude && !isPlain(s) {
			read("number.magnitude", s)
		}
		if j := strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Sc, r) }); j >= 0 {
			sign := string([]rune(s[j:])[:1])
			if !slices.Contains(currencies, sign) {
				currencies = append(currencies, sign)
			}
		}
	}
	if len(currencies) > 1 {
		c.note("number.currency", 0, t.Header[i], "write all in one", "the amounts are of different currencies, %s and %s, and are read as they are", currencies[0], currencies[1])
	}
}

// isFigure reports whether a cell holds nothing but digits, points, signs in front of them and
// exponents: no bound, no currency and no magnitude.
func isFigure(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c-'0' <= 9, c == '.', c == '-', c == 'e':
		case c == '+' && i+1 < len(s):
		default:
			return false
		}
	}
	return true
}
