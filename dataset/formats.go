package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/fusor-ml/fusor/internal/codec/parquet"
	"github.com/fusor-ml/fusor/internal/codec/xlsx"
	"github.com/fusor-ml/fusor/internal/spool"
	"github.com/fusor-ml/fusor/media"
)

// What a compressed table may unpack to: so much in any case, beyond it so many times its size.
const (
	freeUnpacked = 256 << 20
	maxUnpack    = 1000
)

// input is the bytes of a table, wherever they come from.
type input struct {
	name string // of the file; its ending shows the format where the bytes do not
	r    io.ReaderAt
	size int64
}

// openFile reads a table of the file system; nil if it was reported.
func openFile(ds *Dataset, path string, opt *Options, c *collector) *source {
	f, err := os.Open(path)
	if err != nil {
		c.fatal("file.missing", 0, "", "check the path", "%s", statFault(err))
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		c.fatal("file.missing", 0, "", "check the path", "%s", statFault(err))
		return nil
	}
	return openInput(ds, input{filepath.Base(path), f, info.Size()}, opt, c)
}

// openInput reads a table into cells; nil if it was reported.
func openInput(ds *Dataset, in input, opt *Options, c *collector) *source {
	if in.size > maxManifest {
		c.fatal("file.large", 0, "", "divide it", "a manifest of %d bytes; more than %d are refused", in.size, int64(maxManifest))
		return nil
	}
	head := in.head()
	if name, ok := packed(head); ok {
		return openPacked(ds, in, name, opt, c)
	}
	ext := strings.ToLower(filepath.Ext(in.name))
	if f := foreignFormat(head, ext); f != nil {
		c.fatal("file.format", 0, "", f.advice, "%s, which fusor does not read", f.what)
		return nil
	}
	format := media.Sniff(head)
	zipped := bytes.HasPrefix(head, []byte("PK\x03\x04"))
	if opt.Sheet != "" && !zipped {
		c.fatal("option.sheet", 0, "", "leave --sheet out", "--sheet names the sheet %q, but only .xlsx files have sheets", opt.Sheet)
		return nil
	}
	switch {
	case format.Name == "parquet":
		return openParquet(in, opt, c)
	case zipped && (ext == ".xlsx" || ext == ".xlsm" || xlsx.Is(in.r, in.size)):
		return openXLSX(in, opt, c)
	case format.Name == "zip":
		c.fatal("file.format", 0, "", unpackAdvice, "%s, which fusor does not read", "an archive")
		return nil
	case format.Name == "pickle":
		c.fatal("file.format", 0, "", `write it as Parquet: pandas.read_pickle("FILE").to_parquet("table.parquet")`, "%s, which fusor does not read", "a Python pickle")
		return nil
	case format.Name != "" && format.Kind != media.Text:
		c.fatal("file.format", 0, "", tableAdvice, "not a manifest but a file of the format %s", format.Name)
		return nil
	case ext == ".parquet" && format.Kind != media.Text: // it is cut, or broken
		return openParquet(in, opt, c)
	}
	return openText(ds, in, ext, opt, c)
}

const tableAdvice = "give a .csv, .tsv, .json, .jsonl, .parquet or .xlsx file, or a folder"

// head is the beginning of the bytes.
func (in *input) head() []byte {
	head := make([]byte, media.SniffLen)
	n, err := in.r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return head[:n]
}

// packed reports whether the bytes are compressed, and how.
func packed(head []byte) (name string, ok bool) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "gzip", true
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd", true
	// A frame to skip, with which files of many threads and with an index begin (RFC 8878, section
	// 3.1.2).
	case len(head) > 8 && head[0]&0xf0 == 0x50 && bytes.HasPrefix(head[1:], []byte{0x2a, 0x4d, 0x18}):
		return "zstd", true
	}
	return "", false
}

// openPacked unpacks a table and reads what is inside.
func openPacked(ds *Dataset, in input, name string, opt *Options, c *collector) *source {
	fail := func(err error) *source {
		c.fatal("file.packed", 0, "", "pack it again, or unpack it first", "cannot unpack (%s): %v", name, err)
		return nil
	}
	var r io.Reader = io.NewSectionReader(in.r, 0, in.size)
	if name == "gzip" {
		z, err := newGzipMembers(r, func() {
			c.note("file.packed", 0, "", "", "what follows the packed table is not gzip and is left out")
		})
		if err != nil {
			return fail(err)
		}
		r = z
	} else {
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30), zstd.WithDecoderMaxWindow(1<<28))
		if err != nil {
			return fail(err)
		}
		defer z.Close()
		r = z
	}
	// Deflate packs a run of one byte about 1,030 to 1; beyond maxUnpack it is a bomb and no table.
	most := min(int64(maxManifest), max(freeUnpacked, maxUnpack*in.size))
	b := spool.NewBuffer(int64(largeText))
	n, err := io.Copy(b, io.LimitReader(r, most+1))
	if err != nil {
		return fail(err)
	}
	if n > most {
		return fail(fmt.Errorf("%d bytes unpack to more than %d", in.size, most))
	}
	// people.csv.gz is read as people.csv is: by content first, then by the ending below.
	inner := in.name
	switch ext := strings.ToLower(filepath.Ext(inner)); ext {
	case ".gz", ".zst", ".zstd", ".gzip":
		inner = inner[:len(inner)-len(ext)]
	case ".tgz":
		return fail(errors.New("an archive of files, not a table"))
	}
	out := input{inner, b.Reader(), n}
	if f, ok := out.r.(*os.File); ok {
		out.r = temporary{f}
	}
	// A tar's magic is behind the first file's name, mode and times (POSIX.1-1988).
	if h := out.head(); len(h) > 262 && string(h[257:262]) == "ustar" {
		return fail(errors.New("an archive of files, not a table"))
	}
	// No recursion, so that nested bombs end here.
	if _, again := packed(out.head()); again {
		return fail(errors.New("it is packed twice"))
	}
	return openInput(ds, out, opt, c)
}

// openParquet reads a Parquet manifest.
func openParquet(in input, opt *Options, c *collector) *source {
	var p *parquet.Table
	var err error
	store, again := &columnStore{}, true
	if opt.blocks {
		p, err = parquet.ReadEach(in.r, in.size, func(col *parquet.Column) error {
			if col.Lists != nil || col.Blobs != nil || len(col.Text) <= storedRows {
				return errHeld
			}
			err := store.add(col.Text)
			col.Text = nil
			return err
		})
		again = errors.Is(err, errHeld)
	}
	if again {
		p, err = parquet.Read(in.r, in.size)
	}
	if err != nil {
		c.fatal("parquet.unreadable", 0, "", "write it again", "%s", fault(err, in.name))
		return nil
	}
	for _, s := range p.Skipped {
		c.note("column.kind", 0, s.Name, "if it holds several media a row, give each a column of its own", "%s cannot be a cell; the column is left out", s.Why)
	}
	if !again && len(p.Columns) > 0 {
		t := &Table{typed: true, grid: &grid{width: len(p.Columns), n: p.Rows, again: store}}
		for _, col := range p.Columns {
			t.Header = append(t.Header, col.Name)
		}
		return &source{table: t, index: p.Index}
	}
	t := &Table{typed: true, rows: make([][]string, p.Rows), lines: make([]int, p.Rows), vectors: map[int][][]float32{}, media: map[int][][]media.Source{}}
	n := len(p.Columns)
	cells := make([]string, p.Rows*n)
	for i := range t.rows {
		t.rows[i] = cells[i*n : (i+1)*n : (i+1)*n]
		t.lines[i] = i + 1
	}
	for k, col := range p.Columns {
		t.Header = append(t.Header, col.Name)
		switch {
		case col.Lists != nil:
			t.vectors[k] = col.Lists
			continue
		case col.Blobs != nil:
			t.media[k] = blobSources(col)
		}
		for i, s := range col.Text {
			t.rows[i][k] = s
		}
	}
	return &source{table: t, index: p.Index}
}

// emptyEnd is how many cells at the end of a row are empty.
func emptyEnd(row []string) int {
	n := 0
	for n < len(row) && isBlank(row[len(row)-1-n]) {
		n++
	}
	return n
}
