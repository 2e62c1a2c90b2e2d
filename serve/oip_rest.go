package serve

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The REST form of the Open Inference Protocol, with the extensions binary_tensor_data, statistics
// and model_repository (Triton's, of which the repository is read only).

const (
	inferenceHeader = "Inference-Header-Content-Length"
	onlyVersion     = "1"
	serverName      = "fusor"
)

var (
	grpcExtensions = []string{"statistics", "model_repository"}
	oipExtensions  = append([]string{"binary_tensor_data"}, grpcExtensions...)
)

func (s *Server) oipRoutes(mux *http.ServeMux) {
	server := func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, r, object{"name": serverName, "version": s.o.Version, "extensions": oipExtensions})
	}
	mux.HandleFunc("GET /v2", server)
	mux.HandleFunc("GET /v2/{$}", server)
	mux.HandleFunc("GET /v2/health/live", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, r, object{"live": true}) })
	mux.HandleFunc("GET /v2/health/ready", func(w http.ResponseWriter, r *http.Request) {
		if ready := s.isReady(); !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		writeJSON(w, r, object{"ready": s.isReady()})
	})
	mux.HandleFunc("POST /v2/repository/index", s.oipIndex)
	for _, prefix := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		mux.HandleFunc("GET "+prefix, s.oipMetadata)
		mux.HandleFunc("GET "+prefix+"/ready", s.oipReady)
		mux.HandleFunc("GET "+prefix+"/stats", s.oipStatistics)
		mux.HandleFunc("POST "+prefix+"/infer", s.shed(s.oipInfer, writeOIPError))
	}
	mux.HandleFunc("GET /v2/models/stats", s.oipStatistics)
}

func writeOIPError(w http.ResponseWriter, r *http.Request, err error) {
	f := asFault(err)
	noteError(w, err)
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.retry))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	fmt.Fprintf(w, "{\"error\":%s}\n", quote(f.Error()))
}

// versioned returns a model. There is one version of each, which "" is as well.
func (s *Server) versioned(name, version string) (*Model, error) {
	m, err := s.model(name)
	if err == nil && version != "" && version != onlyVersion {
		err = faultf(http.StatusNotFound, "no such version", "the model has no version %.100q", version)
	}
	return m, err
}

// oipModel returns the model that the path names.
func (s *Server) oipModel(w http.ResponseWriter, r *http.Request) (*Model, bool) {
	m, err := s.versioned(r.PathValue("model"), r.PathValue("version"))
	if err != nil {
		writeOIPError(w, r, err)
		return nil, false
	}
	return m, true
}

func (s *Server) oipMetadata(w http.ResponseWriter, r *http.Request) {
	if m, ok := s.oipModel(w, r); ok {
		writeJSON(w, r, object{
			"name": m.Name, "versions": []string{onlyVersion}, "platform": serverName,
			"inputs": m.inputs, "outputs": m.outputs,
		})
	}
}

func (s *Server) oipReady(w http.ResponseWriter, r *http.Request) {
	if m, ok := s.oipModel(w, r); ok {
		writeJSON(w, r, object{"name": m.Name, "ready": true})
	}
}

func (s *Server) oipIndex(w http.ResponseWriter, r *http.Request) {
	out := []object{}
	for _, m := range s.all() {
		out = append(out, object{"name": m.Name, "version": onlyVersion, "state": "READY", "reason": ""})
	}
	writeJSON(w, r, out)
}

func (s *Server) oipStatistics(w http.ResponseWriter, r *http.Request) {
	models := s.all()
	if r.PathValue("model") != "" {
		m, ok := s.oipModel(w, r)
		if !ok {
			return
		}
		models = []*Model{m}
	}
	out := []object{}
	for _, m := range models {
		c := s.metrics.inference(m.Name)
		total := object{"count": c.requests, "ns": c.took.Nanoseconds()}
		none := object{"count": 0, "ns": 0}
		out = append(out, object{
			"name": m.Name, "version": onlyVersion, "last_inference": c.lastMillis(),
			"inference_count": c.rows, "execution_count": c.requests,
			"inference_stats": object{
				"success": total, "fail": object{"count": c.failed, "ns": 0}, "queue": none,
				"compute_input": none, "compute_infer": total, "compute_output": none, "cache_hit": none, "cache_miss": none,
			},
			"batch_stats": []object{},
		})
	}
	writeJSON(w, r, object{"model_stats": out})
}

// oipRequest is the JSON of an inference request.
type oipRequest struct {
	ID         string `json:"id"`
	Parameters struct {
		BinaryOutput any `json:"binary_data_output"`
	} `json:"parameters"`
	Inputs []struct {
		tensorInfo
		Parameters struct {
			BinarySize any `json:"binary_data_size"`
		} `json:"parameters"`
		Data json.RawMessage `json:"data"`
	} `json:"inputs"`
	Outputs []struct {
		Name       string `json:"name"`
		Parameters struct {
			Binary any `json:"binary_data"`
		} `json:"parameters"`
	} `json:"outputs"`
}

func (s *Server) oipInfer(w http.ResponseWriter, r *http.Request) {
	m, ok := s.oipModel(w, r)
	if !ok {
		return
	}
	x, err := s.begin(w, r)
	if err != nil {
		writeOIPError(w, r, err)
		return
	}
	defer x.end()
	start := time.Now()
	err = s.oipAnswer(w, r, x, m)
	s.metrics.inferred(m.Name, time.Since(start), err)
	if err != nil {
		writeOIPError(w, r, err)
	}
}

func (s *Server) oipAnswer(w http.ResponseWriter, r *http.Request, x *exchange, m *Model) error {
	body := x.body
	// The binary tensor data extension: the header has the length of the JSON, and the tensors' bytes
	// follow in the order of the inputs.
	head, binaryPart := body, []byte(nil)
	if n := r.Header.Get(inferenceHeader); n != "" {
		length, err := strconv.Atoi(n)
		if err != nil || length < 0 || length > len(body) {
			return faultf(http.StatusBadRequest, "invalid header", "%s is %.20q, the body has %d bytes", inferenceHeader, n, len(body))
		}
		head, binaryPart = body[:length], body[length:]
	}
	var q oipRequest
	if err := json.Unmarshal(head, &q); err != nil {
		return faultf(http.StatusBadRequest, "invalid JSON", "%v", err)
	}
	inputs := make([]tensorData, len(q.Inputs))
	for i, in := range q.Inputs {
		t := tensorData{tensorInfo: in.tensorInfo}
		var err error
		// Any JSON value may be there; NaN cannot, but 1.5 and 1e300 can.
		if size := in.Parameters.BinarySize; size != nil {
			n, isNumber := size.(float64)
			if !isNumber || n < 0 || n != math.Trunc(n) || n > float64(len(binaryPart)) {
				return faultf(http.StatusBadRequest, "invalid input", "input %.100q: binary_data_size is %v, %d bytes are left", t.Name, size, len(binaryPart))
			}
			err = t.setBinary(binaryPart[:int(n)])
			binaryPart = binaryPart[int(n):]
		} else {
			err = t.setJSON(in.Data)
		}
		if err != nil {
			return err
		}
		inputs[i] = t
	}
	// Bytes that are left mean that sizes and tensors are out of step: the inputs before may be wrong
	// too.
	if len(binaryPart) > 0 {
		return faultf(http.StatusBadRequest, "invalid input", "%d bytes behind the last input belong to none", len(binaryPart))
	}
	var wanted []string
	asBinary := map[string]bool{}
	all, _ := q.Parameters.BinaryOutput.(bool)
	for _, o := range q.Outputs {
		wanted = append(wanted, o.Name)
		if b, ok := o.Parameters.Binary.(bool); ok {
			asBinary[o.Name] = b
		} else {
			asBinary[o.Name] = all
		}
	}
	// No output named: all of them.
	outputs, err := s.infer(x.ctx, m, inputs, wanted)
	if err != nil {
		return err
	}
	return writeOutputs(w, m, q.ID, outputs, func(name string) bool {
		if b, ok := asBinary[name]; ok {
			return b
		}
		return all
	})
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

// setJSON reads the data of an input: a list of elements, or lists in lists.
func (t *tensorData) setJSON(data json.RawMessage) error {
	bad := func(what string) error {
		return faultf(http.StatusBadRequest, "invalid input", "input %.100q: %s", t.Name, what)
	}
	if _, ok := widths[t.Datatype]; !ok {
		return bad("there is no datatype " + strconv.Quote(firstOf(t.Datatype, 20)))
	}
	if len(data) == 0 {
		return bad("it has no data")
	}
	if t.Datatype == typeBytes {
		t.text = true
		var flat []string
		// A flat list first, the common case; nested lists follow the tensor's shape.
		if json.Unmarshal(data, &flat) != nil {
			flat = nil
			if !flatten(data, 0, func(v json.RawMessage) bool {
				var s string
				if json.Unmarshal(v, &s) != nil {
					return false
				}
				flat = append(flat, s)
				return true
			}) {
				return bad("its data must be strings")
			}
		}
		for _, s := range flat {
			t.bytes = append(t.bytes, []byte(s))
		}
		return nil
	}
	// Unmarshal leaves 0 for null, where a missing number has to be NaN.
	if json.Unmarshal(data, &t.numbers) == nil && t.numbers != nil && !bytes.Contains(data, []byte("null")) {
		return nil
	}
	t.numbers = nil
	if !flatten(data, 0, func(v json.RawMessage) bool {
		x := math.NaN() // of null, which JSON has in its place
		switch {
		case string(v) == "null":
		case string(v) == "true" && t.Datatype == "BOOL":
			x = 1
		case string(v) == "false" && t.Datatype == "BOOL":
			x = 0
		case json.Unmarshal(v, &x) != nil:
			return false
		}
		t.numbers = append(t.numbers, x)
		return true
	}) {
		return bad("its data must be numbers")
	}
	return nil
}

// flatten calls f with the elements of nested lists, row by row.
func flatten(data json.RawMessage, depth int, f func(json.RawMessage) bool) bool {
	var list []json.RawMessage
	if depth > 8 || json.Unmarshal(data, &list) != nil {
		return false
	}
	for _, v := range list {
		if len(v) > 0 && v[0] == '[' {
			if !flatten(v, depth+1, f) {
				return false
			}
		} else if !f(v) {
			return false
		}
	}
	return true
}

// setBinary reads an input of the binary extension, or of gRPC's raw contents: little-endian
// elements, of BYTES each behind its length in 4 bytes.
func (t *tensorData) setBinary(data []byte) error {
	bad := func(format string, args ...any) error {
		return faultf(http.StatusBadRequest, "invalid input", "input %.100q: %s", t.Name, fmt.Sprintf(format, args...))
	}
	width, ok := widths[t.Datatype]
	if !ok {
		return bad("there is no datatype %.20q", t.Datatype)
	}
	le := binary.LittleEndian
	if t.Datatype == typeBytes {
		for len(data) > 0 {
			if len(data) < 4 || uint64(le.Uint32(data)) > uint64(len(data)-4) {
				return bad("an element is longer than the data")
			}
			n := int(le.Uint32(data))
			t.bytes = append(t.bytes, data[4:4+n:4+n])
			data = data[4+n:]
		}
		return nil
	}
	if len(data)%width != 0 {
		return bad("%d bytes are no whole number of %s", len(data), t.Datatype)
	}
	n := len(data) / width
	if t.Datatype == typeFP32 {
		t.floats = make([]float32, n)
		for i := range t.floats {
			t.floats[i] = math.Float32frombits(le.Uint32(data[4*i:]))
		}
		return nil
	}
	t.numbers = make([]float64, n)
	for i := range t.numbers {
		t.numbers[i] = element(t.Datatype, data[i*width:])
	}
	return nil
}

// element reads one little-endian number.
func element(datatype string, b []byte) float64 {
	le := binary.LittleEndian
	switch datatype {
	case "BOOL", "UINT8":
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

// appendBinary appends the content as setBinary reads it.
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

func firstOf(s string, n int) string { return s[:min(n, len(s))] }
