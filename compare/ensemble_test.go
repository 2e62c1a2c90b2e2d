package compare

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/tabular"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/train"
)

// source is three vector columns, each of which some rows lack; the label is a class or a number.
func source(t *testing.T, rows int, label func(x float64) string) train.Source {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("label,one,two,three\n")
	for range rows {
		x := rng.NormFloat64()
		b.WriteString(label(x))
		for range 3 {
			if rng.IntN(8) == 0 {
				b.WriteString(",")
				continue
			}
			fmt.Fprintf(&b, ",\"[%g, %g]\"", x+rng.NormFloat64(), rng.NormFloat64())
		}
		b.WriteByte('\n')
	}
	path := filepath.Join(t.TempDir(), "things.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ds, err := dataset.Open(path, dataset.Options{Label: "label"})
	if err != nil {
		t.Fatal(err)
	}
	refs, err := feature.Catalog{tabular.Vectors()}.Select(&ds.Schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	bank, _, err := (&feature.Extractor{}).Extract(context.Background(), ds, refs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bank.Close() }) //nolint:errcheck // a temporary file
	return train.Source{Data: ds, Features: bank, Methods: fusion.Methods}
}

var labels = map[string]func(x float64) string{
	"classes": func(x float64) string { return []string{"low", "middle", "high"}[min(2, int(math.Abs(x)*1.5))] },
	"numbers": func(x float64) string { return fmt.Sprintf("%.4f", 10+3*x) },
}

// What is measured is what the model of the run predicts: of the test rows, and with each subset of
// the modalities.
func TestEnsembleIsItsModel(t *testing.T) {
	for name, label := range labels {
		t.Run(name, func(t *testing.T) {
			src := source(t, 300, label)
			plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: 2})
			if err != nil {
				t.Fatal(err)
			}
			o := Options{Fusions: []string{"mean", "concat", "late"}, Recipe: train.Recipe{Width: 4, Scaling: feature.PerFeature, Train: train.Config{Epochs: 3}}}
			res, err := Run(context.Background(), src, plan, o)
			if err != nil {
				t.Fatal(err)
			}
			at := -1
			for e := range res.Entries {
				if res.Entries[e].isEnsemble() {
					at = e
				}
			}
			if at < 0 {
				t.Fatal("there is no ensemble")
			}
			for r, run := range plan.Runs {
				out := res.Outcomes[at][r]
				p, f, err := res.Fit(context.Background(), src, at, run, o, 1, nil)
				if err != nil {
					t.Fatal(err)
				}
				s, err := p.Predict(context.Background(), f, run.Test, 1)
				if err != nil {
					t.Fatal(err)
				}
				near(t, "test rows", p.Unscale(s), out.TestP, 1e-5)
				near(t, "logits", s.Logits, out.TestLogits, 1e-4)
				if len(f.Model.Spec.Views) < len(out.Views) { // its players are fewer
					continue
				}
				score := out.SubsetScorer(context.Background(), p, f)
				for k, want := range out.Subsets {
					got, err := score([]bool{k&1 == 1, k&2 == 2, k&4 == 4})
					if err != nil {
						t.Fatal(err)
					}
					near(t, fmt.Sprintf("true class of subset %d", k), toFloat64(got.True), toFloat64(want.True), 1e-3)
					near(t, fmt.Sprintf("top class of subset %d", k), toFloat64(got.Top), toFloat64(want.Top), 1e-3)
					near(t, fmt.Sprintf("values of subset %d", k), toFloat64(got.Value), toFloat64(want.Value), 1e-3)
				}
			}
		})
	}
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if math.Abs(got[i]-want[i]) > tolerance {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// An ensemble that was chosen is measured again, with its members alone, as it was.
func TestEnsembleAgain(t *testing.T) {
	src := source(t, 300, labels["classes"])
	plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: 2})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Fusions: []string{"mean", "late"}, Recipe: train.Recipe{Width: 4, Scaling: feature.PerFeature, Train: train.Config{Epochs: 2}}}
	res, err := Run(context.Background(), src, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	for e := range res.Entries {
		if !res.Entries[e].isEnsemble() {
			continue
		}
		o.Only = &res.Entries[e]
		again, err := Run(context.Background(), src, plan, o)
		if err != nil {
			t.Fatal(err)
		}
		for r, out := range again.Outcomes[0] {
			near(t, "weights", out.Weights, res.Outcomes[e][r].Weights, 0)
			near(t, "test rows", out.TestP, res.Outcomes[e][r].TestP, 0)
		}
	}
	o.Only, o.NoEnsemble = nil, true
	res, err = Run(context.Background(), src, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range res.Entries {
		if e.isEnsemble() || e.Fusion == model.Ensemble {
			t.Error("there is an ensemble that was not wanted")
		}
	}
}

// The selection prefers members that are right together to the best one alone, and is not led by
// the surest member where all are right.
func TestChoose(t *testing.T) {
	const n = 60
	v := &votes{rows: n, outputs: 2}
	rng := rand.New(rand.NewPCG(1, 1))
	p := make([][]float64, 4)
	for i := range n {
		v.target = append(v.target, float64(i%2))
		put := func(k int, right float64) {
			q := []float64{right, 1 - right}
			if i%2 == 1 {
				q[0], q[1] = q[1], q[0]
			}
			p[k] = append(p[k], q...)
		}
		sure := func(ok bool) float64 {
			if ok {
				return 0.9
			}
			return 0.3
		}
		put(0, sure(i%3 != 0))
		put(1, sure(i%3 != 1))
		put(2, sure(i%3 != 2))
		put(3, rng.Float64()) // noise
	}
	for _, q := range p {
		v.add(q, make([]bool, n))
	}
	w := v.choose(v.all())
	if w[0] < 0.2 || w[1] < 0.2 || w[2] < 0.2 || w[3] > 0.15 {
		t.Errorf("the weights are %.2f", w)
	}
	const many = 20 * n // of few, the best have equal weights
	easy := &votes{rows: many, outputs: 2, target: make([]float64, many)}
	for k := range 3 {
		q := make([]float64, 2*many)
		for i := range many {
			q[2*i] = []float64{0.96, 0.999999, 0.97}[k]
			q[2*i+1] = 1 - q[2*i]
		}
		easy.add(q, make([]bool, many))
	}
	if w := easy.choose(easy.all()); w[0] < 0.2 || w[1] < 0.2 || w[2] < 0.2 {
		t.Errorf("of members that all are right the weights are %.2f", w)
	}
}

// What an ensemble predicts of validation rows does not depend on their own labels, nor on those of
// their group.
func TestHeldWeights(t *testing.T) {
	const rows, members = 60, 4
	rng := rand.New(rand.NewPCG(3, 4))
	v := &votes{rows: rows, outputs: 2}
	groups := make([]int, rows)
	for i := range rows {
		groups[i] = i / 4
		v.target = append(v.target, float64(rng.IntN(2)))
	}
	for range members {
		p := make([]float64, 0, 2*rows)
		for range rows {
			x := rng.Float64()
			p = append(p, x, 1-x)
		}
		v.add(p, make([]bool, rows))
	}
	v.hold(groups)
	before, _ := v.mean()
	for i := range rows {
		if v.part[i] != v.part[i/4*4] {
			t.Fatalf("rows %d and %d of one group are in parts %d and %d", i, i/4*4, v.part[i], v.part[i/4*4])
		}
	}
	for i := range v.target {
		if v.part[i] == 2 {
			v.target[i] = 1 - v.target[i]
		}
	}
	v.hold(groups)
	after, _ := v.mean()
	changed := false
	for i := range v.target {
		switch same := before[2*i] == after[2*i]; {
		case v.part[i] == 2 && !same:
			t.Errorf("row %d depends on labels of its own part", i)
		case v.part[i] != 2 && !same:
			changed = true
		}
	}
	if !changed {
		t.Error("the weights depend on no label")
	}
}
