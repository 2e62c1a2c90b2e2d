package fusor_test

import (
	"bytes"
	"context"
	"math"
	"runtime/debug"
	"testing"

	"github.com/fusor-ml/fusor"
)

// A model whose probabilities are too many to be kept is the same, and so are its scores on
// validation and test rows.
func TestManyClasses(t *testing.T) {
	path := uneven(t, 3, 200, 150, 100, 60)
	metrics := []string{"balanced_accuracy", "accuracy", "log_loss", "roc_auc"}
	if testing.Short() {
		metrics = metrics[:1] // enough for the race detector, as thresholds are chosen by several passes
	}
	for _, metric := range metrics {
		fit := func() ([]byte, *fusor.TrainReport) {
			var o fusor.TrainOptions
			o.Metric, o.Recipe.Train.Epochs = metric, 3
			m, rep, err := fusor.Train(context.Background(), opened(t, path), o)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			m.Artifact().Record = nil // has the scores
			if err := m.Encode(&b); err != nil {
				t.Fatal(err)
			}
			return b.Bytes(), rep
		}
		want, kept := fit()
		// A sixteenth of the limit is for probabilities.
		limit := debug.SetMemoryLimit(16 * 8 * 100)
		got, streamed := fit()
		debug.SetMemoryLimit(limit)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the model differs", metric)
		}
		near := func(what string, got, want float64) {
			if !(math.Abs(got-want) <= 1e-9) {
				t.Errorf("%s: %s is %v, kept %v", metric, what, got, want)
			}
		}
		near("the validation score", streamed.Test.ValRuns[0], kept.Test.ValRuns[0])
		for k, s := range streamed.Test.Scores {
			near(s.Metric.Name, s.Summary.Mean, kept.Test.Scores[k].Summary.Mean)
		}
	}
}
