package dataset

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/internal/codec/npy"
)

// sameHeld fails where a file reads otherwise when its cells are held in columns.
func sameHeld(t testing.TB, path string, opt Options) {
	t.Helper()
	want, errWant := Open(path, opt)
	opt.Compact = true
	got, errGot := Open(path, opt)
	if fmt.Sprint(errGot) != fmt.Sprint(errWant) {
		t.Fatalf("%s: %v, want %v", path, errGot, errWant)
	}
	if errWant != nil {
		return
	}
	if !reflect.DeepEqual(got.Schema, want.Schema) || !reflect.DeepEqual(got.Problems, want.Problems) {
		t.Fatalf("%s: %+v %v\nwant %+v %v", path, got.Schema, got.Problems, want.Schema, want.Problems)
	}
	if err := got.CheckCells(); err != nil {
		t.Fatal(err)
	}
	if got.Digest() != want.Digest() {
		t.Fatalf("%s: another digest", path)
	}
	if run := (Run{}); got.RunDigest(run) != want.RunDigest(run) {
		t.Fatalf("%s: another digest of the run", path)
	}
	last := len(want.Schema.Columns) - 1
	one, all := got.Pick([]int{last}), want.Pick([]int{last})
	var room []string
	for i := range want.Rows {
		for k := range want.Schema.Columns {
			cell := got.Rows[i].Cell(k)
			if len(cell.Media) == 0 && !reflect.DeepEqual(cell, want.Rows[i].Cells[k]) {
				t.Fatalf("%s: cell %d of row %d is %+v, want %+v", path, k, i, cell, want.Rows[i].Cells[k])
			}
			// In turn with cells of texts, whose fields are not room for others.
			for _, d := range []*Dataset{want, got} {
				if again := d.Rows[i].CellWith(k, &room); len(cell.Media) == 0 && !reflect.DeepEqual(again, cell) {
					t.Fatalf("%s: cell %d of row %d is %+v in used memory, want %+v", path, k, i, again, cell)
				}
			}
			if got.Rows[i].Incomplete(k) != cell.Incomplete {
				t.Fatalf("%s: cell %d of row %d is incomplete: %t", path, k, i, !cell.Incomplete)
			}
			for f, v := range cell.Fields {
				if got.Rows[i].Field(k, f) != v {
					t.Fatalf("%s: field %d of row %d is %q, want %q", path, f, i, got.Rows[i].Field(k, f), v)
				}
			}
		}
		if a, b := one.Rows[i].Cell(0), all.Rows[i].Cell(0); len(a.Media) == 0 && !reflect.DeepEqual(a, b) {
			t.Fatalf("%s: the picked cell of row %d is %+v, want %+v", path, i, a, b)
		}
	}
}

func TestCompactCases(t *testing.T) {
	if _, err := os.Stat(casesDir); err != nil {
		t.Skip("no " + casesDir)
	}
	err := filepath.WalkDir(casesDir, func(path string, e fs.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".csv", ".parquet", ".jsonl", ".xlsx":
			sameHeld(t, path, Options{})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCompactTables(t *testing.T) {
	dir := t.TempDir()
	cells := []string{"", " ", "1", "2.5", "1.234", "-3e2", "1,5", "nan", "x", "true", "no", "2024-01-02", "3/4/2024", "12 %", "7 kg", "[1,2]", "a text of some words", `"quoted ""cell"""`, "\"two\nlines\""}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		rows, columns := rapid.IntRange(2, 60).Draw(rt, "rows"), rapid.IntRange(1, 4).Draw(rt, "columns")
		usual := make([]string, columns)
		for k := range usual {
			usual[k] = rapid.SampledFrom(cells).Draw(rt, "usual")
		}
		var b strings.Builder
		for k := range columns {
			fmt.Fprintf(&b, "c%d,", k)
		}
		b.WriteString("label\n")
		for i := range rows {
			for k := range columns {
				cell := usual[k]
				if rapid.IntRange(0, 9).Draw(rt, "odd") == 0 {
					cell = rapid.SampledFrom(cells).Draw(rt, "cell")
				}
				if strings.Contains(cell, ",") && cell[0] != '"' {
					cell = `"` + cell + `"`
				}
				b.WriteString(cell + ",")
			}
			fmt.Fprintf(&b, "%s\n", []string{"a", "b"}[i%2])
		}
		n++
		path := filepath.Join(dir, fmt.Sprintf("%d.csv", n))
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			rt.Fatal(err)
		}
		sameHeld(t, path, Options{})
	})
}

// The rows of large arrays are read where they lie.
func TestCompactArrays(t *testing.T) {
	before := largeArray
	defer func() { largeArray = before }()
	largeArray = 0
	dir := t.TempDir()
	const n, dim = 50, 7
	data := make([]float32, n*dim)
	for i := range data {
		data[i] = float32(i%13) - 6
	}
	data[3*dim+2] = float32(math.NaN())
	for k := range dim {
		data[9*dim+k] = float32(math.NaN())
	}
	var labels strings.Builder
	labels.WriteString("label\n")
	for i := range n {
		fmt.Fprintf(&labels, "%s\n", []string{"a", "b"}[i%2])
	}
	if err := os.WriteFile(filepath.Join(dir, LabelsName), []byte(labels.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var array bytes.Buffer
	if err := npy.Write(&array, []int{n, dim}, data); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.npy"), array.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sameHeld(t, dir, Options{})
	ds, err := Open(dir, Options{Compact: true})
	if err != nil {
		t.Fatal(err)
	}
	if ds.Rows[0].held.from[0].matrix.held == nil {
		t.Error("the array was read into memory")
	}
}

// The rows of a grid may have ever more cells, for few blocks more.
func TestGridThatWidens(t *testing.T) {
	g := &grid{}
	row := func(i int) []string {
		out := make([]string, 1+i/3)
		out[len(out)-1] = fmt.Sprint(i)
		return out
	}
	const n = 900
	for i := range n {
		g.widen(len(row(i)))
		g.add(row(i))
	}
	for i := range n {
		got := g.row(nil, i)
		if want := append(row(i), make([]string, g.width-1-i/3)...); !reflect.DeepEqual(got, want) {
			t.Fatalf("row %d is %q", i, got)
		}
	}
	for c := range 1 + (n-1)/3 {
		count := 0
		for i, s := range g.column(c) {
			if s != g.at(i, c) {
				t.Fatalf("cell %d of row %d is %q", c, i, s)
			}
			count++
		}
		if count != n {
			t.Fatalf("column %d has %d cells", c, count)
		}
	}
	if len(g.blocks) > 40 {
		t.Errorf("%d blocks", len(g.blocks))
	}
}

// A grid holds what was added, over any number of blocks.
func TestGrid(t *testing.T) {
	g := &grid{width: 3}
	row := func(i int) []string { return []string{fmt.Sprint(i), strings.Repeat("x", i%7), ""} }
	const n = 3*gridRows + 17
	for i := range n {
		g.add(row(i))
	}
	for i := range n {
		if got := g.row(nil, i); !reflect.DeepEqual(got, row(i)) {
			t.Fatalf("row %d is %q", i, got)
		}
	}
	for c := range g.width {
		count := 0
		for i, s := range g.column(c) {
			if s != row(i)[c] {
				t.Fatalf("cell %d of row %d is %q", c, i, s)
			}
			count++
		}
		if count != n {
			t.Fatalf("column %d has %d cells", c, count)
		}
	}
}
