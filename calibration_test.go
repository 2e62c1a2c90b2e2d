package fusor

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/train"
)

// Validation rows of which nothing is there get the prior, to which no
// temperature is applied: they have no say in it, and their conformal scores
// are those of the prior.
func TestCalibrationOfEmptyRows(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	var b strings.Builder
	b.WriteString("label,split,x,y\n")
	for i := range 240 {
		kept := min(i%4, 1)
		x, y := fmt.Sprint(3*kept+i%5), fmt.Sprint(i%7)
		if i%3 == 1 {
			x, y = "", ""
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s\n", []string{"no", "yes"}[kept], []string{"train", "train", "val", "test"}[i/4%4], x, y)
	}
	path := filepath.Join(t.TempDir(), "m.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, o := context.Background(), Setup{NoCache: true}
	o.Recipe.Train.Epochs = 10
	ds, err := Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	options := o.TrainOptions()
	j := options.job()
	src, _, err := j.open(ctx, ds)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Features.Close()
	plan, err := dataset.HoldOut(src.Data, dataset.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := train.Prepare(ctx, src, plan.Runs[0], o.Recipe, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := j.fit(ctx, p, "")
	if err != nil {
		t.Fatal(err)
	}
	// told is the temperature by the rows that hold something.
	told := func(all []float64, absent []bool) float64 {
		var known [][]float64
		var labels []int
		for i, logits := range eval.Rows(all, 2) {
			if !absent[i] {
				known, labels = append(known, logits), append(labels, src.Data.Rows[p.Run.Val[i]].Class)
			}
		}
		if len(known) == 0 || len(known) == len(absent) {
			t.Fatalf("%d of %d validation rows hold something", len(known), len(absent))
		}
		return eval.Calibrate(known, labels, make([]bool, len(known)))
	}
	m := predict.New(assemble(p, f, &compare.Options{}), j.Options)
	if want := told(f.Val.Logits, f.Val.Absent); math.Abs(m.Artifact().Temperature-want) > 1e-6 {
		t.Errorf("the temperature is %g, that of the rows that hold something %g", m.Artifact().Temperature, want)
	}
	var want []float32 // from the probabilities that prediction would give the same rows
	for _, s := range eval.ConformalScores(eval.Rows(m.Probabilities(f.Val), 2), eval.Labels(src.Data, p.Run.Val)) {
		want = append(want, float32(s))
	}
	if !slices.EqualFunc(m.Artifact().Conformal, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }) {
		t.Errorf("conformal scores %v, want %v", m.Artifact().Conformal, want)
	}

	c, err := CompareFile(ctx, path, []string{"mean"}, Setup{NoCache: true, Seeds: 1, Recipe: o.Recipe})
	if err != nil {
		t.Fatal(err)
	}
	out := c.Result.Outcomes[0][0]
	if got, want := out.Temperature, told(out.ValLogits, out.ValAbsent); math.Abs(got-want) > 1e-6 {
		t.Errorf("a comparison's temperature is %g, that of the rows that hold something %g", got, want)
	}
}
