package serve_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/serve"
)

// hugePicture is a PNG whose header claims side × side pixels, and that holds none.
func hugePicture(side uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	head := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(head[4:], side)
	binary.BigEndian.PutUint32(head[8:], side)
	head[12], head[13] = 8, 2
	b = binary.BigEndian.AppendUint32(b, 13)
	b = append(b, head...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
}

// post sends a body and returns the status and the answer.
func post(t testing.TB, url, kind string, body []byte, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}

// TestBombs: what claims or unfolds to too much is refused, or left out and flagged, before work is
// done for it; the server goes on.
func TestBombs(t *testing.T) {
	s := server(t, serve.Options{MaxBody: 1 << 20, MaxParts: 10})
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	fmt.Fprintf(z, `{"note": "%s"}`, strings.Repeat("x", 8<<20))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if status, out := post(t, s.URL+predictPath, "application/json", bomb.Bytes(), "Content-Encoding", "gzip"); status != http.StatusRequestEntityTooLarge {
		t.Errorf("gzip bomb: %d %s", status, out)
	}
	var form strings.Builder
	for range 10_000 {
		form.WriteString("--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\na\r\n")
	}
	form.WriteString("--b--\r\n")
	if status, out := post(t, s.URL+predictPath, "multipart/form-data; boundary=b", []byte(form.String())); status != http.StatusRequestEntityTooLarge {
		t.Errorf("10,000 parts: %d %.200s", status, out)
	}
	photo := func(file []byte) string {
		body, err := json.Marshal(map[string]any{"photo": map[string]string{"$base64": base64.StdEncoding.EncodeToString(file)}})
		if err != nil {
			t.Fatal(err)
		}
		status, out := post(t, s.URL+predictPath, "application/json", body)
		if status != http.StatusOK {
			t.Errorf("picture: %d %s", status, out)
		}
		return out
	}
	// 25 million pixels: below what files may have, and above what a request may.
	if out := photo(hugePicture(5000)); !strings.Contains(out, "unreadable:photo") || !strings.Contains(out, "pixels") {
		t.Errorf("a picture of 25 million pixels: %s", out)
	}
	if out := photo(picture(30)); strings.Contains(out, "unreadable") {
		t.Errorf("a good picture: %s", out)
	}
}

// TestHostileInfer: tensors of impossible shapes and headers that lie are refused.
func TestHostileInfer(t *testing.T) {
	s := server(t, serve.Options{})
	url := s.URL + "/v2/models/shop/infer"
	for _, body := range []string{
		`{"inputs":[{"name":"note","shape":[1152921504606846976,1],"datatype":"BYTES","data":["a"]}]}`,
		`{"inputs":[{"name":"note","shape":[4294967296,4294967296],"datatype":"BYTES","data":["a"]}]}`,
		`{"inputs":[{"name":"note","shape":[-1,1],"datatype":"BYTES","data":["a"]}]}`,
		`{"inputs":[{"name":"price","shape":[1,1],"datatype":"FP64","data":[1e400]}]}`,
		`{"inputs":[{"name":"note","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":99}}]}`,
		`{"inputs":`, `[]`, `{}`, `{"inputs":[]}`,
	} {
		if status, out := post(t, url, "application/json", []byte(body)); status != http.StatusBadRequest || !strings.Contains(out, `"error"`) {
			t.Errorf("%s: %d %s", body, status, out)
		}
	}
	for _, length := range []string{"-1", "99999999999999999999", "50", "x"} {
		if status, out := post(t, url, "application/octet-stream", []byte(`{"inputs":[]}`), "Inference-Header-Content-Length", length); status != http.StatusBadRequest {
			t.Errorf("a header of %s bytes: %d %s", length, status, out)
		}
	}
}

// fuzzServer answers requests without a network.
func fuzzServer(f *testing.F) func(t *testing.T, path, kind string, body []byte, headers ...string) {
	m, err := trained()
	if err != nil {
		f.Fatal(err)
	}
	s := serve.New(serve.Options{MaxBody: 1 << 20, MaxRows: 16})
	s.Set("shop", "", m)
	h := s.Handler()
	return func(t *testing.T, path, kind string, body []byte, headers ...string) {
		r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable && w.Code != http.StatusGatewayTimeout {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) && kind != "application/octet-stream" {
			t.Errorf("the answer is no JSON: %.200q", w.Body)
		}
	}
}

func FuzzInferJSON(f *testing.F) {
	ask := fuzzServer(f)
	f.Add([]byte(`{"inputs":[{"name":"note","shape":[1,1],"datatype":"BYTES","data":["a"]},{"name":"price","shape":[1,1],"datatype":"FP64","data":[1]}],"outputs":[{"name":"flags"}]}`))
	f.Add([]byte(`{"id":"x","inputs":[{"name":"photo","shape":[2,1],"datatype":"BYTES","data":["",""],"parameters":{"content_type":"base64"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) { ask(t, "/v2/models/shop/infer", "application/json", body) })
}

func FuzzInferBinary(f *testing.F) {
	ask := fuzzServer(f)
	head := `{"inputs":[{"name":"note","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}`
	f.Add([]byte(head+"\x01\x00\x00\x00a"), len(head))
	f.Add([]byte(head+"\xff\xff\xff\xffa"), len(head))
	f.Fuzz(func(t *testing.T, body []byte, length int) {
		ask(t, "/v2/models/shop/infer", "application/octet-stream", body, "Inference-Header-Content-Length", fmt.Sprint(length))
	})
}

func FuzzForm(f *testing.F) {
	ask := fuzzServer(f)
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nlovely\r\n--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\r\n\x89PNG\r\n--b--\r\n"))
	f.Add([]byte("--b\r\n\r\n--b--"))
	f.Fuzz(func(t *testing.T, body []byte) { ask(t, predictPath, "multipart/form-data; boundary=b", body) })
}
