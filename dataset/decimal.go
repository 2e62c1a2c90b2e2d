package dataset

// exactTens are the powers of ten that float64 holds exactly.
var exactTens = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// shortDecimal reads a number of digits with a point or without, as almost all cells of numbers
// are; ok is false of any other, and of one that takes more care. Digits that make a whole number
// below 2^53 and a power of ten up to 10^22 are exact, so that their quotient is rounded once
// (Clinger, "How to Read Floating Point Numbers Accurately", 1990).
func shortDecimal(s string) (v float64, ok bool) {
	const most = 19 // digits that fit into 64 bits
	negative := s != "" && s[0] == '-'
	if negative {
		s = s[1:]
	}
	if s == "" || len(s) > most+1 {
		return 0, false
	}
	digits, point := uint64(0), -1
	for i := 0; i < len(s); i++ {
		switch d := s[i] - '0'; {
		case d <= 9:
			digits = digits*10 + uint64(d)
		case s[i] == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	fraction := 0
	if point >= 0 {
		fraction = len(s) - 1 - point
	}
	if point >= 0 && len(s) == 1 || point < 0 && len(s) > most || digits >= 1<<53 {
		return 0, false
	}
	v = float64(digits) / exactTens[fraction]
	if negative {
		v = -v
	}
	return v, true
}
