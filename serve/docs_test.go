package serve_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/serve"
)

// TestDocs sends the requests of docs/serving.md as they are printed there.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/serving.md")
	if err != nil {
		t.Fatal(err)
	}
	s := server(t, serve.Options{})
	check := func(line, path, kind string, body []byte) {
		t.Helper()
		if status, out := post(t, s.URL+path, kind, body); status != http.StatusOK || strings.Contains(out, `"advice"`) || strings.Contains(out, "unreadable") {
			t.Errorf("%s: %d %s", line, status, out)
		}
	}
	requests := regexp.MustCompile(`(?m)^curl '?localhost:8080([^' ]+)'? -H 'Content-Type: (\S+)' -d '(.*)'$`).FindAllStringSubmatch(string(text), -1)
	for _, m := range requests {
		check(m[0], m[1], m[2], []byte(m[3]))
	}
	uploads := regexp.MustCompile(`(?m)^curl '?localhost:8080([^' ]+)'?((?: -F \w+=(?:'[^']*'|\S+))+)$`).FindAllStringSubmatch(string(text), -1)
	for _, m := range uploads {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for _, f := range regexp.MustCompile(`-F (\w+)=(?:'([^']*)'|(\S+))`).FindAllStringSubmatch(m[2], -1) {
			var to io.Writer
			value := f[2] + f[3]
			if file, ok := strings.CutPrefix(value, "@"); ok {
				to, err = w.CreateFormFile(f[1], file)
				value = string(picture(210))
			} else {
				to, err = w.CreateFormField(f[1])
			}
			if err == nil {
				_, err = io.WriteString(to, value)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		check(m[0], m[1], w.FormDataContentType(), body.Bytes())
	}
	if want := strings.Count(string(text), "\ncurl "); len(requests)+len(uploads) != want || len(uploads) == 0 {
		t.Errorf("%d of %d requests are of a form that is known here", len(requests)+len(uploads), want)
	}
}

// A Go server mounts models among its own routes.
func ExampleHandler() {
	m, err := trained() // or predict.Load("shop.fusor", predict.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/", serve.Handler(map[string]*predict.Model{"shop": m}, serve.Options{}))
	s := httptest.NewServer(mux)
	defer s.Close()
	r, err := http.Post(s.URL+"/v1/models/shop/predict?top=1", "application/json", strings.NewReader(`{"rows": []}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Body.Close() //nolint:errcheck // it was only read
	answer, err := io.ReadAll(r.Body)
	fmt.Print(string(answer), err)
	// Output:
	// {"predictions":[],"problems":[]}
	// <nil>
}
