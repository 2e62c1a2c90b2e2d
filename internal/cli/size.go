package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as 2GB, 500 MB or 1.5GiB.
type Size int64

// units of sizes: the decimal ones of the SI and the binary ones of IEC 80000-13.
var units = []struct {
	name  string
	bytes float64
}{
	{"kib", 1 << 10},
	{"mib", 1 << 20},
	{"gib", 1 << 30},
	{"tib", 1 << 40},
	{"kb", 1e3},
	{"mb", 1e6},
	{"gb", 1e9},
	{"tb", 1e12},
	{"k", 1e3},
	{"m", 1e6},
	{"g", 1e9},
	{"t", 1e12},
	{"b", 1},
}

// ParseSize reads a size: a number above 0 and a unit, in upper or lower case.
func ParseSize(s string) (Size, error) {
	number, unit := strings.ToLower(strings.TrimSpace(s)), 1.0
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n > 0) || n*unit < 1 || n*unit >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not a size such as 500MB or 2GB", s)
	}
	return Size(n * unit), nil
}
