package dataset

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/klauspost/compress/zstd"

	"github.com/fusor-ml/fusor/internal/codec/parquet"
	"github.com/fusor-ml/fusor/internal/codec/textenc"
	"github.com/fusor-ml/fusor/internal/codec/xlsx"
	"github.com/fusor-ml/fusor/internal/filemap"
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
	case format.Name == "parquet" || ext == ".parquet":
		return openParquet(in, c)
	case zipped && (ext == ".xlsx" || ext == ".xlsm" || xlsx.Is(in.r, in.size)):
		return openXLSX(in, opt.Sheet, known(opt), c)
	case format.Name == "zip":
		c.fatal("file.format", 0, "", unpackAdvice, "%s, which fusor does not read", "an archive")
		return nil
	case format.Name == "pickle":
		c.fatal("file.format", 0, "", `write it as Parquet: pandas.read_pickle("FILE").to_parquet("table.parquet")`, "%s, which fusor does not read", "a Python pickle")
		return nil
	case format.Name != "" && format.Kind != media.Text:
		c.fatal("file.format", 0, "", tableAdvice, "not a manifest but a file of the format %s", format.Name)
		return nil
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
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, most+1))
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
	out := input{inner, bytes.NewReader(b.Bytes()), n}
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

// openText reads a text table.
func openText(ds *Dataset, in input, ext string, opt *Options, c *collector) *source {
	var text string
	file := mapPlain(in, ext, opt)
	if file != nil {
		defer file.Close() //nolint:errcheck // it was only read
		text, ds.Encoding = unsafe.String(unsafe.SliceData(file.Data), len(file.Data)), string(textenc.UTF8)
	} else if read, ok := readText(ds, in, opt.Encoding, c); ok {
		text = read
	} else {
		return nil
	}
	if isBlank(text) {
		c.fatal("table.empty", 0, "", "write a header and a row for every sample", "the manifest is empty")
		return nil
	}
	start := strings.TrimLeft(text, " \t\r\n")
	comma := byte(',')
	switch ext {
	case ".jsonl", ".ndjson", ".json", ".geojson":
		if mayBeJSON(start) {
			return readJSON(text, known(opt), c)
		}
		c.note("file.format", 0, "", "", "holds text, whatever its ending, and is read as that")
	case ".tsv", ".tab":
		comma = '\t'
	case ".csv", ".txt", ".xls", ".dat", ".data", ".asc", ".psv", ".prn":
		if ext == ".xls" {
			c.note("file.format", 0, "", "", "holds text, whatever its ending, and is read as that")
		}
		if isJSON(start) {
			c.note("file.format", 0, "", "", "holds JSON, whatever its ending, and is read as that")
			return readJSON(strings.Clone(text), known(opt), c) // which keeps parts of it
		}
	case "":
		if start[0] == '{' || start[0] == '[' {
			return readJSON(text, known(opt), c)
		}
	default:
		c.fatal("file.format", 0, "", tableAdvice, "the ending %q is not that of a manifest", ext)
		return nil
	}
	// Line ends of old Macs, also where another program has added some of its own; a mapped text has
	// none.
	if file == nil {
		if lone := strings.Count(text, "\r") - strings.Count(text, "\r\n"); lone > strings.Count(text, "\n") {
			text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
		}
	}
	d := detectDialect(text, comma, known(opt))
	switch {
	case d.aligned:
		c.note("csv.separator", 1, "", "", "the cells are separated by blanks")
	case d.comma != ',' && comma == ',' && !d.ordered:
		c.note("csv.separator", 1, "", "", "the cells are separated by %q, not by commas", d.comma)
	}
	read := readCSV
	if file != nil {
		read = func(text string, d dialect, c *collector) *Table {
			return readMapped(file, in.r.(*os.File), text, d, opt.blocks, c)
		}
	}
	t := readDialect(text, d, c, read)
	if file == nil && len(text) > largeText {
		runtime.GC() // the text goes before as much is taken for the rows
	}
	return &source{table: t}
}

// readDialect reads a text in a dialect, or with backslashes before the quotes inside cells if only
// so all of it can be read.
func readDialect(text string, d dialect, c *collector, read func(string, dialect, *collector) *Table) *Table {
	try := &collector{file: c.file}
	t := read(text, d, try)
	if e := d; try.failed() && !d.escaped && !d.aligned && strings.IndexByte(text, '\\') >= 0 {
		e.escaped, e.lone = true, false
		again := &collector{file: c.file}
		if other := read(text, e, again); !again.failed() {
			t, d, try = other, e, again
		}
	}
	d.describe(c)
	for _, p := range try.all() {
		c.add(p)
	}
	return t
}

// mapPlain maps a large file of rows that are lines, if its bytes are a text as it is to be read;
// nil of any other.
func mapPlain(in input, ext string, opt *Options) *filemap.File {
	f, ok := in.r.(*os.File)
	if !ok || in.size <= int64(largeText) || opt.Encoding != "" || !slices.Contains([]string{".csv", ".tsv", ".tab", ".txt"}, ext) {
		return nil
	}
	if plain, err := textenc.Plain(io.NewSectionReader(f, 0, in.size)); err != nil || !plain {
		return nil // what reads all other files reports what is wrong
	}
	dir, name := filepath.Split(f.Name())
	m, err := filemap.Open(os.DirFS(cmp.Or(dir, ".")), name)
	if err != nil {
		return nil
	}
	return m
}

// forgetBytes is how much of a mapped text is read before its memory goes back to the system.
const forgetBytes = 8 << 20

// readMapped is readCSV of the text of a mapped file, f. In blocks the rows are counted only.
func readMapped(file *filemap.File, f *os.File, text string, d dialect, blocks bool, c *collector) *Table {
	gone := 0
	var reader *csvReader
	t := readRows(text, d, c, func(t *Table, r *csvReader) func(row []string, line int, from blockStart) {
		reader = r
		t.grid = &grid{width: len(t.Header)}
		if blocks {
			t.grid.again = newReread(f, t, r, c)
		}
		return func(row []string, line int, from blockStart) {
			if from.at-gone >= forgetBytes {
				file.Forget(file.Data[gone:from.at])
				gone = from.at
			}
			if t.grid.again != nil {
				t.grid.again.add(from)
				t.grid.n++
				return
			}
			t.grid.add(row)
			t.lines = append(t.lines, line)
		}
	})
	if t.inBlocks() && reader.footer.n > 0 {
		t.grid.again.footer = reader.footer.first
	}
	return t
}

// largeText is the size of a table, in bytes, from which its text is too large to be held beside
// the rows. It is a variable for tests.
var largeText = 64 << 20

// isJSON reports whether a text begins as an array of objects or as lines of them.
func isJSON(text string) bool {
	rest, array := strings.CutPrefix(text, "[")
	rest, object := strings.CutPrefix(strings.TrimLeft(rest, " \t\r\n"), "{")
	rest = strings.TrimLeft(rest, " \t\r\n")
	if !object || !strings.HasPrefix(rest, `"`) {
		return false
	}
	_, rest, closed := strings.Cut(rest[1:], `"`)
	return closed && (array || strings.HasPrefix(strings.TrimLeft(rest, " \t"), ":"))
}

// mayBeJSON reports whether a text can be JSON, or something near it, rather than a table of cells
// under its name.
func mayBeJSON(text string) bool {
	line := firstLine(text)
	return strings.IndexByte("[{/#)(\"'", text[0]) >= 0 || strings.ContainsAny(line, "[{(=") || !strings.ContainsAny(line, ",;\t")
}

// readText reads and decodes a text file.
func readText(ds *Dataset, in input, encoding string, c *collector) (string, bool) {
	var b strings.Builder
	b.Grow(int(in.size))
	if _, err := io.Copy(&b, io.NewSectionReader(in.r, 0, in.size)); err != nil {
		c.fatal("file.unreadable", 0, "", "", "cannot read: %v", err)
		return "", false
	}
	text, report, err := textenc.DecodeAs(b.String(), encoding)
	switch {
	case errors.Is(err, textenc.ErrName):
		c.fatal("option.encoding", 0, "", "name it as in web pages: utf-8, windows-1252, gb18030, shift_jis, …", "%v", err)
		return "", false
	case err != nil:
		c.fatal("text.encoding", 0, "", "save it as UTF-8, or name its encoding with --encoding", "%v", err)
		return "", false
	}
	ds.Encoding = report.String()
	if report.Rival != "" {
		c.note("text.encoding", 0, "", "if letters are wrong, name the encoding with --encoding", "read as %s, though it may be %s", report.Encoding, report.Rival)
	}
	for _, line := range report.BadLines {
		c.note("text.bytes", line, "", "save it as UTF-8", "bytes that are no characters in %s became \uFFFD", report.Encoding)
	}
	if at := strings.IndexByte(text, 0); at >= 0 {
		line := 1 + strings.Count(text[:at], "\n")
		c.note("text.nul", line, "", "remove it", "%s left out", nuls(strings.Count(text, "\x00")))
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return text, true
}

func nuls(n int) string {
	if n == 1 {
		return "a NUL byte is"
	}
	return fmt.Sprintf("%d NUL bytes, of which this line has the first, are", n)
}

// openParquet reads a Parquet manifest.
func openParquet(in input, c *collector) *source {
	p, err := parquet.Read(in.r, in.size)
	if err != nil {
		c.fatal("parquet.unreadable", 0, "", "write it again", "%s", fault(err, in.name))
		return nil
	}
	for _, s := range p.Skipped {
		c.note("column.kind", 0, s.Name, "if it holds several media a row, give each a column of its own", "%s cannot be a cell; the column is left out", s.Why)
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
