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
		case ".csv", ".tsv", ".txt", ".jsonl", ".parquet":
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
