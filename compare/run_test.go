package compare

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/tabular"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/train"
)

// vectors is a small data set of two vector columns.
func vectors(t *testing.T) train.Source {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("label,one,two\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%s", []string{"s", "l"}[i%2])
		for range 2 {
			fmt.Fprintf(&b, ",\"[%g, %g]\"", float64(i%2)+rng.NormFloat64(), rng.NormFloat64())
		}
		b.WriteByte('\n')
	}
	path := filepath.Join(t.TempDir(), "things.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ds, err := dataset.Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	refs, err := feature.Catalog{tabular.Vectors()}.Select(&ds.Schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	features, _, err := (&feature.Extractor{}).Extract(context.Background(), ds, refs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { features.Close() }) //nolint:errcheck // a temporary file
	return train.Source{Data: ds, Features: features, Methods: fusion.Methods}
}

// The corrected t-test takes the number of rows that a model was trained on: without the refit,
// validation rows are none of them.
func TestTrainRowsAreThoseTrainedOn(t *testing.T) {
	src := vectors(t)
	plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, noRefit := range []bool{false, true} {
		o := Options{Fusions: []string{"mean"}, Recipe: train.Recipe{Width: 4, Scaling: feature.PerFeature, Train: train.Config{Epochs: 1, NoRefit: noRefit}}}
		res, err := Run(context.Background(), src, plan, o)
		if err != nil {
			t.Fatal(err)
		}
		for r, run := range plan.Runs {
			want := len(run.Train)
			if !noRefit {
				want += len(run.Val)
			}
			for _, outcomes := range res.Outcomes {
				if got := outcomes[r].TrainRows; got != want {
					t.Errorf("no refit %v: %d rows, want %d", noRefit, got, want)
				}
			}
		}
	}
}

func TestCanceledRunSaysSo(t *testing.T) {
	src := vectors(t)
	plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: 2})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	o := Options{Workers: 2, Recipe: train.Recipe{Width: 4, Train: train.Config{Epochs: 1}}}
	o.Done = func(done, _ int, _ Entry, _ dataset.Run, _ *Outcome) {
		if done == 3 {
			cancel()
		}
	}
	if _, err := Run(ctx, src, plan, o); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
