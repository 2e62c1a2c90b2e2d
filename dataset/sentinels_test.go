package dataset

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/media"
)

// tableWith is a table of n rows with a column of that name and those cells.
func tableWith(name string, n int, cell func(i int) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "label,text,%s\n", name)
	for i := range n {
		fmt.Fprintf(&b, "%c,the words of row %d,%s\n", 'a'+i%2, i*i%101, cell(i))
	}
	return b.String()
}

// Values that stand for missing ones are noted, and left as they are: they may be right.
func TestStandIns(t *testing.T) {
	// every has a value in each fourth row, and cell in the others.
	every := func(value string, cell func(i int) string) func(int) string {
		return func(i int) string {
			if i%4 == 0 {
				return value
			}
			return cell(i)
		}
	}
	f := func(want string, cell func(i int) string) {
		t.Helper()
		ds := accepted(t, "m.csv", tableWith("x", 80, cell), Options{})
		var got []string
		for _, p := range ds.Problems {
			if strings.HasSuffix(p.Code, ".stand-in") {
				got = append(got, strings.Trim(strings.Split(p.What, " ")[0], `"`))
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: noted %q, want %q: %v", cell(0), g, want, ds.Problems)
		}
		if kind := ds.Schema.Columns[1].Fields[0].Kind; kind != media.Number && kind != media.Date || ds.Rows[0].Cells[1].Fields[0] == "" {
			t.Errorf("%s: %s, %q", cell(0), kind, ds.Rows[0].Cells[1].Fields[0])
		}
	}
	grade := func(i int) string { return fmt.Sprint(1 + i*7%5) }
	wide := func(i int) string { return fmt.Sprintf("%.2f", math.Sin(float64(i))*300) }
	for _, s := range []string{"-999", "-9999", "99", "999", "77", "9998", "-999.25", "-999.0", "1e20", "9.96921e+36", "-32768", "2147483647", "1.7976931348623157e308", "-9223372036854775808"} {
		f(s, every(s, grade))
	}
	f("-9999", every("-9999", wide))
	f("9999", every("9999", wide))
	f("", every("-99", wide))      // among the others
	f("", every("-200", grade))    // no value that programs write
	f("", every("1000000", grade)) // but a large one
	f("", every("99", func(i int) string { return fmt.Sprint(i) }))
	// One of several of such numbers, as prices and doses are.
	of := func(cells ...string) func(int) string {
		return func(i int) string { return cells[i%len(cells)] }
	}
	f("", of("5", "10", "20", "40", "99"))
	f("", of("19", "29", "39", "99"))
	f("", of("9", "19", "49", "99", "199", "999"))
	f("", of("10", "20", "30", "77"))
	f("77 99", of("1", "2", "5", "7", "10", "14", "15", "20", "25", "30", "77", "99"))
	f("-99", of("5", "10", "20", "40", "-99"))
	f("", func(i int) string { // too few rows
		if i < 2 {
			return "-999"
		}
		return grade(i)
	})
	f("-888 -999", every("-999", func(i int) string {
		if i%4 == 1 && i < 60 {
			return "-888"
		}
		return grade(i)
	}))
	day := func(i int) string { return fmt.Sprintf("2024-03-%02d", 1+i%28) }
	for _, s := range []string{"9999-12-31", "1900-01-01", "1970-01-01", "0001-01-01", "1899-12-30", "2099-12-31"} {
		f(s, every(s, day))
	}
	f("", every("1900-03-17", day))
	f("", every("1970-01-01", func(i int) string { return fmt.Sprintf("19%02d-05-07", 40+i%60) }))

	ds := accepted(t, "m.csv", strings.Replace(tableWith("label", 80, every("-9999", wide)), "label,text", "x,text", 1), Options{Task: "regression"})
	if !strings.Contains(ds.Problems.Error(), `column "label": "-9999" in 20 rows is far from all other numbers`) {
		t.Errorf("%v", ds.Problems)
	}
}

// Whole numbers that float64 would make one are categories, and exact.
func TestLongWholeNumbers(t *testing.T) {
	f := func(name string, kind media.Kind, cell func(i int) string) *Dataset {
		t.Helper()
		ds := accepted(t, "m.csv", tableWith(name, 80, cell), Options{})
		if got := ds.Schema.Columns[1].Fields[0].Kind; got != kind {
			t.Errorf("%s: %s, want %s: %v", cell(1), got, kind, ds.Problems)
		}
		for i := range ds.Rows {
			if got := ds.Rows[i].Cells[1].Fields[0]; kind == media.Category && got != cell(i) {
				t.Errorf("row %d: %s, want %s", i, got, cell(i))
			}
		}
		return ds
	}
	ds := f("x", media.Category, func(i int) string { return fmt.Sprint(1234567890123456789 + i%4) })
	if !strings.Contains(ds.Problems.Error(), "more digits than a number keeps") {
		t.Errorf("%v", ds.Problems)
	}
	f("x", media.Category, func(i int) string { return fmt.Sprint(uint64(18446744073709551000) + uint64(i%4)) })
	f("x", media.Category, func(i int) string { return fmt.Sprint(9007199254740990 + i) })    // some become one
	f("x", media.Number, func(i int) string { return fmt.Sprint(9007199254740000 + i*3%40) }) // all are exact
	f("x", media.Number, func(i int) string { return fmt.Sprint(1234567890123456789 + 1000003*(i*i*7%6007)) })
	f("x", media.Number, func(i int) string { return fmt.Sprint(1+i%7) + "000000000000000000000" })
	f("time", media.Number, func(i int) string { return fmt.Sprint(1700000000123456789 + i/2) })

	long := func(i int) string { return fmt.Sprint(9007199254740992 + i%3) }
	ds = accepted(t, "m.csv", strings.Replace(tableWith("label", 80, long), "label,text", "x,text", 1), Options{Task: "class"})
	if want := "[9007199254740992 9007199254740993 9007199254740994]"; fmt.Sprint(ds.Schema.Classes) != want || strings.Contains(ds.Problems.Error(), "the same number") {
		t.Errorf("%v, %v", ds.Schema.Classes, ds.Problems)
	}
	if index := classIndex(ds.Schema.Classes); index("9007199254740993") != 1 || index("9007199254740995") != -1 {
		t.Errorf("%d %d", index("9007199254740993"), index("9007199254740995"))
	}
}

// A point between thousands is not told from a decimal one by 1.234 alone; beside whole numbers
// below a thousand it hardly is a decimal one.
func TestPointOfThousands(t *testing.T) {
	f := func(noted bool, cells ...string) {
		t.Helper()
		ds := accepted(t, "m.csv", tableWith("x", 40, func(i int) string { return cells[i%len(cells)] }), Options{})
		if got := strings.Contains(codesOf(ds.Problems), "number.point"); got != noted {
			t.Errorf("%v: %v", cells, ds.Problems)
		}
	}
	f(true, "987", "1.234", "12.500")
	f(false, "987", "1.234", "12.5")
	f(false, "987", "1.234", "0.123")
	f(false, "9871", "1.234")
	f(false, "1.234", "2.345")
	f(false, "0", "1.234", "2.345")
}

// Codes that numbers tell apart as well as categories do are not noted.
func TestCodesWorthANote(t *testing.T) {
	f := func(name string, n, values int, noted bool) {
		t.Helper()
		ds := accepted(t, "m.csv", tableWith(name, n, func(i int) string { return fmt.Sprint(7 + i*i*i%values) }), Options{})
		if got := strings.Contains(codesOf(ds.Problems), "column.codes"); got != noted {
			t.Errorf("%s: %v", name, ds.Problems)
		}
		if got := ds.Schema.Columns[1].Fields[0].Kind; got != media.Number {
			t.Errorf("%s: %s", name, got)
		}
	}
	f("school", 600, 23, true)
	f("school_no", 600, 23, true)
	f("Product_Category_1", 600, 23, true)
	f("门店", 600, 23, true)
	f("school", 3000, 23, false)
	f("rating", 600, 23, false)
	f("page_number", 600, 23, false)
	f("month", 600, 12, false)
}

// A row of totals below the table would be its largest target by far.
func TestRowOfTotals(t *testing.T) {
	rows, sum := "item,n,label\n", 0.0
	for i := range 40 {
		v := float64(i*13%101) + 0.1
		rows += fmt.Sprintf("i%d,%d,%g\n", i*7%41, i%7, v)
		sum += v
	}
	for last, want := range map[string]bool{fmt.Sprintf("Total,%d,%.1f\n", 119, sum): true, fmt.Sprintf("i,3,%.1f\n", sum/2): false, "": false} {
		ds := accepted(t, "m.csv", rows+last, Options{Task: "regression"})
		if got := strings.Contains(ds.Problems.Error(), fmt.Sprintf(`m.csv:42: column "label": the label of the last row, "%.1f", is the sum of all others`, sum)); got != want {
			t.Errorf("%q: %v", last, ds.Problems)
		}
	}
}
