package svg

import (
	"math"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/internal/termtext"
)

// scale maps values to pixels and holds the ticks.
type scale struct {
	lo, hi   float64 // values
	from, to float64 // pixels
	ticks    []float64
	format   func(float64) string
}

// at is the pixel of v, kept inside the axis; an undefined value lies at its start.
func (s scale) at(v float64) float64 {
	if math.IsNaN(v) {
		return s.from
	}
	v = math.Min(math.Max(v, s.lo), s.hi)
	return s.from + (v-s.lo)/(s.hi-s.lo)*(s.to-s.from)
}

// newScale covers [lo, hi] with at most want steps of 1, 2 or 5 times a power
// of ten; the ends move out to ticks, but not past floor and ceil.
func newScale(lo, hi, floor, ceil float64, want int, whole bool, format Format) scale {
	if math.IsNaN(lo) || math.IsInf(lo, 0) || math.IsNaN(hi) || math.IsInf(hi, 0) || lo > hi {
		lo, hi = 0, 1
	}
	if hi-lo < 1e-9*math.Max(1, math.Abs(hi)) {
		widen := math.Max(math.Abs(hi)*0.05, 0.01)
		if whole {
			widen = 1
		}
		lo, hi = math.Max(lo-widen, floor), math.Min(hi+widen, ceil)
		if hi <= lo {
			lo, hi = lo-widen, hi+widen
		}
	}
	step := niceStep((hi - lo) / float64(max(want, 1)))
	if whole {
		step = math.Max(1, math.Ceil(step))
	}
	s := scale{lo: math.Max(math.Floor(lo/step+1e-9)*step, floor), hi: math.Min(math.Ceil(hi/step-1e-9)*step, ceil)}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	for k := math.Ceil(s.lo/step - 1e-9); k*step <= s.hi+step*1e-9; k++ {
		s.ticks = append(s.ticks, k*step+0) // + 0: no negative zero
	}
	s.format = func(v float64) string {
		if most := max(math.Abs(s.lo), math.Abs(s.hi)); most >= 1e6 && step >= most/1000 && v != 0 { // as short as the steps allow
			number, power, _ := strings.Cut(termtext.Number(v), "e")
			if strings.Contains(number, ".") {
				number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
			}
			if power != "" {
				power = "e" + power
			}
			return number + power
		}
		return format.tick(v, digits)
	}
	return s
}

func niceStep(raw float64) float64 {
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	switch r := raw / mag; {
	case r <= 1+1e-9:
		return mag
	case r <= 2+1e-9:
		return 2 * mag
	case r <= 5+1e-9:
		return 5 * mag
	}
	return 10 * mag
}

// Format describes how the values of a plot are written.
type Format int

// The formats: a plain number as termtext.Number has it, a fraction as a percentage
// with one decimal, a fraction's difference in percentage points with its
// sign, a number with its sign, and a count.
const (
	Plain Format = iota
	Percent
	Points
	Signed
	Count
)

// Value writes a value of a plot or table.
func (f Format) Value(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case math.Abs(v) >= 1e7 && f != Signed:
		return termtext.Number(v)
	case f == Percent:
		return fixed(100*v, 1) + "\u00a0%"
	case f == Points:
		return sign(fixed(100*v, 1), v)
	case f == Signed && math.Abs(v) < 0.001:
		return sign(fixed(v, 3), v)
	case f == Signed:
		return sign(termtext.Number(v), v)
	case f == Count:
		return strings.Replace(strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64), "-", "−", 1)
	}
	return termtext.Number(v)
}

func (f Format) tick(v float64, digits int) string {
	switch f {
	case Percent:
		return fixed(100*v, max(0, digits-2)) + "\u00a0%"
	case Points:
		return sign(fixed(100*v, max(0, digits-2)), v)
	case Signed:
		return sign(fixed(v, digits), v)
	case Count:
		return strings.Replace(strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64), "-", "−", 1)
	}
	return fixed(v, digits)
}

func fixed(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.HasPrefix(s, "-") {
		if strings.Trim(s, "-0.") == "" {
			return s[1:]
		}
		return "−" + s[1:]
	}
	return s
}

func sign(s string, v float64) string {
	if v > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// Range widens [lo, hi] to round numbers, as the axes of plots are, but not
// past floor and ceil.
func Range(lo, hi, floor, ceil float64) (from, to float64) {
	s := newScale(lo, hi, floor, ceil, 4, false, Plain)
	return s.lo, s.hi
}
