package dataset

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/media"
)

// column makes a table of n rows with two classes, a text, and a column of cells; label may be nil.
func columnOf(n int, name string, cell func(i int) string) string {
	return manifestOf(n, "label\ttext\t"+name, func(i int) string {
		return fmt.Sprintf("%c\tsome words of any kind %d here\t%s", 'a'+i%2, i, cell(i))
	})
}

// fieldNamed is the field or column of that name, as kind and unit.
func fieldNamed(ds *Dataset, name string) string {
	for _, col := range ds.Schema.Columns {
		if col.Name == name {
			return string(col.Kind)
		}
		for _, f := range col.Fields {
			if f.Name == name {
				return strings.TrimSpace(string(f.Kind) + " " + f.Unit)
			}
		}
	}
	return ""
}

func TestRowNames(t *testing.T) {
	f := func(name string, cell func(i int) string, kept, code string) {
		t.Helper()
		ds := accepted(t, "m.tsv", columnOf(60, name, cell), Options{})
		if got := fieldNamed(ds, name); got != kept || !strings.Contains(codesOf(ds.Problems), code) {
			t.Errorf("%s %s, %s: %q, problems %v", name, cell(0), cell(1), got, ds.Problems)
		}
		if kept != "" {
			return
		}
		ds = accepted(t, "m.tsv", columnOf(60, name, cell), Options{Kinds: map[string]media.Kind{name: media.Category}})
		if got := fieldNamed(ds, name); got != "category" {
			t.Errorf("%s with its kind set: %q", name, got)
		}
	}
	const out = "column.row-names"
	f("nr", func(i int) string { return fmt.Sprint(i) }, "", out)
	f("Unnamed: 0", func(i int) string { return fmt.Sprint(i + 1) }, "", out)
	f("x", func(i int) string { return fmt.Sprint(1000 - i) }, "", out)
	f("x", func(i int) string { return fmt.Sprint(7 * i % 60) }, "", out)       // dealt anew
	f("x", func(i int) string { return fmt.Sprintf("%d.0", i) }, "", out)       // beside missing ones
	f("x", func(i int) string { return fmt.Sprint(i + i/3) }, "", out)          // rows were left out
	f("user_id", func(i int) string { return fmt.Sprint(i * i * 31) }, "", out) // gaps of any size
	f("file", func(i int) string { return fmt.Sprintf("IMG_%04d", i) }, "", out)
	f("name", func(i int) string { return fmt.Sprintf("sample %d", i) }, "", out)
	f("序号", func(i int) string { return fmt.Sprint(i) }, "", out)
	f("token", func(i int) string { return fmt.Sprintf("%08x-aaaa-bbbb-cccc-%012x", i*77777, i*i) }, "", out)
	f("year", func(i int) string { return fmt.Sprint(1950 + i) }, "number", "")
	f("income", func(i int) string { return fmt.Sprint(i*i*31 + 5) }, "number", "")
	f("price", func(i int) string { return fmt.Sprint(i%30 + 1) }, "number", "")
	f("share", func(i int) string { return fmt.Sprintf("%d %%", i) }, "number", "")
	f("weight", func(i int) string { return fmt.Sprintf("%d kg", i) }, "number kg", "number.unit")
	f("x", func(i int) string { return fmt.Sprintf("%d.5", i) }, "number", "")
	f("surname", func(i int) string { return fmt.Sprintf("%c%c%c", 'a'+i%26, 'a'+i*7%26, 'a'+i/26) }, "category", "column.own-category")
	f("day", func(i int) string { return fmt.Sprintf("2024-%02d-%02d", 1+i/28, 1+i%28) }, "date", "")
}

// A column that sorts the rows by their labels is noted, whatever its name.
func TestSortedTable(t *testing.T) {
	content := manifestOf(60, "label\ttext\tstamp", func(i int) string {
		return fmt.Sprintf("%c\tsome words of any kind %d here\t%d", 'a'+i/30, i, 1700000000+i*977)
	})
	ds := accepted(t, "m.tsv", content, Options{})
	if got := ds.Problems.Error(); !strings.Contains(got, `column "stamp": sorted by it, the rows are sorted by their labels`) {
		t.Error(got)
	}
}

func TestCodes(t *testing.T) {
	f := func(name string, cell func(i int) string, kind, code string) {
		t.Helper()
		ds := accepted(t, "m.tsv", columnOf(200, name, cell), Options{})
		if got := fieldNamed(ds, name); got != kind || code != "" && !strings.Contains(codesOf(ds.Problems), code) || code == "" && strings.Contains(codesOf(ds.Problems), "column.codes") {
			t.Errorf("%s %s, %s: %q, problems %v", name, cell(0), cell(1), got, ds.Problems)
		}
	}
	f("area", func(i int) string { return fmt.Sprintf("%05d", 1000*(i%13)+1) }, "category", "column.codes")
	f("area", func(i int) string { return []string{"01001", "1001"}[i%2] }, "category", "column.codes")
	f("area", func(i int) string { return fmt.Sprint(i % 10) }, "number", "") // a 0 is no code
	f("area", func(i int) string { return fmt.Sprintf("0.%d", i%10) }, "number", "")
	f("area", func(i int) string { return map[bool]string{true: "007", false: fmt.Sprint(i*i%131 + 9)}[i == 77] }, "number", "column.codes")
	f("school_id", func(i int) string { return fmt.Sprint(101 + i%13) }, "category", "column.codes")
	f("zip", func(i int) string { return fmt.Sprint(90001 + i%20) }, "category", "column.codes")
	f("customerId", func(i int) string { return fmt.Sprint(4000 + i*7%90) }, "number", "column.codes")
	f("rooms", func(i int) string { return fmt.Sprint(1 + i%5) }, "number", "")
	f("width", func(i int) string { return fmt.Sprint(1 + i%5) }, "number", "")
}

func TestNumbersOfPeople(t *testing.T) {
	f := func(want string, values []float64, cells ...string) {
		t.Helper()
		ds := accepted(t, "m.tsv", columnOf(60, "x", func(i int) string { return cells[i%len(cells)] }), Options{})
		if got := fieldNamed(ds, "x"); got != want {
			t.Errorf("%q: %q, want %q (%v)", cells, got, want, ds.Problems)
			return
		}
		for i, v := range values {
			got, _ := ParseNumber(ds.Rows[i].Cells[1].Fields[0])
			if got != v {
				t.Errorf("%q: %q is read as %v, want %v", cells, cells[i], got, v)
			}
		}
	}
	f("number", []float64{-12.5, 3, 1000}, "(12.50)", "3.00", "1,000.00")
	f("number", []float64{-1200.5, 7}, "$(1,200.50)", "$7")
	f("number", []float64{-1200.5, 7}, "($1,200.50)", "7")
	f("number", []float64{-12.5, 3}, "12.50-", "3.00")
	f("number", []float64{1234.5, 9.25}, "1 234,50 €", "9,25 €")
	f("number", []float64{1234.5, 9.25}, "1\u00a0234,50", "9,25")
	f("number", []float64{1234567.5, 9.25}, "1'234'567.50", "9.25")
	f("number", []float64{1234.5, 9}, "₹1,234.50", "₹9")
	f("number kg", []float64{14.23, 5, 1200}, "14.23 kg", "5 kg", "1,200 KG")
	f("number kg", []float64{14.23, 5}, "14,23kg", "5kg")
	f("number stars", []float64{1, 5}, "1 star", "5 stars", "3 stars")
	f("number USD", []float64{12.5, 1000}, "USD 12.50", "USD 1,000.00")
	f("number EUR", []float64{12.5, 1000.25}, "12,50 EUR", "1.000,25 EUR")
	f("number m²", []float64{85, 120.5}, "85 m²", "120.5 m²")
	f("number °C", []float64{-4, 21.5}, "-4 °C", "21.5 °C")
	f("number months", []float64{36, 60}, "36 months", "60 months")
	f("number 元", []float64{35, 1200}, "35元", "1200元")
	f("number km/h", []float64{50, 120}, "50 km/h", "120 km/h")
	f("category", nil, "5 kg", "300 g") // of two units no number
	f("category", nil, "12A", "7B", "9C")
	f("number", []float64{1234567, 127080}, "12,34,567", "1,27,080")
	f("date", nil, "24 Mar 2024", "3 Mar 2024")
	f("number", []float64{12.5, 1203, -7}, "١٢٫٥", "١٬٢٠٣", "-٧") // digits of other scripts
	f("number", []float64{45, 6}, "۴۵", "۶")
	f("number", []float64{12345, 67}, "१२,३४५", "६७")
	f("number", []float64{0.5, 9.25}, "৫০%", "৯.২৫")
	f("number kg", []float64{12, 7}, "１２ kg", "７ kg")
	f("category", nil, "v1", "v2", "v3")
	f("category", nil, "a (1)", "b (2)")
	f("category", nil, "1e400", "2e400", "3.5") // beyond float64, and not of the unit e400
	f("category", nil, "0x1", "0x2", "0x1f")
}

func TestLabelWords(t *testing.T) {
	f := func(classes, code string, labels ...string) *Dataset {
		t.Helper()
		ds := accepted(t, "m.tsv", manifestOf(60, "label\ttext", func(i int) string {
			return fmt.Sprintf("%s\tsome words of any kind %d here", labels[i%len(labels)], i)
		}), Options{})
		if got := strings.Join(ds.Schema.Classes, "|"); got != classes || codesOf(ds.Problems) != code {
			t.Errorf("%q: classes %s, problems %v", labels, got, ds.Problems)
		}
		return ds
	}
	f("0|1|false|true", "class.alike", "1", "false", "0", "true")
	f("N|Y|no|yes", "class.alike", "yes", "no", "Y", "N")
	f("false|true", "", "true", "false")
	f("f|n|t|y", "", "t", "f", "y", "n")
	for _, word := range []string{"nan", "NaN", "None", "NULL", "N/A", "null", "<NA>"} {
		ds := f("bad|good", "label.missing-word", "good", "bad", word)
		if ds.Rows[2].Labeled() || ds.Rows[2].Class != -1 {
			t.Errorf("a row of the label %s has one", word)
		}
	}
	f("None|scratch", "label.missing-word", "None", "scratch")
	ds := f("bad|good", "class.alike", "good", "bad", "good\u200b", "bad", "good")
	if got := ds.Problems.Error(); !strings.Contains(got, `"good" (24 rows), "good\u200b" (12 rows)`) {
		t.Error(got)
	}
	for _, label := range []string{"bad\u200b", "BAD", " bad", "bad\u00ad"} {
		one := accepted(t, "m.tsv", "label\ttext\n"+label+"\tsome words\n", Options{Schema: &ds.Schema})
		if one.Rows[0].Class != 0 {
			t.Errorf("the model reads %q as class %d: %v", label, one.Rows[0].Class, one.Problems)
		}
	}
	f("bad|good", "class.alike", "good", "bad", "Good", "good", "BAD", "bad")
	f("True|false", "class.alike", "True", "false", "true", "True", "False", "false")
	f("b|very good", "class.alike", "very good", "b", "very  good", "very\u00a0good", "very good")
	f("caf\u00e9|th\u00e9", "class.alike", "caf\u00e9", "th\u00e9", "cafe\u0301", "caf\u00e9")
	f("A|a|b", "", "a", "A", "b")
	f("Good|good", "class.look-alike", "good", "Good") // there is nothing else to tell apart
	f("bad|good", "class.alike", "good", "bad", "ｇｏｏｄ", "good", "bad", "good")
	f("bad|bad.|good", "class.look-alike", "good", "bad", "bad.")
	f("non toxic|non-toxic|toxic", "class.look-alike", "toxic", "non-toxic", "non toxic")
	f("c|c#|c++", "", "c", "c++", "c#")
	f("1|1-0|10", "", "1", "1-0", "10")
	f("?|bad|good", "label.missing-word", "good", "bad", "?")
	f("!|?", "", "!", "?")
	ds = f("bad|good|g\u043e\u043ed", "class.look-alike", "good", "bad", "g\u043e\u043ed")
	if got := ds.Problems.Error(); !strings.Contains(got, `"good" (20 rows), "g\u043e\u043ed" (20 rows)`) {
		t.Error(got)
	}
}

func TestLabelByName(t *testing.T) {
	f := func(header, want string, opt Options) {
		t.Helper()
		content := manifestOf(60, header, func(i int) string {
			return fmt.Sprintf("some words of any kind %d here\t%c\t%d", i, 'a'+i%2, i*i%31)
		})
		ds := accepted(t, "m.tsv", content, opt)
		if ds.Schema.Label != want || !strings.Contains(codesOf(ds.Problems), "label.column") {
			t.Errorf("%s: %q, %v", header, ds.Schema.Label, ds.Problems)
		}
	}
	for _, name := range []string{"target", "class", "y", "category", "labels", "Label_Name", "标签", "类别", "情感", "sentiment"} {
		if name == "Label_Name" {
			name = "label_name"
		}
		f("text\t"+name+"\tn", name, Options{})
	}
	f("text\tclass\ttarget", "target", Options{})
	content := manifestOf(60, "text\tspecies\tn", func(i int) string {
		return fmt.Sprintf("some words of any kind %d here\t%c\t%d", i, 'a'+i%2, i*i%311)
	})
	for header, want := range map[string]string{"species": "did you mean --label species?", "the class": "did you mean --label 'the class'?"} {
		got := refused(t, "m.tsv", strings.Replace(content, "species", header, 1), Options{}).Error()
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s", header, got)
		}
	}
	_ = refused(t, "m.tsv", strings.Replace(content, "species", "target", 1), Options{None: []string{"label"}})
}

func TestSplitByName(t *testing.T) {
	f := func(name, want string, values ...string) {
		t.Helper()
		ds := accepted(t, "m.tsv", columnOf(60, name, func(i int) string { return values[i*7/3%len(values)] }), Options{})
		got := map[string]bool{}
		for i := range ds.Rows {
			got[ds.Rows[i].Split] = true
		}
		var names []string
		for _, s := range []string{"train", "val", "test", "1", "2", "3", ""} {
			if got[s] {
				names = append(names, s)
			}
		}
		if strings.Join(names, " ") != want {
			t.Errorf("%s %q: splits %q (%v)", name, values, names, ds.Problems)
		}
	}
	f("set", "train test", "tr", "te")
	f("set", "", "winter", "summer")
	f("partition", "train val test", "train", "val", "test")
	f("subset", "train val test", "Train", "dev", "TEST")
	f("phase", "train test", "training", "testing")
	f("phase", "", "solid", "liquid")
	f("fold", "train test", "train", "test")
	f("fold", "1 2 3", "1", "2", "3")
	f("fold", "", "1", "9", "30")
	f("other", "", "train", "test")
	f("set", "train val test", "tr", "va", "te")
	f("usage", "train val test", "Training", "PublicTest", "PrivateTest")
	f("dataset", "train test", "train", "holdout")
}

// What looks like a split but is not taken for one is a feature that may give the test rows away.
func TestSplitLike(t *testing.T) {
	f := func(name, want string, values ...string) {
		t.Helper()
		ds := accepted(t, "m.tsv", columnOf(60, name, func(i int) string { return values[i*7/3%len(values)] }), Options{})
		got := ""
		for _, p := range ds.Problems {
			if p.Code == "split.like" {
				got = p.Advice
			}
		}
		if !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s %q: %q", name, values, got)
		}
	}
	f("other", "--split-column other", "train", "test")
	f("my part", "--split-column 'my part'", "Train", "Dev")
	f("is_test", "--ignore is_test", "0", "1")
	f("is_valid", "--ignore is_valid", "True", "False")
	f("partition", "--ignore partition", "0", "1", "2")
	f("set", "", "winter", "summer")
	f("other", "", "0", "1")
	f("phase", "", "solid", "liquid")
}

func TestTaskOfNumbers(t *testing.T) {
	f := func(n int, task Task, code string, label func(i int) int) {
		t.Helper()
		ds := accepted(t, "m.tsv", manifestOf(n, "label\ttext", func(i int) string {
			return fmt.Sprintf("%d\tsome words of any kind %d here", label(i), i)
		}), Options{})
		if ds.Schema.Task != task || !strings.Contains(codesOf(ds.Problems), code) {
			t.Errorf("%d, %d, %d …: %s, %v", label(0), label(1), label(2), ds.Schema.Task, ds.Problems)
		}
		other := map[Task]Task{Classification: Regression, Regression: Classification}[task]
		ds = accepted(t, "m.tsv", manifestOf(n, "label\ttext", func(i int) string {
			return fmt.Sprintf("%d\tsome words of any kind %d here", label(i), i)
		}), Options{Task: string(other)})
		if ds.Schema.Task != other {
			t.Errorf("%d …: --task %s is not heard", label(0), other)
		}
	}
	f(3000, Regression, "label.regression", func(i int) int { return 300 + i*i*7%9973 })                        // prices
	f(442, Regression, "label.regression", func(i int) int { return 25 + i*i%211 + i%97 })                      // few rows each
	f(2000, Classification, "label.classes", func(i int) int { return i % 100 })                                // numbered classes
	f(3000, Classification, "label.classes", func(i int) int { return []int{0, 3, 20, 400}[i%4]*7 + i%30*100 }) // codes on many rows
	f(300, Classification, "", func(i int) int { return i % 10 })
	f(3000, Regression, "label.regression", func(i int) int { // ages: most in the middle
		return 18 + i%20 + i/7%20 + i/31%20
	})
}

// Dates and times are read however they are usually written, whatever is trained on them.
func TestDatesAndTimes(t *testing.T) {
	when := func(i int) time.Time {
		return time.Date(2019, 1, 3, 4, 5, 6, 0, time.UTC).AddDate(0, 0, 37*i).Add(time.Duration(i) * 3671 * time.Second)
	}
	read := func(cell func(i int) string, kind string) *Dataset {
		t.Helper()
		ds := accepted(t, "m.tsv", columnOf(60, "when", cell), Options{})
		if got := fieldNamed(ds, "when"); got != kind {
			t.Errorf("%q is read as %s", cell(0), got)
			return nil
		}
		return ds
	}
	of := func(ds *Dataset, i int) string {
		for k, col := range ds.Schema.Columns {
			if col.Kind == media.Table {
				return ds.Rows[i].Field(k, 0)
			}
		}
		return ""
	}
	for _, layout := range []string{"2006-01", "2006/01", "2006年1月", "Jan 2006", "January 2006"} {
		ds := read(func(i int) string { return when(i).Format(layout) }, "date")
		if ds == nil {
			continue
		}
		for i := range 60 {
			if got, want := of(ds, i), when(i).Format("2006-01")+"-01"; got != want {
				t.Errorf("%s: %q is read as %s", layout, when(i).Format(layout), got)
			}
		}
	}
	read(func(i int) string { return fmt.Sprintf("%04d-%02d", 31*i%900, 1+i%12) }, "text") // codes
	for _, layout := range []string{
		"2006-01-02", "02-01-2006", "2-1-2006", "01-02-2006", "2/1/06", "1/2/06", "01/02/2006", "02.01.2006", "2-Jan-06", "02-Jan-2006", "02/Jan/2006",
		"Jan 2 2006", "January 2, 2006", "Mon, 02 Jan 2006", "Monday, January 2, 2006",
	} {
		if ds := read(func(i int) string { return when(i).Format(layout) }, "date"); ds != nil {
			for i := range 60 {
				if got, want := of(ds, i), when(i).Format(time.DateOnly); got != want {
					t.Errorf("%s: %s is read as %s", layout, when(i).Format(layout), got)
				}
			}
		}
	}
	for _, layout := range []string{
		time.RFC3339, time.RFC1123Z, "Mon, 02 Jan 2006 15:04:05 GMT", time.ANSIC, "Mon Jan 02 15:04:05 -0700 2006", "02/Jan/2006:15:04:05 -0700",
		"1/2/2006 3:04:05 PM", "1/2/06, 3:04:05 PM", "2/1/2006 15:04:05", "02-01-2006 15:04:05", "2.1.2006 15:04:05", "2006-01-02 15:04:05 UTC", "20060102T150405Z",
		"Jan 2, 2006, 3:04:05 PM", "2-Jan-2006 15:04:05", "2006年1月2日 15:04:05",
	} {
		if ds := read(func(i int) string { return when(i).Format(layout) }, "date"); ds != nil {
			for i := range 60 {
				if got, want := of(ds, i), when(i).Format(time.RFC3339); got != want {
					t.Errorf("%s: %s is read as %s", layout, when(i).Format(layout), got)
				}
			}
		}
	}
	for layout, step := range map[string]float64{"15:04": 60, "15:04:05": 1, "3:04 PM": 60, "3:04:05 pm": 1, "15:04:05.000": 1} {
		ds := read(func(i int) string { return when(i).Format(layout) }, "number")
		if ds == nil {
			continue
		}
		if !strings.Contains(codesOf(ds.Problems), "number.clock") {
			t.Errorf("%s is not noted", layout)
		}
		for i := range 60 {
			day := when(i).Sub(when(i).Truncate(24 * time.Hour)).Seconds()
			if want := fmt.Sprint(math.Floor(day/step) * step); of(ds, i) != want {
				t.Errorf("%s: %s is read as %s, want %s", layout, when(i).Format(layout), of(ds, i), want)
			}
		}
	}
	if ds := read(func(i int) string { return fmt.Sprintf("%d:%02d:%02d.5", 90+i, i, 59-i) }, "number"); ds != nil && of(ds, 2) != fmt.Sprint(92*3600+2*60+57.5) {
		t.Errorf("92:02:57.5 is read as %s", of(ds, 2))
	}
	read(func(i int) string { return fmt.Sprintf("%d:%d", i%5, i%3) }, "category") // of a game
}

// What programs write for a number that is missing does not make categories of the others.
func TestMissingNumbers(t *testing.T) {
	for _, word := range []string{
		"NA", "N/A", "n.a.", "nan", "null", "None", "nil", "<NA>", "NaT", "-", "--", "—", "?", ".", "...", `\N`, "#N/A", "#DIV/0!", "#VALUE!", "1.#QNAN", "-1.#IND",
	} {
		ds := accepted(t, "m.tsv", columnOf(60, "x", func(i int) string {
			if i%3 == 0 {
				return word
			}
			return fmt.Sprintf("%d.25", i*7%23)
		}), Options{})
		if got := fieldNamed(ds, "x"); got != "number" {
			t.Errorf("with %s for missing numbers: %s", word, got)
			continue
		}
		for i := range ds.Rows {
			for k, col := range ds.Schema.Columns {
				if col.Kind == media.Table && (ds.Rows[i].Field(k, 0) == "") != (i%3 == 0) {
					t.Errorf("%s: row %d is %q", word, i, ds.Rows[i].Field(k, 0))
				}
			}
		}
	}
}

// Infinite numbers are missing ones and noted, however many there are.
func TestInfiniteNumbers(t *testing.T) {
	for _, word := range []string{"inf", "-inf", "Infinity", "-Infinity", "+Inf", "1.#INF", "∞"} {
		for _, step := range []int{2, 3, 50} {
			ds := accepted(t, "m.tsv", columnOf(60, "x", func(i int) string {
				if i%step == 1 {
					return word
				}
				return fmt.Sprintf("%d.5", i*i%17)
			}), Options{})
			if got := fieldNamed(ds, "x"); got != "number" || codesOf(ds.Problems) != "cell.infinite" || ds.Rows[1].Cells[1].Fields[0] != "" || ds.Rows[2].Cells[1].Fields[0] != "4.5" && step != 3 {
				t.Errorf("%s in one of %d rows: %s, %q, %v", word, step, got, ds.Rows[1].Cells[1].Fields, ds.Problems)
			}
		}
	}
}

// Vectors are read as JSON and as NumPy write them.
func TestVectorsInText(t *testing.T) {
	f := func(want string, cell func(i int) string) {
		t.Helper()
		ds := accepted(t, "m.tsv", columnOf(40, "v", func(i int) string { return `"` + cell(i) + `"` }), Options{})
		if got := fieldNamed(ds, "v"); got != want {
			t.Errorf("%q: %s", cell(7), got)
			return
		}
		if want == "vector" {
			if v := ds.Rows[7].Cells[1].Vector; len(v) != 3 || v[0] != 7 || v[1] != 2.5 || v[2] != -3 {
				t.Errorf("%q: %v", cell(7), v)
			}
		}
	}
	f("vector", func(i int) string { return fmt.Sprintf("[%d, 2.5, -3]", i) })
	f("vector", func(i int) string { return fmt.Sprintf("[%d. 2.5 -3. ]", i) })
	f("vector", func(i int) string { return fmt.Sprintf("[ %d.0e+00\n  2.5e+00 -3.0e+00]", i) })
	f("text", func(i int) string { return fmt.Sprintf("[%d hours and more words]", i) })
}
