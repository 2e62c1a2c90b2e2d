package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/codec/pickle"
	"github.com/fusor-ml/fusor/internal/machine"
	"github.com/fusor-ml/fusor/media"
)

// cellReader turns the text of a manifest's cells into cells.
type cellReader struct {
	from      media.Folder // where files are looked up
	c         *collector
	near      *locator // of names that are not quite those of their files; nil: none are looked for
	textFiles bool     // every cell of a text column names a file
	typed     bool     // see Table
	deferred  bool     // see Options
	checked   bool     // see Options
	noted     bool     // see flawed
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

// media reads a cell of a modality other than the table. vector is set where the manifest holds it
// as such.
func (r *cellReader) media(col *Column, text string, vector []float32, row int) Cell {
	var cell Cell
	if r.deferred && col.Kind != media.Vector {
		cell = r.unresolved(col, text)
	} else {
		cell = r.content(col, text, vector, row)
	}
	cell.Incomplete = r.flawed()
	return cell
}

func (r *cellReader) content(col *Column, text string, vector []float32, row int) Cell {
	trimmed := trim(text)
	if len(vector) == 0 && (trimmed == "" || trimmed == "[]") {
		return Cell{}
	}
	if len(vector) == 0 {
		if cell, ok := r.held(col, trimmed, row); ok {
			return cell
		}
	}
	switch {
	case col.Kind == media.Vector:
		return Cell{Vector: r.vector(col, trimmed, vector, row)}
	case col.Kind.IsArray():
		return r.array(col, trimmed, row)
	case col.Kind.IsFile():
		if isMissing(trimmed) {
			return Cell{}
		}
		return r.files(col, trimmed, row)
	case r.textFiles:
		return r.files(col, trimmed, row)
	}
	if len(trimmed) <= 1024 && media.ByName(trimmed).Kind == media.Text && !strings.ContainsAny(trimmed, "\n\r") {
		found, err := lookFor(r.from, trimmed)
		if machine.Fault(err) {
			r.c.fatal("machine", row, col.Name, "", "%s: %v", trimmed, reason(err))
		}
		if err == nil && found.is == aFile {
			return Cell{Files: []string{found.name}}
		}
	}
	return Cell{Text: text}
}

// held reads a cell that holds a medium by value; ok is false where it does not. Texts are what
// they are, but for those that are wrapped in an object or said to be text by a data: URI.
func (r *cellReader) held(col *Column, text string, row int) (cell Cell, ok bool) {
	if text == "" || col.Kind == media.Text && text[0] != '{' && !strings.HasPrefix(text, "data:text/") {
		return Cell{}, false
	}
	h, ok, err := byValue(text)
	switch {
	case !ok:
		return Cell{}, false
	case err != nil:
		r.note("cell.base64", row, col.Name, missingAdvice, "the data cannot be read: %v", err)
		return Cell{}, true
	case h.source.IsZero():
		return r.content(col, h.file, nil, row), true
	case col.Kind == media.Vector:
		return Cell{Vector: r.vectorOf(col, h.source, row)}, true
	case col.Kind.IsArray():
		return r.heldArray(col, h.source, row), true
	}
	return Cell{Media: []media.Source{h.source}}, true
}

// blobs is the cell of media that the table itself holds.
func (r *cellReader) blobs(col *Column, sources []media.Source, row int) (cell Cell) {
	switch {
	case (col.Kind == media.Vector || col.Kind.IsArray()) && len(sources) > 1:
		r.note("cell.several", row, col.Name, missingAdvice, "%d arrays, where a cell holds one", len(sources))
	case col.Kind == media.Vector:
		cell.Vector = r.vectorOf(col, sources[0], row)
	case col.Kind.IsArray():
		cell = r.heldArray(col, sources[0], row)
	case col.Kind == media.Text || col.Kind.IsFile():
		cell.Media = sources
	}
	cell.Incomplete = r.flawed()
	return cell
}

// files reads the names in a cell, or the media that stand there by value, and leaves out what
// isn't there.
func (r *cellReader) files(col *Column, text string, row int) (cell Cell) {
	names := splitFiles(text)
	if r.textFiles || len(names) > 1 && isFile(r.from, text) {
		names = []string{text}
	}
	for _, name := range names {
		if h, ok, err := byValue(name); ok && err == nil && !h.source.IsZero() {
			cell.Media = append(cell.Media, h.source)
			continue
		}
		found, err := lookFor(r.from, name)
		if err != nil && r.near != nil && !machine.Fault(err) {
			if near := r.near.nearName(name); near != "" {
				if other, fault := lookFor(r.from, near); fault == nil {
					r.c.note("cell.near-name", row, col.Name, "", "%.200s is taken for %.200s", near, name)
					found, err, name = other, nil, near
				}
			}
		}
		switch {
		case strings.Contains(name, "://"):
			r.note("cell.address", row, col.Name, "download it and name the file", "%.200s: an address, not a file", name)
		case machine.Fault(err):
			r.c.fatal("machine", row, col.Name, "", "%.200s: %v", name, reason(err))
		case errors.Is(err, media.ErrOutside), errors.Is(err, media.ErrNoFiles):
			r.note("cell.outside", row, col.Name, "give the file itself, as a data: URI or {\"$base64\": …}", "%.200s: %v", name, reason(err))
		case err != nil && damagedBase64(name) > 0:
			r.note("cell.base64", row, col.Name, missingAdvice, "%.40s…: the Base64 is damaged at character %d of %d", name, damagedBase64(name), len(name))
		case err != nil && len(name) > 255:
			r.note("cell.base64", row, col.Name, missingAdvice, "%.40s…: neither a file nor Base64 of one", name)
		case err != nil:
			r.note("cell.missing-file", row, col.Name, r.base(), "%.200s: no such file", name)
		case found.is == aFolder && col.Kind != media.Video:
			r.note("cell.folder", row, col.Name, "name a file", "%.200s: a folder", name)
		case found.is == neither:
			r.note("cell.pipe", row, col.Name, "name a file", "%.200s: a pipe or device, not a file", name)
		default:
			cell.Files = append(cell.Files, found.name)
		}
	}
	return cell
}

// reason is an error without the system call and the path, which the problem has.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// base describes what paths are relative to.
func (r *cellReader) base() string {
	if r.from.FS != nil {
		return "names are relative to the root folder"
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
			if list, n := bareList(text); n > 0 {
				v, err = parseVector(list)
				break
			}
			v, err = r.vectorFile(text)
		}
		if machine.Fault(err) {
			r.c.fatal("machine", row, col.Name, "", "%.200s: %v", text, reason(err))
			return nil
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
	found, err := lookFor(r.from, name)
	switch {
	case machine.Fault(err):
		return nil, err
	case err != nil || found.is != aFile:
		return nil, &noFile{name}
	}
	return oneArray(r.from.Source(found.name).Named(name))
}

// vectorOf reads an array that is held by value.
func (r *cellReader) vectorOf(col *Column, src media.Source, row int) []float32 {
	v, err := oneArray(src)
	if err != nil {
		r.note("cell.vector", row, col.Name, missingAdvice, "%v; the vector is left out", err)
		return nil
	}
	return r.vector(col, "", v, row)
}

// oneArray reads the one array of a source as a flat vector.
func oneArray(src media.Source) ([]float32, error) {
	arrays, err := readArrays(src)
	if err != nil {
		return nil, err
	}
	if len(arrays) != 1 {
		return nil, &manyArrays{src.Name(), len(arrays)}
	}
	return arrays[0].Data, nil
}

// maxArrayBytes bounds a file of arrays.
const maxArrayBytes = 16 << 30

// readArrays reads an .npy, .npz or pickle file, told apart by its first bytes; what begins as
// neither is what its name states, for the error.
func readArrays(src media.Source) ([]npy.Named[float32], error) {
	ctx := context.Background()
	f, err := media.SniffSource(ctx, src)
	if err != nil {
		return nil, err
	}
	if f.Kind != media.Vector {
		f = media.ByName(src.Name())
	}
	in, err := media.Open(ctx, src)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	var out []npy.Named[float32]
	if f.Name == "pickle" {
		var data []byte
		if data, err = in.All(maxArrayBytes); err == nil {
			out, err = pickle.Read[float32](data)
		}
	} else {
		out, err = npy.ReadFrom[float32](in, in.Size())
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", src.Name(), err)
	}
	return out, nil
}

// noFile reports that a cell names a file that is not there.
type noFile struct{ name string }

// Error implements error.
func (e *noFile) Error() string { return fmt.Sprintf("%s: no such file", e.name) }

// manyArrays reports that a cell's file holds more than one array.
type manyArrays struct {
	name string
	n    int
}

// Error implements error.
func (e *manyArrays) Error() string {
	return fmt.Sprintf("%s: it holds %d arrays where a cell takes one", e.name, e.n)
}

// firstNaN is the place of the first NaN or infinity, or -1.
func firstNaN(v []float32) int {
	return slices.IndexFunc(v, func(x float32) bool { return x-x != 0 })
}

// isNumber shows numbers and infinities from NaN.
func isNumber(x float32) bool { return x == x }

// field reads a cell of the table modality and writes it in one way: numbers with a decimal point,
// dates as 2006-01-02 or RFC 3339, truth values as true and false. "" is missing.
func (r *cellReader) field(f *Field, text string, row int) string {
	value, wrong := f.read(text, r.typed)
	if wrong == "" {
		return value
	}
	s := trim(text)
	switch wrong {
	case "cell.nan":
		r.note(wrong, row, f.Name, missingAdvice, "NaN is taken as missing")
	case "cell.infinite":
		r.note(wrong, row, f.Name, missingAdvice, "an infinite number is taken as missing")
	case "cell.number":
		r.note(wrong, row, f.Name, missingAdvice, "%.40q is not a number%s and is taken as missing", s, f.Notation.wanted())
	case "cell.date":
		r.note(wrong, row, f.Name, "write dates as 2006-01-31", "%.40q is not a date%s and is taken as missing", s, f.Notation.wanted())
	case "cell.boolean":
		r.note(wrong, row, f.Name, "write true or false", "%.40q is neither true nor false and is taken as missing", s)
	}
	return value
}

// read is what [cellReader.field] writes; wrong is the code of the problem that the cell is, "" for
// none. typed is as of a Table.
func (f *Field) read(text string, typed bool) (value, wrong string) {
	s := trim(text)
	if s == "" {
		return "", ""
	}
	switch f.Kind {
	case media.Number:
		w := style{f.Notation, f.Unit}
		// A value of JSON or Parquet is never of the column's texts, whatever notation these have; a text
		// with a comma inside JSON is.
		if typed && w.Notation == DecimalComma && !strings.Contains(s, ",") {
			w.Notation = ""
		}
		// The common case, without parsing: the text is kept as it is.
		if w == (style{}) && isPlain(s) {
			return s, ""
		}
		if v, ok := w.number(s); ok && !math.IsInf(v, 0) {
			return formatNumber(s, v), ""
		}
		// NumPy writes missing numbers so. It is noted, as it may also come of a computation that failed.
		if strings.EqualFold(s, "nan") {
			return "", "cell.nan"
		}
		// Programs write one and the same flag as 1 and as true.
		if b, ok := ParseBoolean(s); ok {
			if b {
				return "1", ""
			}
			return "0", ""
		}
		if isInfinite(s) {
			return "", "cell.infinite"
		}
		if !isMissing(s) {
			return "", "cell.number"
		}
		return "", ""
	case media.Date:
		if t, clock, ok := f.Notation.date(s); ok {
			return formatDate(t, clock), ""
		}
		if !isMissing(s) {
			return "", "cell.date"
		}
		return "", ""
	case media.Boolean:
		if b, ok := ParseBoolean(s); ok {
			return strconv.FormatBool(b), ""
		}
		// Here and not in ParseBoolean: a column of 0 and 1 alone is one of numbers.
		if s == "1" || s == "0" {
			return strconv.FormatBool(s == "1"), ""
		}
		if !isMissing(s) {
			return "", "cell.boolean"
		}
		return "", ""
	}
	return s, ""
}

// formatNumber keeps a number that is written as programs do, and so every digit of it.
func formatNumber(s string, v float64) string {
	if plain, ok := ParseNumber(s); ok && plain == v {
		return s
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
