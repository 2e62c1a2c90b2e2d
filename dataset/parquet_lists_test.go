package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/fusor-ml/fusor/media"
)

// A list of pictures in Parquet, as Hugging Face's data sets hold several of a row, is one cell of
// several media.
func TestParquetLists(t *testing.T) {
	type file struct {
		Bytes []byte `parquet:"bytes,optional"`
		Path  string `parquet:"path,optional"`
	}
	type record struct {
		Images []file `parquet:"images,list"`
		Label  string `parquet:"label"`
	}
	data := []byte(picture(t))
	var rows []record
	for i := range 24 {
		r := record{Label: []string{"a", "b"}[i%2]}
		for range i % 3 {
			r.Images = append(r.Images, file{Bytes: data, Path: "p.png"})
		}
		rows = append(rows, r)
	}
	var b bytes.Buffer
	if err := pq.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	ds, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := ds.Schema.Columns; len(c) != 1 || c[0].Name != "images" || c[0].Kind != media.Image {
		t.Fatalf("the columns are %+v", c)
	}
	for i := range ds.Rows {
		sources := ds.Rows[i].Cells[0].Sources(ds.Folder())
		if len(sources) != i%3 {
			t.Fatalf("row %d has %d pictures", i, len(sources))
		}
		for _, s := range sources {
			if !bytes.Equal(bytesOf(t, s), data) {
				t.Fatalf("a picture of row %d differs", i)
			}
		}
	}
}
