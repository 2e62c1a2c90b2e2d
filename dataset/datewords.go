package dataset

import (
	"strconv"
	"strings"
	"time"
)

// monthWords are what months are called in texts, by their number from 1 on, in lower case.
var monthWords = [...]string{
	",jan,january,januar,janvier,janv,enero,ene,gennaio,gen,janeiro,januari,января,stycznia,ocak,jänner,",
	",feb,february,februar,février,févr,febrero,febbraio,fevereiro,fev,februari,февраля,lutego,şubat,",
	",mar,march,märz,mrz,mär,mars,marzo,março,maart,mrt,марта,marca,mart,",
	",apr,april,avril,avr,abril,abr,aprile,апреля,kwietnia,nisan,",
	",may,mai,mayo,maggio,mag,maio,mei,maj,мая,maja,mayıs,",
	",jun,june,juni,juin,junio,giugno,giu,junho,июня,czerwca,haziran,",
	",jul,july,juli,juillet,juil,julio,luglio,lug,julho,июля,lipca,temmuz,",
	",aug,august,août,aout,agosto,ago,augustus,augusti,августа,sierpnia,ağustos,",
	",sep,sept,september,septembre,septiembre,setiembre,settembre,set,setembro,сентября,września,eylül,",
	",oct,october,oktober,okt,octobre,octubre,ottobre,ott,outubro,out,октября,października,ekim,",
	",nov,november,novembre,noviembre,novembro,ноября,listopada,kasım,",
	",dec,december,dezember,dez,décembre,déc,diciembre,dic,dicembre,dezembro,декабря,grudnia,aralık,",
}

// wordDate reads a date whose month is a word of any language above, with its day before it or
// behind it: January 1st, 2024; 1. März 2024; 3 de mayo de 2024.
func wordDate(s string) (when time.Time, ok bool) {
	var day, month, year int
	for word := range strings.FieldsFuncSeq(strings.ToLower(s), func(c rune) bool { return strings.ContainsRune(" ,.-\u00a0", c) }) {
		n := len(word) - len(strings.TrimLeft(word, "0123456789"))
		v, _ := strconv.Atoi(word[:n])
		switch rest := word[n:]; {
		case word == "de" || word == "of" || word == "del" || word == "г":
		case n == 0 && month == 0:
			for i, words := range monthWords {
				if strings.Contains(words, ","+word+",") {
					month = i + 1
				}
			}
			if month == 0 {
				return when, false
			}
		case n == 4 && rest == "" && year == 0 && month > 0:
			year = v
		case n > 0 && n <= 2 && day == 0 && strings.Contains(",st,nd,rd,th,er,º,ª,,", ","+rest+","):
			day = v
		default:
			return when, false
		}
	}
	when = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return when, month > 0 && year > 0 && day > 0 && when.Day() == day
}

// periodDate reads the first day of a quarter, of half a year or of a week of ISO 8601: 2015Q1,
// Q1 2015, 2015-H2, 2024-W05, 2024-W05-3.
func periodDate(s string) (when time.Time, ok bool) {
	at := strings.IndexAny(s, "QHW")
	if at < 0 {
		return when, false
	}
	year, number, day := strings.TrimRight(s[:at], " -"), s[at+1:], 1
	if at == 0 && len(number) == len("1 2015") && strings.IndexByte(" -/", number[1]) >= 0 {
		year, number = number[2:], number[:1]
	}
	if week, weekday, ok := strings.Cut(number, "-"); ok && s[at] == 'W' && len(weekday) == 1 {
		number, day = week, int(weekday[0])-'0'
	}
	y, err := strconv.Atoi(year)
	n, wrong := strconv.Atoi(number)
	if err != nil || wrong != nil || len(year) != 4 || n < 1 || day < 1 || day > 7 {
		return when, false
	}
	switch first := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC); {
	case s[at] == 'Q' && n <= 4 && len(number) == 1:
		return first.AddDate(0, 3*n-3, 0), true
	case s[at] == 'H' && n <= 2 && len(number) == 1:
		return first.AddDate(0, 6*n-6, 0), true
	case s[at] == 'W' && n <= 53 && len(number) == 2:
		// The first week is that of January 4.
		fourth := first.AddDate(0, 0, 3)
		when = fourth.AddDate(0, 0, 7*n-8+day-int(fourth.Weekday()+6)%7)
		y, week := when.ISOWeek()
		return when, week == n && y == first.Year()
	}
	return when, false
}

// digitDate reads a date of digits alone, 20240131 or 20240131123000, of the years 1900 to 2099; of
// a column that is one of months 202401 too.
func digitDate(s string) (when time.Time, clock, ok bool) {
	const layout = "20060102150405"
	if n := len(s); n != 8 && n != len(layout) && n != 6 || s[0] != '1' && s[0] != '2' || s[0] == '1' && s[1] != '9' || s[0] == '2' && s[1] != '0' {
		return when, false, false
	}
	when, err := time.Parse(layout[:len(s)], s)
	return when, len(s) == len(layout), err == nil
}

// digitDates reports whether nearly all cells are dates of digits alone, and at least three of them
// differ. By chance one number of eight digits in 1,400 is such a date.
func digitDates(name string, cells []string) bool {
	const few = 3
	different, n, dates := map[string]bool{}, 0, 0
	for _, s := range cells {
		if isMissing(s) {
			continue
		}
		if n++; len(s) == 6 && !namesMonths(name) {
			return false
		}
		if _, _, ok := digitDate(s); ok {
			if dates++; len(different) < few {
				different[s] = true
			}
		} else if mostly*float64(n-dates) > (1-mostly)*float64(len(cells)) {
			return false
		}
	}
	return len(different) >= few && float64(dates) >= mostly*float64(n)
}

// namesMonths reports whether a name is one that columns of months have.
func namesMonths(name string) bool {
	for _, w := range words(name) {
		switch w {
		case "month", "period", "yearmonth", "yyyymm", "ym", "date", "monat", "mois", "mes":
			return true
		}
	}
	return strings.ContainsAny(name, "月期")
}

// seasons reports whether what could be months are years with the next: 2001-02, 2002-03.
func seasons(cells []string) bool {
	different := map[string]bool{}
	for _, s := range cells {
		if isMissing(s) {
			continue
		}
		y, err := strconv.Atoi(s[:min(len(s), 4)])
		if err != nil || len(s) != len("2001-02") || s[4] != '-' && s[4] != '/' || s[5:] != strconv.Itoa(100 + (y+1)%100)[1:] {
			return false
		}
		different[s] = true
	}
	return len(different) >= 3
}
