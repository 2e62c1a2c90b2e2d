package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
)

// tableEndings are those of tables; a file of another ending, and bytes of a medium, is a cell.
var tableEndings = []string{".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx"}

// isRow reports whether the arguments are the files of one row, rather than a table or a folder.
func isRow(ctx context.Context, m *fusor.Model, paths []string, as []string) (bool, error) {
	if len(paths) != 1 || len(as) > 0 {
		return true, nil
	}
	path := paths[0]
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return false, nil //nolint:nilerr // reading it as a table reports what is wrong
	}
	ending := strings.ToLower(filepath.Ext(strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")))
	if slices.Contains(tableEndings, ending) {
		return false, nil
	}
	if ending == ".npy" {
		return true, nil
	}
	f, err := media.SniffSource(ctx, media.File(path))
	if err != nil {
		return false, nil //nolint:nilerr // reading it as a table reports what is wrong
	}
	if f.Kind == media.Text {
		return !headed(m.Schema(), path), nil
	}
	return f.Kind.IsFile(), nil
}

// headed reports whether the first line of a text names a column of the schema, as that of a table
// does.
func headed(schema *dataset.Schema, path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // it was only read
	head, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return false
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	names := strings.FieldsFunc(string(line), func(r rune) bool { return strings.ContainsRune(",;\t|\r\"", r) })
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.Contains(columnNames(schema), strings.TrimSpace(name))
	})
}

// columnNames are what the cells of a row are called: columns, and the fields of the table.
func columnNames(schema *dataset.Schema) []string {
	var names []string
	for _, c := range schema.Columns {
		if c.Kind != media.Table {
			names = append(names, c.Name)
		}
		for _, f := range c.Fields {
			names = append(names, f.Name)
		}
	}
	return names
}

// cell is one cell of a row that the command line names.
type cell struct{ column, value string }

// files hold a row's files under the names that its cells have, and no others.
type files map[string]string

// Open implements fs.FS.
func (f files) Open(name string) (fs.File, error) {
	path, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return os.Open(path)
}

// rowOf reads one row: each file goes to the column of its kind, COL=FILE of --as to that column.
func rowOf(ctx context.Context, m *fusor.Model, paths, as []string) (*dataset.Dataset, []cell, error) {
	schema := m.Schema()
	var cells []cell
	// The row travels as a JSON object, as one of a request does. Files get new names in it: a row
	// names files below a root alone, and these lie anywhere.
	object, known := map[string]string{}, files{}
	put := func(column, shown, value string, isFile bool) {
		cells = append(cells, cell{column, shown})
		if isFile {
			name := fmt.Sprintf("%d-%s", len(known)+1, strings.Map(plainRune, filepath.Base(value)))
			known[name], value = value, name
		}
		object[column] = value
	}
	for _, a := range as {
		column, value, ok := strings.Cut(a, "=")
		if !ok || !slices.Contains(columnNames(schema), column) {
			return nil, nil, usagef("--as %s: it must be COLUMN=FILE (or COLUMN=VALUE) with a column of the model: %s", a, list(columnNames(schema)))
		}
		if _, twice := object[column]; twice {
			return nil, nil, usagef("--as names the column %s twice", column)
		}
		kind := kindOf(schema, column)
		// Of a text or a vector --as may be the value itself.
		_, err := os.Stat(value)
		switch {
		case kind.IsField():
			put(column, value, value, false)
		case kind == media.Text && err == nil:
			doc, err := media.ReadText(ctx, media.File(value))
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", value, err)
			}
			put(column, value, doc.Text, false)
		case kind == media.Text, kind == media.Vector && strings.HasPrefix(strings.TrimSpace(value), "["):
			put(column, value, value, false)
		case err != nil:
			return nil, nil, usagef("--as %s: there is no file %s", a, value)
		default:
			put(column, value, value, true)
		}
	}
	for _, path := range paths {
		column, kind, err := columnFor(ctx, schema, path, object)
		if err != nil {
			return nil, nil, err
		}
		if kind != media.Text {
			put(column, path, path, true)
			continue
		}
		doc, err := media.ReadText(ctx, media.File(path))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		put(column, path, doc.Text, false)
	}
	// Read by the schema, so that numbers and dates are taken as in a table.
	line, err := json.Marshal(object)
	if err != nil {
		return nil, nil, err
	}
	ds, err := dataset.OpenJSONLines(bytes.NewReader(line), known, schema)
	if err == nil && len(ds.Rows) == 0 {
		err = errors.New("cannot read the row")
	}
	return ds, cells, err
}

// plainRune keeps what the name of a file in an fs.FS may hold.
func plainRune(r rune) rune {
	if r == '/' || r == '\\' || r < ' ' {
		return '_'
	}
	return r
}

func kindOf(schema *dataset.Schema, column string) media.Kind {
	for _, c := range schema.Columns {
		if c.Name == column && c.Kind != media.Table {
			return c.Kind
		}
		for _, f := range c.Fields {
			if f.Name == column {
				return f.Kind
			}
		}
	}
	return ""
}

// columnFor finds the column of a file's kind among those that are not taken.
func columnFor(ctx context.Context, schema *dataset.Schema, path string, taken map[string]string) (string, media.Kind, error) {
	if info, err := os.Stat(path); err != nil {
		return "", "", usagef("%s: no such file; check the path", path)
	} else if info.IsDir() {
		return "", "", usagef("%s is a folder: name one table or folder, or the files of one row", path)
	}
	kind := media.Vector
	if !strings.EqualFold(filepath.Ext(path), ".npy") {
		f, err := media.SniffSource(ctx, media.File(path))
		if err != nil {
			return "", "", fmt.Errorf("%s: %w", path, err)
		}
		kind = f.Kind
	}
	var of, open, all []string
	for _, c := range schema.Columns {
		all = append(all, fmt.Sprintf("%s (%s)", c.Name, c.Kind))
		if c.Kind != kind {
			continue
		}
		of = append(of, c.Name)
		if _, ok := taken[c.Name]; !ok {
			open = append(open, c.Name)
		}
	}
	what := string(kind)
	if what == "" {
		what = "unknown"
	}
	switch {
	case len(of) == 0:
		return "", "", usagef("%s is of the kind %s, and the model has no such column; it has %s", path, what, list(all))
	case len(open) == 0:
		return "", "", usagef("%s: another file is in %s already; one row has one file a column", path, list(of))
	case len(open) > 1:
		return "", "", usagef("%s can be %s: name its column with --as %s=%s", path, strings.Join(open, " or "), open[0], path)
	}
	return open[0], kind, nil
}
