package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf16enc "golang.org/x/text/encoding/unicode"

	"github.com/fusor-ml/fusor/media"
)

// write makes files below a new folder and yields the folder.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// refused opens a manifest that must be refused and yields the problems.
func refused(t *testing.T, name, content string, opt Options) Problems {
	t.Helper()
	dir := write(t, map[string]string{name: content})
	ds, err := Open(filepath.Join(dir, name), opt)
	var ps Problems
	if !errors.As(err, &ps) || ds != nil || len(ps.Fatal()) == 0 {
		t.Errorf("%.40q: got %v, %v", content, ds, err)
	}
	return ps
}

// accepted opens a manifest that must be read.
func accepted(t *testing.T, name, content string, opt Options) *Dataset {
	t.Helper()
	dir := write(t, map[string]string{name: content})
	ds, err := Open(filepath.Join(dir, name), opt)
	if err != nil {
		t.Fatalf("%.60q: %v", content, err)
	}
	return ds
}

const header = "id,label,text,price\n"

// good is a manifest of n rows of two classes.
func good(n int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "%d,%s,the sample number %d here,%d\n", i, []string{"a", "b"}[i%2], i, i*i)
	}
	return b.String()
}

func TestFatalManifests(t *testing.T) {
	f := func(name, content string, want ...string) {
		t.Helper()
		got := refused(t, name, content, Options{}).Error()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%.40q: %q does not say %q", content, got, w)
			}
		}
	}
	f("m.csv", "", "m.csv: the manifest is empty")
	f("m.csv", "\n\n", "empty")
	f("m.csv", header, "m.csv: there are no rows below the header")
	f("m.csv", "id,text\n1,a\n2,b\n", "m.csv: there is no label column", "--label", "id, text")
	f("m.csv", "id,label,text\n1,,a\n2,,b\n", "m.csv: column \"label\": no row has a label")
	f("m.csv", header+"1,a,one sample here only,3\n", "only one row has a label")
	f("m.csv", header+"1,a,one text,3\n2,a,two texts,4\n", "every label is \"a\"")
	f("m.csv", "label\na\nb\n", "no column to learn from")
	f("m.csv", good(4)+"9,a,too,many,cells\n8,b\n", "m.csv:6: the row has 5 cells where the header has 4", "m.csv:7: the row has 2 cells")
	f("m.csv", "id,label,text,label\n1,a,x,b\n", `m.csv:1: column "label": the header has the column twice (columns 2 and 4)`)
	f("m.csv", good(4)+"9,a,\"never closed,3\n7,b,fine text,4\n", `m.csv:6: column "text": a quote opens here and is never closed`)
	f("m.csv", good(4)+"9,a,\"closed\" but on,3\n", `m.csv:6: column "text": text after the closing quote`)
	f("m.csv", "\x89PNG\r\n\x1a\n\x00\x00", "a file of the format png")
	f("m.csv", "id,label\n1,\x00\x01\x02\x03\x04\n", "m.csv: not a text file")
	f("m.csv", "\x00\x01\x02\x03\x04\x05\xfe\xff\xfa", "not a text file")
	f("m.tsv", "id\tlabel\ttext\n1\ta\n", "m.tsv:2: the row has 2 cells")
	f("m.jsonl", `{"label":"a","text":"one"}`+"\n"+`{"label":"b","te`, "m.jsonl:2: the JSON object is cut off")
	f("m.jsonl", `{"label":"a","text":"one"}`+"\n"+`{"label":"b","text":"two","text":"x"}`, `m.jsonl:2: column "text": the key is there twice`)
	f("m.jsonl", `{"label":"a","text":"one"}`+"\n[1,2]\nnot json\n{]\n", "m.jsonl:2: not a JSON object", "m.jsonl:3: not a JSON object", "m.jsonl:4: not valid JSON at character 2")
	f("m.jsonl", "", "empty")
	f("m.parquet", "PAR1 junk", "parquet")
	f("m.toml", "id,label\n1,a\n", `the ending ".toml"`)
}

// A message names some of very many columns.
func TestFatalManyColumns(t *testing.T) {
	var names, cells []string
	for i := range 3000 {
		names, cells = append(names, fmt.Sprintf("c%d", i)), append(cells, "1")
	}
	row := strings.Join(cells, ",") + "\n"
	for _, opt := range []Options{{}, {Label: "lable"}} {
		got := refused(t, "m.csv", strings.Join(names, ",")+"\n"+row+row, opt).Error()
		if len(got) > 600 || !strings.Contains(got, "c0, c1,") || !strings.Contains(got, "c29, …, c2990,") || !strings.Contains(got, "c2999") {
			t.Errorf("%d bytes: %.900s", len(got), got)
		}
	}
}

func TestFatalOptions(t *testing.T) {
	f := func(opt Options, want string) {
		t.Helper()
		if got := refused(t, "m.csv", good(6), opt).Error(); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
	f(Options{Label: "lable"}, `no column "lable" to be the label; the columns are: id, label, text, price`)
	f(Options{Group: "speaker"}, `no column "speaker" to be the group`)
	f(Options{Ignore: []string{"x"}}, `--ignore names the column "x"`)
	f(Options{Columns: []string{"y"}}, `--columns names the column "y"`)
	f(Options{Kinds: map[string]media.Kind{"z": media.Text}}, `--kind names the column "z"`)
	f(Options{Task: "guess"}, `the task "guess"`)
	f(Options{Ignore: []string{"text", "price"}}, "no column to learn from")
}

func TestMissingPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"none.csv", "none"} {
		_, err := Open(filepath.Join(dir, name), Options{})
		if err == nil || !strings.Contains(err.Error(), name+": no such file or folder") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "neither labels.csv, a manifest nor class sub-folders") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestInvisibleInHeader(t *testing.T) {
	ds := accepted(t, "m.csv", strings.Replace(good(40), "label", "\u200blabel\ufeff\u00a0", 1), Options{})
	if ds.Schema.Label != "label" {
		t.Errorf("%q, %v", ds.Schema.Label, ds.Problems)
	}
}

func TestOddButGoodManifests(t *testing.T) {
	f := func(name, content, encoding string) *Dataset {
		t.Helper()
		ds := accepted(t, name, content, Options{})
		if len(ds.Rows) != 6 || len(ds.Schema.Classes) != 2 || ds.Encoding != encoding {
			t.Errorf("%.20q: %d rows, classes %v, encoding %s", content, len(ds.Rows), ds.Schema.Classes, ds.Encoding)
		}
		if got := describe(&ds.Schema); got != "text:text, table:table price=number" {
			t.Errorf("%.20q: columns %s", content, got)
		}
		if got := ds.Rows[5]; got.Number != 7 || got.Label != "b" || got.ID != "5" || got.Cells[0].Text != "the sample number 5 here" || got.Cells[1].Fields[0] != "25" {
			t.Errorf("%.20q: last row %+v", content, got)
		}
		return ds
	}
	text := good(6)
	f("m.csv", text, "UTF-8")
	f("m.csv", strings.TrimSuffix(text, "\n"), "UTF-8")
	f("m.csv", "\xef\xbb\xbf"+text, "UTF-8 with byte order mark")
	f("m.csv", strings.ReplaceAll(text, "\n", "\r\n"), "UTF-8")
	f("m.csv", strings.ReplaceAll(text, "\n", "\r"), "UTF-8")
	f("m.csv", text+"\n\n", "UTF-8")
	f("m.csv", strings.ReplaceAll(text, ",", ";"), "UTF-8")
	f("m.tsv", strings.ReplaceAll(text, ",", "\t"), "UTF-8")
	utf16, err := utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	f("m.csv", utf16, "UTF-16LE with byte order mark")
	f("m.csv", utf16[2:], "UTF-16LE")

	gb, err := simplifiedchinese.GB18030.NewEncoder().String("编号,label,文本\n1,好,味道很好，送餐也快\n2,差,太慢了，不会再来\n")
	if err != nil {
		t.Fatal(err)
	}
	ds := accepted(t, "m.csv", gb, Options{ID: "编号"})
	if ds.Encoding != "GB18030" || ds.Rows[1].Cells[0].Text != "太慢了，不会再来" || ds.Rows[0].ID != "1" {
		t.Errorf("GB18030: %s, %+v", ds.Encoding, ds.Rows)
	}
}

func TestRowNumbersAreLines(t *testing.T) {
	ds := accepted(t, "m.csv", "id,label,text,price\n1,a,\"two\nlines, and a \"\"quote\"\"\",3\n\n2,b,one,x4\n3,a,\"\r\n\r\n\",5\n4,b,four,NaN\n", Options{Kinds: map[string]media.Kind{"price": media.Number, "text": media.Text}})
	var lines []int
	for _, r := range ds.Rows {
		lines = append(lines, r.Number)
	}
	if fmt.Sprint(lines) != "[2 5 6 9]" {
		t.Errorf("rows at %v", lines)
	}
	if got := ds.Rows[0].Cells[0].Text; got != "two\nlines, and a \"quote\"" {
		t.Errorf("text %q", got)
	}
	if !ds.Rows[2].Cells[0].Absent() {
		t.Error("a cell of line breaks is not absent")
	}
	want := "m.csv:5: column \"price\": \"x4\" is not a number and is taken as missing"
	if got := ds.Problems.Error(); !strings.Contains(got, want) || !strings.Contains(got, "m.csv:9: column \"price\": NaN is taken as missing") {
		t.Errorf("problems %s", got)
	}
}

func TestVeryLongCell(t *testing.T) {
	long := strings.Repeat("word ", 2_000_000)
	ds := accepted(t, "m.csv", "label,text\na,"+long+"\nb,\""+long+"\"\na,x y z\n", Options{})
	if len(ds.Rows) != 3 || len(ds.Rows[1].Cells[0].Text) != 10_000_000 {
		t.Errorf("%d rows, %d bytes", len(ds.Rows), len(ds.Rows[1].Cells[0].Text))
	}
}

func TestUsableProblems(t *testing.T) {
	f := func(content string, opt Options, want ...string) *Dataset {
		t.Helper()
		ds := accepted(t, "m.csv", content, opt)
		for _, w := range want {
			if !strings.Contains(ds.Problems.Error(), w) {
				t.Errorf("%q does not say %q", ds.Problems.Error(), w)
			}
		}
		if len(ds.Problems.Fatal()) > 0 {
			t.Errorf("fatal: %v", ds.Problems.Fatal())
		}
		return ds
	}
	f(good(6)+"9,c,the only one of its class,3\n", Options{}, `m.csv:8: column "label": the class "c" has only this sample`)
	ds := f(good(6)+"9,,not yet labelled,3\n", Options{}, `m.csv:8: column "label": 1 row has no label`)
	if ds.Rows[6].Labeled() || ds.Rows[6].Class != -1 {
		t.Error("a row without label has one")
	}
	f(good(6)+"0,a,twice the same id,3\n", Options{}, `m.csv:8: column "id": the id "0" is that of row 2 too`)
	f(",label,text\n0,a,some words\n1,b,other words\n", Options{}, "column 1 has no name and is left out")
	f("label,text,empty\na,some words,\nb,other words,\n", Options{}, `column "empty": every cell is empty`)
	f("label,v\na,\"[1,2]\"\nb,\"[3,4]\"\na,\"[1,NaN]\"\nb,\"[1]\"\na,\"[1,x]\"\n", Options{Kinds: map[string]media.Kind{"v": media.Vector}},
		`m.csv:4: column "v": the number at place 2 is missing (NaN)`, `m.csv:5: column "v": a vector of 1 numbers where most rows have 2`, `m.csv:6: column "v": "x" at place 2 is not a number`)
	f("label,image\na,x.png\nb,y.png\n", Options{}, `m.csv:2: column "image": x.png: no such file`)
	f("label,day\na,03/04/2024\nb,05/06/2024\na,05/06/2024\n", Options{}, "day and month cannot be told apart")
	f("label,text\n0,w x\n1,w y\nnan,w z\n0,w x\n1,w w\n"+strings.Repeat("0,v v\n1,u u\n", 20), Options{}, `m.csv:4: column "label": the label is NaN`)
}

func TestManyProblemsAreCounted(t *testing.T) {
	defer func(n int) { maxAlike = n }(maxAlike)
	content := "label,text,n\n" + strings.Repeat("a,b c d,x\nb,d e f,4\n", 2000)
	opt := Options{Kinds: map[string]media.Kind{"n": media.Number}}
	f := func(keep, want int, last string) {
		t.Helper()
		maxAlike = keep
		ps := accepted(t, "m.csv", content, opt).Problems
		if len(ps) < want || !strings.Contains(ps.Error(), last) {
			t.Errorf("%d problems: %v", len(ps), ps)
		}
	}
	f(500, 501, "1500 more problems like these")
	f(1<<20, 2000, `m.csv: column "n": 2000 of a kind: "x" is not a number and is taken as missing (line 2); "x" is not a number and is taken as missing (line 4); "x" is not a number and is taken as missing (line 6); and 1997 more; leave the cell empty`)
}

func TestTask(t *testing.T) {
	f := func(labels string, opt string, task Task, classes ...string) {
		t.Helper()
		var b strings.Builder
		b.WriteString("label,text\n")
		for _, l := range strings.Fields(labels) {
			b.WriteString(l + ",some words here\n")
		}
		ds := accepted(t, "m.csv", b.String(), Options{Task: opt})
		if ds.Schema.Task != task || fmt.Sprint(ds.Schema.Classes) != fmt.Sprint(classes) {
			t.Errorf("%s: %s %v, want %s %v", labels, ds.Schema.Task, ds.Schema.Classes, task, classes)
		}
	}
	f("a b a", "", Classification, "a", "b")
	f("10 9 10 9 2 2", "", Classification, "2", "9", "10")
	f("1.5 2 1.5 2 1.5", "", Regression)
	f("1.0 2.0 1.0 2.0", "", Classification, "1.0", "2.0")
	f("1 2 3 4", "", Regression)
	f("1 2 3 4", "class", Classification, "1", "2", "3", "4")
	f("1 1 2 2", "regression", Regression)
	f("b10 b9 B9", "", Classification, "B9", "b10", "b9")
}

func FuzzReadCSV(f *testing.F) {
	f.Add(good(3))
	f.Add("a,b\n\"x\"\"y\",\"z\n\"\n")
	f.Add("a,\"b\n")
	f.Add("a\r\nb\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, comma := range []byte{',', '\t'} {
			c := &collector{file: "f.csv"}
			table := readCSV(text, dialect{comma: comma, lone: comma == 9}, c)
			last := 0
			for i := range table.Len() {
				row := table.Row(i)
				if len(row) != len(table.Header) {
					t.Fatalf("row %d has %d cells of %d", i, len(row), len(table.Header))
				}
				if table.lines[i] <= last {
					t.Fatalf("row %d is on line %d after %d", i, table.lines[i], last)
				}
				last = table.lines[i]
			}
			if lines := 1 + strings.Count(text, "\n") + strings.Count(text, "\r"); last > lines {
				t.Fatalf("row on line %d of %d", last, lines)
			}
		}
	})
}

func FuzzReadJSONLines(f *testing.F) {
	f.Add(`{"label":"a","x":[1,2],"y":null,"z":{"q":[{}]},"n":-1.5e3}` + "\n" + `{"x":"\u00e9\"","label":true}`)
	f.Add(`{"a":NaN}`)
	f.Add(`{"a":1,"a":2}`)
	schema := &Schema{Label: "label", Task: Classification, Classes: []string{"a", "b"}, Columns: []Column{
		{Name: "x", Kind: media.Vector, Dim: 2}, {Name: "y", Kind: media.Text}, {Name: "table", Kind: media.Table, Fields: []Field{{Name: "n", Kind: media.Number, Notation: DecimalComma}, {Name: "z", Kind: media.Category}}},
	}}
	f.Fuzz(func(t *testing.T, text string) {
		c := &collector{file: "f.jsonl"}
		table := readJSONLines(text, &rowOptions{}, c)
		for i := range table.Len() {
			row := table.Row(i)
			if len(row) != len(table.Header) {
				t.Fatalf("row %d has %d cells of %d", i, len(row), len(table.Header))
			}
		}
		for line, err := range ReadJSONLines(bytes.NewReader([]byte(text)), nil, schema) {
			if err != nil {
				return
			}
			if len(line.Problems.Fatal()) == 0 && len(line.Row.Cells) != 3 {
				t.Fatalf("line %d has %d cells", line.Row.Number, len(line.Row.Cells))
			}
		}
	})
}
