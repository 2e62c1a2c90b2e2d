package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/media"
)

const pixel = "P6\n1 1\n255\nabc" // a picture

// Files are found under the names that systems and programs make of theirs, and each is noted.
func TestNearNames(t *testing.T) {
	f := func(cell, disk, want string) {
		t.Helper()
		files := map[string]string{}
		var b strings.Builder
		b.WriteString("label,img\n")
		for i := range 6 {
			n := fmt.Sprint(i)
			files[strings.ReplaceAll(disk, "N", n)] = pixel
			fmt.Fprintf(&b, "%c,\"%s\"\n", 'a'+i%2, strings.ReplaceAll(cell, "N", n))
		}
		files["m.csv"] = b.String()
		ds, err := Open(filepath.Join(write(t, files), "m.csv"), Options{})
		if err != nil {
			t.Errorf("%s: %v", cell, err)
			return
		}
		codes := codesOf(ds.Problems)
		if got := fmt.Sprint(ds.Rows[3].Cells[0].Files); ds.Schema.Columns[0].Kind != media.Image || got != "["+strings.ReplaceAll(disk, "N", "3")+"]" || codes != want {
			t.Errorf("%q of %q: %s %s, %v", cell, disk, ds.Schema.Columns[0].Kind, got, ds.Problems)
		}
		if ds.Rows[3].Cells[0].Incomplete {
			t.Errorf("%q: incomplete", cell)
		}
	}
	const near = "cell.near-name"
	f("img/N.ppm", "img/N.PPM", near)
	f("img/CatN.PPM", "img/catN.ppm", near)
	f("img/\u00e9N.ppm", "img/e\u0301N.ppm", near)
	f("img/e\u0301N.ppm", "img/\u00e9N.ppm", near)
	f("img/a%20bN.ppm", "img/a bN.ppm", near)
	f("img/a%20bN.ppm", "img/a%20bN.ppm", "")
	f("img/a+bN.ppm", "img/a bN.ppm", near)
	f("img/a\u00a0bN.ppm", "img/a bN.ppm", near)
	f("img/\u200bN.ppm", "img/N.ppm", near)
	f("img/N.ppm", "img/N.ppm ", near)
	f("img/N.ppm ", "img/N.ppm", "")
	f("img\\x\\N.ppm", "img/x/N.ppm", "")
	f("file://img/N.ppm", "img/N.ppm", near)
	f("/img/N.ppm", "img/N.ppm", near)
	f("img/a;bN.ppm", "img/a;bN.ppm", "")
	f("img/#N.ppm", "img/#N.ppm", "")
	f("图片/猫 N.ppm", "图片/猫 N.ppm", "")
	f("'img/N.ppm'", "img/N.ppm", near)
	f("img/N.jpeg", "img/N.jpg", near)
}

// Of several names that are alike none is taken, unless one is the name; a name leads nowhere else.
func TestNamesThatAreNotNear(t *testing.T) {
	dir := write(t, map[string]string{"img/a.ppm": pixel, "img/A.PPM": pixel, "img/é.ppm": pixel, "x.ppm": pixel})
	if entries, err := os.ReadDir(filepath.Join(dir, "img")); err != nil || len(entries) != 3 {
		t.Skip("names of files are the same in upper and lower case here")
	}
	l := newLocator(os.DirFS(filepath.Join(dir, "img")))
	for name, want := range map[string]string{
		"a.ppm": "a.ppm", "A.PPM": "A.PPM", "a.PPM": "", "b.ppm": "", "../x.ppm": "", "E\u0301.ppm": "é.ppm", "": "", ".": "", "/": "", "''": "", "%": "", "a.ppm/b": "",
	} {
		if got := l.nearName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	// A request names no file almost.
	schema := &Schema{Columns: []Column{{Name: "img", Kind: media.Image}}, Label: "label", Task: Classification, Classes: []string{"a", "b"}}
	line := NewRowReader(os.DirFS(dir), schema).Read(`{"img": "img/É.ppm"}`, 1)
	if len(line.Row.Cells[0].Files) != 0 {
		t.Errorf("%+v", line)
	}
}
