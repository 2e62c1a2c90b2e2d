package dataset

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// media are files of n pictures with a name each.
func mediaFiles(t testing.TB, n int, name func(i int) string) map[string]string {
	t.Helper()
	files := map[string]string{}
	p := picture(t)
	for i := range n {
		files[name(i)] = p
	}
	return files
}

func TestLocatedFiles(t *testing.T) {
	f := func(stored, written string, want string) {
		t.Helper()
		files := mediaFiles(t, 12, func(i int) string { return fmt.Sprintf(stored, i) })
		var b strings.Builder
		b.WriteString("label,photo\n")
		for i := range 12 {
			fmt.Fprintf(&b, "%c,"+written+"\n", 'a'+i%2, i)
		}
		files["m.csv"] = b.String()
		dir := write(t, files)
		ds := open(t, dir, "m.csv", Options{})
		got := ""
		if k := ds.Schema.Columns[0].Kind; k != "image" {
			got = string(k)
		} else if n := ds.Rows[7].Cells[0].Files; len(n) > 0 {
			got = n[0]
		}
		if got != want {
			t.Errorf("%s for %s: %q, want %q (%v)", written, stored, got, want, ds.Problems)
		}
		if got := ds.Raw().Row(7)[1]; got != fmt.Sprintf(written, 7) {
			t.Errorf("the table's cell became %q", got)
		}
		again := open(t, dir, "m.csv", Options{Schema: &ds.Schema})
		if a, b := fmt.Sprint(again.Rows[7].Cells[0].Files), fmt.Sprint(ds.Rows[7].Cells[0].Files); a != b {
			t.Errorf("a model reads %s, training %s", a, b)
		}
	}
	f("img/%d.jpg", "img/%d.jpg", "img/7.jpg")
	f("img/%d.jpg", "img/%d", "img/7.jpg")
	f("img/a%d.jpg", "a%d", "img/a7.jpg")
	f("a%d.jpg", "a%d", "a7.jpg")
	f("img/%d.jpg", "%d.jpg", "img/7.jpg")
	f("data/img/%d.jpg", "%d.jpg", "data/img/7.jpg")
	f("data/img/%d.jpg", "img/%d.jpg", "data/img/7.jpg")
	f("img/%d.jpg", "/home/someone/data/img/%d.jpg", "img/7.jpg")
	f("img/%d.jpg", `C:\data\img\%d.jpg`, "img/7.jpg")
	f("img/%d.jpg", "old/%d.jpg", "img/7.jpg")
	f("img/%d.jpg", "%d", "table")
	f("img/red%d.jpg", "blue%d", "table")
}

func TestLostColumns(t *testing.T) {
	files := mediaFiles(t, 9, func(i int) string { return fmt.Sprintf("photos/%d.png", i) })
	var b strings.Builder
	b.WriteString("label,image,text\n")
	for i := range 12 {
		fmt.Fprintf(&b, "%c,%d.png,some words %d here\n", 'a'+i%2, i, i)
	}
	files["m.csv"] = b.String()
	dir := write(t, files)
	ds := open(t, dir, "m.csv", Options{})
	lost := ds.Lost(ds.Problems, nil)
	want := `m.csv: column "image": 12 of 12 cells cannot be read, e.g. 0.png: no such file; did you mean --root ` + filepath.ToSlash(filepath.Join(dir, "photos")) + "?"
	if len(lost) != 1 || !lost[0].Fatal || !strings.Contains(lost[0].String(), want) {
		t.Errorf("%v, want %s", lost, want)
	}
	if lost := ds.Lost(ds.Problems, []string{"Image"}); len(lost) > 0 {
		t.Errorf("allowed: %v", lost)
	}
	ds = open(t, dir, "m.csv", Options{Root: filepath.Join(dir, "photos")})
	if lost := ds.Lost(ds.Problems, nil); len(lost) > 0 || len(ds.Problems) != 3 {
		t.Errorf("with a root: %v %v", lost, ds.Problems)
	}
}
