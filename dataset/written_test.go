package dataset

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Lengths of time, as pandas reads them (pandas.Timedelta, 3.1), and as people write them besides.
func TestLengthsOfTime(t *testing.T) {
	for s, want := range map[string]float64{
		"1h 20m": 4800, "2h 50m": 10200, "0 days 00:10:05": 605, "-1 days +23:59:59": -1, "3 days 02:03:04.5": 266584.5,
		"PT1H37M": 5820, "P1DT2H": 93600, "PT0.5S": 0.5, "1 day": 86400, "90 min": 5400, "1 hour 5 minutes 3 seconds": 3903, "1d 2h": 93600,
		"2 weeks": 1209600, "2h05": 7500, "1 Std. 5 Min.": 3900, "1小时30分钟": 5400, "1.5 hours": 5400, "1 h, 5 min": 3900,
	} {
		if got, _, _, ok := duration(s); !ok || got != want {
			t.Errorf("%q: %v, %v; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "5", "5 kg", "P2M", "P1Y", "PT", "P", "h", "20m 1h", "1h 1h", "5 m 3 kg", "1 day 25", "1e3h", "T5H"} {
		if got, _, _, ok := duration(s); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, 1e6).Draw(t, "seconds")) * time.Second
		if got, _, _, ok := duration(d.String()); !ok || got != d.Seconds() {
			t.Fatalf("%s: %v, %v", d, got, ok)
		}
	})
}

// Weeks of ISO 8601 as package time has them; quarters and dates in words as pandas.Period and
// dateutil read them.
func TestPeriodsAndWords(t *testing.T) {
	for s, want := range map[string]string{
		"2015Q3": "2015-07-01", "2015-Q4": "2015-10-01", "2024Q1": "2024-01-01", "Q1 2015": "2015-01-01", "Q3/2015": "2015-07-01", "2015 Q2": "2015-04-01",
		"2015H2": "2015-07-01", "2020-W53-7": "2021-01-03", "2021-W01": "2021-01-04", "2024W05-3": "2024-01-31",
		"January 1st, 2024": "2024-01-01", "22nd March 2023": "2023-03-22", "3rd of May 2024": "2024-05-03", "1. März 2024": "2024-03-01", "3 de mayo de 2024": "2024-05-03",
		"1er août 2024": "2024-08-01", "14 février 2024": "2024-02-14", "5 января 2024": "2024-01-05", "5 января 2024 г.": "2024-01-05", "12 maart 2024": "2024-03-12", "3 Eylül 2024": "2024-09-03",
		"20240131": "2024-01-31", "202402": "2024-02-01",
	} {
		if when, _, ok := ParseDate(s); !ok || when.Format(time.DateOnly) != want {
			t.Errorf("%q: %v, %v; want %s", s, when, ok, want)
		}
	}
	for _, s := range []string{"2015Q5", "2015H3", "2023-W53", "2024-W00", "2024-W5", "31 février 2024", "may 2024 5 6", "de mayo", "20241301", "18991231", "2024013", "Q1", "QQ 2015", "mars 5", "5 mars"} {
		if when, _, ok := ParseDate(s); ok {
			t.Errorf("%q is %v", s, when)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 50000).Draw(t, "day"))
		year, week := day.ISOWeek()
		s := fmt.Sprintf("%d-W%02d-%d", year, week, (int(day.Weekday())+6)%7+1)
		if when, _, ok := ParseDate(s); !ok || !when.Equal(day) {
			t.Fatalf("%s: %v, %v; want %v", s, when, ok, day)
		}
	})
}

// Columns are read as pandas reads them when it is told what they are; the second reading is that
// of the trained model.
func TestWrittenColumns(t *testing.T) {
	f := func(name, kind string, want string, code string, cells ...string) {
		t.Helper()
		content := columnOf(60, name, func(i int) string { return cells[i%len(cells)] })
		ds := accepted(t, "m.tsv", content, Options{})
		if got := fieldNamed(ds, name); got != kind {
			t.Errorf("%q: %q, want %q (%v)", cells, got, kind, ds.Problems)
			return
		}
		if codes := codesOf(ds.Problems); code != "" && !strings.Contains(codes, code) {
			t.Errorf("%q: %s, want %s", cells, codes, code)
		}
		values := func(ds *Dataset) string {
			var out []string
			for i := range cells {
				for _, c := range ds.Rows[i].Cells {
					out = append(out, c.Fields...)
					if c.Vector != nil {
						out = append(out, fmt.Sprint(c.Vector))
					}
				}
			}
			return strings.Join(out, "|")
		}
		if got := values(ds); got != want {
			t.Errorf("%q: %s, want %s", cells, got, want)
		}
		if again := accepted(t, "m.tsv", content, Options{Schema: &ds.Schema}); values(again) != want {
			t.Errorf("%q: the model reads %s, want %s", cells, values(again), want)
		}
	}
	// Lengths of time.
	f("duration", "number", "10200|68400|3900", "number.clock", "2h 50m", "19h", "1h 5m")
	f("duration", "number", "605|90665", "number.clock", "0 days 00:10:05", "1 days 01:11:05")
	f("duration", "number", "2220|7200", "number.clock", "37 min", "2 h")
	f("duration", "number min", "37|120", "number.unit", "37 min", "120 min")
	f("duration", "category", "1 Season|97 min", "", "1 Season", "97 min")
	f("x", "number m", "5|7", "number.unit", "5 m", "7 m")
	// Powers of ten.
	f("views", "number", "3.7e+06|19000|950", "number.magnitude", "3.7M", "19k", "950")
	f("value", "number", "1.105e+08|500000", "number.magnitude", "€110.5M", "€500K")
	f("value", "number", "12000|3000", "number.magnitude", "1.2万", "3000")
	f("value", "number", "1.2e+09|3.5e+06", "number.magnitude", "1,2 Mrd €", "3,5 Mio. €")
	f("weight", "number", "-700000|5", "number.magnitude", "-0.7M", "5")
	f("size", "category", "M|L|XL", "", "M", "L", "XL")
	f("seat", "category", "7A|12B|3C", "", "7A", "12B", "3C")
	// Bounds.
	f("installs", "number", "10000|500|1e+06", "number.bound", "10,000+", "500+", "1,000,000+")
	f("lead", "number", "0.5|2.25|3", "number.bound", "<0.5", "2.25", "3")
	f("lead", "number", "100|37|12.5", "number.bound", ">100", "~37", "≥ 12.5")
	f("lead", "number mg", "5|7", "number.bound", "<5 mg", "7 mg")
	f("age", "category", "1-5|6-10|51+", "", "1-5", "6-10", "51+")
	f("price", "number", "5.5|7.5", "number.currency", "$5.50", "€7.50")
	// Of so many.
	f("rating", "number /5", "4|5|1", "number.unit", "4/5", "5/5", "1/5")
	f("rating", "number out of 5 stars", "4|5", "number.unit", "4 out of 5 stars", "5 out of 5 stars")
	f("temp", "number ℃", "4|-5", "number.unit", "4℃", "-5℃")
	f("part", "category", "1/2|3/4", "", "1/2", "3/4")
	// Dates.
	f("day", "date", "2024-01-31|2024-02-01|1999-12-31", "", "20240131", "20240201", "19991231")
	f("at", "date", "2024-01-31T12:30:00Z|2024-02-01T00:00:00Z|2023-05-06T07:08:09Z", "", "20240131123000", "20240201000000", "20230506070809")
	f("n", "number", "20240131|20240199|20241501", "", "20240131", "20240199", "20241501")
	f("month", "date", "2024-01-01|2024-02-01|2023-12-01", "", "202401", "202402", "202312")
	f("people", "number", "202401|202402|202312", "", "202401", "202402", "202312")
	f("season", "category", "2009-10|2010-11|2011-12", "", "2009-10", "2010-11", "2011-12")
	f("month", "date", "2009-10-01|2010-11-01|2011-03-01", "", "2009-10", "2010-11", "2011-03")
	f("day", "date", "|2024-02-11|2024-03-12", "", "0000-00-00", "2024-02-11", "2024-03-12")
	f("day", "date", "2024-01-01|2024-02-22|2024-03-03", "", "January 1st, 2024", "February 22nd, 2024", "March 3rd, 2024")
	f("quarter", "date", "2015-04-01|2016-10-01", "", "2015Q2", "2016Q4")
	// Lists.
	f("pixels", "vector", "[70 80 82 72 58 58 60 63]|[151 150 147 155 148 133 111 140]", "", "70 80 82 72 58 58 60 63", "151 150 147 155 148 133 111 140")
	f("place", "vector", "[48.85 2.35]|[-33.9 151.2]", "", "48.85, 2.35", "(-33.9, 151.2)")
	f("box", "vector", "[1 2 30 40]|[5 6 70 80]", "", "1,2,30,40", "5;6;70;80")
	f("box", "vector", "[1 2]|[5 6]", "", "(1, 2)", "{5,6}")
	f("phone", "category", "030 123 4567|030 765 4321", "", "030 123 4567", "030 765 4321")
	f("tags", "category", "1,2|1,2,3", "", "1,2", "1,2,3")
	f("app version", "category", "1.1|1.10|1.2", "column.codes", "1.1", "1.10", "1.2")
}

// What a column leaves open is as the others of its table are.
func TestColumnsSettleOthers(t *testing.T) {
	f := func(want, code string, columns ...[]string) {
		t.Helper()
		var b strings.Builder
		b.WriteString("label;a;b;c\n")
		for i := range 40 {
			fmt.Fprintf(&b, "%c", 'x'+i%2)
			for k := range 3 {
				cell := fmt.Sprint(i * i % 7)
				if k < len(columns) {
					cell = columns[k][i%len(columns[k])]
				}
				b.WriteString(";" + cell)
			}
			b.WriteByte('\n')
		}
		ds := accepted(t, "m.csv", b.String(), Options{})
		var got []string
		for k := range ds.Schema.Columns {
			cell := ds.Rows[0].Cell(k)
			got = append(got, cell.Fields...)
			if cell.Fields == nil {
				got = append(got, cell.Text)
			}
		}
		if s := strings.Join(got, " "); s != want || code != "" && !strings.Contains(codesOf(ds.Problems), code) || code == "" && strings.Contains(codesOf(ds.Problems), "notation.column") {
			t.Errorf("%q: %s, want %s (%v)", columns, s, want, ds.Problems)
		}
	}
	euro, people, comma := []string{"12,50", "7,25"}, []string{"1.234", "2.500"}, []string{"1,234", "2,500"}
	f("12.5 1234 0", "notation.column", euro, people)
	f("1234 12.5 0", "notation.column", people, euro)
	f("12.5 1.234 0", "notation.column", euro, comma)
	f("12.50 1.234 0", "", []string{"12.50", "7.25"}, people)
	f("12.50 1234 0", "number.comma", []string{"12.50", "7.25"}, comma)
	f("12.5 1.234 1.5", "", euro, people, []string{"1.5", "2.25"}) // they differ
	early, late, us := []string{"03/04/2024", "05/06/2024"}, []string{"28/04/2024", "01/02/2024"}, []string{"04/28/2024", "02/01/2024"}
	f("2024-04-28 2024-04-03 0", "notation.column", late, early)
	f("2024-04-28 2024-03-04 0", "notation.column", us, early)
	f("03/04/2024 0 0", "date.ambiguous", early)
	ds := accepted(t, "m.csv", manifestOf(40, "label\tp\tn", func(i int) string { return fmt.Sprintf("%c\t%d,5\t%d.%03d", 'a'+i%2, i, i%9+1, i) }), Options{})
	i := slices.IndexFunc(ds.Problems, func(p Problem) bool { return p.Code == "notation.column" })
	if i < 0 || ds.Problems[i].What != `"1.000" is read as 1000, as the column "p" is written` {
		t.Errorf("%v", ds.Problems)
	}
}
