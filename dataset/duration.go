package dataset

import (
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unitSeconds are the words that lengths of time are written with, in lower case, from the longest
// to the shortest.
var unitSeconds = []struct {
	words   string
	seconds float64
}{
	{",w,week,weeks,wk,wks,", 7 * 86400},
	{",d,day,days,tag,tage,tagen,jour,jours,día,días,dias,天,日,", 86400},
	{",h,hr,hrs,hour,hours,std,stunde,stunden,heure,heures,hora,horas,ч,小时,小時,時間,", 3600},
	{",m,min,mins,minute,minutes,minuten,minutos,мин,分,分钟,分鐘,", 60},
	{",s,sec,secs,second,seconds,sekunde,sekunden,seconde,secondes,segundos,сек,秒,秒钟,", 1},
}

// secondsOf is how many seconds a unit has, 0 if it is none.
func secondsOf(unit string) float64 {
	for _, u := range unitSeconds {
		if strings.Contains(u.words, ","+strings.ToLower(unit)+",") {
			return u.seconds
		}
	}
	return 0
}

// duration reads a length of time in words: 1h 20m, 2 hours, 5 min, 2h05, 1 day 02:03:04 (or
// 1 days +02:03:04, as pandas writes it), PT1H20M (ISO 8601). several reports that it is of more
// than one unit, or in a form that nothing else is written in.
func duration(s string) (seconds float64, unit float64, several, ok bool) {
	if len(s) > longestNumber {
		return 0, 0, false, false
	}
	rest, iso := strings.CutPrefix(s, "P")
	if iso {
		days, clock, timed := strings.Cut(rest, "T")
		if strings.ContainsAny(days, "HMS") || timed && clock == "" { // P2M is of months
			return 0, 0, false, false
		}
		s = days + " " + clock
	}
	sign := 1.0
	if inner, negative := strings.CutPrefix(s, "-"); negative && !iso {
		s, sign = inner, -1
	}
	for parts := 0; ; parts++ {
		s = strings.TrimLeft(s, " ,\u00a0")
		if s == "" {
			return sign * seconds, unit, parts > 1 || iso, parts > 0
		}
		// Of minus one day and +23:59 the sign is that of the days alone.
		if strings.IndexByte(s, ':') > 0 && parts == 1 && unit == 86400 {
			v, ok := clock(strings.TrimPrefix(s, "+"))
			return sign*seconds + v, unit, true, ok
		}
		n := len(s) - len(strings.TrimLeft(s, "0123456789."))
		v, ok := ParseNumber(s[:n])
		if !ok {
			return 0, 0, false, false
		}
		s = strings.TrimLeft(s[n:], " \u00a0")
		end := strings.IndexFunc(s, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.Is(unicode.M, c) })
		if end < 0 {
			end = len(s)
		}
		was := unit
		switch unit = secondsOf(s[:end]); {
		case s == "" && n == 2 && was == 3600: // 2h05
			unit = 60
		case unit == 0 || parts > 0 && unit >= was:
			return 0, 0, false, false
		}
		seconds += v * unit
		s = strings.TrimPrefix(s[end:], ".")
	}
}

// lasting reports whether nearly all cells are times of a clock or lengths of time that one unit
// does not express.
func lasting(cells iter.Seq[string]) bool {
	n, times, several, first := 0, 0, false, 0.0
	for s := range cells {
		if s = trim(s); s == "" || isMissing(s) {
			continue
		}
		n++
		if strings.IndexByte(s, ':') > 0 {
			if _, ok := clock(s); ok {
				times++
				several = true
				continue
			}
		}
		// Most cells end with a digit that no unit is behind.
		if last, _ := utf8.DecodeLastRuneInString(s); isDigit(last) && !strings.ContainsAny(s, "hH:") {
			if n == 100 && 2*times < n {
				return false
			}
			continue
		}
		if _, unit, more, ok := duration(s); ok {
			times++
			several = several || more || first != 0 && unit != first
			first = unit
		}
		if n == 100 && 2*times < n { // given up early, as in unitOf
			return false
		}
	}
	return several && float64(times) >= mostly*float64(n)
}

// magnitudes are the words for powers of ten.
var magnitudes = []struct {
	words string
	power string
}{
	{",k,K,千,tsd,thousand,тыс,", "e3"},
	{",万,萬,만,", "e4"},
	{",lakh,lakhs,lac,", "e5"},
	{",M,MM,mn,mio,million,millions,millionen,millones,mln,млн,百万,", "e6"},
	{",cr,crore,crores,Cr,", "e7"},
	{",亿,億,억,", "e8"},
	{",B,bn,billion,billions,mrd,milliarden,млрд,十亿,", "e9"},
}

// powerOf is the exponent of a word for a power of ten, "" if it is none. Single letters are told
// apart by their case: m is no million.
func powerOf(word string) string {
	for _, m := range magnitudes {
		if strings.Contains(m.words, ","+word+",") || len(word) > 1 && strings.Contains(m.words, ","+strings.ToLower(word)+",") {
			return m.power
		}
	}
	return ""
}

// magnitude reads a number with a word for a power of ten behind it, 3.7M or € 1,2 Mrd, or with
// none.
func magnitude(s string) (v float64, power string, ok bool) {
	if len(s) > longestNumber || strings.IndexFunc(s, isDigit) < 0 {
		return 0, "", false
	}
	digits, sign, percent := bare(s)
	end := strings.LastIndexFunc(digits, isDigit) + 1 // of one byte: bare writes digits as those of ASCII
	word := strings.Trim(digits[end:], " .\u00a0\u202f")
	if power = powerOf(word); percent || word != "" && power == "" {
		return 0, "", false
	}
	number := trim(digits[:end])
	if v, ok = Notation("").number(number); !ok {
		v, ok = DecimalComma.number(number)
	}
	if ok && power != "" {
		// Of the decimal digits, so that 0.7M is 700000 and no neighbor of it.
		v, ok = ParseNumber(strconv.FormatFloat(v, 'f', -1, 64) + power)
	}
	if sign == "-" {
		v = -v
	}
	return v, power, ok
}

// multiplied reports whether nearly all cells are numbers, of which some have a word for another
// power of ten than others. One word behind all of them is a unit.
func multiplied(cells iter.Seq[string]) bool {
	n, numbers, words := 0, 0, map[string]bool{}
	for s := range cells {
		if s = trim(s); s == "" || isMissing(s) {
			continue
		}
		n++
		inner, _ := unbound(s)
		if _, power, ok := magnitude(inner); ok {
			numbers++
			words[power] = true
		}
		if n == 100 && (2*numbers < n || len(words) == 1 && words[""]) {
			return false
		}
	}
	return len(words) > 1 && float64(numbers) >= mostly*float64(n)
}

// unbound takes off a number that it is a bound or about so much: <5, ≥ 10, ~37, 1,000+.
func unbound(s string) (number string, ok bool) {
	if s == "" || len(s) > longestNumber {
		return s, false
	}
	last := s[len(s)-1]
	number = strings.TrimLeft(s, "<>=≤≥⩽⩾~≈ ")
	if last == '+' {
		number = strings.TrimRight(number[:len(number)-1], " ")
	}
	if len(number) == len(s) || number == "" {
		return s, false
	}
	first, _ := utf8.DecodeRuneInString(number)
	return number, isDigit(first) || strings.ContainsRune("-+.", first) || unicode.Is(unicode.Sc, first)
}
