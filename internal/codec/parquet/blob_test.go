package parquet

import (
	"bytes"
	"io"
	"testing"

	pq "github.com/parquet-go/parquet-go"
)

// medium is a picture or sound as Hugging Face's data sets hold it.
type medium struct {
	Bytes []byte `parquet:"bytes,optional"`
	Path  string `parquet:"path,optional"`
}

type mediaRecord struct {
	Image  medium   `parquet:"image"`
	Clip   medium   `parquet:"clip"`
	Plain  []byte   `parquet:"plain,optional"`
	ASCII  []byte   `parquet:"ascii"`
	Many   []medium `parquet:"many,list"`
	Plains [][]byte `parquet:"plains,list"`
	Other  struct {
		Bytes string `parquet:"bytes"`
		Path  string `parquet:"path"`
	} `parquet:"other"`
}

func TestBlobs(t *testing.T) {
	rows := make([]mediaRecord, 300)
	several := func(i int) (many []medium, plain [][]byte) {
		for k := range i % 4 {
			m := medium{bytes.Repeat([]byte{0xff, byte(i), byte(k)}, k+1), "y.png"}
			if k == 2 {
				m.Path = ""
			}
			many, plain = append(many, m), append(plain, m.Bytes)
		}
		return many, plain
	}
	for i := range rows {
		r := &rows[i]
		r.Many, r.Plains = several(i)
		r.Image = medium{bytes.Repeat([]byte{0x89, byte(i)}, i), "x.png"}
		r.Clip = medium{nil, "clip.avi"}
		r.ASCII = []byte("text")
		if i%3 == 0 {
			r.Plain = []byte{0, byte(i), byte(i >> 8)}
		}
	}
	for _, options := range [][]pq.WriterOption{
		{pq.Compression(&pq.Snappy)}, {pq.MaxRowsPerRowGroup(37), pq.DataPageVersion(1)}, {pq.PageBufferSize(500), pq.Compression(&pq.Zstd)},
	} {
		data := write(t, rows, options...)
		got, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		columns := map[string]Column{}
		for _, c := range got.Columns {
			columns[c.Name] = c
		}
		read := func(row []Blob, k int) []byte {
			if k >= len(row) || row[k].Data == nil {
				return nil
			}
			b := row[k]
			out, err := io.ReadAll(io.NewSectionReader(b.Data, 0, b.Size))
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		for i, r := range rows {
			if !bytes.Equal(read(columns["image"].Blobs[i], 0), r.Image.Bytes) || columns["image"].Text[i] != "x.png" || !bytes.Equal(read(columns["plain"].Blobs[i], 0), r.Plain) {
				t.Fatalf("row %d differs", i)
			}
			if many, plains := columns["many"], columns["plains"]; len(many.Blobs[i]) != i%4 || len(plains.Blobs[i]) != i%4 {
				t.Fatalf("row %d has %d and %d media", i, len(many.Blobs[i]), len(plains.Blobs[i]))
			}
			for k, m := range r.Many {
				if !bytes.Equal(read(columns["many"].Blobs[i], k), m.Bytes) || !bytes.Equal(read(columns["plains"].Blobs[i], k), m.Bytes) {
					t.Fatalf("medium %d of row %d differs", k, i)
				}
			}
		}
		if text, want := columns["many"].Text[3], `["y.png","y.png",""]`; text != want {
			t.Errorf("the names are %s, not %s", text, want)
		}
		// Without bytes a medium is a file's name; bytes that are text, and a struct of texts, stay what
		// they are.
		if c := columns["clip"]; c.Blobs != nil || c.Text[7] != "clip.avi" {
			t.Errorf("clip: %+v", c)
		}
		if c := columns["ascii"]; c.Blobs != nil || c.Text[7] != "text" {
			t.Errorf("ascii: %+v", c)
		}
		if len(got.Columns) != 8 || columns["other.path"].Text == nil {
			t.Errorf("%d columns", len(got.Columns))
		}
	}
}
