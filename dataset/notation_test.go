package dataset

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/media"
)

func TestReadingNumbers(t *testing.T) {
	f := func(r Notation, s string, want float64) {
		t.Helper()
		if got, ok := r.number(s); !ok || got != want {
			t.Errorf("%s %q: %v, %v; want %v", r, s, got, ok, want)
		}
	}
	f("", "3.5", 3.5)
	f("", "-1e3", -1000)
	f("", "1,234.5", 1234.5)
	f("", "1,234,567", 1234567)
	f("", "12.5 %", 0.125)
	f("", "7%", 0.07)
	f("", "$1,200", 1200)
	f("", "-¥12", -12)
	f("", "€-3.50", -3.5)
	f("", "12 £", 12)
	f("", "￥１２．５", 12.5)
	f("", "−3", -3)
	f(DecimalComma, "3,14", 3.14)
	f(DecimalComma, "0,125", 0.125)
	f(DecimalComma, "1,234", 1.234)
	f(DecimalComma, "1.234", 1234)
	f(DecimalComma, "-1.234.567,8 €", -1234567.8)
	f(DecimalComma, "42", 42)
	f(DecimalComma, "95,5%", 0.955)
	no := func(r Notation, cells ...string) {
		t.Helper()
		for _, s := range cells {
			if v, ok := r.number(s); ok {
				t.Errorf("%s %q became %v", r, s, v)
			}
		}
	}
	for _, r := range []Notation{"", DecimalComma} {
		no(r, "", "abc", "inf", "NaN", "1e999", "1,2,3", "1.2.3", "--3", "-+3", "12 apples", "$", "%", "$5%", "$5€", "1,,234", ",5,", "10²", "1,2345.6", "a,b")
	}
	no("", "3,14", "0,125", "1234,567", "1,234.5.6")
	no(DecimalComma, "3.14", "1,234.5", "0.125", "12.34,5", ",5", "5,")
}

func TestReadingIsOfTheColumn(t *testing.T) {
	f := func(kind media.Kind, reading Notation, open string, cells ...string) {
		t.Helper()
		if r, o := readingOf(kind, slices.Values(cells)); r != reading || string(o) != open {
			t.Errorf("%q: reading %q, open %q; want %q, %q", cells, r, o, reading, open)
		}
	}
	f(media.Number, "", "", "1", "2.5", "1.234")
	f(media.Number, "", "", "1,234", "1,234,567")
	f(media.Number, "", "", "1,234", "2.5")
	f(media.Number, "", "1,234", "1,234", "12", "2,500")
	f(media.Number, DecimalComma, "", "1,234", "12", "2,50")
	f(media.Number, "", "", "2,50", "2.50")
	f(media.Number, DecimalComma, "", append(slices.Repeat([]string{"2,50"}, 40), "2.50")...)
	f(media.Date, "", "", "2024-01-02", "2024/1/2")
	f(media.Date, DayFirst, "", "03/04/2024", "28/04/2024")
	f(media.Date, MonthFirst, "", "03/04/2024", "04/28/2024 10:00")
	f(media.Date, "", "03/04/2024", "03/04/2024", "05/06/2024")
	f(media.Date, "", "", "03/03/2024", "2024-01-01") // either way the same day
}

// A model reads a single row as the table was read that it was trained on, from a table, JSON lines
// and a stream.
func TestReadingIsKept(t *testing.T) {
	var b strings.Builder
	b.WriteString("label;price;share;day\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%c;1.%03d,%d €;%d %%;%02d/%02d/2024\n", 'a'+i%2, i, i%10, i, i%28+1, i%12+1)
	}
	ds := accepted(t, "m.csv", b.String(), Options{})
	fields := func(c *Cell) string { return strings.Join(c.Fields, " ") }
	if got := fields(&ds.Rows[30].Cells[0]); got != "1030 0.3 2024-07-03" {
		t.Errorf("row 30 is %s", got)
	}
	data, err := json.Marshal(ds.Schema)
	if err != nil {
		t.Fatal(err)
	}
	var kept Schema
	if err := json.Unmarshal(data, &kept); err != nil {
		t.Fatal(err)
	}
	f := func(name, content, want string) {
		t.Helper()
		one := accepted(t, name, content, Options{Schema: &kept})
		if got := fields(&one.Rows[0].Cells[0]); got != want {
			t.Errorf("%s: %s is read as %s, want %s (%v)", name, content, got, want, one.Problems)
		}
	}
	f("n.csv", "price;share;day\n2,345;5%;03/04/2024\n", "2.345 0.05 2024-04-03")
	f("n.csv", "price;share;day\n2.345;5%;2024-04-03\n", "2345 0.05 2024-04-03")
	f("n.jsonl", `{"price": 2.345, "share": "5%", "day": "03/04/2024"}`, "2.345 0.05 2024-04-03") // JSON has a decimal point
	f("n.jsonl", `{"price": "2,345", "share": 0.05, "day": "03/04/2024"}`, "2.345 0.05 2024-04-03")
	for line, err := range ReadJSONLines(strings.NewReader(`{"price": 2.345, "share": "5%", "day": "03/04/2024"}`), nil, &kept) {
		if got := fields(&line.Row.Cells[0]); err != nil || got != "2.345 0.05 2024-04-03" {
			t.Errorf("the stream gives %s, %v", got, err)
		}
	}
	wrong := accepted(t, "n.csv", "price;share;day\n2.5;1;04/28/2024\n", Options{Schema: &kept}).Problems.Error()
	for _, want := range []string{
		`column "price": "2.5" is not a number with a decimal comma, as the column's others are, and is taken as missing`,
		`column "day": "04/28/2024" is not a date with the day before the month, as the column's others are,`,
	} {
		if !strings.Contains(wrong, want) {
			t.Errorf("%s does not say %s", wrong, want)
		}
	}
}

// A kind that is set leaves the reading to the cells.
func TestReadingOfSetKind(t *testing.T) {
	cells := manifestOf(10, "label\teuro", func(i int) string { return fmt.Sprintf("%c\t%d,%02d", 'a'+i%2, i, i) })
	ds := accepted(t, "m.tsv", cells, Options{Kinds: map[string]media.Kind{"euro": media.Number}})
	if got := ds.Rows[3].Cells[0].Fields[0]; got != "3.03" || len(ds.Problems) > 0 {
		t.Errorf("3,03 is %q: %v", got, ds.Problems)
	}
	cells = manifestOf(10, "label\tday", func(i int) string { return fmt.Sprintf("%c\t%02d/%02d/2024", 'a'+i%2, i%9+1, i%3+2) })
	ds = accepted(t, "m.tsv", cells, Options{Kinds: map[string]media.Kind{"day": media.Date}})
	if got := ds.Problems.Error(); !strings.Contains(got, `the day and month of dates such as "01/02/2024" cannot be told apart; write dates as 2006-01-31`) {
		t.Error(got)
	}
}

func FuzzReading(f *testing.F) {
	for _, s := range []string{"1,234.5", "50%", "$1.2,3", "-¥12", "13/2/2024 10:00", "１，２"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range []Notation{"", DecimalComma, DayFirst, MonthFirst} {
			if v, ok := r.number(s); ok {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%q became %v", s, v)
				}
				if again, ok := ParseNumber(formatNumber(s, v)); !ok || again != v {
					t.Fatalf("%q became %v, then %v", s, v, again)
				}
			}
			if when, clock, ok := r.date(s); ok && when.Year() < 10000 && when.Year() > 0 {
				if _, _, ok := ParseDate(formatDate(when, clock)); !ok {
					t.Fatalf("%q became %s", s, formatDate(when, clock))
				}
			}
		}
	})
}

// Labels are read as the cells of a column are, and a model keeps how.
func TestReadingOfLabels(t *testing.T) {
	f := func(task Task, target float64, note string, labels ...string) *Dataset {
		t.Helper()
		var b strings.Builder
		b.WriteString("label\tx\n")
		for i := range 20 {
			fmt.Fprintf(&b, "%s\t%d\n", labels[i%len(labels)], i*i%7)
		}
		ds := accepted(t, "m.tsv", b.String(), Options{})
		if ds.Schema.Task != task || task == Regression && ds.Rows[0].Target != target {
			t.Errorf("%q: %s, target %v; want %s, %v", labels, ds.Schema.Task, ds.Rows[0].Target, task, target)
		}
		if said := ds.Problems.Error(); note == "" && len(ds.Problems) > 0 || !strings.Contains(said, note) {
			t.Errorf("%q: %q does not say %q", labels, said, note)
		}
		return ds
	}
	comma := f(Regression, -4.05, `labels such as "-4,05" are read as numbers (-4.05) and predicted (regression); say --task class`, "-4,05", "7,45", "12")
	f(Regression, 1012.5, `"1,012.50" are read as numbers (1012.5)`, "1,012.50", "7.5", "12")
	f(Regression, 12.25, `"$12.25" are read as numbers (12.25)`, "$12.25", "$7")
	f(Regression, 0.125, `"12.5 %" are read as numbers (0.125)`, "12.5 %", "7 %")
	f(Regression, 1.5, `the label "-inf" is not a number`, "1.5", "2.5", "nan", "inf", "-inf")
	f(Classification, 0, "", "5 %", "10 %", "20 %")
	f(Classification, 0, "", "1,2,3", "2,3")
	f(Classification, 0, `"nan" is taken as a class, though`, "nan", "inf")
	f(Classification, 0, "the label is inf", "0", "1", "inf")
	for name, content := range map[string]string{"n.tsv": "label\tx\n2,345\t1\n", "n.jsonl": `{"label": 2.345, "x": 1}`} {
		if one := accepted(t, name, content, Options{Schema: &comma.Schema}); one.Rows[0].Target != 2.345 {
			t.Errorf("%s: the model reads %v (%v)", name, one.Rows[0].Target, one.Problems)
		}
	}
}
