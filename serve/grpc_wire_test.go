package serve

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/serve/internal/inference"
)

// plainRequest is a request as the generated messages have it.
func plainRequest(message []byte) (*inferRequest, error) {
	q := &inference.ModelInferRequest{}
	if err := proto.Unmarshal(message, q); err != nil {
		return nil, errMessage
	}
	out := &inferRequest{model: q.GetModelName(), version: q.GetModelVersion(), id: q.GetId(), raw: len(q.GetRawInputContents()) > 0}
	for _, o := range q.GetOutputs() {
		out.wanted = append(out.wanted, o.GetName())
	}
	if out.raw && len(q.GetRawInputContents()) != len(q.GetInputs()) {
		return nil, errors.New("as many raw contents as inputs")
	}
	for i, in := range q.GetInputs() {
		t := tensorInput{tensorData: tensorData{tensorInfo: tensorInfo{in.GetName(), in.GetDatatype(), in.GetShape()}}}
		var err error
		switch {
		case !out.raw:
			err = t.plainContents(in.GetContents())
		case in.GetContents() != nil:
			err = errors.New("both")
		default:
			err = t.plainRaw(q.GetRawInputContents()[i])
		}
		if err != nil {
			return nil, err
		}
		out.inputs = append(out.inputs, t)
	}
	return out, nil
}

// plainRaw reads raw contents element by element.
func (t *tensorData) plainRaw(data []byte) error {
	width, ok := widths[t.Datatype]
	for ok && len(data) > 0 {
		n := width
		if t.Datatype == typeBytes {
			if len(data) < 4 {
				return errors.New("no length")
			}
			n = int(binary.LittleEndian.Uint32(data))
			data = data[4:]
		}
		if n > len(data) {
			return errors.New("too short")
		}
		switch t.Datatype {
		case typeBytes:
			t.bytes = append(t.bytes, data[:n])
		case typeFP32:
			t.floats = append(t.floats, math.Float32frombits(binary.LittleEndian.Uint32(data)))
		default:
			t.numbers = append(t.numbers, element(t.Datatype, data))
		}
		data = data[n:]
	}
	if !ok {
		return errors.New("no such datatype")
	}
	return nil
}

func (t *tensorData) plainContents(c *inference.InferTensorContents) error {
	number := func(x float64) { t.numbers = append(t.numbers, x) }
	switch t.Datatype {
	case typeBytes:
		t.bytes = c.GetBytesContents()
	case typeFP32:
		t.floats = c.GetFp32Contents()
	case typeFP64:
		t.numbers = c.GetFp64Contents()
	case "BOOL":
		for _, v := range c.GetBoolContents() {
			if v {
				number(1)
			} else {
				number(0)
			}
		}
	case "INT8", "INT16", "INT32":
		for _, v := range c.GetIntContents() {
			number(float64(v))
		}
	case "INT64":
		for _, v := range c.GetInt64Contents() {
			number(float64(v))
		}
	case "UINT8", "UINT16", "UINT32":
		for _, v := range c.GetUintContents() {
			number(float64(v))
		}
	case "UINT64":
		for _, v := range c.GetUint64Contents() {
			number(float64(v))
		}
	default:
		return errors.New("no such datatype, or none of typed contents")
	}
	return nil
}

// shown is all of a request that is used; numbers as float64 or float32 by their bits, as NaN is
// none of its equals.
func (q *inferRequest) shown(narrow bool) string {
	b := fmt.Appendf(nil, "%q %q %q %q raw %t\n", q.model, q.version, q.id, q.wanted, q.raw)
	number := func(x float64) {
		if narrow {
			b = fmt.Appendf(b, " %08x", math.Float32bits(float32(x)))
		} else {
			b = fmt.Appendf(b, " %016x", math.Float64bits(x))
		}
	}
	for _, t := range q.inputs {
		b = fmt.Appendf(b, "%q %q %v %q", t.Name, t.Datatype, append([]int64{}, t.Shape...), append([][]byte{}, t.bytes...))
		for _, x := range t.floats {
			number(float64(x))
		}
		for _, x := range t.numbers {
			number(x)
		}
		b = append(b, '\n')
	}
	return string(b)
}

// sameRequest checks that a message is read as the generated messages have it, for inputs that are
// vectors and for those that are not.
func sameRequest(t interface{ Errorf(string, ...any) }, message []byte) {
	for _, narrow := range []bool{false, true} {
		want, wantErr := plainRequest(message)
		takes := &Model{inputs: make([]tensorInfo, 20)}
		if want != nil {
			for _, name := range want.wanted {
				takes.outputs = append(takes.outputs, tensorInfo{Name: name})
			}
			slices.Sort(want.wanted)
			want.wanted = slices.Compact(want.wanted)
		}
		got, err := parseInfer(message)
		if err == nil {
			err = got.readTensors(message, takes)
			slices.Sort(got.wanted)
		}
		for i := 0; err == nil && i < len(got.inputs); i++ {
			in := &got.inputs[i]
			if narrow {
				in.want.Datatype = typeFP32
			}
			if want != nil {
				in.room = len(want.inputs[i].bytes) + len(want.inputs[i].floats) + len(want.inputs[i].numbers)
			}
			if _, ok := widths[in.Datatype]; !ok {
				err = in.bad("no datatype")
			} else {
				err = in.decode()
			}
		}
		switch {
		case errors.Is(wantErr, errMessage): // damaged also where parseInfer does not look
		case (err == nil) != (wantErr == nil):
			t.Errorf("%x: %v, by the generated messages %v", message, err, wantErr)
		case err == nil && got.shown(narrow) != want.shown(narrow):
			t.Errorf("%x:\n%s\nby the generated messages\n%s", message, got.shown(narrow), want.shown(narrow))
		}
	}
}

// anyRequest draws a request of any datatypes and contents, right ones and wrong ones.
func anyRequest(t *rapid.T) *inference.ModelInferRequest {
	datatypes := []string{"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", typeFP32, typeFP64, typeBytes, "", "FP31"}
	q := &inference.ModelInferRequest{
		ModelName: rapid.String().Draw(t, "model"), ModelVersion: rapid.SampledFrom([]string{"", "1"}).Draw(t, "version"), Id: rapid.String().Draw(t, "id"),
	}
	if rapid.Bool().Draw(t, "parameters") {
		q.Parameters = map[string]*inference.InferParameter{"a": {ParameterChoice: &inference.InferParameter_Int64Param{Int64Param: -1}}}
	}
	raw := rapid.Bool().Draw(t, "raw")
	for range rapid.IntRange(0, 4).Draw(t, "inputs") {
		in := &inference.ModelInferRequest_InferInputTensor{
			Name: rapid.StringN(0, 5, -1).Draw(t, "name"), Datatype: rapid.SampledFrom(datatypes).Draw(t, "datatype"),
			Shape: rapid.SliceOfN(rapid.Int64(), 0, 3).Draw(t, "shape"),
		}
		if raw && rapid.IntRange(0, 9).Draw(t, "odd") > 0 {
			q.RawInputContents = append(q.RawInputContents, rapid.SliceOfN(rapid.Byte(), 0, 16).Draw(t, "content"))
		} else {
			in.Contents = &inference.InferTensorContents{
				BoolContents: rapid.SliceOfN(rapid.Bool(), 0, 3).Draw(t, "bool"), IntContents: rapid.SliceOfN(rapid.Int32(), 0, 3).Draw(t, "int"),
				Int64Contents: rapid.SliceOfN(rapid.Int64(), 0, 3).Draw(t, "int64"), UintContents: rapid.SliceOfN(rapid.Uint32(), 0, 3).Draw(t, "uint"),
				Uint64Contents: rapid.SliceOfN(rapid.Uint64(), 0, 3).Draw(t, "uint64"), Fp32Contents: rapid.SliceOfN(rapid.Float32(), 0, 3).Draw(t, "fp32"),
				Fp64Contents: rapid.SliceOfN(rapid.Float64(), 0, 3).Draw(t, "fp64"), BytesContents: rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 5), 0, 3).Draw(t, "bytes"),
			}
		}
		q.Inputs = append(q.Inputs, in)
	}
	for _, name := range rapid.SliceOfN(rapid.StringN(0, 5, -1), 0, 2).Draw(t, "outputs") {
		q.Outputs = append(q.Outputs, &inference.ModelInferRequest_InferRequestedOutputTensor{Name: name})
	}
	return q
}

// A ModelInferRequest is read as the generated messages read it.
func TestRequestOnTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		message, err := proto.Marshal(anyRequest(t))
		if err != nil {
			t.Fatal(err)
		}
		sameRequest(t, message)
	})
}

// What writers may do and those of today do not: numbers one by one, fields in another order and
// twice, fields that the message does not have, and forms that are not a field's own.
func TestOddRequestOnTheWire(t *testing.T) {
	field := appendBytes
	varint := func(b []byte, num protowire.Number, x uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), x)
	}
	fixed32 := func(b []byte, num protowire.Number, x float32) []byte {
		return protowire.AppendFixed32(protowire.AppendTag(b, num, protowire.Fixed32Type), math.Float32bits(x))
	}
	floats := fixed32(fixed32(nil, 6, 1.5), 6, -2)
	packed := field(nil, 6, binary.LittleEndian.AppendUint32(nil, math.Float32bits(7)))
	negative := varint(varint(nil, 2, math.MaxUint64), 2, 5)
	input := func(datatype string, contents ...[]byte) []byte {
		var b []byte
		for _, c := range contents {
			b = field(b, 5, c)
		}
		b = varint(varint(b, 3, 1), 3, 2)
		return field(field(field(b, 2, []byte("FP64")), 2, []byte(datatype)), 1, []byte("x"))
	}
	for _, in := range [][]byte{
		input(typeFP32, floats), input(typeFP32, packed, floats), input(typeFP32, nil), input(typeFP32), input("INT8", negative), input("BOOL", varint(nil, 1, 300)),
		input(typeFP32, varint(nil, 6, 3)), input(typeBytes, varint(field(nil, 8, []byte("a")), 8, 1)), varint(input(typeFP32, floats), 1, 7),
		protowire.AppendGroup(protowire.AppendTag(input(typeFP32, floats), 12, protowire.StartGroupType), 12, varint(nil, 1, 1)),
	} {
		message := field(field(field(varint(nil, 99, 1), 7, nil)[:0], 5, in), 1, []byte("m"))
		sameRequest(t, message)
		sameRequest(t, field(message, 5, in))
		sameRequest(t, field(message, 7, []byte("abcdefgh")))
		sameRequest(t, varint(varint(message, 5, 1), 77, 2))
		for cut := range message {
			sameRequest(t, message[:cut])
		}
	}
}

// A ModelInferResponse holds what is answered, by the generated messages.
func TestResponseOnTheWire(t *testing.T) {
	outputs := []tensorData{
		{tensorInfo: tensorInfo{"prediction", typeBytes, []int64{2, 1}}, bytes: [][]byte{[]byte("good"), {}}},
		{tensorInfo: tensorInfo{"probabilities", typeFP32, []int64{2, 2}}, floats: []float32{0, 1, 0.25, float32(math.Inf(1))}},
		{tensorInfo: tensorInfo{"value", typeFP64, []int64{2, 1}}, numbers: []float64{-1e300, 3}},
		{tensorInfo: tensorInfo{"flags", typeBytes, []int64{0, 1}}},
	}
	for _, raw := range []bool{false, true} {
		for _, id := range []string{"", "x"} {
			res := &inference.ModelInferResponse{}
			if err := proto.Unmarshal(appendInfer(nil, &Model{Name: "m"}, &inferRequest{id: id, raw: raw}, outputs), res); err != nil {
				t.Fatal(err)
			}
			if res.GetModelName() != "m" || res.GetModelVersion() != onlyVersion || res.GetId() != id || len(res.GetOutputs()) != len(outputs) {
				t.Fatalf("%v", res)
			}
			for i, o := range res.GetOutputs() {
				want := &outputs[i]
				got := tensorData{tensorInfo: tensorInfo{o.GetName(), o.GetDatatype(), o.GetShape()}}
				var err error
				if raw {
					err = got.plainRaw(res.GetRawOutputContents()[i])
				} else {
					err = got.plainContents(o.GetContents())
				}
				a, b := inferRequest{inputs: []tensorInput{{tensorData: got}}}, inferRequest{inputs: []tensorInput{{tensorData: *want}}}
				if err != nil || a.shown(false) != b.shown(false) {
					t.Errorf("%v\n%s\nwant\n%s", err, a.shown(false), b.shown(false))
				}
			}
		}
	}
}

func FuzzInferMessage(f *testing.F) {
	contents := &inference.InferTensorContents{Fp32Contents: []float32{1, -2}}
	for _, q := range []*inference.ModelInferRequest{
		{ModelName: "m", Id: "x", Inputs: []*inference.ModelInferRequest_InferInputTensor{{Name: "v", Datatype: typeFP32, Shape: []int64{1, 2}, Contents: contents}}},
		{Inputs: []*inference.ModelInferRequest_InferInputTensor{{Name: "n", Datatype: typeBytes}}, RawInputContents: [][]byte{{1, 0, 0, 0, 'a'}}},
	} {
		message, err := proto.Marshal(q)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message []byte) { sameRequest(t, message) })
}

// A frame has one message, which is not compressed.
func TestFrame(t *testing.T) {
	f := func(body, want string, status int) {
		t.Helper()
		got, err := grpcMessage([]byte(body))
		switch {
		case status == 0 && (err != nil || !bytes.Equal(got, []byte(want))):
			t.Errorf("%q: %q, %v", body, got, err)
		case status != 0 && (err == nil || asFault(err).status != status):
			t.Errorf("%q: %q, %v", body, got, err)
		}
	}
	f("\x00\x00\x00\x00\x02ab", "ab", 0)
	f("\x00\x00\x00\x00\x00", "", 0)
	f("", "", http.StatusBadRequest)
	f("\x00\x00\x00\x00", "", http.StatusBadRequest)
	f("\x00\x00\x00\x00\x03ab", "", http.StatusBadRequest)
	f("\x00\x00\x00\x00\x01ab", "", http.StatusBadRequest)
	f("\x00\xff\xff\xff\xffab", "", http.StatusBadRequest)
	f("\x01\x00\x00\x00\x02ab", "", http.StatusBadRequest)
}

// A client's patience is read in each of its units.
func TestTimeout(t *testing.T) {
	f := func(s string, want time.Duration) {
		t.Helper()
		if got, err := parseTimeout(s); got != want || (err != nil) != (want == 0) {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	f("2H", 2*time.Hour)
	f("3M", 3*time.Minute)
	f("4S", 4*time.Second)
	f("5m", 5*time.Millisecond)
	f("6u", 6*time.Microsecond)
	f("99999999n", 99999999)
	f("99999999H", 100_000*time.Hour)
	for _, s := range []string{"S", "5", "5s", "-1S", "+1S", "1.5S", "999999999n", "n5", " 5S"} {
		f(s, 0)
	}
}
