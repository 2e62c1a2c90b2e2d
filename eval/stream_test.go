package eval

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/model"
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
		logits := oddLogits(kept)
		if thresholds != nil {
			kept.Chosen = DecideClasses(kept.Probs, thresholds, make([]bool, len(kept.Probs)))
		}
		passes := 0
		decide := func(_ int, row []float64) int { return DecideClass(row, thresholds) }
		p, err := Stream(context.Background(), kept.Labels, c, 3, func(_ context.Context, f func(worker, i int, logits []float64)) error {
			passes++
			for k := range logits { // in any order
				i := (k*7 + passes) % len(logits)
				f(k%3, i, logits[i])
			}
			return nil
		}, decide)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range Metrics(dataset.Classification) {
			if got, want := m.Of(p), m.Of(kept); got != want {
				t.Errorf("%s of %d classes is %v, of predictions that are kept %v", m.Name, c, got, want)
			}
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
	if _, err := Stream(context.Background(), []int{0}, 3, 1, func(context.Context, func(int, int, []float64)) error { return broken }, nil); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// oddLogits puts the probabilities of logits into p and returns the logits: some of them equal,
// some a rounding apart, some far too small for a probability, large ones.
func oddLogits(p *Predictions) [][]float64 {
	logits := make([][]float64, len(p.Probs))
	for i, row := range p.Probs {
		z := make([]float64, len(row))
		for c, v := range row {
			switch z[c] = math.Round(8*math.Log(v)) / 8; i % 11 {
			case 3:
				z[c] = math.Nextafter(z[c], 9)
			case 5:
				z[c] *= 400
			case 7:
				z[c] += 1e9
			case 9:
				z[c] = float64(-c) * 1e4
			}
		}
		model.Softmax(row, z)
		logits[i] = z
	}
	return logits
}

// A row's place among the others, found by logarithms, is the one that its probabilities have.
func TestBinsOfLogits(t *testing.T) {
	for seed := range uint64(10) {
		p := classData(150, 4+int(seed), seed)
		logits := oddLogits(p)
		if seed%2 == 1 {
			logits[4][1], logits[5][2], logits[6][0] = math.NaN(), math.Inf(1), math.Inf(-1)
		}
		own, norms := make([]float64, p.Len()), make([]norm, p.Len())
		for i, z := range logits {
			norms[i] = newNorm(model.Softmax(p.Probs[i], z))
			own[i] = p.own(i)
		}
		r := newOneVsRest(p.Labels, own, p.Classes())
		logs := make([]float64, len(r.cuts))
		for k, v := range r.cuts {
			logs[k] = logOf(v)
		}
		for i, z := range logits {
			var want, got []int
			r.bins(i, p.Probs[i], func(bin int) { want = append(want, bin) })
			r.binsOf(i, z, norms[i], logs, func(bin int) { got = append(got, bin) })
			if !slices.Equal(got, want) {
				t.Fatalf("row %d of seed %d is in %v, by its probabilities in %v", i, seed, got, want)
			}
		}
	}
}
