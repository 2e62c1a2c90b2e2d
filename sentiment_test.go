package fusor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/train"
)

// opinions writes n rows of two numbers with a sentiment score from −3 to 3 in steps of 0.2.
func opinions(t *testing.T, n int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(8, 1))
	var b strings.Builder
	b.WriteString("score,said,looks\n")
	for range n {
		y := math.Round(5*math.Min(math.Max(1.4*rng.NormFloat64(), -3), 3)) / 5
		word := "so so"
		if y > 0.5 {
			word = "lovely"
		} else if y < -0.5 {
			word = "awful"
		}
		fmt.Fprintf(&b, "%.1f,%s,%.3f\n", y, word, y+rng.NormFloat64())
	}
	path := filepath.Join(t.TempDir(), "opinions.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Scores that look like sentiment are counted in every circulating convention:
// in the JSON, in the report and in the terminal, each under its own name.
func TestSentimentMetrics(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	path := opinions(t, 150)
	o := fusor.Setup{
		NoCache: true, Data: dataset.Options{Label: "score"},
		Recipe: train.Recipe{Width: 8, Train: train.Config{Epochs: 8, LR: 0.01}},
	}
	c, err := fusor.CompareFile(context.Background(), path, []string{"mean"}, o)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Metric string
		Rows   []map[string]json.RawMessage
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Metric != "mae" {
		t.Errorf("the verdict is about %s, want mae", doc.Metric)
	}
	// The definitions, from each run's predictions.
	clip := func(v, most float64) float64 { return math.RoundToEven(math.Max(-most, math.Min(most, v))) }
	means := map[string]func(v, y float64) (agree, counts bool){
		"acc2_non_negative": func(v, y float64) (bool, bool) { return (v >= 0) == (y >= 0), true },
		"acc2_non_zero":     func(v, y float64) (bool, bool) { return (v > 0) == (y > 0), y != 0 },
		"acc2_positive":     func(v, y float64) (bool, bool) { return (v > 0) == (y > 0), true },
		"acc5":              func(v, y float64) (bool, bool) { return clip(v, 2) == clip(y, 2), true },
		"acc7":              func(v, y float64) (bool, bool) { return clip(v, 3) == clip(y, 3), true },
	}
	for e, row := range doc.Rows {
		for name, f := range means {
			want := 0.0
			for _, out := range c.Result.Outcomes[e] {
				hits, n := 0.0, 0.0
				for i, r := range out.Test {
					if agree, counts := f(out.TestP[i], c.Data.Rows[r].Target); counts {
						n++
						if agree {
							hits++
						}
					}
				}
				want += hits / n / float64(len(c.Result.Outcomes[e]))
			}
			var got struct{ Mean, Low, High float64 }
			if err := json.Unmarshal(row[name], &got); err != nil {
				t.Fatalf("%s of %s: %v", name, row["name"], err)
			}
			if math.Abs(got.Mean-want) > 1e-9 || got.Low > got.Mean || got.High < got.Mean {
				t.Errorf("%s of %s: %+v, want %v", name, row["name"], got, want)
			}
		}
	}
	var page, screen bytes.Buffer
	d := c.Document(fusor.ReportOptions{})
	if err := report.HTML(&page, d, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := report.Terminal(&screen, d, report.TerminalOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Acc-2 (all rows, y ≥ 0)", "Acc-2 (zeros dropped)", "Acc-2 (all rows, y &gt; 0)", "Acc-5", "Acc-7"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
		if plain := strings.ReplaceAll(want, "&gt;", ">"); !strings.Contains(screen.String(), plain) {
			t.Errorf("the terminal lacks %q:\n%s", plain, screen.String())
		}
	}

	o.Recipe.Fusion = "mean"
	m, _, err := fusor.TrainFile(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	ev, err := m.Evaluate(context.Background(), c.Data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := ev.Of("acc2_non_zero"); !ok {
		t.Error("evaluate has no Acc-2")
	}

	// A price is no sentiment.
	if c, err = fusor.CompareFile(context.Background(), manifest(t, 90), []string{"mean"}, priced()); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Rows[0].Of("acc7"); ok {
		t.Error("a price is counted as a sentiment score")
	}
	screen.Reset()
	if err := report.Terminal(&screen, c.Document(fusor.ReportOptions{}), report.TerminalOptions{}); err != nil || strings.Contains(screen.String(), "Acc-") {
		t.Errorf("the terminal speaks of Acc-: %v", err)
	}
}
