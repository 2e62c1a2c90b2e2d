package dataset

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/media"
)

// A table must be the same in whatever dialect it is written.
func TestDialects(t *testing.T) {
	const want = "text:text, table:table price=number color=category; 40 rows map[bad:20 good:20]"
	write := func(sep, quote, pad, before, after string) string {
		var b strings.Builder
		b.WriteString(before)
		row := func(cells ...string) {
			for i, cell := range cells {
				if quote != "" {
					cell = quote + strings.ReplaceAll(cell, quote, quote+quote) + quote
				}
				if i > 0 {
					b.WriteString(sep + pad)
				}
				b.WriteString(cell)
			}
			b.WriteString(after + "\n")
		}
		row("id", "label", "text", "price", "color")
		for i := range 40 {
			row(fmt.Sprint(i), []string{"good", "bad"}[i%2], fmt.Sprintf("a text of %d words", i), fmt.Sprintf("%d.5", i*i%17), []string{"red", "blue"}[i/2%2])
		}
		return b.String()
	}
	f := func(name, content, codes string) {
		t.Helper()
		ds := accepted(t, name, content, Options{})
		if got := summary(ds); got != want {
			t.Errorf("%.80q: %s", content, got)
		}
		if got := ds.Rows[7].Cells[0].Text; got != "a text of 7 words" {
			t.Errorf("%.80q: text %q", content, got)
		}
		if got := codesOf(ds.Problems); got != codes {
			t.Errorf("%.80q: problems %q, want %q: %v", content, got, codes, ds.Problems)
		}
	}
	for _, sep := range []string{",", ";", "\t", "|", "^", "~"} {
		note := "csv.separator"
		if sep == "," {
			note = ""
		}
		both := func(more string) string { return strings.TrimSpace(note + " " + more) }
		f("m.csv", write(sep, "", "", "", ""), note)
		f("m.csv", write(sep, `"`, "", "", ""), note)
		f("m.csv", write(sep, `"`, " ", "", ""), note)
		f("m.csv", write(sep, "", "", "sep="+sep+"\n", ""), "")
		f("m.csv", write(sep, "", "", "\"sep="+sep+"\"\r\n", ""), "")
		f("m.csv", write(sep, "", "", "Sales of the year\n\n", ""), both("csv.titles"))
		f("m.csv", write(sep, "", "", "Sales of the year"+strings.Repeat(sep, 4)+"\n", ""), both("csv.titles"))
		f("m.csv", write(sep, "", "", "# made by a program, on a Monday\n# for us\n", ""), both("csv.titles"))
		f("m.csv", write(sep, "", "", "\ufeff", ""), note)
		f("m.csv", write(sep, "", "", "\ufeff\ufeff", ""), note)
		f("m.csv", write(sep, "", "", "", "")+strings.Repeat("\x00", 512), note)
		f("m.csv", write(sep, "", "", "", "")+"\x1a", note)
	}
	f("m.tsv", write("\t", "", "", "", ""), "")
	f("m.tsv", write("\t", `"`, "", "", ""), "")
	f("m.tsv", write(",", "", "", "", ""), "")
	f("m.txt", write(";", "", "", "", ""), "csv.separator")
	trailing := strings.Replace(write(",", "", "", "", ","), "color,\n", "color\n", 1)
	f("m.csv", trailing, "")
	rowNames := strings.Replace(write(",", "", "", "", ""), "id,label", "label", 1)
	f("m.csv", rowNames, "csv.row-names column.unnamed")
}

func TestLoneQuotes(t *testing.T) {
	content := "id\tlabel\ttext\n" +
		"1\tgood\t\"so said he and went\n" +
		"2\tbad\the said \"no\"\n" +
		"3\tgood\t\"all of it in quotes\"\n" +
		"4\tbad\t\"doubled \"\"quotes\"\" inside\"\n" +
		"5\tgood\t\"a line\nbreak inside\"\n" +
		"6\tbad\t5\" screen is small\n" +
		"7\tgood\t\"a tab\tinside\"\n"
	ds := accepted(t, "m.tsv", content, Options{})
	want := []string{"\"so said he and went", "he said \"no\"", "all of it in quotes", "doubled \"quotes\" inside", "a line\nbreak inside", "5\" screen is small", "a tab\tinside"}
	for i, w := range want {
		if got := ds.Rows[i].Cells[0].Text; got != w {
			t.Errorf("row %d is %q, want %q", i, got, w)
		}
	}
	if len(ds.Rows) != 7 || ds.Rows[6].Number != 9 {
		t.Errorf("%d rows, the last on line %d", len(ds.Rows), ds.Rows[6].Number)
	}
}

func TestNULIsLocated(t *testing.T) {
	ds := accepted(t, "m.csv", strings.Replace(good(40), "number 7 here", "number \x007 here", 1), Options{})
	if got := ds.Problems.Error(); !strings.Contains(got, "m.csv:9: a NUL byte is left out; remove it") || ds.Rows[7].Cells[0].Text != "the sample number 7 here" {
		t.Errorf("%v, %q", got, ds.Rows[7].Cells[0].Text)
	}
}

func TestNoHeader(t *testing.T) {
	content := "some words, with commas\n" + strings.Repeat("a,b,c,d\ne,f,g,h,i\n", 300)
	ps := refused(t, "m.csv", content, Options{})
	if len(ps.Fatal()) > 2 || !strings.Contains(ps.Error(), "m.csv:1: is this line the header? it has 2 cells") {
		t.Errorf("%v", ps)
	}
}

// Cells of any content come back from RFC 4180 as they went in, but for ="a", which is a, and rows
// that may be remarks below the table.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(rapid.SampledFrom([]rune("ab ,;\t|\"\n#é=")))
		cols := rapid.IntRange(2, 5).Draw(t, "columns")
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, cols, cols), 1, 20).Draw(t, "rows")
		var b strings.Builder
		for c := range cols {
			if c > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "\"label%d\"", c)
		}
		for _, row := range rows {
			row[cols-1] += "é"
			for k, s := range row {
				if _, forced := forcedText(s); forced {
					row[k] = " " + s
				}
			}
			b.WriteByte('\n')
			for c, s := range row {
				if c > 0 {
					b.WriteByte(',')
				}
				b.WriteString(`"` + strings.ReplaceAll(s, `"`, `""`) + `"`)
			}
		}
		known := func(name string) bool { return strings.HasPrefix(name, "label") }
		c := &collector{}
		table := readCSV(b.String(), detectDialect(b.String(), ',', known), c)
		if table.Len() != len(rows) || len(c.list) > 0 {
			t.Fatalf("%d rows of %d: %v", table.Len(), len(rows), c.list)
		}
		for i := range rows {
			for k := range rows[i] {
				if table.cell(i, k) != rows[i][k] {
					t.Fatalf("row %d cell %d is %q, want %q", i, k, table.cell(i, k), rows[i][k])
				}
			}
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add("m.csv", []byte("sep=;\nid;label\n1;a\n"))
	f.Add("m.csv", []byte("title\n\nid,label\n1,\"a\n"))
	f.Add("m.tsv", []byte("label\ttext\n\"a\tb\n"))
	f.Add("m.json", []byte(`[{"label":"a","x":1},{"label":"b"}]`))
	f.Add("m.json", []byte(`{"columns":["a"],"data":[[1],[2]]}`))
	f.Add("m.json", []byte(`{"a":{"0":1},"b":[2]}`))
	f.Add("m.jsonl", []byte("{\"a\":1}\n"))
	f.Add("m.csv", []byte("id,text,label\n1,“a, b”,x\nid,text,label\n2,c\n3,=\"d\",y\n\nSource: e, f\n"))
	f.Add("m.csv", []byte("label,x,y\na,-999,9007199254740993\nb,1.234,9007199254740993\nb,7,1900-01-01\n"))
	f.Add("m.json", []byte("{'train': [{'a': (1, None)},], 'test': [{a: .5}]} // b"))
	f.Add("m.json", []byte(`f({"result": {"items": [{"a": 1}, {"a": 2}]}});`))
	f.Add("m.csv.gz", []byte("\x1f\x8b\x08\x00"))
	f.Add("m.xlsx", []byte("PK\x03\x04"))
	conformance.Seeds(f, func(name string, data []byte) { f.Add(name, data) }, ".csv")
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		ds, err := Read(strings.NewReader(string(data)), name, Options{})
		if err != nil {
			return
		}
		if err := ds.CheckCells(); err != nil {
			t.Fatal(err)
		}
		for i := range ds.Rows {
			if len(ds.Raw().Row(i)) != len(ds.Raw().Header) {
				t.Fatalf("row %d has %d cells of %d", i, len(ds.Raw().Row(i)), len(ds.Raw().Header))
			}
			if _, err := ds.Raw().Object(i); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Columns that are aligned by blanks are a table as well, but for words of a text.
func TestAlignedColumns(t *testing.T) {
	rows := func(format string) string {
		var b strings.Builder
		for i := range 30 {
			fmt.Fprintf(&b, format, 'a'+i%2, float64(i)*1.5, i%7, i)
		}
		return b.String()
	}
	for _, content := range []string{
		"label x n text\n" + rows("%c %.2f %d \"word %d\"\n"),
		"label       x    n  text\n" + rows("%c    %8.2f %4d  \"word %d\"\n"),
		"  label   x n  text  \r\n" + rows("  %c  %.2f  %d   \"word %d\"  \r\n"),
		"# made by hand\nlabel x n text\n" + rows("%c %.2f %d word-%d\n"),
	} {
		ds := accepted(t, "m.txt", content, Options{Kinds: map[string]media.Kind{"text": media.Text}})
		if len(ds.Rows) != 30 || ds.Rows[3].Label != "b" || fieldNamed(ds, "x") != "number" || fieldNamed(ds, "n") != "number" {
			t.Errorf("%.40q: %d rows, %+v", content, len(ds.Rows), ds.Schema)
			continue
		}
		for k, col := range ds.Schema.Columns {
			if got := ds.Rows[3].Cell(k).Text; col.Name == "text" && strings.ReplaceAll(got, "-", " ") != "word 3" {
				t.Errorf("%.40q: row 4 is %q", content, got)
			}
		}
	}
	for _, content := range []string{"label\na b\nc d\ne f\ng h\n", "label x\na 1\nb 2 3\na 4\nb 5\na 6\n"} {
		if _, err := Read(strings.NewReader(content), "m.txt", Options{}); err == nil {
			t.Errorf("%q is a table", content)
		}
	}
}
