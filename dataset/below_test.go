package dataset

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Rules, units, types and second names below the header are left out; first lines and lines below
// the table that draw it too. What is a row stays one.
func TestRowsBelowTheHeader(t *testing.T) {
	table := func(header, format string) string {
		return manifestOf(40, header, func(i int) string { return fmt.Sprintf(format, 'a'+i%2, i, i*i%37, i*7%11) })
	}
	f := func(name, content, columns, codes string, line int) {
		t.Helper()
		ds := accepted(t, name, content, Options{})
		if got, want := summary(ds), columns+"; 40 rows map[a:20 b:20]"; got != want {
			t.Errorf("%.100q: %s, want %s", content, got, want)
			return
		}
		if got := codesOf(ds.Problems); got != codes {
			t.Errorf("%.100q: %s, want %s: %v", content, got, codes, ds.Problems)
		}
		if ds.Rows[0].Number != line {
			t.Errorf("%.100q: the first row is in line %d", content, ds.Rows[0].Number)
		}
	}
	const one, two = "text:text, table:table x=number", "text:text, table:table x=number y=number"
	const row, row2 = "%c,the words of row %d,%[3]d", "%c,the words of row %d,%d,%d"
	f("m.csv", table("label,text,x\n,,cm", row), one, "csv.below", 3)
	f("m.csv", table("label,text,x,y\n,,cm,kg", row2), two, "csv.below", 3)
	f("m.csv", table("label,text,x,y\n类别,文字,长度,重量", row2), two, "csv.below", 3)
	f("m.csv", table("label,text,x\nstring,string,int", row), one, "csv.below", 3)
	f("m.csv", table("label,text,x\n\n-----,----,---\n\n", row), one, "csv.below", 6)
	f("m.csv", table("label,text,x,y\n,,cm,kg\n--,--,---,--", row2), two, "csv.below", 4)
	const piped, ruled = "| %c | the words of row %d | %[3]d |", "csv.separator csv.below"
	f("m.md", table("| label | text | x |\n|---|:--:|--:|", piped), one, "file.format "+ruled, 3)
	f("m.csv", table("label | text | x\n--- | --- | ---", "%c | the words of row %d | %[3]d"), one, ruled, 3)
	f("m.txt", table(" label | text | x \n-------+------+---", " %c | the words of row %d | %[3]d")+"(40 rows)\n", one, ruled+" csv.footer", 3)
	f("m.txt", "+---+---+---+\n"+table("| label | text | x |\n+---+---+---+", piped)+"+---+---+---+\n", one, "csv.separator csv.titles csv.below csv.footer", 4)

	// Rows.
	f("m.csv", strings.Replace(table("label,text,x", row), "row 0,0", "row 0,many", 1), one, "cell.number", 2)
	f("m.csv", strings.Replace(table("label,text,x,y", row2), "row 0,0,0", "row 0,many,few", 1), two, "cell.number", 2)
	f("m.csv", strings.Replace(table("label,text,x", row), "row 0,0", "row 0,", 1), one, "", 2)
	schema := accepted(t, "m.csv", table("label,text,x,y", row2), Options{}).Schema
	for _, first := range []string{"unknown,unknown", "N/A,N/A", "3,unknown", "-,-"} {
		content := strings.Replace(table("c,text,x,y", row2), "row 0,0,0", "row 0,"+first, 1)
		if ds := accepted(t, "m.csv", content, Options{Schema: &schema}); len(ds.Rows) != 40 {
			t.Errorf("%s: %d rows", first, len(ds.Rows))
		}
	}
}

func TestCommentsBetweenRows(t *testing.T) {
	rows := strings.SplitAfter(good(40), "\n")
	content := strings.Join(rows[:9], "") + "# the second half\n" + strings.Join(rows[9:20], "") + "# checked, by two of us\n" + strings.Join(rows[20:], "")
	ds := accepted(t, "m.csv", content, Options{})
	if got, want := summary(ds), "text:text, table:table price=number; 40 rows map[a:20 b:20]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := ds.Problems.Error(), `m.csv:10: 2 comments are left out, the first of them "# the second half"`; !strings.Contains(got, want) {
		t.Error(got)
	}
	for _, mark := range []string{"#", "%", "//", "--"} {
		ds := accepted(t, "m.csv", mark+" a comment, and more\n"+mark+" another\n"+good(40), Options{})
		if len(ds.Rows) != 40 || ds.Rows[0].Number != 4 {
			t.Errorf("%s: %d rows, the first on line %d", mark, len(ds.Rows), ds.Rows[0].Number)
		}
	}
	// A row may begin so.
	content = "text,label\n" + strings.Repeat("#good it was,a\nso it was not,b\n", 9) + "#no,it was not,b\n"
	if got := refused(t, "m.csv", content, Options{}).Error(); !strings.Contains(got, "the row has 3 cells") {
		t.Error(got)
	}
	ds = accepted(t, "m.csv", "% of all,label\n"+strings.Repeat("5,a\n7,b\n", 9), Options{})
	if len(ds.Rows) != 18 {
		t.Errorf("%d rows", len(ds.Rows))
	}
}

// Columns that have neither a name nor a cell are none, also where only the header has them.
func TestEmptyColumns(t *testing.T) {
	for _, content := range []string{
		manifestOf(40, "label,text,x,", func(i int) string { return fmt.Sprintf("%c,some words of %d here,%d", 'a'+i%2, i, i*i%37) }),
		manifestOf(40, "label,text,x,,,", func(i int) string { return fmt.Sprintf("%c,some words of %d here,%d,,,", 'a'+i%2, i, i*i%37) }),
		manifestOf(40, ",label,text,,x", func(i int) string { return fmt.Sprintf(",%c,some words of %d here, ,%d", 'a'+i%2, i, i*i%37) }),
	} {
		ds := accepted(t, "m.csv", content, Options{})
		if got, want := summary(ds), "text:text, table:table x=number; 40 rows map[a:20 b:20]"; got != want || len(ds.Problems) > 0 {
			t.Errorf("%.60q: %s, %v", content, got, ds.Problems)
		}
	}
}

// Columns of one name have names of their own, the same for a trained model.
func TestColumnsOfOneName(t *testing.T) {
	content := manifestOf(40, "label,text,x,x,x.2,x", func(i int) string {
		return fmt.Sprintf("%c,some words of %d here,%d,%d,%d,%d", 'a'+i%2, i, i*i%37, i*i%31, i*i%29, i*i%23)
	})
	ds := accepted(t, "m.csv", content, Options{})
	if got, want := summary(ds), "text:text, table:table x=number x.3=number x.2=number x.4=number; 40 rows map[a:20 b:20]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := ds.Problems.Error(), `m.csv:1: column "x": the header has the column twice (columns 3 and 4); the second is called "x.3"`; !strings.Contains(got, want) {
		t.Error(got)
	}
	again := accepted(t, "m.csv", content, Options{Schema: &ds.Schema})
	for i := range ds.Rows {
		if got, want := fmt.Sprint(again.Rows[i].Cells), fmt.Sprint(ds.Rows[i].Cells); got != want {
			t.Fatalf("row %d: the model reads %s, want %s", i, got, want)
		}
	}
}

func TestRowsBelowTheHeaderOfSheets(t *testing.T) {
	rows := [][]any{{"label", "text", "n", ""}, {"", "", "cm", ""}}
	for i := range 40 {
		rows = append(rows, []any{string(rune('a' + i%2)), "some words of row " + fmt.Sprint(i), i * i % 7, ""})
	}
	ds := accepted(t, "m.xlsx", sheetFile(t, rows), Options{})
	if got, want := summary(ds), "text:text, table:table n=number; 40 rows map[a:20 b:20]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if codes := codesOf(ds.Problems); !strings.Contains(codes, "csv.below") || slices.Contains(strings.Fields(codes), "cell.number") {
		t.Errorf("%v", ds.Problems)
	}
}
