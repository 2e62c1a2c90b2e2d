package dataset

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/media"
)

// indexed is what the index of a folder of arrays has of a file.
type indexed struct {
	kind media.Kind
	dim  int
}

// arrayKinds are the kinds of columns by the shapes of the views that they were extracted as.
var arrayKinds = map[string]media.Kind{"vector": media.Vector, "sequence": media.Sequence, "sparse": media.Bag, "tokens": media.Tokens}

// maxIndex bounds the file [ArraysIndexName].
const maxIndex = 64 << 20

// readArraysIndex reads the file [ArraysIndexName], by the names of the files that it describes.
func readArraysIndex(dir string, c *collector) map[string]indexed {
	path := filepath.Join(dir, ArraysIndexName)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxIndex {
		return nil
	}
	var index struct {
		Views []struct {
			Files []string
			Shape string
			Dim   int
		}
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &index)
	}
	if err != nil {
		c.add(Problem{Code: "array.index", File: path, What: fault(err, path), Advice: "the arrays are taken for what their shapes show"})
		return nil
	}
	out := map[string]indexed{}
	for _, v := range index.Views {
		if len(v.Files) == 1 {
			out[v.Files[0]] = indexed{arrayKinds[v.Shape], v.Dim}
		}
	}
	return out
}

// openMatrices reads the arrays of one file.
func openMatrices(ds *Dataset, name string, index map[string]indexed, opt *Options, c *collector) []matrix {
	path := filepath.Join(ds.Path, name)
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	add := func(code string, fatal bool, what, advice string) {
		c.add(Problem{Code: code, File: path, What: what, Advice: advice, Fatal: fatal})
	}
	// Many write y.npy beside X.npy. As a modality it would give the label away.
	switch strings.ToLower(stem) {
	case "label", "labels", "y", "target", "targets":
		add("array.labels", false, "left out: by its name it holds the labels", "rename it if it is a modality")
		return nil
	}
	// First what can stay in the file: rows of a large array are read when they are needed.
	if rows := openRows(path, stem, index[name].kind, opt); rows != nil {
		return []matrix{{name: stem, file: path, kind: media.Vector, dim: rows.Width(), rows: rows.Shape[0], held: rows}}
	}
	// Before the arrays: SciPy's sparse .npz is an archive of arrays as well (data, indices, indptr).
	bag, ok, err := readBag(media.File(path))
	if ok && err == nil {
		return []matrix{{name: stem, file: path, kind: media.Bag, dim: bag.Cols, rows: bag.Rows, bag: bag}}
	}
	var arrays []npy.Named[float32]
	if err == nil {
		arrays, err = readArrays(media.File(path))
	}
	if err != nil {
		add("array.unreadable", true, fault(err, path), "write it again with numpy.save")
		return nil
	}
	var out []matrix
	for _, a := range arrays {
		m := matrix{name: stem, file: path}
		if len(arrays) > 1 {
			m.name += "." + a.Name
		}
		rows, cols := a.Matrix()
		if len(a.Shape) == 0 || rows == 0 || cols == 0 {
			add("array.empty", true, fmt.Sprintf("the array %s is empty or a single number", m.name), "save a matrix with a row for every sample")
			continue
		}
		m.rows, m.data = rows, a.Data
		m.kind = arrayKind(m.name, &a.Array, index[name].kind, opt)
		switch m.kind {
		case media.Sequence:
			m.dim = a.Shape[len(a.Shape)-1]
		case media.Tokens:
			// A vocabulary may be larger than the largest id that occurs; views.json has its size.
			m.dim = max(index[name].dim, 1+int(slices.Max(m.data)))
		default:
			if m.dim = cols; len(a.Shape) > 2 {
				add("array.dimensions", false, fmt.Sprintf("the array %s has %d dimensions; every row is taken as one vector of %d numbers", m.name, len(a.Shape), cols), "")
			}
		}
		out = append(out, m)
	}
	return out
}

// arrayKind is what the rows of an array are: as the index of the folder has it, the schema of a
// model or an option, else a sequence if NaN stands behind the end of one, and a vector otherwise.
func arrayKind(name string, a *npy.Array[float32], indexed media.Kind, opt *Options) media.Kind {
	kind := indexed
	if opt.Schema != nil {
		for _, col := range opt.Schema.Columns {
			if col.Name == name {
				kind = col.Kind
			}
		}
	}
	if k, ok := opt.Kinds[name]; ok {
		kind = k
	}
	switch {
	case kind == media.Sequence && len(a.Shape) == 3, kind == media.Tokens && len(a.Shape) == 2:
		return kind
	case kind == "" && len(a.Shape) == 3 && isPadded(a):
		return media.Sequence
	}
	return media.Vector
}

// isPadded reports whether NaN stands behind the end of a row that has one.
func isPadded(a *npy.Array[float32]) bool {
	width, dim := a.Shape[1]*a.Shape[2], a.Shape[2]
	for row := range slices.Chunk(a.Data, width) {
		if n := steps(row, dim); n > 0 && n < a.Shape[1] {
			return true
		}
	}
	return false
}

// steps is how many steps of a row there are before those of NaN alone at its end.
func steps(row []float32, dim int) int {
	n := len(row) / dim
	for n > 0 && !slices.ContainsFunc(row[(n-1)*dim:n*dim], isNumber) {
		n--
	}
	return n
}

// readBag reads a sparse matrix of SciPy; ok is false of a file that is none.
func readBag(src media.Source) (m *npy.CSR, ok bool, err error) {
	if !strings.EqualFold(filepath.Ext(src.Name()), ".npz") {
		return nil, false, nil
	}
	in, err := media.Open(context.Background(), src)
	if err != nil {
		return nil, false, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	if !npy.IsCSR(in, in.Size()) {
		return nil, false, nil
	}
	if m, err = npy.ReadCSR(in, in.Size()); err != nil {
		return nil, true, fmt.Errorf("cannot read %s: %w", src.Name(), err)
	}
	return m, true, nil
}

// array reads a cell of a sequence, bag or tokens: JSON, or of a sequence also the name of an array
// [steps, width].
func (r *cellReader) array(col *Column, text string, row int) (cell Cell) {
	if isMissing(text) {
		return Cell{}
	}
	var err error
	if text[0] == '[' {
		cell, err = parseArray(col, text)
	} else {
		cell, err = r.arrayFile(col, text)
	}
	if err != nil {
		r.note("cell.array", row, col.Name, missingAdvice, "%v; the cell is left out", err)
		return Cell{}
	}
	return cell
}

func (r *cellReader) arrayFile(col *Column, name string) (Cell, error) {
	found, err := lookFor(r.from, name)
	if err != nil || found.is != aFile {
		return Cell{}, &noFile{name}
	}
	return sequenceOf(col, r.from.Source(found.name).Named(name))
}

// heldArray reads a sequence that is held by value, as the bytes of an array.
func (r *cellReader) heldArray(col *Column, src media.Source, row int) Cell {
	cell, err := sequenceOf(col, src)
	if err != nil {
		r.note("cell.array", row, col.Name, missingAdvice, "%v; the cell is left out", err)
	}
	return cell
}

// sequenceOf reads the one array of a source as the steps of a sequence.
func sequenceOf(col *Column, src media.Source) (Cell, error) {
	if col.Kind != media.Sequence {
		return Cell{}, fmt.Errorf("%s: a cell of %s holds no file", src.Name(), col.Kind)
	}
	arrays, err := readArrays(src)
	if err != nil {
		return Cell{}, err
	}
	if len(arrays) != 1 {
		return Cell{}, &manyArrays{src.Name(), len(arrays)}
	}
	rows, cols := arrays[0].Matrix()
	if rows == 0 || cols == 0 {
		return Cell{}, nil
	}
	return sequence(col, arrays[0].Data, cols)
}

// sequence is the cell of steps of a width, which the first one settles where no model knows it.
func sequence(col *Column, v []float32, width int) (Cell, error) {
	if col.Dim == 0 {
		col.Dim = width
	}
	if width != col.Dim {
		return Cell{}, fmt.Errorf("steps of %d numbers where the column has %d", width, col.Dim)
	}
	return Cell{Vector: v[:steps(v, width)*width]}, nil
}

// parseArray reads a cell's JSON: the steps of a sequence [[…], …], the entries [index, weight] of
// a bag, or tokens [id, …].
func parseArray(col *Column, text string) (Cell, error) {
	if col.Kind == media.Tokens {
		var ids []uint32
		if err := json.Unmarshal([]byte(text), &ids); err != nil {
			return Cell{}, fmt.Errorf("not a JSON array of ids: %w", err)
		}
		return Cell{Index: ids}, nil
	}
	// Pointers, since null is a missing number and must not become 0.
	var rows [][]*float64
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return Cell{}, fmt.Errorf("not a JSON array of arrays of numbers: %w", err)
	}
	if len(rows) == 0 {
		return Cell{}, nil
	}
	var flat []float32
	for i, row := range rows {
		// Ragged steps are refused, not padded: nothing shows which numbers are the missing ones.
		if len(row) != len(rows[0]) || len(row) == 0 {
			return Cell{}, fmt.Errorf("part %d has %d numbers, the first one %d", i+1, len(row), len(rows[0]))
		}
		for _, v := range row {
			x := math.NaN()
			if v != nil {
				x = *v
			}
			flat = append(flat, float32(x))
		}
	}
	if col.Kind == media.Sequence {
		return sequence(col, flat, len(rows[0]))
	}
	if len(rows[0]) != 2 {
		return Cell{}, fmt.Errorf("entries of %d numbers, where each is an index and a weight", len(rows[0]))
	}
	for i, row := range rows {
		switch index := row[0]; {
		case index == nil || row[1] == nil:
			return Cell{}, fmt.Errorf("entry %d is not whole", i+1)
		case !(*index >= 0 && *index < float64(col.Dim)) || *index != math.Trunc(*index):
			return Cell{}, fmt.Errorf("entry %d has the index %g; the column has %d", i+1, *index, col.Dim)
		}
	}
	// Bags are kept by ascending index, as CSR has them; entries may come in any order.
	slices.SortFunc(rows, func(a, b []*float64) int { return cmp.Compare(*a[0], *b[0]) })
	var cell Cell
	for _, row := range rows {
		index := uint32(*row[0])
		if len(cell.Index) > 0 && index == cell.Index[len(cell.Index)-1] {
			return Cell{}, fmt.Errorf("the index %g is there twice", *row[0])
		}
		cell.Index = append(cell.Index, index)
		cell.Vector = append(cell.Vector, float32(*row[1]))
	}
	return cell, nil
}
