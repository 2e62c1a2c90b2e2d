package parquet

import (
	"bytes"
	"crypto/sha256"
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

	"github.com/fusor-ml/fusor/internal/conformance"
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
func write[T any](t testing.TB, rows []T, options ...pq.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[T](&b, options...)
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
		switch {
		case c.Lists != nil:
			lists[c.Name] = c.Lists
		case c.Blobs != nil:
			if c.Name != "raw" || c.Blobs[0][0].Size != 2 || c.Blobs[0][0].Sum != sha256.Sum256([]byte{0xff, 0}) || c.Blobs[1][0].Data != nil {
				t.Errorf("binary column %s: %+v", c.Name, c.Blobs)
			}
		default:
			text[c.Name] = c.Text
		}
	}
	wantText := map[string][]string{
		"id": {"1", "-2"}, "text": {"很好", ""}, "maybe": {"yes", ""}, "price": {"1.5", "+Inf"}, "small": {"0.1", "0"},
		"flag": {"true", "false"}, "day": {"2024-02-29", "1970-01-01"}, "when": {"2024-02-29T12:00:00.005Z", text["when"][1]},
		"cost": {"-12.34", "0.05"}, "files": {`["a.jpg","b.jpg"]`, "[]"}, "nested.A": {"x", ""}, "nested.B": {"7", "0"}, "uint": {"4294967295", "0"},
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
	if len(why) != 1 || why["pairs"] != "a list of records" {
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
	for at := 4; at < len(good); at += 7 { // damage anywhere yields an error or a table, never a crash
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
	names, _ := filepath.Glob(filepath.Join("testdata", "*.parquet"))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	conformance.Seeds(f, func(_ string, data []byte) { f.Add(data) }, ".parquet")
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

// Every codec's output unpacks to exactly what went in, and to no other length.
func TestUnpack(t *testing.T) {
	codecs := map[string]compress.Codec{
		"snappy": &pq.Snappy, "gzip": &pq.Gzip, "lz4": &pq.Lz4Raw, "zstd": &pq.Zstd, "brotli": &pq.Brotli,
	}
	for name, codec := range codecs {
		for _, text := range []string{"a", "abcabcabcabcabcabcabcabcabcabcabc", strings.Repeat("x", 100_000), strings.Repeat("some words, ", 3_000)} {
			packed, err := codec.Encode(nil, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			for _, off := range []int{0, -1, 1} {
				dst := make([]byte, len(text)+off)
				err := unpack(codec.CompressionCodec(), dst, packed)
				if (err == nil) != (off == 0) || off == 0 && string(dst) != text {
					t.Errorf("%s of %d bytes into %d: %v", name, len(text), len(dst), err)
				}
			}
		}
	}
}

// What old writers call LZ4: Hadoop's frames, or a bare block.
func TestUnpackHadoop(t *testing.T) {
	text := []byte(strings.Repeat("some words, ", 3_000))
	frame := func(part []byte) []byte {
		packed, err := pq.Lz4Raw.Encode(nil, part)
		if err != nil {
			t.Fatal(err)
		}
		head := binary.BigEndian.AppendUint32(nil, uint32(len(part)))
		return append(binary.BigEndian.AppendUint32(head, uint32(len(packed))), packed...)
	}
	f := func(packed []byte) {
		t.Helper()
		dst := make([]byte, len(text))
		if err := unpack(format.Lz4, dst, packed); err != nil || !bytes.Equal(dst, text) {
			t.Errorf("%v", err)
		}
	}
	f(frame(text))
	f(append(frame(text[:7_000]), frame(text[7_000:])...))
	f(frame(text)[8:])
	if err := unpack(format.Lz4, make([]byte, len(text)-1), frame(text)); err == nil {
		t.Error("no error for a length that differs")
	}
}

// Any bit of a page that changes is found by its checksum.
func TestChecksum(t *testing.T) {
	name := filepath.Join("testdata", "codec-none.parquet")
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(good, []byte("juniper"))
	good[at] ^= 1
	_, err = Read(bytes.NewReader(good), int64(len(good)))
	if err == nil || !strings.Contains(err.Error(), "column \"text\"") || !strings.Contains(err.Error(), "checksum") {
		t.Error(err)
	}
}

// cases returns the folder of a small case from outside.
func cases(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "cases", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared/cases/", name)
	}
	return dir
}

func TestCaseLZ4(t *testing.T) {
	dir := cases(t, "parquet-lz4")
	want, err := ReadFile(filepath.Join(dir, "silent-as-zstd.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile(filepath.Join(dir, "silent.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || got.Rows != 200 {
		t.Errorf("%d rows: %s", got.Rows, diff)
	}
	if _, err := ReadFile(filepath.Join(dir, "error.parquet")); err != nil {
		t.Error(err)
	}
}

func TestCaseNoRows(t *testing.T) {
	got, err := ReadFile(filepath.Join(cases(t, "parquet-small-messages"), "t.parquet"))
	if err != nil || got.Rows != 0 || len(got.Columns) != 2 {
		t.Errorf("%v %v", got, err)
	}
}
