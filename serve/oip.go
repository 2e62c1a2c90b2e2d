package serve

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/predict"
)

// The Open Inference Protocol, version 2: what its REST and gRPC forms have in common. An input is
// a column, or a field of the table; its first axis is the rows.

// tensorInfo describes an input or output of a model.
type tensorInfo struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"`
}

// tensorData is an input or output with its content, which is in one of the slices.
type tensorData struct {
	tensorInfo
	bytes   [][]byte  // BYTES
	numbers []float64 // any other type of an input; FP64 of an output
	floats  []float32 // FP32
	// text reports whether bytes came as JSON strings, in which a medium is a data: URI or Base64.
	text bool
}

func (t *tensorData) len() int { return max(len(t.bytes), len(t.numbers), len(t.floats)) }

const (
	typeBytes = "BYTES"
	typeFP32  = "FP32"
	typeFP64  = "FP64"
)

// widths holds the bytes of an element by its type; those of BYTES vary.
var widths = map[string]int{
	"BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2, "INT32": 4, "INT64": 8,
	"FP16": 2, "BF16": 2, typeFP32: 4, typeFP64: 8, typeBytes: 0,
}

// oipInputs lists what a model takes.
func oipInputs(schema *dataset.Schema) []tensorInfo {
	var out []tensorInfo
	for _, c := range schema.Columns {
		switch {
		case c.Kind == media.Table:
			for _, f := range c.Fields {
				t := tensorInfo{f.Name, typeBytes, []int64{-1, 1}}
				if f.Kind == media.Number {
					t.Datatype = typeFP64
				}
				out = append(out, t)
			}
		case c.Kind == media.Vector:
			dim := int64(-1)
			if c.Dim > 0 {
				dim = int64(c.Dim)
			}
			out = append(out, tensorInfo{c.Name, typeFP32, []int64{-1, dim}})
		default:
			out = append(out, tensorInfo{c.Name, typeBytes, []int64{-1, 1}})
		}
	}
	return out
}

// oipOutputs lists what a model answers. Flags are separated by commas, the labels of a multi-label
// prediction by the separator of the model's labels.
func oipOutputs(m *predict.Model) []tensorInfo {
	flags := tensorInfo{"flags", typeBytes, []int64{-1, 1}}
	if m.Artifact().Spec.Regression {
		return []tensorInfo{{"value", typeFP64, []int64{-1, 1}}, flags}
	}
	classes := int64(len(m.Schema().Classes))
	return []tensorInfo{{"prediction", typeBytes, []int64{-1, 1}}, {"probabilities", typeFP32, []int64{-1, classes}}, flags}
}

// checkShape reports a shape that is none, or whose size is not the number of elements, or that the
// model does not take.
func checkShape(t *tensorData, want tensorInfo, maxRows int) error {
	bad := func(format string, args ...any) error {
		return faultf(http.StatusBadRequest, "invalid input", "input %.100q: %s", t.Name, fmt.Sprintf(format, args...))
	}
	size := int64(1)
	for _, d := range t.Shape {
		if d < 0 {
			return bad("the shape %v has a negative axis", t.Shape)
		}
		if d > 0 && size > math.MaxInt32/d {
			return faultf(http.StatusBadRequest, "invalid input", "input %.100q: the shape %v is larger than its data", t.Name, t.Shape)
		}
		size *= d
	}
	if size != int64(t.len()) {
		return bad("the shape %v has %d elements, the data %d", t.Shape, size, t.len())
	}
	if len(t.Shape) != 2 || want.Shape[1] >= 0 && t.Shape[1] != want.Shape[1] {
		return bad("the shape is %v; it must be %v", t.Shape, want.Shape)
	}
	if t.Shape[0] > int64(maxRows) {
		return faultf(http.StatusRequestEntityTooLarge, "too many rows", "%d rows, of which at most %d are answered at once", t.Shape[0], maxRows)
	}
	if (t.Datatype == typeBytes) != (want.Datatype == typeBytes) {
		return bad("the datatype is %.20q; it must be %s", t.Datatype, want.Datatype)
	}
	return nil
}

// oipRows makes rows of the inputs. One that is left out is absent in every row.
func (s *Server) oipRows(m *Model, inputs []tensorData) ([]dataset.Line, error) {
	if len(inputs) == 0 {
		return nil, faultf(http.StatusBadRequest, "no inputs", "the request has no inputs")
	}
	schema := m.Schema()
	rows := int64(-1)
	seen := make([]bool, len(m.inputs))
	for i := range inputs {
		t := &inputs[i]
		k := slices.IndexFunc(m.inputs, func(o tensorInfo) bool { return o.Name == t.Name })
		if k < 0 {
			return nil, faultf(http.StatusBadRequest, "unknown input", "the model has no input %.100q", t.Name)
		}
		if seen[k] {
			return nil, faultf(http.StatusBadRequest, "invalid input", "the input %.100q is there twice", t.Name)
		}
		seen[k] = true
		if err := checkShape(t, m.inputs[k], s.o.MaxRows); err != nil {
			return nil, err
		}
		if rows >= 0 && t.Shape[0] != rows {
			return nil, faultf(http.StatusBadRequest, "invalid input", "the input %.100q has %d rows, the first one %d", t.Name, t.Shape[0], rows)
		}
		rows = t.Shape[0]
	}
	reader := m.rows.Get().(*dataset.RowReader)
	defer m.rows.Put(reader)
	lines := make([]dataset.Line, rows)
	texts := map[string]string{}
	for i := range lines {
		clear(texts)
		for k := range inputs {
			inputs[k].addText(schema, i, texts)
		}
		lines[i] = reader.ReadTexts(texts, i+1)
		for k := range inputs {
			inputs[k].fill(schema, i, &lines[i].Row)
		}
	}
	return lines, nil
}

// addText adds row i of t to the texts that are read as those of a JSON row are.
func (t *tensorData) addText(schema *dataset.Schema, i int, texts map[string]string) {
	column := columnOf(schema, t.Name)
	switch {
	case t.Datatype != typeBytes && (column == nil || column.Kind != media.Vector): // a number of the table
		if x := t.number(i); !math.IsNaN(x) {
			texts[t.Name] = strconv.FormatFloat(x, 'g', -1, 64)
		}
	case t.Datatype != typeBytes || len(t.bytes[i]) == 0:
	case t.text || column == nil || column.Kind == media.Text || column.Kind.IsArray():
		texts[t.Name] = string(t.bytes[i])
	}
}

// fill sets the cell of row i that t is by itself: a vector, or the bytes of a medium.
func (t *tensorData) fill(schema *dataset.Schema, i int, row *dataset.Row) {
	k := slices.IndexFunc(schema.Columns, func(c dataset.Column) bool { return c.Name == t.Name && c.Kind != media.Table })
	if k < 0 || len(row.Cells) == 0 {
		return
	}
	c, cell := &schema.Columns[k], &row.Cells[k]
	switch {
	case c.Kind == media.Vector:
		v := t.vector(i, int(t.Shape[1]))
		missing := 0
		for _, x := range v {
			if x-x != 0 { // NaN, or infinite
				missing++
			}
		}
		if cell.Vector = v; missing > 0 {
			cell.Vector, cell.Incomplete = nil, missing < len(v)
		}
	case c.Kind.IsFile() && !t.text && len(t.bytes[i]) > 0:
		cell.Media = []media.Source{media.Bytes(t.Name, t.bytes[i])}
	}
}

// vector returns row i of n numbers.
func (t *tensorData) vector(i, n int) []float32 {
	if t.floats != nil {
		return t.floats[i*n : (i+1)*n : (i+1)*n]
	}
	v := make([]float32, n)
	for j, x := range t.numbers[i*n : (i+1)*n] {
		v[j] = float32(x)
	}
	return v
}

func (t *tensorData) number(i int) float64 {
	if t.floats != nil {
		return float64(t.floats[i])
	}
	return t.numbers[i]
}

// columnOf returns the column of that name that is not the table's; nil if there is none.
func columnOf(schema *dataset.Schema, name string) *dataset.Column {
	for i := range schema.Columns {
		if c := &schema.Columns[i]; c.Kind != media.Table && c.Name == name {
			return c
		}
	}
	return nil
}

// infer answers the inputs with the wanted outputs, all of them if none is named.
func (s *Server) infer(ctx context.Context, m *Model, inputs []tensorData, wanted []string) ([]tensorData, error) {
	outputs := m.outputs
	for _, name := range wanted {
		if !slices.ContainsFunc(outputs, func(o tensorInfo) bool { return o.Name == name }) {
			return nil, faultf(http.StatusBadRequest, "unknown output", "the model has no output %.100q", name)
		}
	}
	lines, err := s.oipRows(m, inputs)
	if err != nil {
		return nil, err
	}
	a, err := s.answer(ctx, m, lines, query{})
	if err != nil {
		return nil, err
	}
	out := make([]tensorData, 0, len(outputs))
	for _, o := range outputs {
		if len(wanted) > 0 && !slices.Contains(wanted, o.Name) {
			continue
		}
		t := tensorData{tensorInfo: o}
		t.Shape = []int64{int64(len(lines)), o.Shape[1]}
		for i := range a.Predictions {
			p := &a.Predictions[i]
			switch o.Name {
			case "prediction":
				t.bytes = append(t.bytes, []byte(p.Class))
			case "value":
				t.numbers = append(t.numbers, p.Value)
			case "probabilities":
				t.floats = slices.Grow(t.floats, (len(lines)-i)*len(p.Probabilities))
				for _, x := range p.Probabilities {
					t.floats = append(t.floats, float32(x))
				}
			case "flags":
				t.bytes = append(t.bytes, []byte(strings.Join(p.Flags, ",")))
			}
		}
		out = append(out, t)
	}
	return out, nil
}
