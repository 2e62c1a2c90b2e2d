package dataset

import (
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fusor-ml/fusor/media"
)

// sentinelRows is how many rows have a value in place of a missing one, at least.
const sentinelRows = 3

// fewOthers is how many other values tell whether those that may stand for missing ones can be far.
const fewOthers = 256

// sentinel is a value that may stand for a missing one, as -999 does.
type sentinel struct {
	text      string
	rows      int
	low, high string // of all other values
}

// sentinelsOf finds the values that may stand for missing ones: those that programs and surveys
// write so, in several rows and farther from all other values than these are from each other.
// scale is the place of a value on a line, and maybe reports cheaply which values are worth a look.
func sentinelsOf(cells iter.Seq[string], maybe func(string) bool, scale func(string) (float64, bool)) []sentinel {
	// What is not far from a few of the others is not far from all. Nearly always this ends it.
	low, high, lowest, highest := math.Inf(1), math.Inf(-1), "", ""
	far := func(v float64) bool { return !(high > low) || v < low-(high-low) || v > high+(high-low) }
	n := 0
	for s := range cells {
		if s = trim(s); !maybe(s) {
			if v, ok := scale(s); ok && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
			if n++; n == fewOthers {
				break
			}
		}
	}
	count, near := map[string]int{}, map[string]struct{}{}
	for s := range cells {
		if s = trim(s); !maybe(s) {
			continue
		}
		if count[s] == 0 {
			if _, ok := near[s]; ok {
				continue
			}
			if v, ok := scale(s); ok && !far(v) {
				near[s] = struct{}{}
				continue
			}
		}
		count[s]++
	}
	for s, n := range count {
		if n < sentinelRows {
			delete(count, s)
		}
	}
	if len(count) == 0 {
		return nil
	}
	places := map[string]float64{}
	for s := range count {
		if v, ok := scale(s); ok {
			places[s] = v
		}
	}
	low, high, n = math.Inf(1), math.Inf(-1), 0
	for s := range cells {
		s = trim(s)
		if maybe(s) && count[s] > 0 {
			continue
		}
		// Others only come nearer.
		if n++; n%256 == 0 && high > low {
			for s, v := range places {
				if !far(v) {
					delete(places, s)
				}
			}
			if len(places) == 0 {
				return nil
			}
		}
		v, ok := scale(s)
		switch {
		case !ok || math.IsInf(v, 0):
			continue
		case v < low && v > high: // the first
			lowest, highest, low, high = s, s, v, v
		case v < low:
			low, lowest = v, s
		case v > high:
			high, highest = v, s
		}
	}
	if !(high > low) {
		return nil
	}
	var texts []string
	for s, v := range places {
		if far(v) {
			texts = append(texts, s)
		}
	}
	slices.Sort(texts)
	out := make([]sentinel, len(texts))
	for k, s := range texts {
		out[k] = sentinel{strings.Clone(s), count[s], strings.Clone(lowest), strings.Clone(highest)}
	}
	return out
}

// manyValues is how many values a column has at most that is looked at for the distances between
// them.
const manyValues = 1 << 12

// gapsAway is how many times as far as any two neighbors among the other values a number is that
// stands for a missing one.
const gapsAway = 5

// alongWith reports whether a number such as 99, which may stand for a missing one, goes with the
// other values of its column after all: these have gaps that are not much smaller than that before
// it, as in 5, 10, 20, 40, 99, or most of them end in the same digit, as prices do: 19, 29, 99. A
// number with a sign, or one with a fraction or an exponent, is no such value.
func alongWith(cells iter.Seq[string], text string, scale func(string) (float64, bool)) bool {
	digits, _, _ := strings.Cut(text, ".")
	if strings.Trim(digits, "6789") != "" {
		return false
	}
	v, ok := scale(text)
	if !ok {
		return false
	}
	seen := map[float64]struct{}{}
	n, alike := 0, 0
	for s := range cells {
		x, ok := scale(trim(s))
		if !ok || math.IsInf(x, 0) || maybeStandIn(s) && x >= v/2 {
			continue
		}
		n++
		if math.Mod(x, 10) == math.Mod(v, 10) {
			alike++
		}
		if seen[x] = struct{}{}; len(seen) > manyValues {
			return false
		}
	}
	values := slices.Sorted(maps.Keys(seen))
	if 2*alike >= n || len(values) == 0 {
		return true
	}
	widest := 0.0
	for k, x := range values[1:] {
		widest = max(widest, x-values[k])
	}
	return v-values[len(values)-1] < gapsAway*widest
}

// standIns are numbers that programs write for missing ones, beside nines, eights and sevens: the
// limits of types of numbers, of which netCDF's default fill value is another, and what logs of
// wells have.
var standIns = []float64{
	-999.25, 1e20, 1e30, 1e36, 9.969209968386869e36, math.MaxFloat32, math.MaxFloat64,
	math.MaxInt16, math.MinInt16, math.MaxUint16, math.MaxInt32, math.MinInt32, math.MaxUint32, math.MaxInt64, math.MinInt64,
}

// maybeStandIn reports whether a number is one that is written for a missing one. Nearly all cells
// are told by their first two characters.
func maybeStandIn(s string) bool {
	s = trim(s)
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	if len(s) < 2 {
		return false
	}
	switch a, b := s[0], s[1]; {
	case a >= '7' && a <= '9' && b == a, a == '9' && b >= '6' && b <= '9':
		// -999, -999.0, 9998, 77: refusals and gaps in surveys have codes of their own.
		whole, fraction, _ := strings.Cut(s, ".")
		n := len(whole)
		if strings.Trim(fraction, "0") == "" && strings.Trim(whole[:n-1], whole[:1]) == "" &&
			(whole[n-1] == a || a == '9' && n > 2 && whole[n-1] >= '6' && whole[n-1] <= '9') {
			return true
		}
	case a == '1', a == '2' && b == '1', a == '3', a == '4' && b == '2', a == '6' && b == '5', a == '9':
	default:
		return false
	}
	if len(s) < 4 {
		return false
	}
	switch s[:4] { // what standIns begin with
	case "999.", "1e20", "1e30", "1e36", "1e+2", "1e+3", "1E20", "1E30", "1E36", "1E+2", "1E+3", "1000",
		"9.96", "9969", "3.40", "3402", "1.79", "1797", "3276", "6553", "2147", "4294", "9223":
		v, err := strconv.ParseFloat(s, 64)
		return err == nil && slices.ContainsFunc(standIns, func(x float64) bool { return math.Abs(math.Abs(x)-v) <= 1e-6*v })
	}
	return false
}

// maybeNever reports whether a date may be one that is written for a missing one: the ends of
// calendars, and the days from which programs count.
func maybeNever(s string) bool {
	for _, year := range []string{"9999", "2999", "2099", "1970", "1904", "1900", "1899", "1800", "1753", "1601", "0001"} {
		if strings.Contains(s, year) {
			return true
		}
	}
	return false
}

// noteSentinels notes values of field i that may stand for missing ones.
func noteSentinels(t *Table, i int, f *Field, c *collector) {
	const advice = "leave the cell empty where the value is missing"
	if f.Kind == media.Number {
		w := style{f.Notation, f.Unit}
		for _, s := range sentinelsOf(t.texts(i), maybeStandIn, w.number) {
			if alongWith(t.texts(i), s.text, w.number) {
				continue
			}
			c.note("number.stand-in", 0, f.Name, advice, "%q in %d rows is far from all other numbers, %s to %s: does it stand for a missing one? It is taken as a number", s.text, s.rows, s.low, s.high)
		}
		return
	}
	scale := func(s string) (float64, bool) {
		when, _, ok := f.Notation.date(s)
		return float64(when.Unix()), ok
	}
	for _, s := range sentinelsOf(t.texts(i), maybeNever, scale) {
		when, _, _ := f.Notation.date(s.text)
		if d, m := when.Day(), when.Month(); m == time.January && d == 1 || m == time.December && d >= 30 {
			c.note("date.stand-in", 0, f.Name, advice, "%q in %d rows is far from all other dates, %s to %s: does it stand for a missing one? It is taken as a date", s.text, s.rows, s.low, s.high)
		}
	}
}

// noteTargetSentinels notes targets of a regression that may stand for missing ones.
func noteTargetSentinels(ds *Dataset, c *collector) {
	labels := func(yield func(string) bool) {
		for i := range ds.Rows {
			if !yield(ds.Rows[i].Label) {
				return
			}
		}
	}
	for _, s := range sentinelsOf(labels, maybeStandIn, ds.target) {
		if alongWith(labels, s.text, ds.target) {
			continue
		}
		c.note("number.stand-in", 0, ds.Schema.Label, "leave the label empty where it is missing", "%q in %d rows is far from all other numbers, %s to %s: does it stand for a missing one? It is taken as a number", s.text, s.rows, s.low, s.high)
	}
}

// noteTotal notes a last row whose target is the sum of all others, as that of a row of totals.
func noteTotal(ds *Dataset, c *collector) {
	last := len(ds.Rows) - 1
	if last < fewRows {
		return
	}
	sum, size := 0.0, 0.0
	for i := range ds.Rows[:last] {
		if r := &ds.Rows[i]; r.Labeled() {
			sum += r.Target
			size += math.Abs(r.Target)
		}
	}
	if r := &ds.Rows[last]; r.Labeled() && size > 0 && math.Abs(sum) > size/2 && math.Abs(r.Target-sum) <= 1e-9*size {
		c.note("label.total", r.Number, ds.Schema.Label, "leave it out if it is a row of totals", "the label of the last row, %q, is the sum of all others", r.Label)
	}
}

// notePoint notes a column that may have points between thousands: those of its numbers that have
// a point have three digits behind it, and the others are below a thousand.
func notePoint(t *Table, i int, c *collector) {
	whole, example := false, ""
	for s := range t.texts(i) {
		s = trim(s)
		switch {
		case s == "" || s == "0" || isMissing(s):
		case !isPlain(s):
			return
		case grouped(s):
			if example == "" {
				example = s
			}
		case strings.IndexByte(s, '.') >= 0 || len(strings.TrimLeft(s, "+-")) > 3:
			return
		default:
			whole = true
		}
	}
	if whole && example != "" {
		c.note("number.point", 0, t.Header[i], "write a thousand as 1000", "%q is read with a decimal point, though beside whole numbers it may be of thousands", example)
	}
}
