package fusor_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// split writes a table with an official split of so many rows, of which a number and the words of a
// text tell the label; label makes it from how much they do.
func split(t *testing.T, label func(x float64) string, train, val, test int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(11, uint64(val)))
	var b strings.Builder
	b.WriteString("label,split,text,size,color\n")
	for i := range train + val + test {
		part := "test"
		if i < train {
			part = "train"
		} else if i < train+val {
			part = "val"
		}
		x := rng.NormFloat64()
		text := []string{"fine", "plain", "poor"}[min(2, max(0, int(1.5+x+rng.NormFloat64())))]
		fmt.Fprintf(&b, "%s,%s,a %s thing %d,%.3f,%s\n", label(x), part, text, rng.IntN(9), x+rng.NormFloat64(), []string{"red", "blue"}[rng.IntN(2)])
	}
	path := filepath.Join(t.TempDir(), "split.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The card of a model that a comparison hands over has the scores that measuring its file has, to
// the bit, whatever the model was calibrated by.
func TestHandedOverScores(t *testing.T) {
	side := func(x float64) string { return map[bool]string{true: "up", false: "down"}[x > 0] }
	for _, c := range []struct {
		name       string
		label      func(x float64) string
		val, seeds int
		metric     string
		ensemble   bool
	}{
		{"few validation rows", side, 60, 2, "", false},
		{"many validation rows", side, 220, 1, "log_loss", false},
		{"ensemble", side, 220, 2, "", true},
		{"ensemble, few rows", side, 60, 1, "", true},
		{"thresholds", func(x float64) string { return side(x - 1) }, 60, 1, "balanced_accuracy", false},
		{"regression", func(x float64) string { return fmt.Sprintf("%.3f", x) }, 60, 2, "", true},
		{"several labels", func(x float64) string { return side(x) + map[bool]string{true: "|far"}[math.Abs(x) > 1] }, 60, 1, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.name != "ensemble" {
				t.Skip("one case is enough for the race detector, which slows it many times")
			}
			table := split(t, c.label, 180, c.val, 90)
			ds := opened(t, table)
			o := fusor.CompareOptions{
				Options: fusor.Options{NoCache: true}, Fusions: []string{"mean", "concat"}, Seeds: c.seeds, Metric: c.metric, NoEnsemble: !c.ensemble, Dir: t.TempDir(),
			}
			if o.Recipe.Train.Epochs = 4; ds.Schema.Task == dataset.Classification {
				o.Recipe.Train.LabelSmoothing = 0.3 // so that a temperature is called for
			}
			cmp, err := fusor.Compare(context.Background(), ds, o)
			if err != nil {
				t.Fatal(err)
			}
			m := &fusor.Model{Model: cmp.Model}
			path := filepath.Join(t.TempDir(), "model.fusor")
			if err := m.Save(path); err != nil {
				t.Fatal(err)
			}
			if m, err = fusor.Load(path, o.Options); err != nil {
				t.Fatal(err)
			}
			if ds, err = fusor.Open(table, dataset.Options{Schema: m.Schema()}); err != nil {
				t.Fatal(err)
			}
			rows, ok := m.HeldOut(ds)
			if !ok || len(rows) != 90 {
				t.Fatalf("%d rows were held out", len(rows))
			}
			e, err := m.Evaluate(context.Background(), ds, rows)
			if err != nil {
				t.Fatal(err)
			}
			card, row := m.Card(), cmp.Rows[cmp.BestOfAll()]
			if len(card.Metrics) != len(e.Scores) || len(e.Scores) < 3 {
				t.Fatalf("the card has %d metrics, measuring %d", len(card.Metrics), len(e.Scores))
			}
			for k, s := range e.Scores {
				if got := card.Metrics[k]; got.Name != s.Metric.Name || !reflect.DeepEqual(got.Summary, s.Summary) {
					t.Errorf("the card has %s %v, measuring %s %v", got.Name, got.Summary, s.Metric.Name, s.Summary)
				}
				// The very model that was measured, with its calibration, but for few rows.
				if c.seeds == 1 && c.val >= 200 && math.Abs(row.Scores[k].Summary.Mean-s.Summary.Mean) > 1e-5 {
					t.Errorf("%s of the comparison is %v, that of its model %v", s.Metric.Name, row.Scores[k].Summary.Mean, s.Summary.Mean)
				}
			}
			if by := card.Compared; by == nil || by.Seeds != c.seeds || by.Name != cmp.Metric || !reflect.DeepEqual(by.Summary, row.Scores[0].Summary) {
				t.Errorf("the card has of the comparison %v, which has %v", by, row.Scores[0].Summary)
			}
			if r := cmp.Document(fusor.ReportOptions{}).Reliability; m.Schema().Task == dataset.Classification && r.Model == row.Name {
				// The report has the calibration that was compared, and beside it that of the model.
				ece := card.Metrics[slices.IndexFunc(card.Metrics, func(s artifact.Score) bool { return s.Name == "ece" })].Summary.Mean
				shown := r.ECEBefore
				if len(r.After) > 0 {
					shown = r.ECEAfter
				}
				few := c.val < eval.FewCalibrationRows
				switch {
				case (r.ForUse != nil) != (few && r.Temperature != m.Artifact().Temperature):
					t.Errorf("the report has temperature %v and for use %v, the model %v", r.Temperature, r.ForUse, m.Artifact().Temperature)
				case r.ForUse != nil && (r.ForUse.ECE != ece || r.ForUse.Temperature != m.Artifact().Temperature):
					t.Errorf("the report has for use %v, the card an ECE of %v", *r.ForUse, ece)
				case !few && math.Abs(shown-ece) > 1e-6:
					t.Errorf("the report has an ECE of %v, the card %v", shown, ece)
				}
			}
			if temp := m.Artifact().Temperature; m.Schema().Task == dataset.Classification && temp == 1 {
				t.Error("no temperature was taken, so that none could differ")
			}
		})
	}
}
