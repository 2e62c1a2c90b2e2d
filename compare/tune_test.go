package compare

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/train"
)

// searched describes a small comparison with a search.
func searched() Options {
	return Options{Fusions: []string{"mean", "concat", "late"}, Tune: 10, Recipe: train.Recipe{Width: 4, Scaling: feature.PerFeature, Train: train.Config{Epochs: 9}}}
}

func planned(t *testing.T, src train.Source, o dataset.PlanOptions) dataset.Plan {
	t.Helper()
	plan, err := dataset.NewPlan(src.Data, o)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func tuned(t *testing.T, src train.Source, plan dataset.Plan, o Options) *Result {
	t.Helper()
	res, err := Run(context.Background(), src, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// outcomes are all numbers of a comparison but for its times.
func outcomes(t *testing.T, res *Result) string {
	t.Helper()
	for _, runs := range res.Outcomes {
		for _, o := range runs {
			o.Seconds = 0
		}
	}
	data, err := json.Marshal([]any{res.Entries, res.Outcomes, res.Tuning})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A search makes no more fits than it was given, of no more epochs; of the trials of a pass those
// with the best validation scores go on, and the first in any case; each run chooses for itself.
func TestSearchKeepsToItsBudget(t *testing.T) {
	for name, label := range labels {
		src, o := source(t, 300, label), searched()
		plan := planned(t, src, dataset.PlanOptions{Folds: 2})
		fits := map[[2]int]int{} // by fold and pass
		total := 0
		o.Tried = func(d Tried) {
			total++
			fits[[2]int{d.Run.Fold, d.Pass}]++
			if most := []int{1, 3, 9}[d.Pass-1]; d.Epochs < 1 || d.Epochs > most {
				t.Errorf("%s: a fit of pass %d takes %d epochs", name, d.Pass, d.Epochs)
			}
			if d.Done != total || d.Total != 2*(10+4+2) {
				t.Errorf("%s: fit %d is reported as %d of %d", name, total, d.Done, d.Total)
			}
		}
		res := tuned(t, src, plan, o)
		for fold := range 2 {
			for pass, want := range []int{10, 4, 2} {
				if got := fits[[2]int{fold, pass + 1}]; got != want {
					t.Errorf("%s: fold %d has %d fits in pass %d, want %d", name, fold, got, pass+1, want)
				}
			}
		}
		s := res.Tuning
		if !slices.Equal(s.Epochs, []int{1, 3, 9}) {
			t.Errorf("%s: passes of %v epochs", name, s.Epochs)
		}
		for r := range plan.Runs {
			for pass := range tunePasses - 1 {
				worstKept, bestDropped := math.Inf(1), math.Inf(-1)
				for k := range s.Trials {
					scores := s.Trials[k].Scores[r]
					if len(scores) <= pass || scores[pass] == nil {
						continue
					}
					v := *scores[pass]
					if name == "numbers" { // an error
						v = -v
					}
					switch {
					case len(scores) == pass+1:
						bestDropped = max(bestDropped, v)
					case k > 0:
						worstKept = min(worstKept, v)
					}
				}
				if bestDropped > worstKept {
					t.Errorf("%s, run %d: a trial of %g is dropped after pass %d, and one of %g is kept", name, r, bestDropped, pass+1, worstKept)
				}
				if len(s.Trials[0].Scores[r]) != tunePasses {
					t.Errorf("%s, run %d: the recipe as it is was dropped", name, r)
				}
			}
		}
		last := res.Entries[len(res.Entries)-1]
		if last.Name != TunedName || last.Fusion != last.Tuned.Recipe.Fusion || len(last.Tuned.Runs) != 2 {
			t.Errorf("%s: the last entry is %+v", name, last)
		}
	}
}

// Choices do not depend on the test rows: with other labels there they are the same, and so are the
// models.
func TestSearchNeverSeesTestRows(t *testing.T) {
	src, o := source(t, 300, labels["classes"]), searched()
	plan := planned(t, src, dataset.PlanOptions{Folds: 2})
	plan.Runs = plan.Runs[:1]
	o.NoEnsemble = true
	want := tuned(t, src, plan, o)
	for _, i := range plan.Runs[0].Test {
		src.Data.Rows[i].Class = (src.Data.Rows[i].Class + 1) % 3
	}
	got := tuned(t, src, plan, o)
	a, errA := json.Marshal(want.Tuning)
	b, errB := json.Marshal(got.Tuning)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("a search with other test labels: %s\nwant %s", b, a)
	}
	at := len(want.Entries) - 1
	near(t, "test rows", got.Outcomes[at][0].TestP, want.Outcomes[at][0].TestP, 0)
}

// What is found is measured by a fit like any other: of the recipe that the run chose, on all
// training and validation rows. Other entries are as they are without a search.
func TestTunedIsFittedLikeTheOthers(t *testing.T) {
	src, o := source(t, 300, labels["classes"]), searched()
	plan := planned(t, src, dataset.PlanOptions{Folds: 2})
	res := tuned(t, src, plan, o)
	at := len(res.Entries) - 1
	for r, k := range res.Tuning.Runs {
		p, err := train.Prepare(context.Background(), src, plan.Runs[r], o.Recipe, 1)
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.Fit(context.Background(), res.Tuning.Trials[k].Recipe.Over(o.Recipe), []int{0, 1, 2}, 1, train.Hooks{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Predict(context.Background(), f, plan.Runs[r].Test, 1)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "test rows", res.Outcomes[at][r].TestP, s.P, 0)
		again, fitted, err := res.Fit(context.Background(), src, at, plan.Runs[r], o, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = again.Predict(context.Background(), fitted, plan.Runs[r].Test, 1); err != nil {
			t.Fatal(err)
		}
		near(t, "test rows of its model", s.P, res.Outcomes[at][r].TestP, 0)
	}
	// Another run has what was chosen for use.
	all, err := dataset.FitAll(src.Data, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, f, err := res.Fit(context.Background(), src, at, all, o, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := f.Model.Spec.Method; m != res.Entries[at].Tuned.Recipe.Fusion {
		t.Errorf("the model for use is of %s", m)
	}
	// It is measured again as it was.
	only := o
	only.Only, only.Tune = &res.Entries[at], 0
	again := tuned(t, src, plan, only)
	for r := range plan.Runs {
		near(t, "measured again", again.Outcomes[0][r].TestP, res.Outcomes[at][r].TestP, 0)
	}
	o.Tune = 0
	without := tuned(t, src, plan, o)
	res.Entries, res.Outcomes, res.Tuning = res.Entries[:at], res.Outcomes[:at], nil
	if outcomes(t, res) != outcomes(t, without) {
		t.Error("a search changes other entries")
	}
}

// A search is the same on any number of cores, and goes on after any stop to the same end.
func TestSearchGoesOn(t *testing.T) {
	src, o := source(t, 300, labels["classes"]), searched()
	plan := planned(t, src, dataset.PlanOptions{Folds: 2})
	o.Workers = 1
	want := outcomes(t, tuned(t, src, plan, o))
	o.Workers = 3
	if outcomes(t, tuned(t, src, plan, o)) != want {
		t.Error("three workers: another result")
	}
	for _, stop := range []int{1, 9, 20, 27, 31, 32} {
		store := openStore(t, t.TempDir(), stop)
		o.Store = store
		ctx, cancel := context.WithCancel(context.Background())
		o.Tried = func(d Tried) {
			if d.Done == stop {
				cancel()
			}
		}
		if _, err := Run(ctx, src, plan, o); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d fits: %v", stop, err)
		}
		kept := 0
		o.Tried = func(d Tried) {
			if d.Kept {
				kept++
			}
		}
		if outcomes(t, tuned(t, src, plan, o)) != want {
			t.Errorf("stopped after %d fits: another result", stop)
		}
		if kept < stop || kept > stop+o.Workers {
			t.Errorf("stopped after %d fits: %d are kept", stop, kept)
		}
	}
}

// A fit that diverges, or of values that do not go together, is no choice, and no end of the
// search.
func TestSearchGoesOnWithoutWhatFails(t *testing.T) {
	src, o := source(t, 120, labels["numbers"]), searched()
	plan := planned(t, src, dataset.PlanOptions{Folds: 2})
	plan.Runs = plan.Runs[:1]
	tn := &tuner{src: src, o: o, plan: &plan, entry: TunedEntry([]Entry{{Views: []string{"one.vector", "two.vector", "three.vector"}}})}
	metrics, err := Metrics(src.Data, "")
	if err != nil {
		t.Fatal(err)
	}
	tn.metric = metrics[0]
	tn.trials = []train.Recipe{{Fusion: "concat"}, {Fusion: "concat", Train: train.Config{LR: 1e30}}, {Fusion: "transformer", FusionConfig: fusion.Config{"dim": 32, "heads": 64}}}
	p, err := train.Prepare(context.Background(), src, plan.Runs[0], o.Recipe, 1)
	if err != nil {
		t.Fatal(err)
	}
	var tried []attempt
	for k := range tn.trials {
		a, err := tn.try(context.Background(), p, k, 2)
		if err != nil {
			t.Fatal(err)
		}
		tried = append(tried, *a)
	}
	if math.IsNaN(tried[0].score) || !math.IsNaN(tried[1].score) || !math.IsNaN(tried[2].score) {
		t.Errorf("scores %g, %g and %g", tried[0].score, tried[1].score, tried[2].score)
	}
	if best := slices.MinFunc(tried, tn.compare); best.trial != 0 {
		t.Error("a fit that failed is chosen")
	}
	tn.trials[0] = tn.trials[2]
	if _, err := tn.try(context.Background(), p, 0, 2); err == nil {
		t.Error("the recipe as it is cannot be built, and that is not said")
	}
}

// No search without validation rows; one of a single view tries one method alone.
func TestSearchOfLittle(t *testing.T) {
	src, o := source(t, 120, labels["classes"]), searched()
	plan := planned(t, src, dataset.PlanOptions{Folds: 2})
	for r := range plan.Runs {
		plan.Runs[r].Val = nil
	}
	if _, err := Run(context.Background(), src, plan, o); err == nil || !strings.Contains(err.Error(), "no validation rows") {
		t.Errorf("without validation rows: %v", err)
	}
	views := []train.Fitted{{Name: "one.vector", Column: "one", Info: feature.Info{Shape: feature.Vector}}}
	for _, r := range Trials(src.Methods, []string{"mean", "concat"}, views, src.Data, &plan, &o) {
		if r.Fusion != "concat" || r.ModalityDropout != 0 {
			t.Errorf("a trial of one view: %s, %v", r.Fusion, r.Changes())
		}
		for _, e := range r.Encoders {
			if e != model.Linear {
				t.Errorf("the view is encoded by %s", e)
			}
		}
	}
}
