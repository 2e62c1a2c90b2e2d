package termtext

import (
	"math"
	"strconv"
	"strings"
)

// Number writes a number for people with three decimals, with four
// significant digits where that is longer, with two where it shows nothing: 0.123, 1235, 9.185e7,
// 0.00012.
func Number(v float64) string {
	a := math.Abs(v)
	var s string
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case a < 1e-9:
		return "0.000"
	case a < 0.001:
		s = strconv.FormatFloat(a, 'g', 2, 64)
	case a < 99.9995:
		s = strconv.FormatFloat(a, 'f', 3, 64)
	case a < 999.95:
		s = strconv.FormatFloat(a, 'f', 1, 64)
	case a < 999_999.5:
		s = strconv.FormatFloat(a, 'f', 0, 64)
	default:
		s = strconv.FormatFloat(a, 'e', 3, 64)
	}
	s = strings.NewReplacer("e+0", "e", "e+", "e", "e-0", "e−", "e-", "e−").Replace(s)
	if v < 0 {
		return "−" + s
	}
	return s
}
