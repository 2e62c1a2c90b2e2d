package train

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
	"github.com/fusor-ml/fusor/model"
)

// prepared opens a manifest, whose views are vectors, and fits the states of its views.
func prepared(t *testing.T, manifest string, r Recipe) *Prepared {
	t.Helper()
	p, err := prepare(t, manifest, r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func prepare(t *testing.T, manifest string, r Recipe) (*Prepared, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "things.csv")
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
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
	plan, err := dataset.HoldOut(ds, dataset.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return Prepare(context.Background(), Source{Data: ds, Features: features, Methods: fusion.Methods}, plan.Runs[0], r, 1)
}

// A name that is mistyped is said, not passed over.
func TestEncoderOfNoView(t *testing.T) {
	manifest := "label,track\n" + strings.Repeat("s,\"[1, 2]\"\nl,\"[2, 1]\"\n", 10)
	_, err := prepare(t, manifest, Recipe{Encoders: map[string]model.Encoder{"tracks.vector": model.Linear}})
	if err == nil || !strings.Contains(err.Error(), `no view "tracks.vector" to encode by linear; there are track.vector`) {
		t.Errorf("the error is %v", err)
	}
}

// Many formats write -3.4e38 for "no data": trying the scalings must not fail on it, nor choose the
// one that it drowns.
func TestScalingOfNoDataValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("label,track\n")
	for i := range 120 {
		first := rng.NormFloat64()
		if i%40 == 0 {
			first = -3.4e38
		}
		fmt.Fprintf(&b, "%s,\"[%g, %g]\"\n", []string{"s", "l"}[i%2], first, float64(i%2)+rng.NormFloat64())
	}
	r := Recipe{Fusion: "mean", Width: 8, Train: Config{Epochs: 2}}
	p := prepared(t, b.String(), r)
	if p.Views[0].Scaling == feature.NoScaling {
		t.Error("the vectors are not scaled")
	}
	if _, err := p.Fit(context.Background(), r, []int{0}, 1, Hooks{}, nil); err != nil {
		t.Error(err)
	}
}

// A fit that diverges ends with an error; as one of several choices it is merely not taken.
func TestDivergence(t *testing.T) {
	manifest := "label,track\n" + strings.Repeat("s,\"[1, 2]\"\nl,\"[2, 1]\"\n", 20)
	r := Recipe{Fusion: "mean", Train: Config{Epochs: 3, LR: 1e30, NoAverage: true}}
	p := prepared(t, manifest, r)
	if p.Views[0].Scaling != feature.PerFeature {
		t.Errorf("the scaling is %q", p.Views[0].Scaling)
	}
	if _, err := p.Fit(context.Background(), r, []int{0}, 1, Hooks{}, nil); !errors.Is(err, ErrDiverged) {
		t.Errorf("the error is %v", err)
	}
}

// Where no validation row has a view there is nothing to choose its scaling by: training rows would
// choose what fits them fastest.
func TestScalingIsNotChosenOnTrainingRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var b strings.Builder
	b.WriteString("label,split,track,other\n")
	for i := range 90 {
		split, track := "train", fmt.Sprintf("\"[%g, %g]\"", 40*float64(i%2)+rng.NormFloat64(), 40*rng.NormFloat64())
		if i >= 60 {
			split, track = []string{"val", "test"}[i/2%2], ""
		}
		fmt.Fprintf(&b, "%s,%s,%s,\"[%g, %g]\"\n", []string{"s", "l"}[i%2], split, track, float64(i%2)+rng.NormFloat64(), rng.NormFloat64())
	}
	p := prepared(t, b.String(), Recipe{Fusion: "mean", Width: 8, Train: Config{Epochs: 2}})
	if got := p.Views[0].Scaling; got != feature.PerFeature {
		t.Errorf("the scaling is %q", got)
	}
}
