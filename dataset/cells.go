package dataset

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/codec/pickle"
	"github.com/fusor-ml/fusor/media"
)

// cellReader turns the text of a manifest's cells into cells.
type cellReader struct {
	dir       string
	c         *collector
	textFiles bool // every cell of a text column names a file
	typed     bool // see Table
	noted     bool // see flawed
}

// note reports a cell of which something is left out.
func (r *cellReader) note(code string, row int, column, advice, what string, args ...any) {
	r.noted = true
	r.c.note(code, row, column, advice, what, args...)
}

// flawed reports whether anything was noted since it was last asked.
func (r *cellReader) flawed() bool {
	noted := r.noted
	r.noted = false
	return noted
}

const missingAdvice = "leave the cell empty if the value is missing"

// media reads a cell of a modality other than the table. vector is set where the manifest holds it as such.
func (r *cellReader) media(col *Column, text string, vector []float32, row int) Cell {
	cell := r.content(col, text, vector, row)
	cell.Flawed = r.flawed()
	return cell
}

func (r *cellReader) content(col *Column, text string, vector []float32, row int) Cell {
	trimmed := strings.TrimSpace(text)
	if len(vector) == 0 && trimmed == "" {
		return Cell{}
	}
	switch {
	case col.Kind == media.Vector:
		return Cell{Vector: r.vector(col, trimmed, vector, row)}
	case col.Kind.IsFile():
		if isMissing(trimmed) {
			return Cell{}
		}
		return Cell{Files: r.files(col, trimmed, row)}
	case r.textFiles:
		return Cell{Files: r.files(col, trimmed, row)}
	}
	if len(trimmed) <= 1024 && media.ByName(trimmed).Kind == media.Text && !strings.ContainsAny(trimmed, "\n\r") {
		if found, isDir := lookFor(r.dir, trimmed); found != "" && !isDir {
			return Cell{Files: []string{found}}
		}
	}
	return Cell{Text: text}
}

// files reads the names in a cell and leaves out those that aren't there.
func (r *cellReader) files(col *Column, text string, row int) []string {
	var out []string
	names := splitFiles(text)
	if r.textFiles {
		names = []string{text}
	}
	for _, name := range names {
		found, isDir := lookFor(r.dir, name)
		switch {
		case strings.Contains(name, "://"):
			r.note("cell.address", row, col.Name, "download it and name the file", "%.200s: an address, not a file", name)
		case found == "":
			r.note("cell.missing-file", row, col.Name, r.base(), "%.200s: no such file", name)
		case isDir && col.Kind != media.Video:
			r.note("cell.folder", row, col.Name, "name a file", "%.200s: a folder", name)
		default:
			out = append(out, found)
		}
	}
	return out
}

// base says what paths are relative to.
func (r *cellReader) base() string {
	if r.c.file == stdin {
		return "paths are relative to " + r.dir
	}
	return "paths are relative to the manifest's folder"
}

// vector reads a cell of numbers: a JSON array, a file, or what a Parquet list holds.
func (r *cellReader) vector(col *Column, text string, v []float32, row int) []float32 {
	if v == nil {
		var err error
		switch {
		case isMissing(text):
			return nil
		case text[0] == '[':
			v, err = parseVector(text)
		default:
			v, err = r.vectorFile(text)
		}
		if err != nil {
			r.note("cell.vector", row, col.Name, missingAdvice, "%v; the vector is left out", err)
			return nil
		}
	}
	if i := firstNaN(v); i >= 0 {
		if !slices.ContainsFunc(v, isNumber) { // absent
			return nil
		}
		r.note("cell.vector", row, col.Name, missingAdvice, "the number at place %d is missing or infinite; the vector is left out", i+1)
		return nil
	}
	if col.Dim > 0 && len(v) != col.Dim && len(v) > 0 {
		r.note("vector.width", row, col.Name, "give every row as many numbers", "a vector of %d numbers where the column has %d; it is left out", len(v), col.Dim)
		return nil
	}
	return v
}

// vectorFile reads the one array of an .npy, .npz or pickle file as a flat vector.
func (r *cellReader) vectorFile(name string) ([]float32, error) {
	found, _ := lookFor(r.dir, name)
	if found == "" {
		return nil, &noFile{name}
	}
	arrays, err := readArrays(Resolve(r.dir, found))
	if err != nil {
		return nil, err
	}
	if len(arrays) != 1 {
		return nil, &manyArrays{name, len(arrays)}
	}
	return arrays[0].Data, nil
}

// readArrays reads an .npy, .npz or pickle file, told apart by its first bytes; what begins as
// neither is what its name says, for the error.
func readArrays(path string) ([]npy.Named[float32], error) {
	f := sniffFile(path)
	if f.Kind != media.Vector {
		f = media.ByName(path)
	}
	if f.Name == "pickle" {
		return pickle.ReadFile[float32](path)
	}
	return npy.ReadAll[float32](path)
}

// noFile says that a cell names a file that is not there.
type noFile struct{ name string }

// Error implements error.
func (e *noFile) Error() string { return e.name + ": no such file" }

// manyArrays says that a cell's file holds more than one array.
type manyArrays struct {
	name string
	n    int
}

// Error implements error.
func (e *manyArrays) Error() string {
	return e.name + ": it holds " + strconv.Itoa(e.n) + " arrays where a cell takes one"
}

// firstNaN is the place of the first NaN or infinity, or -1.
func firstNaN(v []float32) int {
	return slices.IndexFunc(v, func(x float32) bool { return x-x != 0 })
}

// isNumber tells numbers and infinities from NaN.
func isNumber(x float32) bool { return x == x }

// field reads a cell of the table modality and writes it in one way: numbers with a decimal point, dates
// as 2006-01-02 or RFC 3339, truth values as true and false. "" is missing.
func (r *cellReader) field(f *Field, text string, row int) string {
	s := strings.TrimSpace(text)
	if s == "" {
		return ""
	}
	switch f.Kind {
	case media.Number:
		w := notation{f.Reading, f.Unit}
		if r.typed && !strings.Contains(s, ",") {
			w.Reading = ""
		}
		if v, ok := w.number(s); ok && !math.IsInf(v, 0) {
			return formatNumber(s, v)
		}
		if strings.EqualFold(s, "nan") {
			r.note("cell.nan", row, f.Name, missingAdvice, "NaN is taken as missing")
			return ""
		}
		if b, ok := ParseBoolean(s); ok {
			if b {
				return "1"
			}
			return "0"
		}
		if !isMissing(s) {
			r.note("cell.number", row, f.Name, missingAdvice, "%.40q is not a number%s and is taken as missing", s, f.Reading.wanted())
		}
		return ""
	case media.Date:
		if t, clock, ok := f.Reading.date(s); ok {
			return formatDate(t, clock)
		}
		if !isMissing(s) {
			r.note("cell.date", row, f.Name, "write dates as 2006-01-31", "%.40q is not a date%s and is taken as missing", s, f.Reading.wanted())
		}
		return ""
	case media.Boolean:
		if b, ok := ParseBoolean(s); ok {
			return strconv.FormatBool(b)
		}
		if s == "1" || s == "0" {
			return strconv.FormatBool(s == "1")
		}
		if !isMissing(s) {
			r.note("cell.boolean", row, f.Name, "write true or false", "%.40q is neither true nor false and is taken as missing", s)
		}
		return ""
	}
	return s
}

// formatNumber keeps a number that is written as programs do, and so every digit of it.
func formatNumber(s string, v float64) string {
	if plain, ok := ParseNumber(s); ok && plain == v {
		return s
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
