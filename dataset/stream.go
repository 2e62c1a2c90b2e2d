package dataset

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/internal/codec/textenc"
	"github.com/fusor-ml/fusor/media"
)

// maxLine is the longest line of a stream, in bytes.
const maxLine = 256 << 20

// Line is one sample of a stream.
type Line struct {
	Row      Row             // Number is the line
	Raw      json.RawMessage // the object as it came, valid JSON; nil if the line could not be read
	Problems Problems        // a fatal one means that Row is empty
}

// OpenJSONLines reads samples as ReadJSONLines does, all of r at once, into a data set for a model
// with that schema. Rows holds the lines that could be read; a line that could not has a fatal
// problem instead, whose Row is the line. The error is that of reading r.
func OpenJSONLines(r io.Reader, files fs.FS, schema *Schema) (*Dataset, error) {
	ds := &Dataset{Name: stdin, Path: stdin, FS: confined(files), Schema: *schema}
	for line, err := range ReadJSONLines(r, files, schema) {
		if err != nil {
			return nil, err
		}
		ds.Problems = append(ds.Problems, line.Problems...)
		if len(line.Problems.Fatal()) == 0 {
			ds.Rows = append(ds.Rows, line.Row)
		}
	}
	return ds, nil
}

// ReadJSONLines reads samples from a stream of JSON objects, one a line, as the schema of a trained
// model states, holding one line at a time. A line may hold media by value; the names of files are
// looked up in files alone, which a Dataset of the rows must have as its FS: a [media.Root] is a
// folder that nothing leads out of, and nil allows no names at all. A line that is no JSON object
// yields a fatal problem and no cells, and the reading goes on; an error ends it.
func ReadJSONLines(r io.Reader, files fs.FS, schema *Schema) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		text, encoding, err := textenc.NewReader(r)
		if err != nil && !errors.Is(err, textenc.ErrUnknown) { // else some lines are no UTF-8, and those are told
			yield(Line{}, fmt.Errorf("cannot read JSON lines: %w", err))
			return
		}
		s := newStream(files, schema)
		if encoding.Guessed {
			s.first = Problems{{Code: "text.encoding", File: stdin, What: fmt.Sprintf("read as %s", encoding.Encoding), Advice: "write UTF-8 if it is not that"}}
		}
		b := bufio.NewReaderSize(text, 64<<10)
		for number := 1; ; number++ {
			line, err := readLine(b)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Line{}, fmt.Errorf("cannot read JSON lines: line %d: %w", number, err))
				return
			}
			if !isBlank(line) && !yield(s.line(line, number), nil) {
				return
			}
			if err != nil {
				return
			}
		}
	}
}

// readLine reads to the next line break.
func readLine(b *bufio.Reader) (string, error) {
	var out strings.Builder
	for {
		part, err := b.ReadSlice('\n')
		out.Write(part)
		if out.Len() > maxLine {
			return "", fmt.Errorf("it is longer than %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return out.String(), err
		}
	}
}

// stream reads lines by a schema.
type stream struct {
	schema *Schema
	cells  cellReader
	class  func(string) int
	known  map[string]bool // keys that the schema names
	// The members of a line, and those of them that were left out.
	values  map[string]string
	dropped map[string]bool
	first   Problems // told with the first line
}

// RowReader reads single samples as ReadJSONLines reads lines. It must not be used concurrently.
type RowReader struct{ s *stream }

// NewRowReader returns a reader of rows for a model with that schema; files is as for
// ReadJSONLines.
func NewRowReader(files fs.FS, schema *Schema) *RowReader {
	return &RowReader{newStream(files, schema)}
}

// Read reads a JSON object; number is what problems call the row.
func (r *RowReader) Read(object string, number int) Line { return r.s.line(object, number) }

// ReadTexts reads a row of which some columns are given as texts, by their names, as Read reads an
// object of strings.
func (r *RowReader) ReadTexts(texts map[string]string, number int) Line {
	c := &collector{file: stdin}
	r.s.cells.c = c
	for name, text := range texts {
		if isDamaged(text) {
			c.note("text.bytes", number, "", "write UTF-8", "bytes that are no characters became \uFFFD")
			texts[name] = strings.ToValidUTF8(text, "\uFFFD")
		}
	}
	out := Line{Row: newRow(number)}
	r.s.row(&out.Row, texts, nil, c)
	out.Problems = c.all()
	return out
}

// isDamaged reports whether text has bytes that are no characters, or what a decoder put for them.
func isDamaged(text string) bool {
	return !utf8.ValidString(text) || strings.Contains(text, "\uFFFD")
}

func newRow(number int) Row { return Row{Number: number, Class: -1, Target: math.NaN()} }

// stdin is what problems of a stream name as their file.
const stdin = "stdin"

// confined is where the files of rows that come from outside are looked up.
func confined(files fs.FS) fs.FS {
	if files == nil {
		return media.Nowhere
	}
	return files
}

// newStream prepares the reading.
func newStream(files fs.FS, schema *Schema) *stream {
	s := &stream{schema: schema, class: classIndex(schema.Classes), known: map[string]bool{}, values: map[string]string{}, dropped: map[string]bool{}}
	s.cells.from, s.cells.typed = media.Folder{FS: confined(files)}, true
	for _, col := range schema.Columns {
		s.known[col.Name] = true
		for _, f := range col.Fields {
			s.known[f.Name] = true
		}
	}
	for _, name := range schema.Labels {
		s.known[name] = true
	}
	for _, name := range []string{schema.Label, schema.ID, schema.Split, schema.Group, schema.Order, "id"} {
		s.known[name] = true
	}
	delete(s.known, "") // of what the schema has not
	return s
}

// line reads one line.
func (s *stream) line(text string, number int) Line {
	c := &collector{file: stdin, list: s.first}
	s.first = nil
	s.cells.c = c
	out := Line{Row: newRow(number)}
	if isDamaged(text) {
		c.note("text.bytes", number, "", "write UTF-8", "bytes that are no characters became \uFFFD")
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	values, dropped := s.values, s.dropped
	defer clear(values) // whose memory is kept, but not the texts
	defer clear(dropped)
	left := 0 // objects that the schema does not have
	const maxLeft = 8
	object, ok := parseObject(text, &memberReader{
		line: number, c: c,
		nested: func(key string) bool { return !s.known[key] && hasPrefixed(s.known, key) },
		unknown: func(key, raw string) bool {
			if s.known[key] || raw[0] == '{' && hasPrefixed(s.known, key) {
				return false
			}
			if raw[0] == '{' {
				left++
			}
			return raw[0] != '{' || left > maxLeft // a few are noted, of any number
		},
		each: func(m member) bool {
			if !s.known[m.key] {
				return true
			}
			_, twice := values[m.key]
			values[m.key], dropped[m.key] = m.cell, m.dropped
			return !twice
		},
	})
	if !ok {
		out.Problems = c.all()
		return out
	}
	out.Raw = json.RawMessage(object)
	s.row(&out.Row, values, dropped, c)
	out.Problems = c.all()
	return out
}

// row fills a row from the members of an object; dropped are those that were left out.
func (s *stream) row(row *Row, values map[string]string, dropped map[string]bool, c *collector) {
	get := func(name string) string {
		if name == "" {
			return ""
		}
		return strings.TrimSpace(values[name])
	}
	row.ID, row.Group, row.Label = get(s.schema.ID), get(s.schema.Group), get(s.schema.Label)
	row.Split = splitName(get(s.schema.Split))
	// A request may name its rows whether or not the model was trained with ids.
	if row.ID == "" {
		row.ID = get("id")
	}
	// No rank of texts here: it would need all rows, and a stream has no end.
	if place := get(s.schema.Order); place != "" {
		row.Order = math.NaN()
		if v, ok := ParseNumber(place); ok {
			row.Order = v
		} else if t, _, ok := ParseDate(place); ok {
			row.Order = float64(t.UnixMicro()) / 1e6
		} else {
			c.note("order.number", row.Number, s.schema.Order, "number the rows of a group", "in a stream the order must be a number or a date, not %.40q", place)
		}
	} else if s.schema.Order != "" {
		row.Order = math.NaN()
	}
	sets := labelReader{s.schema, s.class}
	switch {
	case len(s.schema.Labels) > 0:
		// It has a column for each label; a member of the joined name would be another column's.
		row.Label = ""
		sets.columns(row, get)
	case row.Label == "":
	case s.schema.Task == Multilabel:
		if sets.read(row, row.Label) != "" {
			row.Label = ""
		}
	case s.schema.Task == Regression:
		if v, ok := s.schema.target(row.Label, true); ok {
			row.Target = v
		} else {
			row.Label = ""
		}
	default:
		// A label that the model does not know makes the row unlabeled: it is predicted all the same.
		if row.Class = s.class(row.Label); row.Class < 0 {
			row.Label = ""
		}
	}
	row.Cells = make([]Cell, len(s.schema.Columns))
	for k := range s.schema.Columns {
		col := &s.schema.Columns[k]
		if col.Kind != media.Table {
			s.cells.noted = dropped[col.Name]
			row.Cells[k] = s.cells.media(col, values[col.Name], nil, row.Number)
			continue
		}
		row.Cells[k].Fields = make([]string, len(col.Fields))
		for f := range col.Fields {
			// Collected over all fields: the flag is the cell's, and the table modality is one cell.
			s.cells.noted = s.cells.noted || dropped[col.Fields[f].Name]
			row.Cells[k].Fields[f] = s.cells.field(&col.Fields[f], values[col.Fields[f].Name], row.Number)
		}
		row.Cells[k].Incomplete = s.cells.flawed()
	}
}
