package serve_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor/serve"
)

// Of a folder of results the reports are served, and nothing that lies beside them.
func TestReports(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"answers.csv": "secret", "model.fusor": "secret",
		"a/report.html": "<h1>a</h1>", "a/report.json": `{"files":["scores.csv","scores.svg","model.fusor"]}`, "a/compare.json": "{}",
		"a/scores.csv": "x", "a/scores.svg": "<svg/>", "a/answers.csv": "secret", "a/model.fusor": "secret", "a/data.json": "secret",
		"b #1/<i>/report.html": "<h1>b</h1>", "data/labels.csv": "secret", "data/report.json": `{"files":["labels.csv"]}`,
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	s := server(t, serve.Options{Reports: files})
	get := func(path string) (int, string) {
		r, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(body)
	}
	_, list := get("/report/")
	for _, want := range []string{`<a href="/report/a/report.html">`, `<a href="/report/b%20%231/%3Ci%3E/report.html">b #1/&lt;i&gt;/report.html<`} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %s: %s", want, list)
		}
	}
	if strings.Count(list, "<li>") != 2 {
		t.Errorf("the list: %s", list)
	}
	for _, path := range []string{"a", "a/", "a/report.html", "a/report.json", "a/compare.json", "a/scores.csv", "a/scores.svg", "b%20%231/%3Ci%3E/report.html"} {
		if code, body := get("/report/" + path); code != 200 || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	for _, path := range []string{"answers.csv", "model.fusor", "a/answers.csv", "a/model.fusor", "a/data.json", "data/", "data/labels.csv", "data/report.json", "a/../answers.csv", "a/..%2fanswers.csv"} {
		if code, body := get("/report/" + path); code != 404 || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
}
