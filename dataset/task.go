package dataset

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/fusor-ml/fusor/media"
)

// labelCounts are the labels of a table as numbers, by which the task is decided.
type labelCounts struct {
	style
	open     doubt
	rows     int
	numeric  int             // rows whose label is a number
	lost     int             // rows whose label represents a number that is none
	fraction string          // a label with a fractional part, if there is one
	values   map[float64]int // rows of each number
}

// weighLabels reads labels as numbers, as far as they are.
func weighLabels(values map[string]int) *labelCounts {
	l := &labelCounts{values: map[float64]int{}}
	labels := make([]string, 0, len(values))
	for s := range values {
		labels = append(labels, s)
	}
	slices.Sort(labels)
	l.style, l.open = styleOf(media.Number, slices.Values(labels))
	for _, s := range labels {
		n := values[s]
		l.rows += n
		v, ok := l.number(s)
		_, bound := unbound(s) // <=50K and >50K are classes
		switch {
		case ok && !bound:
			l.numeric += n
			l.values[v] += n
			if l.fraction == "" && broken(s, v) {
				l.fraction = s
			}
		case noValue(s):
			l.lost += n
		}
	}
	return l
}

// numbers reports whether the labels are numbers, but for a few that are mistakes.
func (l *labelCounts) numbers() bool {
	return l.numeric > 0 && float64(l.numeric) >= mostly*float64(l.rows-l.lost)
}

// fewValues is how many different whole numbers are classes without a doubt.
const fewValues = 20

// task decides by the labels, and notes what was decided where it could be otherwise.
func (l *labelCounts) task(label string, c *collector) Task {
	const advice = "say --task class if they are classes"
	switch {
	case !l.numbers():
		return Classification
	case l.fraction != "":
		if _, plain := ParseNumber(l.fraction); !plain {
			v, _ := l.number(l.fraction)
			c.note("label.regression", 0, label, advice, "labels such as %.40q are read as numbers (%s) and predicted (regression)", l.fraction, strconv.FormatFloat(v, 'g', 6, 64))
		}
		return Regression
	case l.numeric == l.rows && 2*len(l.values) > l.rows:
		c.note("label.regression", 0, label, advice, "%d of %d labels are different numbers, so numbers are predicted (regression)", len(l.values), l.rows)
		return Regression
	case l.numeric < l.rows-l.lost || len(l.values) <= fewValues:
		return Classification
	}
	if l.quantity() {
		c.note("label.regression", 0, label, advice, "the labels are %d different whole numbers, so numbers are predicted (regression)", len(l.values))
		return Regression
	}
	c.note("label.classes", 0, label, "say --task regression if they are quantities", "the labels are %d different whole numbers, each on about %d rows, and are taken as classes", len(l.values), l.rows/len(l.values))
	return Classification
}

// quantity reports whether many whole numbers are rather a quantity than the numbers of classes.
// Classes are numbered one after the other and have about as many rows each, or many; a quantity
// has values that hardly any row has, gaps between them, and neighbors that are about as frequent.
func (l *labelCounts) quantity() bool {
	once, most, least := 0, 0, math.MaxInt
	for _, n := range l.values {
		most, least = max(most, n), min(least, n)
		if n == 1 {
			once++
		}
	}
	values := slices.Sorted(maps.Keys(l.values))
	n := len(values)
	span := values[n-1] - values[0] + 1
	perValue := float64(l.rows) / float64(n)
	// 0…n-1 or 1…n with hardly a gap.
	numbered := span <= 1.1*float64(n) && values[0] >= 0 && values[0] <= 1
	switch {
	case numbered && most <= 3*least: // as in a set made to teach classes
		return false
	// A fifth of the values on one row each: nobody has classes like that.
	case 5*once >= n, values[0] < 0:
		return true
	case perValue < 8 && !numbered:
		return true
	// Sparse codes, such as of regions, are classes if each has rows enough to be learned.
	case span > 3*float64(n):
		return perValue < 50
	}
	// Classes of a long tail fall in frequency with their number, if they are sorted by it, but never
	// rise first.
	peak, rise, fall := 0, 0, 0
	for i, v := range values {
		// A hump of frequencies (ages, prices) rises to its peak and then falls, nearly everywhere.
		if l.values[v] > l.values[values[peak]] {
			peak = i
		}
	}
	for i := 1; i < n; i++ {
		switch d := l.values[values[i]] - l.values[values[i-1]]; {
		case i <= peak && d >= 0, i > peak && d <= 0:
			rise++
		default:
			fall++
		}
	}
	return n > 2*fewValues && peak > n/20 && rise >= 2*fall
}
