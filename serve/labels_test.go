package serve_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/serve"
)

// A model of several labels answers with a list of them, and with their joined names where an
// answer is one text.
func TestSeveralLabels(t *testing.T) {
	var b strings.Builder
	b.WriteString("label,note,price\n")
	for i := range 80 {
		words := [][]string{{"quick", "fast"}, {"late", "slow"}, {"quick", "cheap"}, {"late", "cheap"}}[i%4]
		label := []string{"speed", "delay", "speed|price", "delay|price"}[i%4]
		fmt.Fprintf(&b, "%s,%s %d,%d\n", label, strings.Join(words, " and "), i, i%2)
	}
	table := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(table, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := trainOn(table)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(serve.Handler(map[string]*predict.Model{"m": m}, serve.Options{}))
	defer s.Close()
	var got struct {
		Predictions []struct {
			Prediction    []string           `json:"prediction"`
			Probabilities map[string]float64 `json:"probabilities"`
			Explanation   struct {
				Without []struct {
					Prediction []string `json:"prediction"`
				} `json:"without"`
			} `json:"explanation"`
		} `json:"predictions"`
		Outputs []struct {
			Name string `json:"name"`
			Data []any  `json:"data"`
		} `json:"outputs"`
		Classes    []string  `json:"classes"`
		Thresholds []float64 `json:"thresholds"`
		Coverage   bool      `json:"coverage"`
		Detail     string    `json:"detail"`
	}
	call := func(path, body string, want int) {
		t.Helper()
		resp, err := http.Post(s.URL+path, "application/json", strings.NewReader(body))
		if body == "" {
			resp, err = http.Get(s.URL + path)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil || json.Unmarshal(data, &got) != nil || resp.StatusCode != want {
			t.Fatalf("%s: %s, %v: %.300s", path, resp.Status, err, data)
		}
	}
	call("/v1/models/m/predict?explain=modalities", `{"rows":[{"note":"quick and cheap"},{"note":"late and slow"}]}`, 200)
	if a, b := got.Predictions[0], got.Predictions[1]; !slices.Equal(a.Prediction, []string{"price", "speed"}) || !slices.Equal(b.Prediction, []string{"delay"}) ||
		len(a.Probabilities) != 3 || a.Probabilities["price"] < 0.5 || a.Probabilities["delay"] > 0.5 || len(a.Explanation.Without) != 2 || a.Explanation.Without[0].Prediction == nil {
		t.Errorf("%+v", got)
	}
	call("/v2/models/m/infer", `{"inputs":[{"name":"note","datatype":"BYTES","shape":[1,1],"data":["quick and cheap"]}]}`, 200)
	if got.Outputs[0].Name != "prediction" || got.Outputs[0].Data[0] != "price|speed" || len(got.Outputs[1].Data) != 3 {
		t.Errorf("%+v", got.Outputs)
	}
	call("/v1/models/m", "", 200)
	if len(got.Thresholds) != 3 || !slices.Equal(got.Classes, []string{"delay", "price", "speed"}) || got.Coverage {
		t.Errorf("%+v", got)
	}
	call("/v1/models/m/predict?coverage=0.9", `{"note":"quick"}`, 422)
}
