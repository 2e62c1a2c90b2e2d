package train

import (
	"context"
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
)

// Many formats write -3.4e38 for "no data". Unscaled it overflows: that scaling is not chosen, and the others are left.
func TestScalingThatOverflowsIsNotChosen(t *testing.T) {
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
	bank, _, err := (&feature.Extractor{}).Extract(context.Background(), ds, refs)
	if err != nil {
		t.Fatal(err)
	}
	defer bank.Close() //nolint:errcheck // a temporary file
	plan, err := dataset.HoldOut(ds, dataset.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := Recipe{Fusion: "mean", Width: 8, Train: Config{Epochs: 2}}
	p, err := Prepare(context.Background(), Source{Data: ds, Bank: bank, Methods: fusion.Methods}, plan.Runs[0], r, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p.Views[0].Scaling == feature.NoScaling {
		t.Error("the vectors are not scaled")
	}
	if _, err := p.Fit(context.Background(), r, []int{0}, 1, Hooks{}, nil); err != nil {
		t.Error(err)
	}
}
