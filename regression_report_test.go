package fusor

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/report"
)

// A regression's report lists the rows farthest from the truth.
func TestRegressionShowsItsLargestErrors(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(4, 5))
	csv := "id,x,note,label\n"
	for i := range 90 {
		x := rng.NormFloat64()
		y := 2*x + 0.1*rng.NormFloat64()
		if i == 33 {
			y += 40 // a wrong label
		}
		csv += fmt.Sprintf("r%d,%.4f,bird on branch %d,%.4f\n", i, x, i, y)
	}
	path := filepath.Join(dir, "data.csv")
	if err := os.WriteFile(path, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Setup{NoCache: true, Folds: 3, Data: dataset.Options{Task: "regression"}}
	o.Recipe.Train.Epochs = 5
	c, err := CompareFile(context.Background(), path, []string{"concat"}, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Folds = 0
	m, ds := trained(t, path, o)
	ex, err := m.Explain(context.Background(), ds, ExplainOptions{Noise: []string{"none"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*report.Document{"compare": c.Document(ReportOptions{}), "explain": ex.Document(ReportOptions{})} {
		if len(d.Mistakes) != 12 || d.Mistakes[0].ID != "r33" || math.Abs(d.Mistakes[0].Error-40) > 10 || len(d.Mistakes[0].Cells) != 2 {
			t.Fatalf("%s: %d errors, the first %+v", name, len(d.Mistakes), d.Mistakes[0])
		}
		for i, x := range d.Mistakes[1:] {
			if x.Error > d.Mistakes[i].Error {
				t.Errorf("%s: an error of %g after one of %g", name, x.Error, d.Mistakes[i].Error)
			}
		}
		for lang, want := range map[string]string{"en": "Largest errors", "zh": "最大的误差"} {
			var page bytes.Buffer
			if err := report.HTML(&page, d, report.Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			if s := page.String(); strings.Count(s, want) < 2 || strings.Contains(s, "Surest mistakes") || strings.Contains(s, "0.0 %)") {
				t.Errorf("%s: the report does not list the %s", name, want)
			}
		}
	}
}
