package serve_test

import (
	"fmt"
	"io"
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
	form := regexp.MustCompile(`(?m)^curl localhost:8080(\S+) -H 'Content-Type: (\S+)' -d '(.*)'$`)
	all := form.FindAllStringSubmatch(string(text), -1)
	if want := strings.Count(string(text), "\ncurl "); len(all) != want-1 { // one sends a file
		t.Errorf("%d of %d requests are of the form that is known here", len(all), want-1)
	}
	for _, m := range all {
		if status, out := post(t, s.URL+m[1], m[2], []byte(m[3])); status != http.StatusOK || strings.Contains(out, `"advice"`) {
			t.Errorf("%s: %d %s", m[0], status, out)
		}
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
