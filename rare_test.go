package fusor_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/train"
)

// uneven writes a table of numbers and texts with so many rows of each class, the last of which is
// the rare one: it is told by two of the numbers and by words that others use too.
func uneven(t *testing.T, seed uint64, rows ...int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 60))
	signs := []string{"broken", "refund", "leak", "angry", "late"}
	plain := strings.Fields("the box came on monday nice color shoe size fits and good soft blue green paper shop again price ok")
	var lines []string
	for class, n := range rows {
		rare := class == len(rows)-1
		for range n {
			var x [4]float64
			for k := range x {
				x[k] = rng.NormFloat64()
			}
			share := 0.04
			if rare {
				x[0], x[1], share = x[0]+1.2, x[1]+1.2, 0.2
			} else {
				x[2] += 2 * float64(class)
			}
			var text []string
			for range 12 {
				words := plain
				if rng.Float64() < share {
					words = signs
				}
				text = append(text, words[rng.IntN(len(words))])
			}
			lines = append(lines, fmt.Sprintf("class %d,%.4f,%.4f,%.4f,%.4f,%s", class, x[0], x[1], x[2], x[3], strings.Join(text, " ")))
		}
	}
	rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	path := filepath.Join(t.TempDir(), "uneven.csv")
	if err := os.WriteFile(path, []byte("label,a,b,c,d,text\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func opened(t *testing.T, path string) *dataset.Dataset {
	t.Helper()
	ds, err := fusor.Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// score is a metric of the test rows.
func score(t *testing.T, r interface {
	Of(metric string) (eval.Summary, bool)
}, metric string,
) float64 {
	t.Helper()
	s, ok := r.Of(metric)
	if !ok {
		t.Fatalf("no %s", metric)
	}
	return s.Mean
}

// A rare class is found where the metric asks for it, by the very probabilities that the model has
// without: 60 rows against 1000, and against twice 500.
func TestRareClass(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	mean, sets := map[string]float64{}, 0.0
	for _, rows := range [][]int{{1000, 60}, {500, 500, 60}} {
		ds := opened(t, uneven(t, 1, rows...))
		one := func(metric string, weights bool) (*fusor.Model, *fusor.TrainReport) {
			m, rep, err := fusor.Train(context.Background(), ds, fusor.TrainOptions{
				Options: fusor.Options{NoCache: true}, Metric: metric, Recipe: train.Recipe{Train: train.Config{ClassWeights: weights}},
			})
			if err != nil {
				t.Fatal(err)
			}
			return m, rep
		}
		plain, without := one("", false)
		m, with := one("balanced_accuracy", false)
		_, weighed := one("", true)
		sets++
		mean["plain"] += score(t, with.Test, "balanced_accuracy")
		mean["without"] += score(t, without.Test, "balanced_accuracy")
		mean["weighed"] += score(t, weighed.Test, "balanced_accuracy")
		for _, metric := range []string{"log_loss", "brier", "ece", "roc_auc"} {
			if a, b := score(t, without.Test, metric), score(t, with.Test, metric); a != b {
				t.Errorf("%s is %v, with thresholds %v", metric, a, b)
			}
		}
		if without.Decision != nil || with.Decision == nil || with.Decision.Metric != "balanced_accuracy" || weighed.Decision == nil {
			t.Fatalf("decisions %v, %v, %v", without.Decision, with.Decision, weighed.Decision)
		}
		p, err := plain.Predict(context.Background(), ds)
		if err != nil {
			t.Fatal(err)
		}
		q, err := m.Predict(context.Background(), ds)
		if err != nil {
			t.Fatal(err)
		}
		moved := 0
		for i := range q.Predictions {
			a, b := &p.Predictions[i], &q.Predictions[i]
			if !slices.Equal(a.Probabilities, b.Probabilities) {
				t.Fatalf("row %d: %v, with thresholds %v", i, a.Probabilities, b.Probabilities)
			}
			best, most := "", math.Inf(-1)
			for c, x := range b.Probabilities {
				if r := x / with.Decision.Thresholds[c]; r > most {
					best, most = b.Classes[c], r
				}
			}
			if b.Class != best {
				t.Fatalf("row %d of %v by %v is %s", i, b.Probabilities, with.Decision.Thresholds, b.Class)
			}
			if a.Class != b.Class {
				moved++
			}
		}
		held, ok := m.HeldOut(ds)
		if !ok || moved == 0 {
			t.Fatalf("held out %v, %d other predictions", ok, moved)
		}
		again, err := m.Evaluate(context.Background(), ds, held)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := score(t, with.Test, "balanced_accuracy"), score(t, again, "balanced_accuracy"); math.Abs(a-b) > 1e-12 {
			t.Errorf("measured %v, and evaluated %v", a, b)
		}
	}
	t.Logf("balanced accuracy %.3f, with thresholds %.3f, with class weights %.3f", mean["without"]/sets, mean["plain"]/sets, mean["weighed"]/sets)
	if mean["plain"]/sets < 0.75 || mean["weighed"]/sets < 0.7 || mean["plain"] < mean["without"]+0.05*sets {
		t.Errorf("balanced accuracy %.3f, with thresholds %.3f, with class weights %.3f", mean["without"]/sets, mean["plain"]/sets, mean["weighed"]/sets)
	}
}

// A comparison by balanced accuracy decides by thresholds everywhere: in its rows, its confusion
// and the model that it hands over; the probabilities stay those of one by accuracy.
func TestRareClassCompared(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	ds := opened(t, uneven(t, 5, 500, 40))
	brief := train.Recipe{Train: train.Config{Epochs: 8}}
	by := func(metric string) *fusor.Comparison {
		c, err := fusor.Compare(context.Background(), ds, fusor.CompareOptions{
			Options: fusor.Options{NoCache: true}, Recipe: brief, Fusions: []string{"mean", "concat"}, Folds: 3, Metric: metric, Dir: t.TempDir(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	plain, decided := by(""), by("balanced_accuracy")
	for e := range decided.Rows {
		a, b := &plain.Rows[e], &decided.Rows[e]
		if x, y := score(t, a, "log_loss"), score(t, b, "log_loss"); a.Name != b.Name || x != y {
			t.Errorf("%s: log loss %v, with thresholds %v", b.Name, x, y)
		}
		if x, y := score(t, a, "balanced_accuracy"), score(t, b, "balanced_accuracy"); b.Kind == eval.Fusion && y < x+0.05 {
			t.Errorf("%s: balanced accuracy %.3f, with thresholds %.3f", b.Name, x, y)
		}
	}
	best, _ := decided.Best()
	doc := decided.Document(fusor.ReportOptions{})
	hits := 0.0
	for c, row := range doc.Confusion.Counts {
		n := 0
		for _, k := range row {
			n += k
		}
		hits += float64(row[c]) / float64(n) / float64(len(row))
	}
	if want := score(t, &decided.Rows[best], "balanced_accuracy"); math.Abs(hits-want) > 0.02 { // of all rows, not the mean of folds
		t.Errorf("the confusion has the balanced accuracy %.3f, the row %.3f", hits, want)
	}
	a := decided.Model.Artifact()
	if a.Decision != "balanced_accuracy" || len(a.Thresholds) != 2 || a.Thresholds[1] > 0.2 || len(plain.Model.Artifact().Thresholds) > 0 {
		t.Errorf("the models decide by %q %v and %v", a.Decision, a.Thresholds, plain.Model.Artifact().Thresholds)
	}
}
