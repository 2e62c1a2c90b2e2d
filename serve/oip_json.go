package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/internal/codec/jsontext"
)

// The JSON of inference requests and answers. A request is read where it lies: what is kept of it
// is bounded by what the model takes, however many members and elements it has.

// jsonRequest is an inference request to a model.
type jsonRequest struct {
	m      *Model
	id     string
	inputs []tensorInput
	sizes  []int // of those that are in binary; of the others -1
	wanted []string
	binary map[string]bool // whether an output that is wanted is wanted in binary
	all    bool            // whether the others are
}

const null = "null"

// read reads a request; tensors that are not in the JSON are in tail, in the order of the inputs.
func (q *jsonRequest) read(head, tail []byte) error {
	if !utf8.Valid(head) {
		return invalidJSON("the body is not UTF-8")
	}
	text := string(head)
	err := eachMember("the request", text, func(key, value string) (err error) {
		switch key {
		case "id":
			q.id, err = readText(key, value)
		case "parameters":
			err = eachMember(key, value, func(key, value string) error {
				if key == "binary_data_output" {
					q.all = value == "true"
				}
				return nil
			})
		case "inputs":
			q.inputs, q.sizes = q.inputs[:0], q.sizes[:0]
			err = eachElement(key, value, q.readInput)
		case "outputs":
			q.wanted, q.binary = q.wanted[:0], map[string]bool{}
			err = eachElement(key, value, q.readOutput)
		}
		return err
	})
	if err != nil {
		if !jsontext.Valid(text) {
			err = syntaxError(head)
		}
		return err
	}
	for i, size := range q.sizes {
		if size < 0 {
			continue
		}
		in := &q.inputs[i]
		if size > len(tail) {
			return in.bad("binary_data_size is %d, %d bytes are left", size, len(tail))
		}
		in.form, in.encoded, tail = formRaw, tail[:size], tail[size:]
	}
	// Bytes that are left mean that sizes and tensors are out of step: the inputs before may be wrong
	// too.
	if len(tail) > 0 {
		return faultf(http.StatusBadRequest, "invalid input", "%d bytes behind the last input belong to none", len(tail))
	}
	return nil
}

// readInput reads an input but for its data.
func (q *jsonRequest) readInput(value string) error {
	if len(q.inputs) == len(q.m.inputs) {
		return moreInputs(q.m)
	}
	var in tensorInput
	size := -1
	err := eachMember("an input", value, func(key, value string) (err error) {
		switch key {
		case "name":
			in.Name, err = readText(key, value)
		case "datatype":
			in.Datatype, err = readText(key, value)
		case "shape":
			in.Shape = make([]int64, 0, 2)
			err = eachElement(key, value, func(value string) error {
				d, err := strconv.ParseInt(value, 10, 64)
				if err != nil {
					return in.bad("the shape has %.20s, which is no length of an axis", value)
				}
				return in.addAxis(d)
			})
		case "parameters":
			err = eachMember(key, value, func(key, value string) error {
				if key != "binary_data_size" || value == null {
					return nil
				}
				// Any JSON value may be there: 1.5, 1e300, a list.
				n, err := strconv.ParseFloat(value, 64)
				if err != nil || n < 0 || n != math.Trunc(n) || n > math.MaxInt32 {
					return in.bad("binary_data_size is %.20s, which is no number of bytes", value)
				}
				size = int(n)
				return nil
			})
		case "data":
			in.json = value
		}
		return err
	})
	q.inputs, q.sizes = append(q.inputs, in), append(q.sizes, size)
	return err
}

// readOutput reads an output that is wanted.
func (q *jsonRequest) readOutput(value string) error {
	name, binary, chosen := "", false, false
	err := eachMember("an output", value, func(key, value string) (err error) {
		switch key {
		case "name":
			name, err = readText(key, value)
		case "parameters":
			err = eachMember(key, value, func(key, value string) error {
				if key == "binary_data" && (value == "true" || value == "false") {
					binary, chosen = value == "true", true
				}
				return nil
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	if q.wanted, err = addWanted(q.wanted, name, q.m); err == nil && chosen {
		q.binary[name] = binary
	}
	return err
}

// asBinary reports whether an output is wanted in binary.
func (q *jsonRequest) asBinary(name string) bool {
	if binary, ok := q.binary[name]; ok {
		return binary
	}
	return q.all
}

func invalidJSON(format string, args ...any) error {
	return faultf(http.StatusBadRequest, "invalid JSON", format, args...)
}

// syntaxError is what is wrong with a text that is no JSON.
func syntaxError(text []byte) error {
	var v json.RawMessage
	return invalidJSON("%v", json.Unmarshal(text, &v))
}

// eachMember calls f with the members of an object, of which null has none.
func eachMember(what, object string, f func(key, value string) error) error {
	var err error
	if object != null && !jsontext.EachMember(object, func(key, value string) bool {
		var name string
		if name, err = jsontext.Unquote(key); err == nil {
			err = f(name, value)
		}
		return err == nil
	}) && err == nil {
		err = invalidJSON("%s must be an object", what)
	}
	return err
}

// eachElement calls f with the elements of a list, of which null has none.
func eachElement(what, list string, f func(value string) error) error {
	var err error
	if list != null && !jsontext.EachElement(list, func(value string) bool {
		err = f(value)
		return err == nil
	}) && err == nil {
		err = invalidJSON("%s must be a list", what)
	}
	return err
}

// readText reads a string, which null leaves empty.
func readText(what, value string) (string, error) {
	if value == null {
		return "", nil
	}
	if value[0] != '"' {
		return "", invalidJSON("%s must be a string", what)
	}
	return jsontext.Unquote(value)
}

// writeOutputs answers with JSON, and behind it the outputs that are wanted in binary.
func writeOutputs(w http.ResponseWriter, m *Model, id string, outputs []tensorData, asBinary func(string) bool) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		buffer.Reset()
		buffers.Put(buffer)
	}()
	var tail []byte
	// The answer is built in the pooled buffer's spare capacity, of which Write below makes the
	// buffer's own.
	head := append(buffer.AvailableBuffer(), '{')
	if id != "" {
		head = append(append(append(head, `"id":`...), quote(id)...), ',')
	}
	head = append(append(head, `"model_name":`...), quote(m.Name)...)
	head = append(head, `,"model_version":"`+onlyVersion+`","outputs":[`...)
	for i := range outputs {
		o := &outputs[i]
		if i > 0 {
			head = append(head, ',')
		}
		head = append(head, `{"name":"`+o.Name+`","datatype":"`+o.Datatype+`","shape":[`...)
		for k, d := range o.Shape {
			if k > 0 {
				head = append(head, ',')
			}
			head = strconv.AppendInt(head, d, 10)
		}
		if asBinary(o.Name) {
			before := len(tail)
			tail = o.appendBinary(tail)
			head = append(head, `],"parameters":{"binary_data_size":`...)
			head = append(strconv.AppendInt(head, int64(len(tail)-before), 10), "}}"...)
			continue
		}
		data, err := json.Marshal(o.values())
		if err != nil {
			return fmt.Errorf("cannot write the answer: %w", err)
		}
		head = append(append(append(head, `],"data":`...), data...), '}')
	}
	head = append(head, "]}"...)
	w.Header().Set("Content-Type", "application/json")
	// The length of the JSON is what tells a client where the tensors begin.
	if len(tail) > 0 {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set(inferenceHeader, strconv.Itoa(len(head)))
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(head)+len(tail)))
	head = append(head, tail...)
	buffer.Write(head) // keeps its memory
	w.Write(head)      //nolint:errcheck // the client has gone
	return nil
}
