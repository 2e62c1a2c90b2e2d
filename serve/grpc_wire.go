package serve

import (
	"cmp"
	"errors"
	"net/http"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of ModelInfer on the wire (inference.proto). Nearly all of their bytes are tensors,
// which are read where they lie and written where they go: structs that a general decoder fills
// would copy each of them twice.

// inferRequest is a ModelInferRequest.
type inferRequest struct {
	model, version, id string
	raw                bool // whether contents came, and are to go, in raw form
	inputs             []tensorInput
	wanted             []string
}

var errMessage = faultf(http.StatusBadRequest, "invalid message", "the message is no ModelInferRequest")

// parseInfer reads of a ModelInferRequest what names the model.
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
		case 7:
			q.raw = true
		}
		return nil
	})
	if err != nil || !utf8.ValidString(q.id) {
		return nil, errMessage
	}
	return q, nil
}

// readTensors reads what is asked of the model and which outputs are wanted. Contents go on lying
// in the message. Those of inputs are all raw or all typed.
func (q *inferRequest) readTensors(message []byte, m *Model) error {
	contents := 0 // that are raw
	err := eachField(message, func(num protowire.Number, value []byte) error {
		switch num {
		case 5:
			if len(q.inputs) == len(m.inputs) {
				return moreInputs(m)
			}
			if q.inputs == nil {
				q.inputs = make([]tensorInput, 0, min(len(m.inputs), 8))
			}
			in, err := parseInput(value)
			q.inputs = append(q.inputs, in)
			return err
		case 6:
			name := ""
			err := eachField(value, func(num protowire.Number, value []byte) error {
				if num == 1 {
					name = string(value)
				}
				return nil
			})
			if err == nil {
				q.wanted, err = addWanted(q.wanted, name, m)
			}
			return err
		case 7:
			contents++
		}
		return nil
	})
	switch {
	case errors.Is(err, errWire):
		return errMessage
	case err != nil || !q.raw:
		return err
	case contents != len(q.inputs):
		return faultf(http.StatusBadRequest, "invalid input", "%d inputs, but %d raw contents", len(q.inputs), contents)
	}
	next := 0
	return eachField(message, func(num protowire.Number, value []byte) error {
		if num != 7 {
			return nil
		}
		in := &q.inputs[next]
		if next++; in.encoded != nil {
			return faultf(http.StatusBadRequest, "invalid input", "input %.100q has typed and raw contents", in.Name)
		}
		in.form, in.encoded = formRaw, value
		return nil
	})
}

// parseInput reads an InferInputTensor.
func parseInput(message []byte) (in tensorInput, err error) {
	in.form, in.Shape = formTyped, make([]int64, 0, 2)
	err = eachNumberOrField(message, func(num protowire.Number, typ protowire.Type, value []byte) error {
		switch {
		case num == 3:
			var most error
			err := eachNumber(typ, value, protowire.VarintType, func(x uint64) {
				if most == nil {
					most = in.addAxis(int64(x))
				}
			})
			return cmp.Or(err, most)
		case typ != protowire.BytesType:
		case num == 1:
			in.Name = string(value)
		case num == 2:
			in.Datatype = string(value)
		case num == 5 && in.encoded == nil:
			in.encoded = value
		case num == 5: // messages that are there twice are merged, as if their bytes stood together
			in.encoded = append(in.encoded, value...) // a copy, as value ends where its memory does
		}
		return nil
	})
	return in, err
}

// typedFields holds the field of InferTensorContents for each datatype, and the form of its
// elements. Half floats have none.
var typedFields = map[string]struct {
	num protowire.Number
	typ protowire.Type
}{
	typeBool: {1, protowire.VarintType}, "INT8": {2, protowire.VarintType}, "INT16": {2, protowire.VarintType}, "INT32": {2, protowire.VarintType},
	"INT64": {3, protowire.VarintType}, "UINT8": {4, protowire.VarintType}, "UINT16": {4, protowire.VarintType}, "UINT32": {4, protowire.VarintType},
	"UINT64": {5, protowire.VarintType}, typeFP32: {6, protowire.Fixed32Type}, typeFP64: {7, protowire.Fixed64Type}, typeBytes: {8, protowire.BytesType},
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
		if !q.raw {
			out = appendBytes(out, 5, t.appendTypedContents(inner[:0]))
		}
		b = appendBytes(b, 5, out)
	}
	for i := range outputs {
		if q.raw {
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
