package eval

import (
	"math"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/dataset"
)

// A model that overflows predicts NaN. Its metrics may be NaN, but they come to an end.
func TestMetricsOfNaNEnd(t *testing.T) {
	nan := math.NaN()
	class := &Predictions{Probs: [][]float64{{nan, nan}, {0.3, 0.7}, {nan, nan}, {0.6, 0.4}}, Labels: []int{0, 1, 1, 0}}
	value := &Predictions{Values: []float64{nan, 1, nan, 2}, Targets: []float64{0, 1, 2, 3}}
	done := make(chan bool)
	go func() {
		for _, m := range Metrics(dataset.Classification) {
			m.Of(class)
		}
		for _, m := range append(Metrics(dataset.Regression), SentimentMetrics()...) {
			m.Of(value)
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("a metric goes on for ever")
	}
}
