package jsontext

import (
	"math"
	"strconv"
)

// pow10 are the powers of ten that float64 holds exactly.
var pow10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// AppendFloats appends the elements of the JSON array of numbers that s is, each rounded to the
// nearest float32 as [strconv.ParseFloat] does; ok is false where s is anything else, or holds a
// number beyond the range of float32.
func AppendFloats(dst []float32, s string) (floats []float32, ok bool) {
	i := space(s, 0)
	if i >= len(s) || s[i] != '[' {
		return dst, false
	}
	if i = space(s, i+1); i < len(s) && s[i] == ']' {
		return dst, space(s, i+1) == len(s)
	}
	for {
		v, end := float(s, i)
		if end < 0 {
			return dst, false
		}
		dst = append(dst, v)
		if i = space(s, end); i >= len(s) {
			return dst, false
		}
		switch s[i] {
		case ']':
			return dst, space(s, i+1) == len(s)
		case ',':
			i = space(s, i+1)
		default:
			return dst, false
		}
	}
}

// float reads the number at i and returns its end; -1 if there is none. Up to 19 digits behind
// leading zeros are read as a whole number, which is scaled by an exact power of ten: what that
// leaves, at most three roundings of float64, decides the float32 unless it is all but halfway
// between two. Those, and everything longer, go through strconv.
func float(s string, i int) (v float32, end int) {
	start := i
	if i < len(s) && s[i] == '-' {
		i++
	}
	first, significant, mantissa, exponent := i, 0, uint64(0), 0
	for ; i < len(s) && s[i]-'0' < 10; i++ {
		// Wraps around beyond 19 digits, which significant tells apart below.
		mantissa = 10*mantissa + uint64(s[i]-'0')
		if significant > 0 || s[i] != '0' {
			significant++
		}
	}
	// JSON (RFC 8259, section 6): a digit before the point, and no leading zero.
	if n := i - first; n == 0 || s[first] == '0' && n > 1 {
		return 0, -1
	}
	if i < len(s) && s[i] == '.' {
		first = i + 1
		for i++; i < len(s) && s[i]-'0' < 10; i++ {
			mantissa = 10*mantissa + uint64(s[i]-'0')
			if significant > 0 || s[i] != '0' {
				significant++
			}
		}
		if exponent = first - i; exponent == 0 {
			return 0, -1
		}
	}
	if i < len(s) && s[i]|' ' == 'e' {
		i++
		down := i < len(s) && s[i] == '-'
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		first = i
		e := 0
		for ; i < len(s) && s[i]-'0' < 10; i++ {
			// More digits than any text has: a smaller bound could be made up for by a long fraction.
			e = min(10*e+int(s[i]-'0'), 1e8)
		}
		if i == first {
			return 0, -1
		}
		if down {
			e = -e
		}
		exponent += e
	}
	// 10²² is the largest power of ten that a float64 holds exactly.
	if significant <= 19 && exponent >= -22 && exponent <= 22 {
		x := float64(mantissa)
		if exponent < 0 {
			x /= pow10[-exponent]
		} else {
			x *= pow10[exponent]
		}
		const dropped = 52 - 23 // bits of a float64 that a float32 has not
		halfway := int(math.Float64bits(x)&(1<<dropped-1)) - 1<<(dropped-1)
		// Units in the last place of float64: three roundings are off by fewer than 4. Below 1e-37 lie
		// float32's subnormal numbers, which have fewer bits.
		if x == 0 || (halfway > 4 || halfway < -4) && x > 1e-37 && x < 1e38 {
			if s[start] == '-' {
				x = -x
			}
			return float32(x), i
		}
	}
	x, err := strconv.ParseFloat(s[start:i], 32)
	if err != nil {
		return 0, -1
	}
	return float32(x), i
}
