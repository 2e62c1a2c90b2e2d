package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	pq "github.com/parquet-go/parquet-go"
)

// Large texts that are packed or written otherwise than as UTF-8 are read in blocks, as the same
// text in a file of its own.
func TestBlocksOfDecodedTexts(t *testing.T) {
	smallBlocks(t, 3)
	var b strings.Builder
	b.WriteString("id,n,text,label\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%d,%d.5,\"größer, „%d“\",%s\n", i, i*7%11, i, []string{"yes", "no"}[i%2])
	}
	text := b.String()
	wide := "\xff\xfe"
	for _, u := range utf16.Encode([]rune(text)) {
		wide += string([]byte{byte(u), byte(u >> 8)})
	}
	schema := &Schema{
		Columns: []Column{{Name: "table", Kind: "table", Fields: []Field{{Name: "n", Kind: "number"}}}, {Name: "text", Kind: "text"}},
		ID:      "id", Label: "label", Task: Classification, Classes: []string{"no", "yes"},
	}
	dir := t.TempDir()
	f := func(name, data, encoding string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if blocks := sameBlocks(t, path, Options{Schema: schema, Encoding: encoding}); blocks != 14 {
			t.Errorf("%s %s: %d blocks", name, encoding, blocks)
		}
		got, err := OpenBlocks(path, Options{Schema: schema, Encoding: encoding, Compact: true})
		if err != nil {
			t.Fatal(err)
		}
		for ds, err := range got.All() {
			if err != nil || strings.Contains(name, "latin") {
				break
			}
			if c := ds.Rows[0].Cell(1); !strings.HasPrefix(c.Text, "größer, „") {
				t.Errorf("%s %s: %q", name, encoding, c.Text)
			}
		}
	}
	f("plain.csv", text, "")
	f("named.csv", text, "utf-8")
	f("bom.csv", byteOrderMark+text, "")
	f("boms.csv", byteOrderMark+byteOrderMark+text, "")
	f("wide.csv", wide, "")
	f("latin.csv", strings.NewReplacer("ö", "\xf6", "ß", "\xdf", "„", "\x84", "“", "\x93").Replace(text), "windows-1252")
	f("broken.csv", strings.Replace(text, "„7", "\xff„7", 1), "")
	f("nul.csv", strings.Replace(text, "„7", "\x00„7", 1), "")
	for _, as := range []string{"gz", "zst"} {
		f("plain.csv."+as, packedAs(t, as, text), "")
		f("bom.csv."+as, packedAs(t, as, byteOrderMark+text), "")
		f("wide.csv."+as, packedAs(t, as, wide), "")
	}
}

// What is in a temporary file is not in the folder of the table, and the file has no name.
func TestUnpackedTextIsGone(t *testing.T) {
	smallBlocks(t, 3)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	path := filepath.Join(t.TempDir(), "m.csv.gz")
	if err := os.WriteFile(path, []byte(packedAs(t, "gz", good(40))), 0o600); err != nil {
		t.Fatal(err)
	}
	ds, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenBlocks(path, Options{Schema: &ds.Schema, Compact: true})
	if err != nil || b.One() {
		t.Fatal(b, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// A large table of columns is read in blocks from a temporary file, unless a cell is no text.
func TestBlocksOfParquet(t *testing.T) {
	type row struct {
		ID    string    `parquet:"id"`
		N     *float64  `parquet:"n,optional"`
		Text  string    `parquet:"text"`
		Other []float32 `parquet:"other,list"`
		Label string    `parquet:"label"`
	}
	type texts struct {
		ID    string   `parquet:"id"`
		N     *float64 `parquet:"n,optional"`
		Text  string   `parquet:"text"`
		Label string   `parquet:"label"`
	}
	var rows []row
	var few []texts
	for i := range 40 {
		var n *float64
		if i%5 > 0 {
			v := float64(i) / 3
			n = &v
		}
		rows = append(rows, row{fmt.Sprint(i), n, strings.Repeat("größer ", i%3), []float32{1, float32(i)}, []string{"yes", "no"}[i%2]})
		few = append(few, texts{rows[i].ID, n, rows[i].Text, rows[i].Label})
	}
	schema := &Schema{
		Columns: []Column{{Name: "table", Kind: "table", Fields: []Field{{Name: "n", Kind: "number"}}}, {Name: "text", Kind: "text"}},
		ID:      "id", Label: "label", Task: Classification, Classes: []string{"no", "yes"},
	}
	smallBlocks(t, 3)
	dir := t.TempDir()
	f := func(name string, write func(path string) error, want int) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := write(path); err != nil {
			t.Fatal(err)
		}
		if blocks := sameBlocks(t, path, Options{Schema: schema}); blocks != want {
			t.Errorf("%s: %d blocks, want %d", name, blocks, want)
		}
	}
	f("texts.parquet", func(path string) error { return pq.WriteFile(path, few) }, 14)
	f("vectors.parquet", func(path string) error { return pq.WriteFile(path, rows) }, 1)
	f("one.parquet", func(path string) error { return pq.WriteFile(path, few[:1]) }, 1)
}
