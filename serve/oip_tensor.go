package serve

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/fusor-ml/fusor/internal/codec/jsontext"
)

// The contents of tensors.

// tensorData is an input or output with its content, which is in one of the slices.
type tensorData struct {
	tensorInfo
	bytes   [][]byte  // BYTES
	texts   []string  // BYTES that came as JSON strings, in which a medium is a data: URI or Base64
	numbers []float64 // any other type, but for those of an input that is a vector
	floats  []float32 // those, and FP32 of an output
}

// tensorInput is an input of a request. Its content is decoded once its shape is known to be one
// that the model takes: elements take up to eight times the memory of what they are written as.
type tensorInput struct {
	tensorData
	want    tensorInfo // the model's input of that name
	form    contentForm
	encoded []byte
	json    string // in place of encoded: a list of elements, or lists in lists

	room  int // elements that the shape has
	count int // and that the content has, of which those beyond room are only counted
}

// contentForm is how a content is written.
type contentForm byte

const (
	formJSON  contentForm = iota
	formRaw               // little-endian elements, those of BYTES behind their lengths in 4 bytes
	formTyped             // an InferTensorContents of gRPC
)

// maxAxes bounds what is kept of a shape; a model takes two.
const maxAxes = 16

func (t *tensorInfo) addAxis(d int64) error {
	if len(t.Shape) == maxAxes {
		return t.bad("the shape has more than %d axes", maxAxes)
	}
	t.Shape = append(t.Shape, d)
	return nil
}

func (t *tensorInfo) bad(format string, args ...any) error {
	return faultf(http.StatusBadRequest, "invalid input", "input %.100q: %s", t.Name, fmt.Sprintf(format, args...))
}

// decoded returns the memory that size elements take.
func (in *tensorInput) decoded() int64 {
	width := int64(8)
	switch in.want.Datatype {
	case typeFP32:
		width = 4
	case typeBytes:
		width = 24 // of a slice, whose bytes stay where they are
	}
	return width * int64(in.room)
}

// decode decodes the content of an input whose shape has been checked.
func (in *tensorInput) decode() error {
	var err error
	switch in.form {
	case formJSON:
		err = in.decodeJSON()
	case formRaw:
		err = in.decodeRaw()
	case formTyped:
		err = in.decodeTyped()
	}
	if err == nil && in.count != in.room {
		err = in.bad("the shape %v has %d elements, the data %d", in.Shape, in.room, in.count)
	}
	return err
}

// makeRoom makes room for the elements, of which the content has at most that many.
func (in *tensorInput) makeRoom(most int) {
	n := min(in.room, most)
	switch {
	case in.Datatype != typeBytes && in.want.Datatype == typeFP32:
		in.floats = make([]float32, 0, n)
	case in.Datatype != typeBytes:
		in.numbers = make([]float64, 0, n)
	case in.form == formJSON:
		in.texts = make([]string, 0, n)
	default:
		in.bytes = make([][]byte, 0, n)
	}
}

// more counts an element and reports whether there is room for it.
func (in *tensorInput) more() bool {
	in.count++
	return in.count <= in.room
}

func (in *tensorInput) add(x float64) {
	switch {
	case !in.more():
	case in.floats != nil:
		in.floats = append(in.floats, float32(x))
	default:
		in.numbers = append(in.numbers, x)
	}
}

// decodeJSON decodes a list of elements, or lists in lists.
func (in *tensorInput) decodeJSON() error {
	if in.json == "" {
		return in.bad("it has no data")
	}
	in.makeRoom(len(in.json)/2 + 1) // a character and a comma each
	if in.floats != nil && strings.Count(in.json, ",") < in.room {
		if floats, ok := jsontext.AppendFloats(in.floats, in.json); ok {
			in.floats, in.count = floats, len(floats)
			return nil
		}
	}
	switch {
	case in.Datatype == typeBytes:
		if !flatten(in.json, 0, in.addText) {
			return in.bad("its data must be strings")
		}
	case !flatten(in.json, 0, in.addNumber):
		return in.bad("its data must be numbers")
	}
	return nil
}

// flatten calls f with the elements of nested lists, row by row, until it returns false, which it
// reports.
func flatten(list string, depth int, f func(value string) bool) bool {
	return depth <= 8 && jsontext.EachElement(list, func(value string) bool {
		if value[0] == '[' {
			return flatten(value, depth+1, f)
		}
		return f(value)
	})
}

// addText adds a JSON string, or null in its place.
func (in *tensorInput) addText(value string) bool {
	text, err := readText("", value)
	if err != nil {
		return false
	}
	if in.more() {
		in.texts = append(in.texts, text)
	}
	return true
}

// addNumber adds a JSON number, or null, which JSON has in place of NaN.
func (in *tensorInput) addNumber(value string) bool {
	x := math.NaN()
	switch {
	case value == null:
	case value == "true" && in.Datatype == typeBool:
		x = 1
	case value == "false" && in.Datatype == typeBool:
		x = 0
	case value[0] != '-' && value[0]-'0' > 9:
		return false
	default:
		var err error
		if x, err = strconv.ParseFloat(value, 64); err != nil {
			return false
		}
	}
	in.add(x)
	return true
}

// decodeRaw decodes the little-endian elements of the binary extension, or of gRPC's raw contents.
func (in *tensorInput) decodeRaw() error {
	data, le := in.encoded, binary.LittleEndian
	if in.Datatype == typeBytes {
		in.makeRoom(len(data) / 4)
		for len(data) > 0 {
			if len(data) < 4 || uint64(le.Uint32(data)) > uint64(len(data)-4) {
				return in.bad("an element is longer than the data")
			}
			n := 4 + int(le.Uint32(data))
			if in.more() {
				in.bytes = append(in.bytes, data[4:n:n])
			}
			data = data[n:]
		}
		return nil
	}
	width := widths[in.Datatype]
	if len(data)%width != 0 {
		return in.bad("%d bytes are no whole number of %s", len(data), in.Datatype)
	}
	n := len(data) / width
	if n != in.room {
		in.count = n
		return nil
	}
	in.makeRoom(n)
	if in.Datatype == typeFP32 && in.floats != nil {
		in.addFloats(data)
		return nil
	}
	for i := range n {
		in.add(element(in.Datatype, data[i*width:]))
	}
	return nil
}

// addFloats adds little-endian float32 to floats.
func (in *tensorInput) addFloats(data []byte) {
	in.count += len(data) / 4
	if in.count > in.room {
		return
	}
	for ; len(data) >= 4; data = data[4:] {
		in.floats = append(in.floats, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
}

// decodeTyped decodes the field of the datatype in an InferTensorContents.
func (in *tensorInput) decodeTyped() error {
	field, ok := typedFields[in.Datatype]
	if !ok {
		return in.bad("the contents of %s must be raw", in.Datatype)
	}
	in.makeRoom(len(in.encoded)) // a byte each
	err := eachNumberOrField(in.encoded, func(num protowire.Number, typ protowire.Type, value []byte) error {
		switch {
		case num != field.num:
			return nil
		case field.typ == protowire.BytesType:
			if typ == protowire.BytesType && in.more() {
				in.bytes = append(in.bytes, value)
			}
			return nil
		case field.typ == protowire.Fixed32Type && typ == protowire.BytesType && in.floats != nil && len(value)%4 == 0: // most of what comes
			in.addFloats(value)
			return nil
		}
		return eachNumber(typ, value, field.typ, in.addBits)
	})
	if err != nil {
		return errMessage
	}
	return nil
}

// addBits adds the bits of an element that is on the wire in a number's form.
func (in *tensorInput) addBits(x uint64) {
	v := float64(uint32(x)) // of UINT8, UINT16 and UINT32
	switch in.Datatype {
	case typeFP32:
		v = float64(math.Float32frombits(uint32(x)))
	case typeFP64:
		v = math.Float64frombits(x)
	case typeBool:
		v = float64(min(x, 1))
	case "INT8", "INT16", "INT32":
		v = float64(int32(x))
	case "INT64":
		v = float64(int64(x))
	case "UINT64":
		v = float64(x)
	}
	in.add(v)
}

// element reads one little-endian number.
func element(datatype string, b []byte) float64 {
	le := binary.LittleEndian
	switch datatype {
	case typeBool, "UINT8":
		return float64(b[0])
	case "INT8":
		return float64(int8(b[0]))
	case "UINT16":
		return float64(le.Uint16(b))
	case "INT16":
		return float64(int16(le.Uint16(b)))
	case "UINT32":
		return float64(le.Uint32(b))
	case "INT32":
		return float64(int32(le.Uint32(b)))
	case "UINT64":
		return float64(le.Uint64(b))
	case "INT64":
		return float64(int64(le.Uint64(b)))
	case "FP16":
		return half(le.Uint16(b))
	case "BF16":
		return float64(math.Float32frombits(uint32(le.Uint16(b)) << 16))
	case typeFP32:
		return float64(math.Float32frombits(le.Uint32(b)))
	}
	return math.Float64frombits(le.Uint64(b))
}

// half returns an IEEE 754 binary16 number.
func half(h uint16) float64 {
	sign, exponent, fraction := 1.0, int(h>>10&31), float64(h&1023)/1024
	if h>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 31 && fraction == 0:
		return math.Inf(int(sign))
	case exponent == 31:
		return math.NaN()
	case exponent == 0:
		return sign * math.Ldexp(fraction, -14)
	}
	return sign * math.Ldexp(1+fraction, exponent-15)
}

// binarySize returns how many bytes appendBinary appends.
func (t *tensorData) binarySize() int {
	n := 4*len(t.bytes) + 4*len(t.floats) + 8*len(t.numbers)
	for _, v := range t.bytes {
		n += len(v)
	}
	return n
}

// appendBinary appends the content as raw contents have it.
func (t *tensorData) appendBinary(b []byte) []byte {
	b = slices.Grow(b, t.binarySize())
	le := binary.LittleEndian
	for _, v := range t.bytes {
		b = append(le.AppendUint32(b, uint32(len(v))), v...)
	}
	for _, v := range t.floats {
		b = le.AppendUint32(b, math.Float32bits(v))
	}
	for _, v := range t.numbers {
		b = le.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

// values returns the content as JSON has it.
func (t *tensorData) values() any {
	switch {
	case t.Datatype == typeBytes:
		out := make([]string, len(t.bytes))
		for i, b := range t.bytes {
			out[i] = string(b)
		}
		return out
	case t.floats != nil:
		return t.floats
	case t.numbers != nil:
		return t.numbers
	}
	return []float64{}
}
