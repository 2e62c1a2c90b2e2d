package eval

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
)

// Predictions that are passed over have the metrics and intervals of those that are kept.
func TestStream(t *testing.T) {
	for _, c := range []int{3, 7, -7} {
		var thresholds []float64
		if c < 0 { // the first class is predicted where it is fairly probable
			c = -c
			thresholds = append([]float64{0.1}, slices.Repeat([]float64{0.9 / float64(c-1)}, c-1)...)
		}
		kept := classData(120, c, uint64(c))
		if thresholds != nil {
			kept.Chosen = DecideClasses(kept.Probs, thresholds, make([]bool, len(kept.Probs)))
		}
		passes := 0
		p, err := Stream(context.Background(), kept.Labels, c, 3, func(_ context.Context, f func(worker, i int, row []float64)) error {
			passes++
			for k := range kept.Probs { // in any order
				i := (k*7 + passes) % len(kept.Probs)
				f(k%3, i, kept.Probs[i])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		p.Chosen = kept.Chosen
		for _, m := range Metrics(dataset.Classification) {
			near(t, m.Name, m.Of(p), m.Of(kept), 1e-12)
			a, b := SummarizeSplit(m, []*Predictions{p}, nil), SummarizeSplit(m, []*Predictions{kept}, nil)
			tolerance := 1e-12
			if m.Name == "roc_auc" || m.Name == "average_precision" { // to first order
				tolerance = 0.02
			}
			near(t, m.Name+" low", a.Low, b.Low, tolerance)
			near(t, m.Name+" high", a.High, b.High, tolerance)
		}
	}
	broken := errors.New("broken")
	if _, err := Stream(context.Background(), []int{0}, 3, 1, func(context.Context, func(int, int, []float64)) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
