package dataset

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
)

// objects are the rows of a table as JSON objects.
func objects(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`{"id": %d, "label": %q, "text": "a text, of %d \"words\"", "price": %d.5, "v": [1, %d]}`, i, []string{"good", "bad"}[i%2], i, i*i%17, i)
	}
	return out
}

func TestJSONForms(t *testing.T) {
	const want = "text:text, table:table price=number, v:vector:2; 40 rows map[bad:20 good:20]"
	rows := objects(40)
	f := func(name, content string, line int) {
		t.Helper()
		ds := accepted(t, name, content, Options{})
		if got := summary(ds); got != want || len(ds.Problems) > 0 {
			t.Errorf("%.60q: %s %v", content, got, ds.Problems)
			return
		}
		if r := ds.Rows[7]; r.Number != line || r.Cells[0].Text != `a text, of 7 "words"` || r.ID != "7" || r.Cells[1].Fields[0] != "15.5" || r.Cells[2].Vector[1] != 7 {
			t.Errorf("%.60q: row 7 is %+v", content, r)
		}
		if o, err := ds.Raw().Object(7); err != nil || bytes.ContainsAny(o, "\n\r") {
			t.Errorf("%.60q: row 7 goes out as %s, %v", content, o, err)
		}
	}
	f("m.jsonl", strings.Join(rows, "\n"), 8)
	f("m.json", strings.Join(rows, "\n"), 8)
	f("m.json", "["+strings.Join(rows, ",")+"]", 1)
	f("m.jsonl", "["+strings.Join(rows, ",")+"]", 1)
	f("m.json", "[\n"+strings.Join(rows, ",\n")+"\n]\n", 9)
	f("m.json", strings.Join(rows, ""), 1)
	f("m.jsonl", strings.ReplaceAll(strings.Join(rows, "\n"), `, "text"`, ",\n \"text\""), 15) // as jq writes them
	f("m.json", "\x1e"+strings.Join(rows, "\n\x1e"), 8)
	f("m.json", "\ufeff[\n"+strings.ReplaceAll(strings.Join(rows, ",\n"), `, "text"`, ",\n \"text\"")+"\n]\n", 16)
	f("m.json", `{"data": [`+strings.Join(rows, ",\n")+`], "version": 1, "source": {"by": "us"}}`, 8)
	f("m.json", "{\n \"rows\": [\n"+strings.Join(rows, ",\n")+"\n ]\n}", 10)
	columns := func(open, end string, key func(i int) string) string {
		var b strings.Builder
		for k, name := range []string{"id", "label", "text", "price", "v"} {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%q: %s", name, open)
			for i := range 40 {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(key(i))
				fmt.Fprintf(&b, []string{"%[1]d", "%[2]q", `"a text, of %[1]d \"words\""`, "%[3]d.5", "[1, %[1]d]"}[k], i, []string{"good", "bad"}[i%2], i*i%17)
			}
			b.WriteString(end)
		}
		return "{" + b.String() + "}"
	}
	f("m.json", columns("{", "}", func(i int) string { return fmt.Sprintf("\"%d\": ", i) }), 8) // pandas' to_json
	f("m.json", columns("[", "]", func(int) string { return "" }), 8)                           // orient="list"
	var split strings.Builder
	split.WriteString(`{"columns": ["id", "label", "text", "price", "v"], "index": [], "data": [`)
	for i := range 40 {
		if i > 0 {
			split.WriteByte(',')
		}
		fmt.Fprintf(&split, `[%d, %q, "a text, of %d \"words\"", %d.5, [1, %d]]`, i, []string{"good", "bad"}[i%2], i, i*i%17, i)
	}
	f("m.json", split.String()+"]}", 1)
	table := strings.ReplaceAll(strings.Join(rows, ","), `{"id"`, `{"index": 3, "id"`)
	ds := accepted(t, "m.json", `{"schema": {"primaryKey": ["index"], "pandas_version": "1.4.0"}, "data": [`+table+`]}`, Options{})
	if got := summary(ds); got != want || codesOf(ds.Problems) != "column.index" {
		t.Errorf("table form: %s %v", got, ds.Problems)
	}
	one := accepted(t, "m.json", `{"text": "only", "v": [1, 2]}`, Options{Schema: &ds.Schema})
	if len(one.Rows) != 1 || one.Rows[0].Cells[0].Text != "only" {
		t.Errorf("one row: %+v", one.Rows)
	}
}

func TestBadJSON(t *testing.T) {
	f := func(content, want string) {
		t.Helper()
		if got := refused(t, "m.json", content, Options{}).Error(); !strings.Contains(got, want) {
			t.Errorf("%.40q: %q does not say %q", content, got, want)
		}
	}
	f("[\n{\"label\": 1},\n{\"label\": 2", "m.json:3: the JSON is cut off")
	f("[\n{\"label\": 1},\n{\"label\" 2}\n]", "m.json:3: not valid JSON")
	f("[\n{\"label\": 1},\n[2]\n]", "m.json:3: not a JSON object in the array")
	f("[]", "no label column")
	f(`{"a": [{"x": 1}], "b": [{"x": 1}]}`, "several arrays of objects could be the rows: a, b")
	f("[\n{\"label\": 1},\n{\"label\": 2, \"label\": 3}\n]", `m.json:3: column "label": the key is there twice`)
	ds := accepted(t, "m.json", "["+strings.ReplaceAll(strings.Join(objects(40), ","), "15.5", "NaN")+"]", Options{})
	if codesOf(ds.Problems) != "json.nan" || ds.Rows[7].Cells[1].Fields[0] != "" {
		t.Errorf("NaN: %v", ds.Problems)
	}
}

func packedAs(t testing.TB, how, content string) string {
	t.Helper()
	var b bytes.Buffer
	if how == "gz" {
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPackedTables(t *testing.T) {
	tables := map[string]string{
		"m.csv": good(40), "m.tsv": strings.ReplaceAll(good(40), ",", "\t"), "m.jsonl": strings.Join(objects(40), "\n"), "m.json": "[" + strings.Join(objects(40), ",") + "]",
	}
	for name, content := range tables {
		want := summary(accepted(t, name, content, Options{}))
		for _, how := range []string{"gz", "zst"} {
			data := packedAs(t, how, content)
			for _, as := range []string{name + "." + how, name} { // its bytes tell, if its name does not
				if got := summary(accepted(t, as, data, Options{})); got != want {
					t.Errorf("%s as %s: %s", as, how, got)
				}
				ds, err := Read(strings.NewReader(data), as, Options{})
				if err != nil || summary(ds) != want {
					t.Errorf("%s from a reader: %v", as, err)
				}
				ds, err = OpenFS(fstest.MapFS{"in/" + as: {Data: []byte(data)}}, "in/"+as, Options{})
				if err != nil || summary(ds) != want {
					t.Errorf("%s of a file system: %v", as, err)
				}
			}
		}
	}
	f := func(name, content, want string) {
		t.Helper()
		if got := refused(t, name, content, Options{}).Error(); !strings.Contains(got, want) {
			t.Errorf("%s: %q does not say %q", name, got, want)
		}
	}
	f("m.csv.gz", packedAs(t, "gz", packedAs(t, "gz", good(4))), "packed twice")
	f("m.csv.gz", packedAs(t, "gz", good(400))[:60], "cannot unpack (gzip)")
	f("m.csv.zst", packedAs(t, "zst", good(4))[:30], "cannot unpack (zstd)")
	bomb := packedAs(t, "zst", strings.Repeat("\x00", freeUnpacked+10))
	f("m.csv.zst", bomb, "unpack to more than")
}

func TestForeignTables(t *testing.T) {
	f := func(name, content, want string) {
		t.Helper()
		if got := refused(t, name, content, Options{}).Error(); !strings.Contains(got, want) {
			t.Errorf("%s: %q does not say %q", name, got, want)
		}
	}
	f("m.csv", "BZh91AY&SY....", "a file packed by bzip2, which fusor does not read; unpack it")
	f("m.csv.xz", "\xfd7zXZ\x00\x00....", "a file packed by xz")
	f("m.csv.gz", packedAs(t, "gz", "m.csv"+strings.Repeat("\x00", 252)+"ustar\x0000"+strings.Repeat("\x00", 800)), "an archive of files, not a table")
	f("m.db", "SQLite format 3\x00....", "an SQLite database, which fusor does not read; export the table: sqlite3")
	f("m.csv", "SQLite format 3\x00....", "an SQLite database")
	f("m.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "save it as .xlsx or .csv")
	f("m.feather", "ARROW1\x00\x00", "read_feather")
	f("m.arrow", "ARROW1\x00\x00", "read_feather")
	f("m.pkl", "\x80\x04\x95", "read_pickle")
	f("m.ods", "PK\x03\x04", "an OpenDocument spreadsheet")
	f("m.csv", "<!doctype html><html>", "a web page")
	f("m.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull")
	f("m.npy", "\x93NUMPY", "a matrix without labels")
	f("m.docx", "PK\x03\x04rest", "a text document, which fusor does not read; copy the table to a .csv file")
	f("m.xlsx", "PK\x03\x04rest", "cannot read the Excel file")
	f("m.csv", "PK\x03\x04rest", "an archive, which fusor does not read; unpack it")
	if got := refused(t, "m.csv", good(4), Options{Sheet: "x"}).Error(); !strings.Contains(got, "only .xlsx files have sheets") {
		t.Error(got)
	}
	if got := refused(t, "m.csv", "a\n\xe9\n", Options{Encoding: "klingon"}).Error(); !strings.Contains(got, "no such encoding") {
		t.Error(got)
	}
}

// A table of JSON is one, whatever its file is called; one with braces in its first cell is none.
func TestJSONByContent(t *testing.T) {
	var lines, array []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf(`{"text": "some words of any kind %d here", "label": "%c"}`, i, 'a'+i%2))
	}
	array = append(array, "[\n"+strings.Join(lines, ",\n")+"\n]")
	for _, content := range []string{strings.Join(lines, "\n"), array[0]} {
		for _, name := range []string{"m.csv", "m.txt"} {
			ds := accepted(t, name, content, Options{})
			if len(ds.Rows) != 40 || codesOf(ds.Problems) != "file.format" {
				t.Errorf("%s: %d rows, %v", name, len(ds.Rows), ds.Problems)
			}
		}
	}
	ds := accepted(t, "m.csv", manifestOf(40, "[text],label", func(i int) string {
		return fmt.Sprintf(`{some} words of any kind %d here,%c`, i, 'a'+i%2)
	}), Options{})
	if len(ds.Rows) != 40 || codesOf(ds.Problems) != "" {
		t.Errorf("%d rows, %v", len(ds.Rows), ds.Problems)
	}
}
