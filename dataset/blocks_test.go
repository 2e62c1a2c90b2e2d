package dataset

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// smallBlocks has text tables read in blocks of so many rows.
func smallBlocks(t *testing.T, rows int) {
	large, most, bytes, stored := largeText, blockRows, blockBytes, storedRows
	largeText, blockRows, blockBytes, storedRows = 0, rows, 200, 0
	t.Cleanup(func() { largeText, blockRows, blockBytes, storedRows = large, most, bytes, stored })
}

// sameBlocks fails where a table that is read in blocks differs from the same table in memory. It
// returns the number of blocks.
func sameBlocks(t testing.TB, path string, opt Options) (blocks int) {
	t.Helper()
	opt.Compact = true
	want, errWant := Open(path, opt)
	b, err := OpenBlocks(path, opt)
	if err == nil && errWant != nil {
		for _, e := range b.All() {
			err = e
		}
	}
	if fmt.Sprint(err) != fmt.Sprint(errWant) {
		t.Fatalf("%s: %v, want %v", path, err, errWant)
	}
	if errWant != nil {
		return 0
	}
	if !reflect.DeepEqual(b.Schema, want.Schema) || b.Len() != len(want.Rows) || !reflect.DeepEqual(b.Header(), want.Raw().Header) {
		t.Fatalf("%s: %d rows of %+v\nwant %d of %+v", path, b.Len(), b.Schema, len(want.Rows), want.Schema)
	}
	if b.One() {
		return 1
	}
	problems, i := b.Problems, 0
	for ds, err := range b.All() {
		if err != nil {
			t.Fatal(err)
		}
		if err := ds.CheckCells(); err != nil {
			t.Fatal(err)
		}
		blocks++
		problems = append(problems, ds.Problems...)
		for k := range ds.Rows {
			sameRow(t, &ds.Rows[k], &want.Rows[i])
			if got, all := ds.Raw().Row(k), want.Raw().Row(i); !reflect.DeepEqual(got, all) {
				t.Fatalf("%s: row %d is %q, want %q", path, i, got, all)
			}
			got, errGot := ds.Raw().Object(k)
			all, errAll := want.Raw().Object(i)
			if string(got) != string(all) || errGot != nil || errAll != nil {
				t.Fatalf("%s: row %d is written %s, %v; want %s, %v", path, i, got, errGot, all, errAll)
			}
			i++
		}
	}
	problems = append(problems, b.Late()...)
	b.SortProblems(problems)
	want.SortProblems(want.Problems)
	if !reflect.DeepEqual(problems, want.Problems) && len(problems)+len(want.Problems) > 0 {
		t.Fatalf("%s: %v\nwant %v", path, problems, want.Problems)
	}
	if got, all := fmt.Sprint(b.CheckLost(problems, nil)), fmt.Sprint(want.CheckLost(want.Problems, nil)); got != all {
		t.Fatalf("%s: %s, want %s", path, got, all)
	}
	samples, err := b.Samples()
	if err != nil || samples.RunDigest(Run{}) != want.RunDigest(Run{}) || samples.Unsplit() != want.Unsplit() {
		t.Fatalf("%s: other samples, %v", path, err)
	}
	return blocks
}

func sameRow(t testing.TB, got, want *Row) {
	t.Helper()
	a, b := *got, *want
	a.held, b.held, a.at, b.at = nil, nil, 0, 0
	for _, r := range []*Row{&a, &b} {
		for _, v := range []*float64{&r.Target, &r.Order} {
			if math.IsNaN(*v) {
				*v = -1
			}
		}
	}
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("the row is %+v, want %+v", a, b)
	}
	for k := range want.Width() {
		if a, b := got.Cell(k), want.Cell(k); len(a.Media) == 0 && !reflect.DeepEqual(a, b) {
			t.Fatalf("cell %d of line %d is %+v, want %+v", k, want.Number, a, b)
		}
	}
}

func TestBlocksOfCases(t *testing.T) {
	if _, err := os.Stat(casesDir); err != nil {
		t.Skip("no " + casesDir)
	}
	smallBlocks(t, 3)
	several := 0
	err := filepath.WalkDir(casesDir, func(path string, e fs.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".xlsx":
			if ds, err := Open(path, Options{Compact: true}); err == nil && sameBlocks(t, path, Options{Schema: &ds.Schema}) > 1 {
				several++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if several < 5 {
		t.Errorf("only %d tables were read in blocks", several)
	}
}

func TestBlocks(t *testing.T) {
	smallBlocks(t, 2)
	dir := t.TempDir()
	path := filepath.Join(dir, "t.csv")
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom([]string{"plain", "two words", `"a, b"`, "\"two\nlines\"", `"he said ""no"""`, "", " 1.50 ", "nan", "x.png"})
		number := rapid.SampledFrom([]string{"1", "-2.5", "", "x", "nan", "1e3", `"7"`})
		var s strings.Builder
		s.WriteString("id,n,text,group,split,label\n")
		for range rapid.IntRange(1, 12).Draw(rt, "rows") {
			if rapid.IntRange(0, 5).Draw(rt, "blank") == 0 {
				s.WriteString("\r\n\n")
			}
			fmt.Fprintf(&s, "%d,%s,%s,%s,%s,%s\n", rapid.IntRange(0, 20).Draw(rt, "id"), number.Draw(rt, "n"), text.Draw(rt, "text"),
				rapid.SampledFrom([]string{"a", "b", ""}).Draw(rt, "group"), rapid.SampledFrom([]string{"train", "test", ""}).Draw(rt, "split"),
				rapid.SampledFrom([]string{"yes", "no", "maybe", ""}).Draw(rt, "label"))
		}
		if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
			rt.Fatal(err)
		}
		schema := &Schema{
			Columns: []Column{{Name: "table", Kind: "table", Fields: []Field{{Name: "n", Kind: "number"}}}, {Name: "text", Kind: "text"}},
			ID:      "id", Group: "group", Split: "split", Label: "label", Task: Classification, Classes: []string{"no", "yes"},
		}
		sameBlocks(t, path, Options{Schema: schema})
	})
}

// Rows of JSON may be read in blocks however they are laid out, and whatever their keys.
func TestBlocksOfJSON(t *testing.T) {
	smallBlocks(t, 3)
	dir := t.TempDir()
	several := 0
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.SampledFrom([]string{"1", "-2.50", `"3"`, "null", "NaN", `{"a": 1, "b": {"c": 2}}`, "{}", "[1, 2]"})
		text := rapid.SampledFrom([]string{`"plain"`, `"\u00e9 \"x\""`, "null", `{"deep": "er"}`, `""`, "true"})
		var rows []string
		for i := range rapid.IntRange(1, 14).Draw(rt, "rows") {
			row := fmt.Sprintf(`{"n": %s, "label": "%s"`, number.Draw(rt, "n"), rapid.SampledFrom([]string{"yes", "no", "maybe"}).Draw(rt, "label"))
			if rapid.Bool().Draw(rt, "has text") {
				row += `, "text": ` + text.Draw(rt, "text")
			}
			for k := range rapid.IntRange(0, 4).Draw(rt, "more") {
				row += fmt.Sprintf(`, "x%d": %d`, i*k, k)
			}
			rows = append(rows, row+"}")
		}
		join := rapid.SampledFrom([]string{"%s\n", "[%s]", `{"data": [%s]}`, `{"train": [%s], "test": [{"n": 5, "text": "t", "label": "no"}]}`}).Draw(rt, "form")
		between := map[bool]string{true: "\n", false: ",\n"}[join == "%s\n"]
		path := filepath.Join(dir, "t.json")
		if err := os.WriteFile(path, fmt.Appendf(nil, join, strings.Join(rows, between)), 0o600); err != nil {
			rt.Fatal(err)
		}
		schema := &Schema{
			Columns: []Column{{Name: "table", Kind: "table", Fields: []Field{{Name: "n", Kind: "number"}, {Name: "n.a", Kind: "number"}}}, {Name: "text", Kind: "text"}},
			Label:   "label", Task: Classification, Classes: []string{"no", "yes"},
		}
		if sameBlocks(t, path, Options{Schema: schema}) > 1 {
			several++
		}
	})
	if several == 0 {
		t.Error("no table was read in blocks")
	}
}

// JSON of columns is read in blocks whether or not its rows are numbered.
func TestBlocksOfJSONColumns(t *testing.T) {
	smallBlocks(t, 3)
	path := filepath.Join(t.TempDir(), "t.json")
	schema := &Schema{Columns: []Column{{Name: "table", Kind: "table", Fields: []Field{{Name: "n", Kind: "number"}}}}, Label: "label", Task: Classification, Classes: []string{"a", "b"}}
	var sums [3]strings.Builder
	for form, column := range []struct {
		open, end string
		key       func(i int) string
	}{
		{"[", "]", func(int) string { return "" }},
		{"{", "}", func(i int) string { return fmt.Sprintf("%q: ", fmt.Sprint(i)) }},
		{"{", "}", func(i int) string { return fmt.Sprintf("%q: ", fmt.Sprint(7*i%10)) }},
	} {
		var text strings.Builder
		for c, cells := range [][]string{{"1", "null", "3", "4.5", "5", "6", "7", `"8"`, "9", "10"}, {`"a"`, `"b"`, `"a"`, `"b"`, `"a"`, `"b"`, `"a"`, `"b"`, `"a"`, "null"}} {
			fmt.Fprintf(&text, "%s%q: %s", []string{"{", " , "}[c], []string{"n", "label"}[c], column.open)
			for i, cell := range cells {
				fmt.Fprint(&text, []string{"", "\n, "}[min(i, 1)], column.key(i), cell)
			}
			text.WriteString(column.end)
		}
		if err := os.WriteFile(path, []byte(text.String()+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if n := sameBlocks(t, path, Options{Schema: schema}); n != 4 {
			t.Errorf("form %d: %d blocks", form, n)
		}
		ds, err := Open(path, Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		for i := range ds.Rows {
			fmt.Fprint(&sums[form], ds.Rows[i].Label, ds.Rows[i].Cell(0), "\n")
		}
		if sums[form].String() != sums[0].String() {
			t.Errorf("form %d:\n%s\nwant\n%s", form, sums[form].String(), sums[0].String())
		}
	}
}

// A table of JSON for which there is no room is a fault of the machine.
func TestBlocksWithoutRoom(t *testing.T) {
	smallBlocks(t, 2)
	path := filepath.Join(t.TempDir(), "t.jsonl")
	if err := os.WriteFile(path, []byte(strings.Repeat(`{"n": 1, "label": "a"}`+"\n", 9)), 0o600); err != nil {
		t.Fatal(err)
	}
	schema := &Schema{Columns: []Column{{Name: "table", Kind: "table", Fields: []Field{{Name: "n", Kind: "number"}}}}, Label: "label", Task: Classification, Classes: []string{"a", "b"}}
	t.Setenv("TMPDIR", path+"/gone")
	_, err := OpenBlocks(path, Options{Schema: schema, Compact: true})
	if p, ok := err.(Problems); !ok || len(p) != 1 || p[0].Code != "machine" { //nolint:errorlint // as Open returns it
		t.Errorf("%v", err)
	}
}

// A file that is changed between two readings is an error.
func TestBlocksOfChangedFile(t *testing.T) {
	smallBlocks(t, 2)
	path := filepath.Join(t.TempDir(), "t.csv")
	text := "n,label\n" + strings.Repeat("1,a\n2,b\n", 20)
	schema := &Schema{Columns: []Column{{Name: "table", Kind: "table", Fields: []Field{{Name: "n", Kind: "number"}}}}, Label: "label", Task: Classification, Classes: []string{"a", "b"}}
	for _, changed := range []string{text + "3,a\n", strings.Replace(text, "2,b", "2 b", 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := OpenBlocks(path, Options{Schema: schema, Compact: true})
		if err != nil || b.One() {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err == nil {
			err = os.WriteFile(path, []byte(changed), 0o600)
		}
		if err == nil {
			err = os.Chtimes(path, info.ModTime(), info.ModTime())
		}
		if err != nil {
			t.Fatal(err)
		}
		var failed error
		for _, err := range b.All() {
			if err != nil {
				failed = err
			}
		}
		if failed == nil || !strings.Contains(failed.Error(), "changed meanwhile") {
			t.Errorf("%v", failed)
		}
	}
}
