package fusor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/fusor-ml/fusor/explain"
)

// On an official split compare fits the very model that train does: what the
// two say of its modalities is the same, in calibrated log-odds too. An
// ensemble is none that train fits.
func TestCompareAndExplainAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	t.Run("of two", func(t *testing.T) { agree(t, 60, signal{"a", 20, 2}, signal{"b", 20, 1}) })
	t.Run("of eight", func(t *testing.T) { agree(t, 6, many(8)...) })
}

// many are n modalities, of which the first three tell something.
func many(n int) []signal {
	out := []signal{{"m00", 3, 3}, {"m01", 3, 2}, {"m02", 3, 1}}
	for i := 3; i < n; i++ {
		out = append(out, signal{fmt.Sprintf("m%02d", i), 2, 0})
	}
	return out
}

func agree(t *testing.T, epochs int, views ...signal) {
	t.Helper()
	path := folder(t, 6, 480, true, views...)
	o := Setup{NoCache: true, Seeds: 1, NoEnsemble: true}
	o.Recipe.Fusion, o.Recipe.Train.Epochs = "concat", epochs
	o.Recipe.Train.LabelSmoothing = 0.3 // so that a temperature is called for
	c, err := CompareFile(context.Background(), path, []string{"concat"}, o)
	if err != nil {
		t.Fatal(err)
	}
	m, ds := trained(t, path, o)
	var test []int
	for i := range ds.Rows {
		if ds.Rows[i].Split == "test" {
			test = append(test, i)
		}
	}
	ex, err := m.Explain(context.Background(), ds, ExplainOptions{Rows: test, Noise: []string{"none"}})
	if err != nil {
		t.Fatal(err)
	}
	if temp := m.Artifact().Temperature; temp < 1.05 && temp > 0.95 {
		t.Fatalf("a temperature of %g tells nothing", temp)
	}
	d, want := c.Document(ReportOptions{}), ex.Document(ReportOptions{}).Shapley
	if len(d.Shapley) != 3 || d.Shapley[0].Sampled {
		t.Fatalf("%d goals, sampled %v", len(d.Shapley), d.Shapley[0].Sampled)
	}
	for g, got := range d.Shapley {
		for p, part := range got.Parts {
			if w := want[g].Parts[p]; math.Abs(part.Value-w.Value) > 1e-5*math.Max(1, math.Abs(w.Value)) {
				t.Errorf("%s of %s: compare says %g, explain %g", got.Goal, part.Name, part.Value, w.Value)
			}
		}
	}
}

// With all modalities the interval is the leaderboard's, also where every test
// row of an official split is right.
func TestSubsetsOfAFaultlessModel(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	o := Setup{NoCache: true, Seeds: 2}
	o.Recipe.Train.Epochs = 30
	c, err := CompareFile(context.Background(), folder(t, 6, 240, true, signal{"a", 3, 30}, signal{"b", 3, 0}), []string{"mean"}, o)
	if err != nil {
		t.Fatal(err)
	}
	best, _ := c.Best()
	want, _ := c.Rows[best].Of("accuracy")
	d := c.Document(ReportOptions{})
	all := d.Subsets[len(d.Subsets)-1]
	if want.Mean != 1 || all.Score != 1 || *all.Range != (explain.Interval{Low: want.Low, High: want.High}) || want.Low == 1 {
		t.Errorf("with all modalities %g, %+v; the leaderboard says %+v", all.Score, *all.Range, want)
	}
}

// Beyond the modalities of which every fusion is tried with all subsets the
// chosen one is, by samples of the orders if there are very many.
func TestCompareOfManyModalities(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, and nothing in it runs that others do not run")
	}
	for _, n := range []int{8, 14} {
		path := folder(t, 11, 150, false, many(n)...)
		o := Setup{NoCache: true, Folds: 3}
		o.Recipe.Train.Epochs = 4
		c, err := CompareFile(context.Background(), path, []string{"mean", "concat"}, o)
		if err != nil {
			t.Fatal(err)
		}
		d := c.Document(ReportOptions{})
		if len(d.Subsets) != 2*n+2 || len(d.Shapley) != 3 || d.Shapley[0].Sampled != (n > 12) || len(d.Shapley[0].Parts) != n {
			t.Fatalf("%d modalities: %d subsets, %d goals", n, len(d.Subsets), len(d.Shapley))
		}
		best, _ := c.Best()
		s, _ := c.Rows[best].Of("accuracy")
		if full := d.Subsets[len(d.Subsets)-1]; len(full.Players) != n || math.Abs(full.Score-s.Mean) > 1e-9 || math.Abs(full.Range.Low-s.Low) > 1e-9 {
			t.Errorf("%d modalities: with all of them %+v, the leaderboard says %+v", n, full, s)
		}
		if one := d.Subsets[1]; len(one.Players) != 1 || one.Players[0] != "m00" || one.Score < d.Subsets[0].Score+0.2 {
			t.Errorf("%d modalities: with the strongest alone %+v, with none %+v", n, one, d.Subsets[0])
		}
		for _, s := range d.Shapley {
			sum := 0.0
			for p, part := range s.Parts {
				sum += part.Value
				if p > 0 && part.Value > s.Parts[0].Value {
					t.Errorf("%d modalities: %s adds %g, the strongest %g", n, part.Name, part.Value, s.Parts[0].Value)
				}
			}
			if math.Abs(sum-(s.Full-s.Empty)) > 1e-6 {
				t.Errorf("%d modalities, %s: the parts sum to %g, the whole is %g", n, s.Goal, sum, s.Full-s.Empty)
			}
		}
	}
}

// A comparison that is interrupted while it tries subsets goes on from its fits
// and ends as one that was not.
func TestInterruptedWhileTryingSubsets(t *testing.T) {
	path := folder(t, 12, 90, false, many(7)...)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	kept := 0
	o := Setup{NoCache: true, Folds: 3, Dir: t.TempDir()}
	o.Recipe.Train.Epochs = 2
	o.Progress = func(p Progress) {
		if p.Stage == "explain" && p.Done == 40 {
			cancel()
		}
		if p.Stage == "compare" && p.Kept {
			kept++
		}
	}
	show := func(c *Comparison) string {
		t.Helper()
		d := c.Document(ReportOptions{})
		data, err := json.Marshal(struct {
			A []explain.Subset
			B []explain.Contribution
		}{d.Subsets, d.Shapley})
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if _, err := CompareFile(ctx, path, []string{"concat"}, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	c, err := CompareFile(context.Background(), path, []string{"concat"}, o)
	if err != nil {
		t.Fatal(err)
	}
	if kept == 0 {
		t.Error("no fit was kept")
	}
	o.Dir, o.Threads = "", 1
	whole, err := CompareFile(context.Background(), path, []string{"concat"}, o)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := show(c), show(whole); a != b {
		t.Errorf("gone on with:\n%s\nin one go:\n%s", a, b)
	}
}

// A model of more modalities than a machine word has bits is explained.
func TestExplainVeryManyModalities(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, and nothing in it runs that others do not run")
	}
	path := folder(t, 13, 60, true, many(70)...)
	o := Setup{}
	o.Recipe.Fusion, o.Recipe.Width, o.Recipe.Train.Epochs = "mean", 4, 3
	m, ds := trained(t, path, o)
	ex, err := m.Explain(context.Background(), ds, ExplainOptions{Rows: []int{2, 5, 8}, Noise: []string{"none"}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(ex.Importance.Subsets); n != 142 {
		t.Errorf("%d subsets of 70 modalities", n)
	}
	for _, c := range ex.Importance.Contributions {
		sum, last := 0.0, 0.0
		for p, part := range c.Parts {
			sum += part.Value
			if p >= 64 {
				last += math.Abs(part.Value)
			}
		}
		if math.Abs(sum-(c.Full-c.Empty)) > 1e-6 || c.Goal == "log_odds" && last == 0 {
			t.Errorf("%s: the parts sum to %g, the whole is %g; those beyond 64 to %g", c.Goal, sum, c.Full-c.Empty, last)
		}
	}
}
