package train

import (
	"math"
	"testing"
)

// The chosen epoch moves only for a loss that is lower by more than the margin; patience counts
// from the lowest.
func TestStoppingTakesTheEarliestOfEquals(t *testing.T) {
	s := Stopping{Chosen: math.Inf(1), Lowest: math.Inf(1)}
	steps := []struct {
		loss, se float64
		chosen   bool
		lowest   int
	}{
		{1.00, 0.10, true, 1},
		{0.97, 0.10, false, 2}, // within half a standard error
		{0.96, 0.10, false, 3},
		{0.94, 0.08, true, 4}, // beyond it, in sum
		{0.95, 0.08, false, 4},
		{0.80, 0.05, true, 6},
	}
	for i, st := range steps {
		if got := s.see(i+1, st.loss, st.se, 0.5); got != st.chosen || s.LowestEpoch != st.lowest {
			t.Errorf("epoch %d: chosen %v, lowest in epoch %d; want %v, %d", i+1, got, s.LowestEpoch, st.chosen, st.lowest)
		}
	}
}

func TestConfigCheckNamesWhatIsOutOfRange(t *testing.T) {
	if err := (Config{}).Check(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	for _, c := range []Config{
		{Epochs: -1}, {Batch: -1}, {LR: -1}, {LR: math.NaN()}, {Momentum: new(1.0)}, {Momentum: new(-0.1)}, {WeightDecay: new(-1.0)}, {LabelSmoothing: 1}, {Optimizer: "x"}, {Schedule: "x"}, {Loss: "x"}, {Patience: -2}, {Clip: new(-1.0)}, {Margin: new(-1.0)},
	} {
		if c.Check() == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

// A 0 that is said is no default.
func TestZeroIsNoDefault(t *testing.T) {
	c := Config{WeightDecay: new(0.0), Momentum: new(0.0), Clip: new(0.0), Margin: new(0.0)}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if d := c.withDefaults(); *d.WeightDecay != 0 || *d.Momentum != 0 || *d.Clip != 0 || *d.Margin != 0 {
		t.Errorf("%g %g %g %g", *d.WeightDecay, *d.Momentum, *d.Clip, *d.Margin)
	}
	if d := (Config{}).withDefaults(); *d.WeightDecay != 0.01 || *d.Momentum != 0.9 || *d.Clip != 5 || *d.Margin != 0.5 {
		t.Errorf("defaults %g %g %g %g", *d.WeightDecay, *d.Momentum, *d.Clip, *d.Margin)
	}
}

func TestClassWeightsAreBalanced(t *testing.T) {
	w := classWeights([]int32{0, 0, 0, 1}, []int{0, 1, 2, 3}, 3)
	if math.Abs(float64(w[0])-4.0/9) > 1e-6 || math.Abs(float64(w[1])-4.0/3) > 1e-6 || w[2] != 0 {
		t.Errorf("weights %v", w)
	}
}
