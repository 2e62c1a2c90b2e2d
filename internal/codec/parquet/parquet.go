// Package parquet reads a Parquet file as the columns of a manifest: text for every flat
// column, a list of numbers for every list column of numbers.
//
// The footer and its schema are read by github.com/parquet-go/parquet-go. The pages are decoded
// here: each is decompressed into exactly the bytes that its header claims, its checksum and its
// counts are compared, and what does not agree is an error. Logical types (dates, times,
// timestamps, decimals, half-precision floats) become text. Files whose headers claim more than
// they can hold are refused before any memory is taken for it.
package parquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/fusor-ml/fusor/internal/spool"
)

// Table is the content of a file. Every column has Rows entries.
type Table struct {
	Rows    int
	Columns []Column
	Skipped []Skipped // columns that no cell can be made of
	Index   []string  // columns that pandas wrote as the index of the rows
}

// Column is one column: either Text or Lists is set.
type Column struct {
	Name  string      // nested fields are joined by dots; a struct of bytes and path is one column
	Text  []string    // "" where null; lists of text are JSON arrays, of nothing as well
	Lists [][]float32 // nil where null; a null element is NaN, and who reads the table leaves that vector out
	// Blobs are, row by row, the values of a binary column, of which one that is no list has one. Its
	// Text then holds their names, if it has any.
	Blobs [][]Blob
}

// Skipped explains why a column was left out.
type Skipped struct{ Name, Why string }

// Limits. A run-length encoded column can hold any number of rows in a few bytes, so the
// number of values is bounded as well as the bytes.
const (
	maxColumns    = 10_000
	freeValues    = 4 << 20 // a file may always hold this many values a column,
	valuesPerByte = 16      // and beyond it so many for each of its bytes
	freeUnpacked  = 256 << 20
	maxExpand     = 200 // bytes unpacked for each byte of a large file
)

// ReadFile reads the file at path.
func ReadFile(path string) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read parquet: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read parquet: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot read %s: not a regular file", path)
	}
	t, err := Read(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return t, nil
}

// Read reads a file of size bytes.
func Read(r io.ReaderAt, size int64) (*Table, error) { return ReadEach(r, size, nil) }

// ReadEach is Read that calls each, unless that is nil, with every column once it is read. What
// each takes out of the column is not held for the others. Its error ends the reading.
func ReadEach(r io.ReaderAt, size int64, each func(*Column) error) (t *Table, err error) {
	defer func() { // the decoder panics on some damaged files
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("damaged parquet file: %v", p)
		}
	}()
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	file, err := pq.OpenFile(r, size, pq.SkipBloomFilters(true), pq.SkipPageIndex(true))
	if err != nil {
		return nil, fmt.Errorf("not a parquet file, or damaged: %w", err)
	}
	if len(leafElements(file)) != countLeaves(file.Root()) {
		return nil, errFooter
	}
	if err := checkPages(r, size, file); err != nil {
		return nil, err
	}
	t = &Table{Rows: int(file.NumRows()), Index: indexColumns(file)}
	leaves, skipped := plan(file)
	t.Skipped = skipped
	blobs, ofBytes := &spool.Spool{}, map[string]bool{}
	for _, l := range leaves {
		c, why, err := l.read(r, file, t.Rows, max(freeUnpacked, size*maxExpand), blobs)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", l.name, err)
		}
		if why != "" {
			t.Skipped = append(t.Skipped, Skipped{l.name, why})
			continue
		}
		if each != nil {
			if err := each(&c); err != nil {
				return nil, err
			}
		}
		t.Columns = append(t.Columns, c)
		if isBinary(l.element) {
			ofBytes[c.Name] = true
		}
	}
	t.Columns = joinNames(t.Columns, ofBytes)
	return t, nil
}

// indexColumns are the columns that pandas' metadata name as the index. An index that is a range
// has no column.
func indexColumns(file *pq.File) []string {
	text, ok := file.Lookup("pandas")
	if !ok {
		return nil
	}
	var meta struct {
		Index []any `json:"index_columns"`
	}
	if json.Unmarshal([]byte(text), &meta) != nil {
		return nil
	}
	var names []string
	for _, x := range meta.Index {
		if name, ok := x.(string); ok {
			names = append(names, name)
		}
	}
	return names
}

// leaf is a column of values and how its levels are to be read.
type leaf struct {
	column   *pq.Column
	element  *format.SchemaElement
	name     string
	list     bool
	field    string // bytes or path, of a list of records of these
	maxDef   int    // definition level of a value that is there
	repDef   int    // definition level from which on a list has an element
	format   func(pq.Value) (string, bool)
	verbatim bool                   // the cell's text is the bytes of the value
	number   func(pq.Value) float32 // nil where a list is no vector
}

// leafElements returns the schema's columns of values in their order: unlike the library's types
// they hold everything that the file makes of a column.
func leafElements(file *pq.File) (leaves []*format.SchemaElement) {
	schema := file.Metadata().Schema
	for i := range schema {
		if schema[i].NumChildren.V == 0 && schema[i].Type.Valid {
			leaves = append(leaves, &schema[i])
		}
	}
	return leaves
}

// plan chooses the leaves that can be read.
func plan(file *pq.File) (leaves []leaf, skipped []Skipped) {
	elements := leafElements(file)
	seen := map[string]int{}
	var walk func(c *pq.Column, path []string, listName string, def, repDef int)
	walk = func(c *pq.Column, path []string, listName string, def, repDef int) {
		path = append(path, c.Name())
		// def and repDef are the definition levels at which a value, and an element of a list, is there.
		if c.Optional() || c.Repeated() {
			def++
		}
		if c.Repeated() {
			repDef = def
			if listName == "" { // a LIST group wraps the repeated node; a bare one names itself
				listName = strings.Join(path[:max(1, len(path)-1)], ".")
			}
		}
		if !c.Leaf() {
			for _, child := range c.Columns() {
				walk(child, path, listName, def, repDef)
			}
			return
		}
		e := elements[c.Index()]
		l := leaf{column: c, element: e, name: strings.Join(path, "."), maxDef: def, repDef: repDef, format: formatter(e), number: vectorElement(e), verbatim: isVerbatim(e)}
		if listName != "" {
			l.name, l.list = listName, true
			if c.Name() == "bytes" && isBinary(e) || c.Name() == "path" {
				l.field = c.Name()
			}
		}
		// Leaves of one list share its name: more than one of them, and the list is one of records.
		seen[l.name]++
		switch {
		case c.MaxRepetitionLevel() > 1:
			skipped = append(skipped, Skipped{l.name, "a list of lists"})
		case l.format == nil:
			skipped = append(skipped, Skipped{l.name, fmt.Sprintf("values of type %s", c.Type())})
		default:
			leaves = append(leaves, l)
		}
	}
	for _, c := range file.Root().Columns() {
		walk(c, nil, "", 0, 0)
	}
	fields := map[string]int{} // of lists of {bytes, path}
	for _, l := range leaves {
		if l.field != "" {
			fields[l.name]++
		}
	}
	kept := leaves[:0]
	for _, l := range leaves {
		// Hugging Face's list of media: {bytes, path} and nothing else.
		if l.list && seen[l.name] == 2 && fields[l.name] == 2 {
			l.name += "." + l.field
			kept = append(kept, l)
			continue
		}
		if l.list && seen[l.name] > 1 {
			if s := (Skipped{l.name, "a list of records"}); !slices.Contains(skipped, s) {
				skipped = append(skipped, s)
			}
			continue
		}
		kept = append(kept, l)
	}
	return kept, skipped
}

// read reads the column of all row groups. why explains why it cannot be a column after all.
func (l leaf) read(r io.ReaderAt, file *pq.File, rows int, limit int64, blobs *spool.Spool) (c Column, why string, err error) {
	b := builder{leaf: l, numeric: l.list && l.number != nil, limit: limit}
	err = b.read(r, file)
	if errors.Is(err, errBinary) { // only now is it known
		b = builder{leaf: l, blobs: blobs}
		err = b.read(r, file)
	}
	switch {
	case err != nil:
		return c, "", err
	case b.bad:
		return c, "binary values", nil
	case b.rows() != rows:
		return c, "", fmt.Errorf("%d rows where the file has %d", b.rows(), rows)
	}
	return b.column(), "", nil
}

// read reads the chunks of all row groups.
func (b *builder) read(r io.ReaderAt, file *pq.File) error {
	index := b.leaf.column.Index()
	for _, g := range file.Metadata().RowGroups {
		if index >= len(g.Columns) {
			return errors.New("a row group without the column")
		}
		m := &g.Columns[index].MetaData
		chunk := chunkReader{
			physical: physical{pq.Kind(b.element.Type.V), int(b.element.TypeLength.V)},
			r:        section(r, m), codec: m.Codec,
			column: index, maxRep: b.leaf.column.MaxRepetitionLevel(), maxDef: b.maxDef,
		}
		before := b.rows()
		if err := chunk.each(m.NumValues, b.add); err != nil {
			return err
		}
		if got := b.rows() - before; int64(got) != g.NumRows {
			return fmt.Errorf("%d rows where the row group has %d", got, g.NumRows)
		}
	}
	return nil
}
