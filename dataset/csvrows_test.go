package dataset

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Rows that are not as the header is are mended where only one thing can be meant, and noted with
// their first line. The values are those of pandas.read_csv, where that reads them.
func TestMendedRows(t *testing.T) {
	const want = "text:text, table:table price=number; 40 rows map[a:20 b:20]"
	rows := strings.SplitAfter(good(40), "\n")
	part := func(from, to int) string { return strings.Join(rows[from:to], "") }
	f := func(content, want, code string, line int) *Dataset {
		t.Helper()
		ds := accepted(t, "m.csv", content, Options{})
		if got := summary(ds); got != want {
			t.Errorf("%.300q: %s, want %s", content, got, want)
		}
		for _, p := range ds.Problems {
			if p.Code == code && p.Row == line {
				return ds
			}
		}
		t.Errorf("%.300q: no %s in line %d: %v", content, code, line, ds.Problems)
		return ds
	}
	all := part(0, 41)
	f(part(0, 20)+header+part(20, 41), want, "csv.header-again", 21)
	f(part(0, 20)+"\ufeff"+header+part(20, 30)+header+part(30, 41)+header, want, "csv.header-again", 21)
	f(strings.ReplaceAll(part(0, 20)+header+part(20, 41), ",", "\t"), want, "csv.header-again", 21)

	for _, quotes := range []string{"“%s”", "„%s“", "«%s»", "»%s«", "「%s」", "he said “%s” twice", "“a” and “%s”"} {
		text := fmt.Sprintf(quotes, "one, two, three")
		ds := f(strings.Replace(all, "the sample number 7 here", text, 1), want, "csv.curly-quotes", 9)
		if got := ds.Rows[7].Cells[0].Text; got != text {
			t.Errorf("%s: %q", text, got)
		}
	}
	// In all rows: else they would have a cell more than the header, as in what R writes.
	var b strings.Builder
	b.WriteString("id,text,label\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%d,“text, number %d, and so on”,%c\n", i, i, 'a'+i%2)
	}
	ds := f(b.String(), "text:text; 40 rows map[a:20 b:20]", "csv.curly-quotes", 2)
	if got := ds.Rows[7].Cells[0].Text; got != "“text, number 7, and so on”" {
		t.Errorf("%q", got)
	}

	ds = f(strings.Replace(all, ",49\n", "\n", 1), want, "csv.short", 9)
	if got := ds.Rows[7].Cells[1].Fields[0]; got != "" {
		t.Errorf("a cell that is left out is %q", got)
	}
	if got := ds.Rows[8].Cells[1].Fields[0]; got != "64" {
		t.Errorf("the row behind it has %q", got)
	}
	f(strings.ReplaceAll(all, "9\n", "9\n9,b,text words here\n"), "text:text, table:table price=number; 48 rows map[a:20 b:28]", "csv.short", 6)

	f(all+"\nSource: the office, 2024\n", want, "csv.footer", 43)
	f(all+"Source\n", want, "csv.footer", 42)
	f(all+"\n\"Source: the office, 2024\",,,\nNote: checked\n\n", want, "csv.footer", 43)
	f(strings.ReplaceAll(all, ",", ";")+"\nTotal;40\nas of today\n", want, "csv.footer", 43)
	// Directly below, if it begins as no row of the table does.
	for _, remark := range []string{
		"Source: the office, 2024", "* preliminary, not checked", "Note: b, c, d", "© the office, 2024", "Source: the office,,,", "* preliminary,,,", "资料来源：统计局,,",
		"† of all, that is\nSource: the office, 2024", "[1] Note: as of today, or so", "Last updated: today, at noon", "# end, of the table", "Source: the office, 2024\nall rights reserved",
	} {
		ds := f(all+remark+"\n", want, "csv.footer", 42)
		if codesOf(ds.Problems) != "csv.footer" {
			t.Errorf("%q: %v", remark, ds.Problems)
		}
	}
	f("text,label\n"+strings.Repeat("some words are here,a\nothers are there,b\n", 20)+"Source: the office\n", "text:text; 40 rows map[a:20 b:20]", "csv.footer", 42)

	f(strings.Replace(all, ",49\n", ",=\"49\"\n", 1), want, "csv.forced-text", 9)
	ds = f(strings.ReplaceAll(strings.ReplaceAll(all, ",sample", ",sample"), ",1\n", ",\"=\"\"1\"\"\"\n"), want, "csv.forced-text", 3)
	if got := ds.Rows[1].Cells[1].Fields[0]; got != "1" {
		t.Errorf("%q", got)
	}
	codes := strings.NewReplacer("1\n", "=\"0017\"\n", "4\n", "=\"0204\"\n", "price", "=\"shop\"").Replace(all)
	f(codes, "text:text, table:table shop=category; 40 rows map[a:20 b:20]", "csv.forced-text", 3)
}

// Commas that are text are told from separators by the blanks behind them, and from the names that
// R gives to rows.
func TestCommasInRows(t *testing.T) {
	const want = "text:text, table:table price=number; 40 rows map[a:20 b:20]"
	table := func(header, format string) string {
		return manifestOf(40, header, func(i int) string { return fmt.Sprintf(format, i, 'a'+i%2, i*i%37) })
	}
	f := func(content, want, code string, line int, text string) {
		t.Helper()
		ds := accepted(t, "m.csv", content, Options{})
		if got := summary(ds); got != want {
			t.Errorf("%.100q: %s, want %s", content, got, want)
		}
		if k := slices.IndexFunc(ds.Problems, func(p Problem) bool { return p.Code == code }); k < 0 || ds.Problems[k].Row != line {
			t.Errorf("%.100q: no %s in line %d: %v", content, code, line, ds.Problems)
		}
		if got := ds.Rows[7].Cells[0].Text; got != text {
			t.Errorf("%.100q: %q", content, got)
		}
	}
	f(table("id,label,text,price", "%d,%c,good, and no. %[1]d,%[3]d"), want, "csv.blanks", 2, "good, and no. 7")
	f(table("price,label,text", "%[3]d,%[2]c,good, and no. %[1]d, in all"), "table:table price=number, text:text; 40 rows map[a:20 b:20]", "csv.blanks", 2, "")
	f(table("text,label,price", "no. %d, which is long,%c,%d"), want, "csv.blanks", 2, "no. 7, which is long")
	f(table("text;label;price", "no. %d; which is long;%c;%d"), want, "csv.blanks", 2, "no. 7; which is long")
	f(strings.Replace(table("text,label,price", "no. %d of many,%c,%d"), "no. 7 of", "no. 7, of,  ", 1), want, "csv.blanks", 9, "no. 7, of,   many")
	// Names of rows as R writes them.
	const named = "text:text, table:table price=number; 40 rows map[a:20 b:20]"
	f(table("text,label,price", "%d,no. %[1]d of many,%[2]c,%[3]d"), named, "csv.row-names", 1, "no. 7 of many")
	f(table("text,label,price", "\"r%d\",\"no. %[1]d of many\",\"%[2]c\",%[3]d"), named, "csv.row-names", 1, "no. 7 of many")
	f(table("id,label,text,price", "%d,a%[1]d,%[2]c,no. %[1]d of many,%[3]d"), named, "csv.row-names", 1, "no. 7 of many")
	f(table("id,label,text,price", "%d,%[1]d0,%[2]c,no. %[1]d of many,%[3]d"), named, "csv.row-names", 1, "no. 7 of many")

	g := func(content string) {
		t.Helper()
		got := refused(t, "m.csv", content, Options{}).Error()
		if want := "but 40 of 40 rows have another number of cells; begin the file with a line of the columns' names, separated as the rows are; cells that hold a separator need double quotes"; !strings.Contains(got, want) {
			t.Errorf("%.100q: %s", content, got)
		}
	}
	g(table("text,label,price", "no. %d of many,%c,12,%03[3]d"))  // thousands
	g(table("text,label,price", "no. %d of many,%c,$12,%02[3]d")) // hundredths
	g(table("id,label,text", "x%d,%c,many,words of %[1]d"))       // the header names ids
	g(table("id,place,label", "%d,%[1]d.25,%[3]d.5,%[2]c"))       // a place of the world
	g(table("id,text,label", "%d,some,words of %[1]d,%[2]c"))     // only the first cells differ
}

// What can be meant in several ways is refused, with advice that fits.
func TestRowsThatAreNotMended(t *testing.T) {
	f := func(content string, want ...string) {
		t.Helper()
		got := refused(t, "m.csv", content, Options{}).Error()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%.200q: %s\ndoes not say %q", content, got, w)
			}
		}
	}
	all := good(20)
	f(strings.Replace(all, "number 7 here", "number,7 “here” now", 1), "m.csv:9: the row has 5 cells where the header has 4", "only straight double quotes")
	f(strings.Replace(all, "number 7 here", "“number,7 here", 1), "m.csv:9: the row has 5 cells", "only straight double quotes")
	f(strings.Replace(all, "number 7 here", "number,7 here", 1), "m.csv:9: the row has 5 cells", "put cells that hold a comma in double quotes")
	// A line break inside a cell.
	f(strings.Replace(all, "number 7 here", "number\n7 here", 1), "m.csv:9: the row has 3 cells", "m.csv:10: the row has 2 cells")
	f("text,label\n"+strings.Repeat("some words,a\nothers here,b\n", 9)+"words cut\noff,a\n", "m.csv:20: the row has 1 cell")
	f(strings.Replace(all, "7,b", "7\n7,b", 1), "m.csv:9: the row has 1 cell")
	f(strings.Replace(all, "5,b", "Part two\n5,b", 1), "m.csv:7: the row has 1 cell")
}

// A row like the header is data in a table of one column, and words that stand below a header only.
func TestRowsThatAreData(t *testing.T) {
	schema := accepted(t, "m.csv", "label,text\na,some words are here\nb,other words are there\na,words are here now\nb,few words are left\n", Options{}).Schema
	ds := accepted(t, "p.csv", "text\ntext\nmore text\n\nlast\n", Options{Schema: &schema})
	if len(ds.Rows) != 4 || ds.Rows[0].Cells[0].Text != "text" {
		t.Errorf("%d rows, %v", len(ds.Rows), ds.Problems)
	}
	for _, content := range []string{
		"text,a,b\nwords of one,,\nwords of two,,\n", "text,a,b\nwords of one,,\nNote: words of two,,\n", "text,a,b\nNote: words of one,1,2\nNote: words of two,,\n",
		"text,a,b\nNote: words of one,,\nNote: words of two,,\n", "text,a,b\nwords of one,1,2\nhttp://words,,\n", "text,a,b\nwords of one,1,2\n12:30 it was,,\n",
	} {
		ds = accepted(t, "p.csv", content, Options{Schema: &schema})
		if len(ds.Rows) != 2 {
			t.Errorf("%q: %d rows, %v", content, len(ds.Rows), ds.Problems)
		}
	}
}

func TestMendedRowsInBlocks(t *testing.T) {
	smallBlocks(t, 3)
	schema := accepted(t, "m.csv", good(40), Options{}).Schema
	rows := strings.SplitAfter(good(40), "\n")
	content := strings.Join(rows[:20], "") + header + strings.Join(rows[20:], "")
	content = strings.Replace(content, "number 17 here", "“number, 17”", 1)
	content = strings.Replace(content, ",49\n", "\n", 1)
	content = strings.Replace(content, ",81\n", ",=\"81\"\n", 1)
	for _, end := range []string{"", "Source: office, 2024\n* checked\n", "* checked,,,\n", "\nSource: office\n", "Source\nNote\n", "\nSource: office, 2024,,\n\n"} {
		dir := write(t, map[string]string{"p.csv": content + end})
		if n := sameBlocks(t, filepath.Join(dir, "p.csv"), Options{Schema: &schema}); n < 10 {
			t.Errorf("%d blocks", n)
		}
	}
}

func TestMendedRowsOfSheets(t *testing.T) {
	rows := [][]any{{"label", "text", "n"}}
	for i := range 40 {
		if i == 20 {
			rows = append(rows, []any{"label", "text", "n"})
		}
		rows = append(rows, []any{string(rune('a' + i%2)), "some words of row " + fmt.Sprint(i), i * i % 7})
	}
	for _, below := range [][][]any{{{}, {"Source: the office"}, {"Note: checked"}}, {{"Source: the office"}, {"* checked"}}} {
		ds := accepted(t, "m.xlsx", sheetFile(t, append(slices.Clone(rows), below...)), Options{})
		if got, want := summary(ds), "text:text, table:table n=number; 40 rows map[a:20 b:20]"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got, want := codesOf(ds.Problems), "xlsx.sheet csv.header-again csv.footer"; got != want {
			t.Errorf("%v", ds.Problems)
		}
	}
}
