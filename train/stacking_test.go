package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// twoTracks is a manifest of two vectors, of which the first holds the class under noise and the
// second nothing at all.
func twoTracks(rows int) string {
	rng := rand.New(rand.NewPCG(8, 1))
	var b strings.Builder
	b.WriteString("label,track,noise\n")
	for i := range rows {
		c := i % 2
		fmt.Fprintf(&b, "c%d,\"[%.3f, %.3f]\",\"[", c, float64(c)+0.5*rng.NormFloat64(), rng.NormFloat64())
		for j := range 24 {
			if j > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%.3f", rng.NormFloat64())
		}
		b.WriteString("]\"\n")
	}
	return b.String()
}

// fitStacking returns the last step's parameters of a stacker after its fit, and the fit.
func fitStacking(t *testing.T, p *Prepared, c Config) ([][]float32, *Fitting) {
	t.Helper()
	c.Seed = 3
	f, err := p.Fit(context.Background(), Recipe{Fusion: "stacking", Train: c}, []int{0, 1}, 1, Hooks{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot(f.Model.Stacker().Joint()), f
}

// A view that has learned its training rows by heart is believed by what it predicts of others.
func TestStackingSeesThroughMemory(t *testing.T) {
	p := prepared(t, twoTracks(240), Recipe{})
	joint, f := fitStacking(t, p, Config{Epochs: 40})
	track, noise := mean32(joint[0]), mean32(joint[1])
	if track < 0.6 || math.Abs(noise) > 0.3 {
		t.Errorf("the track weighs %.2f, the noise %.2f; they began with 0.5", track, noise)
	}
	right := 0
	scores, err := p.Predict(context.Background(), f, p.Run.Test, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range p.Run.Test {
		if (scores.Row(i)[1] > 0.5) == (p.Data.Rows[r].Class == 1) {
			right++
		}
	}
	if share := float64(right) / float64(len(p.Run.Test)); share < 0.7 {
		t.Errorf("%.0f %% of the test rows are right", 100*share)
	}
}

// The last step is learned from the training rows alone, so that validation rows measure it, and
// stays what it is through the fit and the refit.
func TestStackingLeavesTheLastStepAlone(t *testing.T) {
	p := prepared(t, twoTracks(120), Recipe{})
	short, _ := fitStacking(t, p, Config{Epochs: 5, NoRefit: true})
	refitted, _ := fitStacking(t, p, Config{Epochs: 5})
	if slices.Equal(short[0], []float32{0.5, 0.5}) {
		t.Error("the last step is as it began")
	}
	for _, r := range p.Run.Val {
		p.Set.Class[r] = 1 - p.Set.Class[r]
	}
	other, _ := fitStacking(t, p, Config{Epochs: 5, NoRefit: true})
	for i := range short {
		for j, v := range short[i] {
			if math.Abs(float64(v-other[i][j])) > 1e-6 {
				t.Errorf("parameter %d depends on the validation rows: %v and %v", i, short[i], other[i])
				break
			}
		}
	}
	if len(refitted) != 3 || slices.Equal(refitted[0], []float32{0.5, 0.5}) {
		t.Errorf("after the refit the last step is %v", refitted)
	}
}

// Too few rows to divide leave the views joined as they begin.
func TestStackingOfFewRows(t *testing.T) {
	p := prepared(t, twoTracks(12), Recipe{})
	p.Run.Train = p.Run.Train[:3]
	joint, _ := fitStacking(t, p, Config{Epochs: 2})
	if !slices.Equal(joint[0], []float32{0.5, 0.5}) {
		t.Errorf("of three rows the last step is %v", joint)
	}
}

func mean32(x []float32) float64 {
	s := 0.0
	for _, v := range x {
		s += float64(v)
	}
	return s / float64(len(x))
}
