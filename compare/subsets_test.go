package compare

import (
	"math"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/model"
)

func TestSubsetScoresRows(t *testing.T) {
	s := &model.Scores{Outputs: 3, Logits: []float64{2, 0, -1, 100, -100, 0, 0.5, 0.2, 0.3}, Absent: []bool{false, false, true}}
	class := []int{0, 1, 2}
	sub := Truth{Class: class, Temperature: 2}.Scorer(s)(s)
	if !slices.Equal(sub.Hit, []bool{true, false, false}) {
		t.Errorf("hits %v", sub.Hit)
	}
	odds := func(z []float64, k int, temp float64) float64 {
		p := make([]float64, len(z))
		y := make([]float64, len(z))
		for i := range z {
			y[i] = z[i] / temp
		}
		model.Softmax(p, y)
		return math.Log(p[k] / (1 - p[k]))
	}
	near := func(got float32, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 1e-5 {
			t.Errorf("log-odds %g, want %g", got, want)
		}
	}
	near(sub.True[0], odds(s.Logits[:3], 0, 2))
	near(sub.Top[2], odds(s.Logits[6:], 0, 1)) // the prior has no temperature
	near(sub.True[2], odds(s.Logits[6:], 2, 1))
	near(sub.Top[1], maxLogOdds)
	near(sub.True[1], -maxLogOdds)
}
