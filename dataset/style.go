package dataset

import (
	"iter"
	"regexp"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// style is how a column's numbers or dates are written: their notation, and the unit that is with
// each.
type style struct {
	Notation
	unit string
}

// number reads a number with the column's unit, or without one.
func (w style) number(s string) (float64, bool) {
	if w.unit != "" {
		if rest, unit, ok := splitUnit(s); ok && sameUnit(unit) == sameUnit(w.unit) {
			s = rest
		}
	}
	v, ok := w.Notation.number(s)
	if !ok {
		if inner, bound := unbound(s); bound {
			return w.number(inner)
		}
	}
	return v, ok
}

// reads reports whether s is a number.
func (w style) reads(s string) bool {
	if w == (style{}) && isPlain(s) {
		return true
	}
	_, ok := w.number(s)
	return ok
}

// withUnit is a number and what is written behind it: kg, km/h, m², °C, stars, 元, or /5 and
// out of 5.
var withUnit = regexp.MustCompile(`^([-+(]{0,2}(?:[\d０-９][\d０-９.,'’ \x{00a0}\x{202f}\x{2009}]*)?[\d０-９]\)?)[ \x{00a0}\x{202f}]*([\p{L}°µ"″′‰\p{So}][\p{L}\p{M}\p{So}\d°µ²³/·^."″′ ]{0,15}|/ ?\d{1,3})$`)

// notUnit is what is part of a number: an exponent that float64 has not, or digits of another base.
var notUnit = regexp.MustCompile(`^(?:[eE]\d|[xXbBoO][\da-fA-F]+$)`)

// inCurrency is an amount behind the code or name of a currency.
var inCurrency = regexp.MustCompile(`^(?i:(USD|EUR|GBP|JPY|CNY|RMB|INR|CHF|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|BRL|KRW|MXN|ZAR|SGD|HKD|TWD|TRY|THB|IDR|Rs\.?|R\$|US\$|A\$|C\$|HK\$|NT\$|S\$|Fr\.|kr\.?))[ \x{00a0}\x{202f}]*([-+(]{0,2}\d[\d.,'’ \x{00a0}\x{202f}]*\)?)$`)

// splitUnit divides a number from its unit.
func splitUnit(s string) (number, unit string, ok bool) {
	s = trim(s)
	if len(s) > longestNumber || isPlain(s) || strings.IndexFunc(s, isDigit) < 0 {
		return "", "", false
	}
	if m := withUnit.FindStringSubmatch(s); m != nil && !notUnit.MatchString(m[2]) {
		if _, _, date := ParseDate(s); date { // 24 Mar 2024
			return "", "", false
		}
		return strings.Trim(m[1], " \u00a0\u202f"), trim(m[2]), true
	}
	if m := inCurrency.FindStringSubmatch(s); m != nil {
		return m[2], m[1], true
	}
	return "", "", false
}

// sameUnit writes units alike that are one: of upper or lower case, with a point, as one or many.
func sameUnit(unit string) string {
	return strings.TrimSuffix(strings.TrimRight(strings.ToLower(unit), "."), "s")
}

// unitOf is the unit of nearly all numbers of a column, in its most usual spelling; "" if there is
// none. Where units differ, mixed are two of them.
func unitOf(cells iter.Seq[string]) (unit string, mixed [2]string) {
	count, spelling := map[string]int{}, map[string]int{}
	n, numbers := 0, 0
	for s := range cells {
		if s = trim(s); s == "" || isMissing(s) {
			continue
		}
		n++
		s, _ = unbound(s)
		if number, u, ok := splitUnit(s); ok {
			_, point := Notation("").number(number)
			_, comma := DecimalComma.number(number)
			// In either notation: the column's own is found later, of the numbers without their units.
			if point || comma {
				count[sameUnit(u)]++
				spelling[u]++
				numbers++
			}
		}
		// A text column is given up early.
		if n == 100 && 2*numbers < n {
			return "", mixed
		}
	}
	best, second := "", ""
	for u, k := range count {
		// Ties by name in all three loops, since the order of a map is random.
		if k > count[best] || k == count[best] && u < best {
			best = u
		}
	}
	for u, k := range count {
		if u != best && (k > count[second] || k == count[second] && u < second) {
			second = u
		}
	}
	usual := ""
	for u, k := range spelling {
		if sameUnit(u) == best && (k > spelling[usual] || k == spelling[usual] && u < usual) {
			usual = u
		}
	}
	switch {
	// Of all cells: where a few have a unit, it is not the column's.
	case n == 0 || float64(numbers) < mostly*float64(n):
		return "", mixed
	case float64(count[best]) >= mostly*float64(n):
		return usual, mixed
	}
	return "", [2]string{best, second}
}

// styleOf decides how the cells of a column of numbers or dates are written.
func styleOf(kind media.Kind, cells iter.Seq[string]) (style, doubt) {
	if kind != media.Number {
		r, open := readingOf(kind, cells)
		return style{Notation: r}, open
	}
	if lasting(cells) {
		return style{Notation: Clock}, ""
	}
	if multiplied(cells) {
		return style{Notation: Magnitude}, ""
	}
	unit, _ := unitOf(cells)
	if unit == "" {
		r, open := readingOf(kind, cells)
		return style{Notation: r}, open
	}
	numbers := func(yield func(string) bool) {
		for s := range cells {
			if number, u, ok := splitUnit(s); ok && sameUnit(u) == sameUnit(unit) {
				s = number
			}
			if !yield(s) {
				return
			}
		}
	}
	r, open := readingOf(kind, numbers)
	return style{r, unit}, open
}
