package serve_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/serve"
	"github.com/fusor-ml/fusor/train"
)

// trained is a model of a note, a photo and a table, fitted once for all tests.
var trained = sync.OnceValues(func() (*predict.Model, error) {
	dir, err := os.MkdirTemp("", "served")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	var b strings.Builder
	b.WriteString("label,note,photo,price,shop\n")
	for i := range 60 {
		word, tone := "broken and late", uint8(20+i%9)
		if i%2 == 0 {
			word, tone = "lovely and quick", uint8(200+i%9)
		}
		name := fmt.Sprintf("%d.png", i)
		if err := os.WriteFile(filepath.Join(dir, name), picture(tone), 0o600); err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s,%s %d,%s,%g,s%d\n", []string{"good", "bad"}[i%2], word, i, name, float64(i%2)*10+rand.New(rand.NewPCG(1, uint64(i))).Float64(), i%3)
	}
	table := filepath.Join(dir, "shop.csv")
	if err := os.WriteFile(table, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	return trainOn(table)
})

func picture(tone uint8) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range img.Pix {
		img.Pix[i] = tone
	}
	img.Set(3, 3, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func server(t testing.TB, o serve.Options) *httptest.Server {
	t.Helper()
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(serve.Handler(map[string]*predict.Model{"shop": m}, o))
	t.Cleanup(s.Close)
	return s
}

type answered struct {
	Predictions []struct {
		Prediction    string             `json:"prediction"`
		Probabilities map[string]float64 `json:"probabilities"`
		Flags         []string           `json:"flags"`
		Weights       map[string]float64 `json:"weights"`
		Set           []string           `json:"set"`
		Explanation   *struct {
			Contributions map[string]float64 `json:"contributions"`
			Without       []struct {
				Modality   string `json:"modality"`
				Prediction string `json:"prediction"`
			} `json:"without"`
		} `json:"explanation"`
	} `json:"predictions"`
	Problems []struct {
		Row    int    `json:"row"`
		Column string `json:"column"`
		What   string `json:"what"`
	} `json:"problems"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func ask(t testing.TB, s *httptest.Server, path, kind, body string, want int) answered {
	t.Helper()
	resp, err := http.Post(s.URL+path, kind, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out answered
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatalf("%s %.200s: %v", resp.Status, data, err)
	}
	if resp.StatusCode != want {
		t.Errorf("%.80s: %s, want %d: %.300s", body, resp.Status, want, data)
	}
	if want != http.StatusOK && (resp.Header.Get("Content-Type") != "application/problem+json" || out.Status != want || out.Title == "") {
		t.Errorf("%.80s: not problem details: %s %.300s", body, resp.Header.Get("Content-Type"), data)
	}
	return out
}

const predictPath = "/v1/models/shop/predict"

// A row may lack any of its parts, which is said.
func TestPredictJSON(t *testing.T) {
	s := server(t, serve.Options{})
	photo := base64.StdEncoding.EncodeToString(picture(203))
	full := `{"note": "lovely and quick", "photo": {"$base64": "` + photo + `"}, "price": 0.4, "shop": "s1"}`
	a := ask(t, s, predictPath, "application/json", full, 200)
	if len(a.Predictions) != 1 || a.Predictions[0].Prediction != "good" || len(a.Predictions[0].Flags) != 0 {
		t.Errorf("a full row: %+v", a)
	}
	uri := strings.Replace(full, `{"$base64": "`+photo+`"}`, `"data:image/png;base64,`+photo+`"`, 1)
	if b := ask(t, s, predictPath, "application/json; charset=utf-8", uri, 200); fmt.Sprint(b) != fmt.Sprint(a) {
		t.Errorf("the data: URI gets another answer: %+v, %+v", b, a)
	}
	a = ask(t, s, predictPath, "application/json", `{"rows": [{"note": "broken and late"}, {"photo": null}, `+full+`]}`, 200)
	if len(a.Predictions) != 3 || a.Predictions[0].Prediction != "bad" || a.Predictions[2].Prediction != "good" {
		t.Errorf("three rows: %+v", a)
	}
	if got := fmt.Sprint(a.Predictions[0].Flags, a.Predictions[1].Flags); got != "[absent:photo absent:table] [absent:note absent:photo absent:table prior]" {
		t.Errorf("flags: %s", got)
	}
	if a := ask(t, s, predictPath, "application/json", `{"rows": []}`, 200); a.Predictions == nil || len(a.Predictions) != 0 {
		t.Errorf("no rows: %+v", a)
	}
}

// A string in a column of pictures is never the name of a file.
func TestNoNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("a.png", picture(3), 0o600); err != nil {
		t.Fatal(err)
	}
	s := server(t, serve.Options{})
	for _, name := range []string{"a.png", "./a.png", filepath.Join(dir, "a.png"), "../" + filepath.Base(dir) + "/a.png", "/etc/passwd", "/dev/zero"} {
		body, err := json.Marshal(map[string]string{"photo": name})
		if err != nil {
			t.Fatal(err)
		}
		a := ask(t, s, predictPath, "application/json", string(body), 200)
		if got := fmt.Sprint(a.Predictions[0].Flags); !strings.Contains(got, "unreadable:photo") || len(a.Problems) != 1 {
			t.Errorf("%s: flags %s, problems %+v", name, got, a.Problems)
		}
	}
}

func TestPredictOptions(t *testing.T) {
	s := server(t, serve.Options{})
	row := `{"note": "lovely and quick", "price": 0.4}`
	a := ask(t, s, predictPath+"?explain=modalities&top=1&coverage=0.8", "application/json", row, 200)
	p := a.Predictions[0]
	if len(p.Probabilities) != 1 || p.Explanation == nil || len(p.Explanation.Contributions) != 3 || len(p.Explanation.Without) != 3 || len(p.Set) == 0 {
		t.Errorf("with everything: %+v", p)
	}
	for _, q := range []string{"explain=all", "top=0", "top=x", "coverage=1", "coverage=NaN", "weights=perhaps", "tops=3"} {
		ask(t, s, predictPath+"?"+q, "application/json", row, 400)
	}
}

func TestPredictForm(t *testing.T) {
	s := server(t, serve.Options{})
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField("note", "lovely and quick") //nolint:errcheck // memory
	part, err := w.CreateFormFile("photo", "../../etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(picture(201))  //nolint:errcheck // memory
	w.WriteField("price", "") //nolint:errcheck // memory
	w.Close()                 //nolint:errcheck // memory
	a := ask(t, s, predictPath, w.FormDataContentType(), b.String(), 200)
	if got := fmt.Sprint(a.Predictions[0].Prediction, a.Predictions[0].Flags); got != "good[absent:table]" {
		t.Errorf("a form: %s", got)
	}
	ask(t, s, predictPath, w.FormDataContentType(), b.String()[:b.Len()/2], 400)
	ask(t, s, predictPath, "multipart/form-data", b.String(), 400)
	for _, name := range []string{"", "no column"} {
		part := "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\na\r\n--b--\r\n"
		ask(t, s, predictPath, "multipart/form-data; boundary=b", part, 422)
	}
}

func TestPredictStream(t *testing.T) {
	s := server(t, serve.Options{})
	var b strings.Builder
	for i := range 700 {
		fmt.Fprintf(&b, "{\"note\": \"%s %d\"}\n", []string{"lovely and quick", "broken and late"}[i%2], i)
		if i == 10 {
			b.WriteString("no object\n\n")
		}
	}
	resp, err := http.Post(s.URL+predictPath, "application/x-ndjson", strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 701 || resp.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("%d lines of %s", len(lines), resp.Header.Get("Content-Type"))
	}
	for i, l := range lines {
		want := `"prediction":"good"`
		switch {
		case i == 11:
			want = `{"line":12,"error":`
		case i < 11 && i%2 == 1 || i > 11 && i%2 == 0:
			want = `"prediction":"bad"`
		}
		if !strings.Contains(l, want) {
			t.Errorf("line %d: %s, want %s", i+1, l, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	s := server(t, serve.Options{MaxBody: 1 << 16, MaxRows: 3})
	for _, c := range []struct {
		kind, body string
		want       int
	}{
		{"application/json", `{"note": `, 400},
		{"application/json", ``, 400},
		{"application/json", `[]`, 400},
		{"application/json", `{"rows": 3}`, 400},
		{"application/json", "{\"note\": \"\xff\"}", 400},
		{"application/json", `{"rows": [1]}`, 422},
		{"application/json", `{"note": "a", "note": "b"}`, 422},
		{"text/plain", `{}`, 415},
		{"", `{}`, 415},
		{"application/json", `{"rows": [{},{},{},{}]}`, 413},
		{"application/json", `{"note": "` + strings.Repeat("x", 1<<17) + `"}`, 413},
	} {
		ask(t, s, predictPath, c.kind, c.body, c.want)
	}
	ask(t, s, "/v1/models/none/predict", "application/json", `{}`, 404)
	for _, body := range []string{`{"price": 1e400}`, `{"price": "NaN"}`, `{"unknown": 1}`} {
		ask(t, s, predictPath, "application/json", body, 200)
	}
}

// Clients at once get the answers that each gets alone.
func TestManyClients(t *testing.T) {
	s := server(t, serve.Options{Slots: 8, MaxWait: 1 << 40})
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			for i := range 30 {
				word, want := "broken and late", "bad"
				if (i+k)%2 == 0 {
					word, want = "lovely and quick", "good"
				}
				a := ask(t, s, predictPath, "application/json", fmt.Sprintf(`{"note": %q}`, word), 200)
				if len(a.Predictions) != 1 || a.Predictions[0].Prediction != want {
					t.Errorf("%s: %+v", word, a)
				}
			}
		})
	}
	wg.Wait()
}

func TestKeys(t *testing.T) {
	s := server(t, serve.Options{APIKeys: []string{"one", "two"}})
	for key, want := range map[string]int{"": 401, "three": 401, "two": 200} {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.URL+"/v1/models", nil)
		if err != nil {
			t.Fatal(err)
		}
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("key %q: %s", key, resp.Status)
		}
	}
	resp, err := http.Get(s.URL + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("readyz: %s", resp.Status)
	}
}

func trainOn(table string) (*predict.Model, error) {
	data, err := fusor.Open(table, dataset.Options{})
	if err != nil {
		return nil, err
	}
	m, _, err := fusor.Train(context.Background(), data, fusor.TrainOptions{
		Options: fusor.Options{NoCache: true}, Recipe: train.Recipe{Fusion: "attention", Width: 8, Train: train.Config{Epochs: 30, LR: 0.01}},
	})
	if err != nil {
		return nil, err
	}
	return m.Model, nil
}
