package predict_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/predict"
)

var update = flag.Bool("update", false, "write the golden files")

// The card of a model is what its file holds, also after it was saved and loaded; of a model of an
// older version it states less.
func TestCard(t *testing.T) {
	recorded := made(2, func(a *artifact.Artifact) {
		a.Training = &artifact.Training{Seed: 3, Rows: "ab12"}
		a.Record = &artifact.Record{
			Version: "1.2.3", Kernel: "go", Scored: artifact.OnFolds, Folds: 5, Seeds: 2, Metric: "macro_f1",
			Rows: artifact.Rows{Table: 50, Fitted: 48, Train: 40, Val: 8},
			Metrics: []artifact.Score{
				{Name: "macro_f1", Summary: eval.Summary{Mean: 0.75, Std: 0.25, Low: 0.5, High: 1, Runs: []float64{0.5, 1}}},
				{Name: "accuracy", Summary: eval.Summary{Mean: 0.5, Low: math.NaN(), High: math.NaN(), Runs: []float64{0.5, 0.5}}},
			},
		}
	})
	for name, m := range map[string]*predict.Model{"card": recorded, "card_regression": made(1, regression)} {
		var file bytes.Buffer
		if err := m.Encode(&file); err != nil {
			t.Fatal(err)
		}
		loaded, err := predict.Decode(&file, predict.Options{NoCache: true})
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.MarshalIndent(loaded.Card(), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if string(got)+"\n" != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}
