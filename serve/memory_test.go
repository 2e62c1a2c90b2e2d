package serve_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/serve"
)

// wide is how long the vectors of wideModel are: as many as make the rows of one request megabytes.
const wide = 1500

// wideModel is a model of a long vector, a note and a photo.
func wideModel(t *testing.T) *predict.Model {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("label,note,photo,v\n")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		name := fmt.Sprintf("%d.png", i)
		if err := os.WriteFile(filepath.Join(dir, name), picture(uint8(100*(i%2)+i)), 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s,a note of number %d %s,%s,\"[", []string{"good", "bad"}[i%2], i, strings.Repeat("so ", i%7), name)
		for k := range wide {
			if k > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%.2f", r.NormFloat64()+float64(i%2))
		}
		b.WriteString("]\"\n")
	}
	table := filepath.Join(dir, "wide.csv")
	if err := os.WriteFile(table, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := trainOn(table)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMemoryOfRequests: what a request takes, everything that is ever allocated for it, is a small
// multiple of its body, whether it is right or made to take much. Of right ones the views and the
// network allocate most, a few float32 for each number.
func TestMemoryOfRequests(t *testing.T) {
	host := serve.New(serve.Options{})
	host.Set("shop", "", wideModel(t))
	const size = 8 << 20
	const rows = 1000
	times := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s, n/len(s)), ",") }
	field := func(num protowire.Number, value string) string {
		return string(protowire.AppendString(protowire.AppendTag(nil, num, protowire.BytesType), value))
	}
	frame := func(message string) string {
		return string(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))) + message
	}
	shape := func(datatype string, axes ...uint64) string {
		var packed []byte
		for _, d := range axes {
			packed = protowire.AppendVarint(packed, d)
		}
		return field(1, "v") + field(2, datatype) + field(3, string(packed))
	}
	rawHead := func(datatype string, rows, size int) string {
		return fmt.Sprintf(`{"inputs":[{"name":"v","shape":[%d,%d],"datatype":%q,"parameters":{"binary_data_size":%d}}]}`, rows, wide, datatype, size)
	}
	row := `{"v":[` + times(2*wide, "0,") + `]},`
	const infer, gRPC = "/v2/models/shop/infer", grpcPath + "ModelInfer"
	big := strings.Repeat("\x00", size)
	for _, c := range []struct {
		name, path, kind, body string
		status                 int
		most                   float64 // times the body
		tensors                bool    // behind the JSON
	}{
		{"JSON: a number a character", infer, "application/json", `{"inputs":[{"name":"v","shape":[1000,1500],"datatype":"FP32","data":[` + times(size, "0,") + `]}]}`, 400, 5, false},
		{"JSON: too many rows", infer, "application/json", `{"inputs":[{"name":"v","shape":[100000,1500],"datatype":"FP32","data":[` + times(size, "0,") + `]}]}`, 413, 4, false},
		{"JSON: texts", infer, "application/json", `{"inputs":[{"name":"note","shape":[2000000,1],"datatype":"BYTES","data":[` + times(size, `"",`) + `]}]}`, 413, 4, false},
		{"JSON: more texts than the shape", infer, "application/json", `{"inputs":[{"name":"note","shape":[2,1],"datatype":"BYTES","data":[` + times(size, `"",`) + `]}]}`, 400, 4, false},
		{"JSON: inputs", infer, "application/json", `{"inputs":[` + times(size, `{},`) + `]}`, 400, 4, false},
		{"JSON: outputs", infer, "application/json", `{"inputs":[],"outputs":[` + times(size, `{"name":"flags"},`) + `]}`, 400, 4, false},
		{"JSON: a shape", infer, "application/json", `{"inputs":[{"name":"v","shape":[` + times(size, `1,`) + `]}]}`, 400, 4, false},
		{"JSON: parameters", infer, "application/json", `{"parameters":{"a":[` + times(size, `{},`) + `]}}`, 400, 4, false},
		{"JSON: lists in lists", infer, "application/json", `{"inputs":[{"name":"v","shape":[1000,1500],"datatype":"FP32","data":[` + times(size, "[],") + `]}]}`, 400, 5, false},
		{"JSON: right", infer, "application/json", `{"inputs":[{"name":"v","shape":[1000,1500],"datatype":"FP32","data":[` + times(2*rows*wide, "0,") + `]}]}`, 200, 17, false},
		{"binary: too many elements", infer, "application/octet-stream", rawHead("INT8", 2, size) + big, 400, 4, true},
		{"binary: texts", infer, "application/octet-stream", strings.Replace(rawHead("BYTES", 2, size), `"v","shape":[2,1500]`, `"note","shape":[2,1]`, 1) + big, 400, 4, true},
		{"binary: right", infer, "application/octet-stream", rawHead("FP32", rows, 4*rows*wide) + big[:4*rows*wide], 200, 10, true},
		{"binary: right, a byte each", infer, "application/octet-stream", rawHead("INT8", rows, rows*wide) + big[:rows*wide], 200, 28, true},
		{"gRPC: inputs", gRPC, "application/grpc", frame(field(1, "shop") + times(size, field(5, ""))), 400, 4, false},
		{"gRPC: outputs", gRPC, "application/grpc", frame(field(1, "shop") + times(size, field(6, field(1, "flags")))), 400, 4, false},
		{"gRPC: a shape", gRPC, "application/grpc", frame(field(1, "shop") + field(5, field(3, big))), 400, 4, false},
		{"gRPC: numbers", gRPC, "application/grpc", frame(field(1, "shop") + field(5, shape("UINT8", 2, wide)+field(5, field(4, big)))), 400, 4, false},
		{"gRPC: contents in pieces", gRPC, "application/grpc", frame(field(1, "shop") + field(5, shape("UINT8", 2, wide)+field(5, field(4, big[:size/4]))+times(size, field(5, "")))), 400, 5, false},
		{"gRPC: right", gRPC, "application/grpc", frame(field(1, "shop") + field(5, shape("FP32", rows, wide)) + field(7, big[:4*rows*wide])), 200, 10, false},
		{"gRPC-Web: inputs", gRPC, "application/grpc-web", frame(field(1, "shop") + times(size, field(5, ""))), 400, 10, false},
		{"gRPC-Web: JSON of inputs", gRPC, "application/grpc-web+json", frame(`{"inputs":[` + times(size, `{},`) + `]}`), 400, 10, false},
		{"rows", predictPath, "application/json", `{"rows":[` + times(size, `{},`) + `]}`, 413, 4, false},
		{"rows, right", predictPath, "application/json", `{"rows":[` + times(rows*len(row), row) + `]}`, 200, 18, false},
		{"members that the model has not", predictPath, "application/json", `{` + times(size, `"":0,`) + `}`, 200, 5, false},
		{"objects that the model has not", predictPath, "application/json", `{` + times(size, `"a":{},`) + `}`, 200, 5, false},
		{"a key again and again", predictPath, "application/json", `{` + times(size, `"note":"",`) + `}`, 422, 5, false},
		{"a photo", predictPath, "application/json", `{"photo":"data:image/png;base64,` + base64.StdEncoding.EncodeToString([]byte(big)) + `"}`, 200, 6, false},
		{"a note", predictPath, "application/json", `{"note":"` + times(size, "all of it is so ") + `"}`, 200, 30, false},
		{"a vector that is longer", predictPath, "application/json", `{"v":[` + times(size, `0,`) + `]}`, 200, 6, false},
	} {
		q := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(c.body))
		q.Header.Set("Content-Type", c.kind)
		if c.tensors {
			q.Header.Set("Inference-Header-Content-Length", fmt.Sprint(strings.Index(c.body, "]}")+2))
		}
		if strings.HasPrefix(c.path, grpcPath) {
			q.ProtoMajor, q.ProtoMinor = 2, 0
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		w := &discarded{header: http.Header{}}
		host.Handler().ServeHTTP(w, q)
		runtime.ReadMemStats(&after)
		took := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(c.body))
		t.Logf("%-32s %d, %4.1f times the body of %.1f MB", c.name, w.status, took, float64(len(c.body))/(1<<20))
		if took > c.most {
			t.Errorf("%s: %.1f times the body is allocated, more than %g", c.name, took, c.most)
		}
		if code := w.header.Get("Grpc-Status") + w.header.Get(http.TrailerPrefix+"Grpc-Status"); code != "" {
			w.status = map[string]int{"0": 200, "3": 400}[code]
		}
		if w.status != c.status {
			t.Errorf("%s: %d, want %d: %.200q %v", c.name, w.status, c.status, w.text, w.header)
		}
	}
}

// discarded is an answer of which the beginning is kept.
type discarded struct {
	header http.Header
	status int
	text   []byte
	n      int
}

func (d *discarded) Header() http.Header    { return d.header }
func (d *discarded) WriteHeader(status int) { d.status = status }
func (d *discarded) Write(p []byte) (int, error) {
	if d.status == 0 {
		d.status = http.StatusOK
	}
	d.n += len(p)
	if len(d.text) < 200 {
		d.text = append(d.text, p[:min(len(p), 200)]...)
	}
	return len(p), nil
}
