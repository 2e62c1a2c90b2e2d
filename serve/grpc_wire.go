package serve

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of ModelInfer on the wire (inference.proto). Nearly all of their bytes are tensors,
// which are read where they lie and written where they go: structs that a general decoder fills
// would copy each of them twice.

// inferRequest is a ModelInferRequest.
type inferRequest struct {
	model, version, id string
	inputs             []tensorData
	outputs            []string
	contents           [][]byte // of inputs: InferTensorContents, nil where there is none
	raw                [][]byte // raw_input_contents
}

var errMessage = faultf(http.StatusBadRequest, "invalid message", "the message is no ModelInferRequest")

// parseInfer reads a ModelInferRequest but for the contents of its inputs, which go on lying in the
// message.
func parseInfer(message []byte) (*inferRequest, error) {
	q := &inferRequest{}
	err := eachField(message, func(num protowire.Number, value []byte) error {
		switch num {
		case 1:
			q.model = string(value)
		case 2:
			q.version = string(value)
		case 3:
			q.id = string(value)
		case 5:
			in, typed, err := parseInput(value)
			if err != nil {
				return err
			}
			q.inputs, q.contents = append(q.inputs, in), append(q.contents, typed)
		case 6:
			name := ""
			q.outputs = append(q.outputs, "")
			err := eachField(value, func(num protowire.Number, value []byte) error {
				if num == 1 {
					name = string(value)
				}
				return nil
			})
			q.outputs[len(q.outputs)-1] = name
			return err
		case 7:
			q.raw = append(q.raw, value)
		}
		return nil
	})
	if err != nil || !utf8.ValidString(q.id) {
		return nil, errMessage
	}
	return q, nil
}

// isRaw reports whether the contents came, and are to go, in raw form.
func (q *inferRequest) isRaw() bool { return len(q.raw) > 0 }

// readContents reads the contents of the inputs, which are all raw or all typed.
func (q *inferRequest) readContents() (err error) {
	if q.isRaw() && len(q.raw) != len(q.inputs) {
		return faultf(http.StatusBadRequest, "invalid input", "%d inputs, but %d raw contents", len(q.inputs), len(q.raw))
	}
	for i := range q.inputs {
		t := &q.inputs[i]
		switch {
		case !q.isRaw():
			err = t.setTyped(q.contents[i])
		case q.contents[i] != nil:
			err = faultf(http.StatusBadRequest, "invalid input", "input %.100q has typed and raw contents", t.Name)
		default:
			err = t.setBinary(q.raw[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseInput reads an InferInputTensor; contents are read once its datatype is known.
func parseInput(message []byte) (t tensorData, contents []byte, err error) {
	t.Shape = make([]int64, 0, 2)
	err = eachNumberOrField(message, func(num protowire.Number, typ protowire.Type, value []byte) error {
		switch {
		case num == 3:
			return eachNumber(typ, value, protowire.VarintType, func(x uint64) { t.Shape = append(t.Shape, int64(x)) })
		case typ != protowire.BytesType:
		case num == 1:
			t.Name = string(value)
		case num == 2:
			t.Datatype = string(value)
		case num == 5 && contents == nil:
			contents = value
		case num == 5: // messages that are there twice are merged, as if their bytes stood together
			contents = slices.Concat(contents, value)
		}
		return nil
	})
	return t, contents, err
}

// typedFields holds the field of InferTensorContents for each datatype, and the form of its
// elements. Half floats have none.
var typedFields = map[string]struct {
	num protowire.Number
	typ protowire.Type
}{
	"BOOL": {1, protowire.VarintType}, "INT8": {2, protowire.VarintType}, "INT16": {2, protowire.VarintType}, "INT32": {2, protowire.VarintType},
	"INT64": {3, protowire.VarintType}, "UINT8": {4, protowire.VarintType}, "UINT16": {4, protowire.VarintType}, "UINT32": {4, protowire.VarintType},
	"UINT64": {5, protowire.VarintType}, typeFP32: {6, protowire.Fixed32Type}, typeFP64: {7, protowire.Fixed64Type}, typeBytes: {8, protowire.BytesType},
}

// setTyped reads an input from the field of its datatype in an InferTensorContents.
func (t *tensorData) setTyped(contents []byte) error {
	field, ok := typedFields[t.Datatype]
	if !ok {
		what := "there is no datatype %.20q"
		if _, ok := widths[t.Datatype]; ok {
			what = "the contents of %s must be raw"
		}
		return faultf(http.StatusBadRequest, "invalid input", "input %.100q: %s", t.Name, fmt.Sprintf(what, t.Datatype))
	}
	err := eachNumberOrField(contents, func(num protowire.Number, typ protowire.Type, value []byte) error {
		switch {
		case num != field.num:
			return nil
		case field.typ == protowire.BytesType:
			if typ == protowire.BytesType {
				t.bytes = append(t.bytes, value)
			}
			return nil
		case field.typ == protowire.Fixed32Type:
			t.floats = slices.Grow(t.floats, len(value)/4)
		case field.typ == protowire.Fixed64Type:
			t.numbers = slices.Grow(t.numbers, len(value)/8)
		}
		return eachNumber(typ, value, field.typ, t.appendTyped)
	})
	if err != nil {
		return errMessage
	}
	return nil
}

// appendTyped appends the bits of an element that is on the wire in a number's form.
func (t *tensorData) appendTyped(x uint64) {
	switch t.Datatype {
	case typeFP32:
		t.floats = append(t.floats, math.Float32frombits(uint32(x)))
	case typeFP64:
		t.numbers = append(t.numbers, math.Float64frombits(x))
	case "BOOL":
		t.numbers = append(t.numbers, float64(min(x, 1)))
	case "INT8", "INT16", "INT32":
		t.numbers = append(t.numbers, float64(int32(x)))
	case "INT64":
		t.numbers = append(t.numbers, float64(int64(x)))
	case "UINT8", "UINT16", "UINT32":
		t.numbers = append(t.numbers, float64(uint32(x)))
	case "UINT64":
		t.numbers = append(t.numbers, float64(x))
	}
}

// eachField calls f with the fields of a message that are strings, bytes or messages.
func eachField(message []byte, f func(num protowire.Number, value []byte) error) error {
	return eachNumberOrField(message, func(num protowire.Number, typ protowire.Type, value []byte) error {
		if typ != protowire.BytesType {
			return nil
		}
		return f(num, value)
	})
}

var errWire = errors.New("the message is damaged")

// eachNumberOrField calls f with all fields of a message, of strings, bytes and messages without
// their length.
func eachNumberOrField(message []byte, f func(num protowire.Number, typ protowire.Type, value []byte) error) error {
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errWire
		}
		message = message[n:]
		if n = protowire.ConsumeFieldValue(num, typ, message); n < 0 {
			return errWire
		}
		value := message[:n:n]
		if typ == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		if err := f(num, typ, value); err != nil {
			return err
		}
		message = message[n:]
	}
	return nil
}

// eachNumber calls f with the elements of a repeated number whose form is want: one by itself, or
// packed (proto3 writers pack, and readers take both). A field of another form is not its own.
func eachNumber(typ protowire.Type, value []byte, want protowire.Type, f func(x uint64)) error {
	if typ != want && typ != protowire.BytesType {
		return nil
	}
	for len(value) > 0 {
		var x uint64
		n := 0
		switch want {
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(value)
			x = uint64(v)
		case protowire.Fixed64Type:
			x, n = protowire.ConsumeFixed64(value)
		default:
			x, n = protowire.ConsumeVarint(value)
		}
		if n < 0 {
			return errWire
		}
		f(x)
		value = value[n:]
	}
	return nil
}

// appendInfer appends a ModelInferResponse.
func appendInfer(b []byte, m *Model, q *inferRequest, outputs []tensorData) []byte {
	b = appendText(b, 1, m.Name)
	b = appendText(b, 2, onlyVersion)
	b = appendText(b, 3, q.id)
	var out, inner []byte
	for i := range outputs {
		t := &outputs[i]
		out = appendText(appendText(out[:0], 1, t.Name), 2, t.Datatype)
		inner = inner[:0]
		for _, d := range t.Shape {
			inner = protowire.AppendVarint(inner, uint64(d))
		}
		out = appendBytes(out, 3, inner)
		if !q.isRaw() {
			out = appendBytes(out, 5, t.appendTypedContents(inner[:0]))
		}
		b = appendBytes(b, 5, out)
	}
	for i := range outputs {
		if q.isRaw() {
			b = protowire.AppendTag(b, 6, protowire.BytesType)
			b = protowire.AppendVarint(b, uint64(outputs[i].binarySize()))
			b = outputs[i].appendBinary(b)
		}
	}
	return b
}

// appendTypedContents appends an InferTensorContents.
func (t *tensorData) appendTypedContents(b []byte) []byte {
	for _, v := range t.bytes {
		b = appendBytes(b, 8, v)
	}
	if len(t.bytes) == 0 && len(t.floats)+len(t.numbers) > 0 {
		num := typedFields[t.Datatype].num
		b = protowire.AppendTag(b, num, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(t.binarySize()))
		b = t.appendBinary(b) // packed, numbers are as in raw contents
	}
	return b
}

func appendBytes(b []byte, num protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
}

// appendText appends a string, which is left out where it is empty.
func appendText(b []byte, num protowire.Number, v string) []byte {
	if v == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), v)
}
