package dataset

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// fewRows is how many rows it takes to tell row numbers from numbers that happen to differ.
const fewRows = 20

// rowNames returns the format of why column i, to be formatted with its name, numbers or names the
// rows instead of saying anything of them; "" if it does not. Every row has a value of its own, and
// these count up, or are what is called an id.
func rowNames(t *Table, i int, kind media.Kind) string {
	switch kind {
	case media.Number, media.Category, media.Text:
	default:
		return ""
	}
	n := t.Len()
	// By chance a short column counts up or has no value twice.
	if n < fewRows || t.vectors[i] != nil {
		return ""
	}
	seen := map[string]struct{}{}
	numbers := []float64{}
	named := namesRows(t.Header[i])
	prefix, suffix := "", ""
	hex, letters := true, false
	for k, cell := range t.column(i) {
		s := trim(cell)
		if s == "" || len(s) > 80 || strings.Count(s, " ") > 1 {
			return ""
		}
		if _, twice := seen[s]; twice {
			return ""
		}
		seen[s] = struct{}{}
		hex = hex && isHash(s)
		letters = letters || hex && strings.ContainsAny(s, "abcdefABCDEF-")
		// None of the three findings below is possible any more. Most columns end here after a few cells.
		if numbers == nil && !hex && !named {
			return ""
		}
		before, digits, after := lastNumber(s)
		if k == 0 {
			prefix, suffix = before, after
		}
		// 12 kg counts nothing, even if the amounts happen to be 1, 2, 3.
		if kind == media.Number && before+after != "" { // a unit, a currency
			return ""
		}
		// IMG_0001.jpg, IMG_0002.jpg: the text around the number has to be the same in all rows.
		if numbers == nil || digits == "" || before != prefix || after != suffix {
			numbers = nil
			continue
		}
		v, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			numbers = nil
			continue
		}
		numbers = append(numbers, v)
	}
	switch {
	// A year a row is a trend that a model may use; a column called id is left out all the same.
	case len(numbers) == n && countsRows(numbers, named) && (named || !namesTime(t.Header[i])):
		if prefix+suffix == "" {
			return "%s (it numbers the rows)"
		}
		return "%s (names that count the rows)"
	case hex && letters: // else times of a clock, in millionths of a second
		return "%s (every row has a code of its own)"
	// Long texts differ from row to row, as they should.
	case named && kind != media.Text:
		return "%s (every row has an id of its own)"
	}
	return ""
}

// lastNumber divides a name into its last whole number and what is around it: IMG_, 0012, .jpg.
// Digits is "" if there is none.
func lastNumber(s string) (before, digits, after string) {
	s = strings.TrimSuffix(s, ".0") // a whole number as pandas writes it beside missing ones
	end := strings.LastIndexAny(s, "0123456789") + 1
	start := end
	for start > 0 && s[start-1] >= '0' && s[start-1] <= '9' {
		start--
	}
	if end-start > 15 || start > 0 && (s[start-1] == '.' || s[start-1] == ',') {
		return "", "", ""
	}
	return s[:start], s[start:end], s[end:]
}

// countsRows reports whether numbers that all differ are those of rows: one after the other, in
// whatever order, or in the order of the rows with gaps, where rows were left out.
func countsRows(v []float64, named bool) bool {
	n := float64(len(v))
	span := slices.Max(v) - slices.Min(v) + 1
	if span == n {
		return true
	}
	rising := slices.IsSorted(v)
	falling := slices.IsSortedFunc(v, func(a, b float64) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	return (rising || falling) && (named || span <= 2*n) || named && !math.IsInf(span, 0)
}

// namesTime reports whether a name is of a time, which may well count up by one a row and states
// something.
func namesTime(name string) bool {
	for _, w := range words(name) {
		switch w {
		case "year", "years", "month", "week", "day", "hour", "minute", "second", "time", "date", "t", "age", "epoch", "quarter", "jahr", "monat", "tag", "année", "año", "rank":
			return true
		}
	}
	return strings.ContainsAny(name, "年月日时")
}

// isHash reports whether s is a UUID or a hash in hexadecimal.
func isHash(s string) bool {
	bare := strings.ReplaceAll(strings.Trim(s, "{}"), "-", "")
	switch len(bare) {
	case 16, 24, 32, 40, 56, 64:
	default:
		return false
	}
	return strings.Trim(bare, "0123456789abcdefABCDEF") == ""
}
