package parquet

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

type nested struct {
	A string
	B int32
}

// record has every kind of column that a manifest may hold.
type record struct {
	ID     int64      `parquet:"id"`
	Text   string     `parquet:"text,dict"`
	Maybe  *string    `parquet:"maybe,optional"`
	Price  float64    `parquet:"price"`
	Small  float32    `parquet:"small"`
	Flag   bool       `parquet:"flag"`
	Day    int32      `parquet:"day,date"`
	When   time.Time  `parquet:"when,timestamp(millisecond)"`
	Cost   int64      `parquet:"cost,decimal(2:18)"`
	Bare   []float32  `parquet:"bare"`
	Vec    []float64  `parquet:"vec,list"`
	Files  []string   `parquet:"files,list"`
	Nested nested     `parquet:"nested"`
	Raw    []byte     `parquet:"raw"`
	Pairs  []nested   `parquet:"pairs,list"`
	Matrix [][]string `parquet:"-"`
	Uint   uint32     `parquet:"uint"`
}

// write encodes records.
func write(t testing.TB, rows []record, options ...pq.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[record](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sample is two records.
func sample() []record {
	maybe := "yes"
	day := int32(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	return []record{
		{
			ID: 1, Text: "很好", Maybe: &maybe, Price: 1.5, Small: 0.1, Flag: true, Day: day, When: time.Date(2024, 2, 29, 12, 0, 0, 5e6, time.UTC),
			Cost: -1234, Bare: []float32{1, 2, 3}, Vec: []float64{0.5, 0.25}, Files: []string{"a.jpg", "b.jpg"}, Nested: nested{"x", 7}, Raw: []byte{0xff, 0}, Pairs: []nested{{"p", 1}}, Uint: math.MaxUint32,
		},
		{ID: -2, Text: "", Price: math.Inf(1), Cost: 5},
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.parquet")
	if err := os.WriteFile(path, write(t, sample(), pq.Compression(&pq.Zstd)), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != 2 {
		t.Errorf("%d rows", got.Rows)
	}
	text := map[string][]string{}
	lists := map[string][][]float32{}
	for _, c := range got.Columns {
		if c.Lists != nil {
			lists[c.Name] = c.Lists
		} else {
			text[c.Name] = c.Text
		}
	}
	wantText := map[string][]string{
		"id": {"1", "-2"}, "text": {"很好", ""}, "maybe": {"yes", ""}, "price": {"1.5", "+Inf"}, "small": {"0.1", "0"},
		"flag": {"true", "false"}, "day": {"2024-02-29", "1970-01-01"}, "when": {"2024-02-29T12:00:00.005Z", text["when"][1]},
		"cost": {"-12.34", "0.05"}, "files": {`["a.jpg","b.jpg"]`, ""}, "nested.A": {"x", ""}, "nested.B": {"7", "0"}, "uint": {"4294967295", "0"},
	}
	if diff := cmp.Diff(wantText, text); diff != "" {
		t.Error(diff)
	}
	wantLists := map[string][][]float32{"bare": {{1, 2, 3}, nil}, "vec": {{0.5, 0.25}, nil}}
	if diff := cmp.Diff(wantLists, lists, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	why := map[string]string{}
	for _, s := range got.Skipped {
		why[s.Name] = s.Why
	}
	if why["raw"] != "binary values" || why["pairs"] != "a list of records" {
		t.Errorf("skipped %v", why)
	}
}

func TestReadManyRowGroups(t *testing.T) {
	rows := make([]record, 5000)
	for i := range rows {
		rows[i] = sample()[0]
		rows[i].ID = int64(i)
		rows[i].Vec = make([]float64, i%4)
		for k := range rows[i].Vec {
			rows[i].Vec[k] = float64(i)
		}
	}
	data := write(t, rows, pq.MaxRowsPerRowGroup(700), pq.PageBufferSize(1000), pq.DataPageVersion(1))
	got, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Columns {
		if c.Name != "vec" {
			continue
		}
		for i, list := range c.Lists {
			if len(list) != i%4 || (len(list) > 0 && list[0] != float32(i)) {
				t.Fatalf("row %d has %v", i, list)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	f := func(data []byte, want string) {
		t.Helper()
		if _, err := Read(bytes.NewReader(data), int64(len(data))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	good := write(t, sample())
	f(nil, "not a parquet")
	f([]byte("id,label\n1,a\n2,b\n"), "not a parquet")
	f(good[:len(good)-10], "cut")
	lying := bytes.Clone(good)
	binary.LittleEndian.PutUint32(lying[len(lying)-8:], 1<<31)
	f(lying, "footer claims")
	for at := 4; at < len(good); at += 7 { // damage anywhere gives an error or a table, never a crash
		bad := bytes.Clone(good)
		bad[at] ^= 0x55
		if table, err := Read(bytes.NewReader(bad), int64(len(bad))); err == nil {
			for _, c := range table.Columns {
				if len(c.Text) != table.Rows && len(c.Lists) != table.Rows {
					t.Fatalf("byte %d damaged: column %q has %d rows of %d", at, c.Name, len(c.Text), table.Rows)
				}
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, sample()))
	f.Add(write(f, sample(), pq.Compression(&pq.Snappy), pq.DataPageVersion(1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, c := range table.Columns {
			if len(c.Text) != table.Rows && len(c.Lists) != table.Rows {
				t.Fatalf("column %q has %d and %d of %d rows", c.Name, len(c.Text), len(c.Lists), table.Rows)
			}
		}
	})
}

// Every codec's own output passes the check, and a page that claims too little does not.
func TestPacked(t *testing.T) {
	codecs := map[string]compress.Codec{
		"snappy": &pq.Snappy, "gzip": &pq.Gzip, "lz4": &pq.Lz4Raw, "zstd": &pq.Zstd, "brotli": &pq.Brotli,
	}
	for name, codec := range codecs {
		for _, version := range []int{1, 2} {
			data := write(t, sample(), pq.Compression(codec), pq.DataPageVersion(version))
			if _, err := Read(bytes.NewReader(data), int64(len(data))); err != nil {
				t.Errorf("%s, pages of version %d: %v", name, version, err)
			}
		}
		for _, text := range []string{"", "a", "abcabcabcabcabcabcabcabcabcabcabc", strings.Repeat("x", 100_000)} {
			packed, err := codec.Encode(nil, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			f := func(claimed int) error {
				return checkPage(codec.CompressionCodec(), &format.PageHeader{UncompressedPageSize: int32(claimed)}, packed)
			}
			if err := f(len(text)); err != nil {
				t.Errorf("%s of %d bytes: %v", name, len(text), err)
			}
			if err := f(len(text) - 1); err == nil && text != "" && name != "zstd" && name != "brotli" {
				t.Errorf("%s of %d bytes passes as one less", name, len(text))
			}
		}
	}
}
