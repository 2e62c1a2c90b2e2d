package dataset

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/parquet"
	"github.com/fusor-ml/fusor/internal/codec/textenc"
	"github.com/fusor-ml/fusor/media"
)

// maxManifest is the largest manifest that is read into memory, in bytes.
const maxManifest = 4 << 30

// Open reads a manifest (.csv, .tsv, .jsonl, .parquet), a folder with labels.csv and
// one .npy, .npz or pickled matrix per modality, or a folder of class sub-folders with files.
//
// What is wrong with the data is collected in Dataset.Problems. Where no honest result can come
// of it, the error is a [Problems] that lists everything found, the fatal ones among it.
func Open(path string, opt Options) (*Dataset, error) {
	ds := &Dataset{Name: dataName(path), Path: path, Dir: filepath.Dir(path)}
	c := &collector{file: path}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		c.fatal("file.missing", 0, "", "check the path", "%s", statFault(err))
	case info.IsDir():
		ds.Dir = path
		openFolder(ds, &opt, c)
	case !info.Mode().IsRegular():
		c.fatal("file.pipe", 0, "", "write it to a file first; predict takes JSON lines from -", "a pipe or device, not a file")
	default:
		if src := openFile(ds, path, info.Size(), c); src != nil {
			build(ds, src, &opt, c)
		}
	}
	ds.Problems = c.all()
	if c.failed() {
		return nil, ds.Problems
	}
	return ds, nil
}

// dataName is the base name of a manifest or folder; manifest.csv has the name of its folder.
func dataName(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	return filepath.Base(abs)
}

// statFault says why a path cannot be looked at, without repeating the path.
func statFault(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "no such file or folder"
	}
	return fault(err, "")
}

// fault says why a file cannot be read, without repeating its path, which the problem names.
func fault(err error, path string) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return "cannot open: " + pe.Err.Error()
	}
	return strings.TrimPrefix(err.Error(), "cannot read "+path+": ")
}

// openFile reads a manifest into a table; nil if it was reported.
func openFile(ds *Dataset, path string, size int64, c *collector) *source {
	if size > maxManifest {
		c.fatal("file.large", 0, "", "divide it", "a manifest of %d bytes; more than %d are refused", size, int64(maxManifest))
		return nil
	}
	format := sniffFile(path)
	ext := strings.ToLower(filepath.Ext(path))
	if format.Name == "parquet" || ext == ".parquet" {
		return openParquet(path, c)
	}
	if format.Name != "" && format.Kind != media.Text {
		c.fatal("file.format", 0, "", "give a .csv, .tsv, .jsonl or .parquet file, or a folder", "not a manifest but a file of the format %s", format.Name)
		return nil
	}
	text, ok := readText(ds, path, size, c)
	if !ok {
		return nil
	}
	if isBlank(text) {
		c.fatal("table.empty", 0, "", "write a header and a row for every sample", "the manifest is empty")
		return nil
	}
	switch ext {
	case ".tsv", ".tab":
		return &source{table: readCSV(text, '\t', c)}
	case ".jsonl", ".ndjson", ".json":
		return &source{table: readJSONLines(text, c)}
	case ".csv", ".txt":
		comma := separator(text)
		if comma != ',' {
			c.note("csv.separator", 1, "", "", "the cells are separated by %q, not by commas", comma)
		}
		return &source{table: readCSV(text, comma, c)}
	}
	c.fatal("file.format", 0, "", "give a .csv, .tsv, .jsonl or .parquet file, or a folder", "the ending %q is not that of a manifest", ext)
	return nil
}

// readText reads and decodes a text file.
func readText(ds *Dataset, path string, size int64, c *collector) (string, bool) {
	f, err := os.Open(path)
	if err != nil {
		c.fatal("file.missing", 0, "", "check the path", "%s", statFault(err))
		return "", false
	}
	defer f.Close()
	var b strings.Builder
	b.Grow(int(size))
	if _, err := io.Copy(&b, io.LimitReader(f, maxManifest)); err != nil {
		c.fatal("file.unreadable", 0, "", "", "cannot read: %v", err)
		return "", false
	}
	text, report, err := textenc.Decode(b.String())
	if err != nil {
		c.fatal("text.encoding", 0, "", "save it as UTF-8", "%v", err)
		return "", false
	}
	ds.Encoding = report.String()
	for _, line := range report.BadLines {
		c.note("text.bytes", line, "", "save it as UTF-8", "bytes that are no characters in UTF-8 became \uFFFD")
	}
	return text, true
}

// openParquet reads a Parquet manifest.
func openParquet(path string, c *collector) *source {
	p, err := parquet.ReadFile(path)
	if err != nil {
		c.fatal("parquet.unreadable", 0, "", "write it again", "%s", fault(err, path))
		return nil
	}
	for _, s := range p.Skipped {
		c.note("column.kind", 0, s.Name, "", "%s cannot be a cell; the column is left out", s.Why)
	}
	t := &Table{typed: true, rows: make([][]string, p.Rows), lines: make([]int, p.Rows), vectors: map[int][][]float32{}}
	n := len(p.Columns)
	cells := make([]string, p.Rows*n)
	for i := range t.rows {
		t.rows[i] = cells[i*n : (i+1)*n : (i+1)*n]
		t.lines[i] = i + 1
	}
	for k, col := range p.Columns {
		t.Header = append(t.Header, col.Name)
		if col.Lists != nil {
			t.vectors[k] = col.Lists
			continue
		}
		for i, s := range col.Text {
			t.rows[i][k] = s
		}
	}
	return &source{table: t}
}
