package serve

import (
	"context"
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

const (
	typeBool  = "BOOL"
	typeBytes = "BYTES"
	typeFP32  = "FP32"
	typeFP64  = "FP64"
)

// widths holds the bytes of an element by its type; those of BYTES vary.
var widths = map[string]int{
	typeBool: 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2, "INT32": 4, "INT64": 8,
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

// checkShape reports a shape that is none, or that the model does not take.
func (in *tensorInput) checkShape(maxRows int) error {
	if _, ok := widths[in.Datatype]; !ok {
		return in.bad("there is no datatype %.20q", in.Datatype)
	}
	size := int64(1)
	for _, d := range in.Shape {
		if d < 0 {
			return in.bad("the shape %v has a negative axis", in.Shape)
		}
		if d > 0 && size > math.MaxInt32/d {
			return in.bad("the shape %v is larger than its data", in.Shape)
		}
		size *= d
	}
	want := &in.want
	if len(in.Shape) != 2 || want.Shape[1] >= 0 && in.Shape[1] != want.Shape[1] {
		return in.bad("the shape is %v; it must be %v", in.Shape, want.Shape)
	}
	if in.Shape[0] > int64(maxRows) {
		return faultf(http.StatusRequestEntityTooLarge, "too many rows", "%d rows, of which at most %d are answered at once", in.Shape[0], maxRows)
	}
	if (in.Datatype == typeBytes) != (want.Datatype == typeBytes) {
		return in.bad("the datatype is %.20q; it must be %s", in.Datatype, want.Datatype)
	}
	in.room = int(size)
	return nil
}

func moreInputs(m *Model) error {
	return faultf(http.StatusBadRequest, "invalid input", "the request has more inputs than the model, which has %d", len(m.inputs))
}

// addWanted adds the name of an output to those that are wanted.
func addWanted(wanted []string, name string, m *Model) ([]string, error) {
	if !slices.ContainsFunc(m.outputs, func(o tensorInfo) bool { return o.Name == name }) {
		return nil, faultf(http.StatusBadRequest, "unknown output", "the model has no output %.100q", name)
	}
	if slices.Contains(wanted, name) {
		return wanted, nil
	}
	return append(wanted, name), nil
}

// checkInputs reports inputs that the model does not take, by all that is known before their
// contents are decoded, and returns the number of rows.
func (s *Server) checkInputs(m *Model, inputs []tensorInput) (rows int, err error) {
	if len(inputs) == 0 {
		return 0, faultf(http.StatusBadRequest, "no inputs", "the request has no inputs")
	}
	seen := make([]bool, len(m.inputs))
	for i := range inputs {
		in := &inputs[i]
		k := slices.IndexFunc(m.inputs, func(o tensorInfo) bool { return o.Name == in.Name })
		if k < 0 {
			return 0, faultf(http.StatusBadRequest, "unknown input", "the model has no input %.100q", in.Name)
		}
		if seen[k] {
			return 0, faultf(http.StatusBadRequest, "invalid input", "the input %.100q is there twice", in.Name)
		}
		seen[k], in.want = true, m.inputs[k]
		if err := in.checkShape(s.o.MaxRows); err != nil {
			return 0, err
		}
		if i > 0 && in.Shape[0] != inputs[0].Shape[0] {
			return 0, faultf(http.StatusBadRequest, "invalid input", "the input %.100q has %d rows, the first one %d", in.Name, in.Shape[0], inputs[0].Shape[0])
		}
	}
	return int(inputs[0].Shape[0]), nil
}

// oipRows makes rows of the inputs. One that is left out is absent in every row. What is decoded is
// held.
func (s *Server) oipRows(m *Model, h *hold, inputs []tensorInput) ([]dataset.Line, error) {
	rows, err := s.checkInputs(m, inputs)
	if err != nil {
		return nil, err
	}
	for i := range inputs {
		in := &inputs[i]
		if err := h.grow(in.decoded()); err != nil {
			return nil, err
		}
		if err := in.decode(); err != nil {
			return nil, err
		}
	}
	schema := m.Schema()
	reader := m.rows.Get().(*dataset.RowReader)
	defer m.rows.Put(reader)
	lines := make([]dataset.Line, rows)
	texts := map[string]string{}
	for i := range lines {
		clear(texts)
		for k := range inputs {
			inputs[k].addRow(schema, i, texts)
		}
		lines[i] = reader.ReadTexts(texts, i+1)
		for k := range inputs {
			inputs[k].fill(schema, i, &lines[i].Row)
		}
	}
	return lines, nil
}

// addRow adds row i to the texts that are read as those of a JSON row are.
func (in *tensorInput) addRow(schema *dataset.Schema, i int, texts map[string]string) {
	column := columnOf(schema, in.Name)
	switch {
	case in.texts != nil:
		if text := in.texts[i]; text != "" {
			texts[in.Name] = text
		}
	case in.numbers != nil: // of the table
		if x := in.numbers[i]; !math.IsNaN(x) {
			texts[in.Name] = strconv.FormatFloat(x, 'g', -1, 64)
		}
	case in.bytes == nil || len(in.bytes[i]) == 0:
	case column == nil || column.Kind == media.Text || column.Kind.IsArray():
		texts[in.Name] = string(in.bytes[i])
	}
}

// fill sets the cell of row i that in is by itself: a vector, or the bytes of a medium.
func (in *tensorInput) fill(schema *dataset.Schema, i int, row *dataset.Row) {
	k := slices.IndexFunc(schema.Columns, func(c dataset.Column) bool { return c.Name == in.Name && c.Kind != media.Table })
	if k < 0 || len(row.Cells) == 0 {
		return
	}
	c, cell := &schema.Columns[k], &row.Cells[k]
	switch {
	case c.Kind == media.Vector:
		n := int(in.Shape[1])
		v := in.floats[i*n : (i+1)*n : (i+1)*n]
		missing := 0
		for _, x := range v {
			if x-x != 0 { // NaN, or infinite
				missing++
			}
		}
		if cell.Vector = v; missing > 0 {
			cell.Vector, cell.Incomplete = nil, missing < len(v)
		}
	case c.Kind.IsFile() && in.bytes != nil && len(in.bytes[i]) > 0:
		cell.Media = []media.Source{media.Bytes(in.Name, in.bytes[i])}
	}
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

// infer answers the inputs with the wanted outputs, all of them if none is named. h holds what is
// decoded.
func (s *Server) infer(ctx context.Context, m *Model, h *hold, inputs []tensorInput, wanted []string) ([]tensorData, error) {
	outputs := m.outputs
	lines, err := s.oipRows(m, h, inputs)
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
