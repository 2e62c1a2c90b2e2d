package dataset

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/textenc"
)

// openText reads a text table.
func openText(ds *Dataset, in input, ext string, opt *Options, c *collector) *source {
	text, file, ok := readText(ds, in, opt, c)
	if !ok {
		return nil
	}
	if file != nil {
		defer file.close()
		defer file.trim()()
	}
	if isBlank(text) {
		c.fatal("table.empty", 0, "", "write a header and a row for every sample", "the manifest is empty")
		return nil
	}
	start := strings.TrimLeft(text, " \t\r\n")
	asJSON := func() *source {
		return readJSON(text, known(opt), &rowOptions{written: opt.Schema != nil, blocks: opt.blocks && file != nil}, c)
	}
	comma, sure := byte(','), true
	switch ext {
	case ".jsonl", ".ndjson", ".json", ".geojson":
		if mayBeJSON(start) {
			return asJSON()
		}
		c.note("file.format", 0, "", "", "holds text, whatever its ending, and is read as that")
	case "":
		if start[0] == '{' || start[0] == '[' {
			return asJSON()
		}
	default:
		if isJSON(start) {
			c.note("file.format", 0, "", "", "holds JSON, whatever its ending, and is read as that")
			return asJSON()
		}
		switch ext {
		case ".tsv", ".tab":
			comma = '\t'
		case ".csv", ".txt", ".dat", ".data", ".asc", ".psv", ".prn":
		case ".xls", ".xlsx", ".xlsm", ".parquet":
			c.note("file.format", 0, "", "", "holds text, whatever its ending, and is read as that")
		default:
			sure = false
		}
	}
	// Line ends of old Macs, also where another program has added some of its own.
	if file == nil || !file.plain {
		if lone := strings.Count(text, "\r") - strings.Count(text, "\r\n"); lone > strings.Count(text, "\n") {
			text, file = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), nil
		}
	}
	d := detectDialect(text, comma, known(opt))
	if !sure {
		if !isTable(text, d) {
			c.fatal("file.format", 0, "", tableAdvice, "the ending %q is not that of a manifest", ext)
			return nil
		}
		c.note("file.format", 0, "", "", "holds text, whatever its ending, and is read as that")
	}
	switch {
	case d.aligned:
		c.note("csv.separator", 1, "", "", "the cells are separated by blanks")
	case d.comma != ',' && comma == ',' && !d.ordered:
		c.note("csv.separator", 1, "", "", "the cells are separated by %q, not by commas", d.comma)
	}
	read := readCSV
	if file != nil {
		read = func(text string, d dialect, c *collector) *Table {
			return readMapped(file, d, opt.blocks, c)
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

// readText reads and decodes a text. A large one lies in a mapped file, which the caller closes; of
// any other file is nil.
func readText(ds *Dataset, in input, opt *Options, c *collector) (text string, file *mappedText, ok bool) {
	if in.size <= int64(largeText) {
		var b strings.Builder
		b.Grow(int(in.size))
		if _, err := io.Copy(&b, io.NewSectionReader(in.r, 0, in.size)); err != nil {
			c.fatal("file.unreadable", 0, "", "", "cannot read: %v", err)
			return "", nil, false
		}
		text, ok = decodeText(ds, b.String(), nil, opt.Encoding, c)
		return text, nil, ok
	}
	if file, mark := mapPlain(in, opt); file != nil {
		ds.Encoding = textenc.Report{Encoding: textenc.UTF8, BOM: mark}.String()
		return file.text, file, true
	}
	written, err := mapInput(in)
	if err != nil {
		c.fatal("file.unreadable", 0, "", "", "cannot read: %v", err)
		return "", nil, false
	}
	defer written.close()
	h := decodedTexts{written: written}
	text, ok = decodeText(ds, written.text, h.hold, opt.Encoding, c)
	if !ok {
		h.close(nil)
		return "", nil, false
	}
	if file, err = h.of(text); err != nil {
		h.close(nil)
		c.fatal("machine", 0, "", "", "%v", err)
		return "", nil, false
	}
	h.close(file)
	return file.text, file, true
}

// decodeText decodes a text and notes what is odd about it; hold is that of [textenc.DecodeTo].
func decodeText(ds *Dataset, s string, hold func(io.Reader) (string, error), encoding string, c *collector) (string, bool) {
	text, report, err := textenc.DecodeTo(s, encoding, hold)
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
