package eval

import (
	"math"
	"slices"
	"testing"
)

// labelData: a label l of row i is true where u < 0.2 + 0.15·l, its probability
// round(8(0.5u' + 0.3y))/10; ties are frequent on purpose.
func labelData() *Predictions {
	const n, c = 70, 4
	u := lcg(2*n*c, 5)
	p := &Predictions{Thresholds: []float64{.3, .5, .4, .6}}
	for i := range n {
		row, set := make([]float64, c), []int{}
		for l := range c {
			y := 0.0
			if u[n*c+i*c+l] < 0.2+0.15*float64(l) {
				y, set = 1, append(set, l)
			}
			row[l] = math.RoundToEven(8*(0.5*u[i*c+l]+0.3*y)) / 10
		}
		p.Probs, p.Sets = append(p.Probs, row), append(p.Sets, set)
	}
	return p
}

// The expected numbers are scikit-learn 1.9.1's (f1_score of both averages, accuracy_score,
// hamming_loss, average_precision_score(average="macro")) of the same data made in NumPy.
func TestLabelMetrics(t *testing.T) {
	p := labelData()
	for name, want := range map[string]float64{
		"micro_f1": 0.5549132947976878, "macro_f1": 0.5358143648466229, "subset_accuracy": 0.2714285714285714,
		"hamming_loss": 0.275, "mean_average_precision": 0.8114578388915172,
	} {
		near(t, name, labelMetric(t, name).Of(p), want, 1e-12)
	}
	scores := LabelScores(p, []string{"a", "b", "c", "d"})
	sum, ap := 0.0, 0.0
	for _, s := range scores {
		sum, ap = sum+s.F1/4, ap+s.AP/4
	}
	near(t, "mean F1 of the labels", sum, 0.5358143648466229, 1e-12)
	near(t, "mean average precision of the labels", ap, 0.8114578388915172, 1e-12)
}

func labelMetric(t *testing.T, name string) Metric {
	t.Helper()
	for _, m := range Metrics("multilabel") {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no metric %q", name)
	return Metric{}
}

// Resampling to first order is near resampling itself.
func TestResampledMeanAveragePrecision(t *testing.T) {
	p := labelData()
	m, fast := labelMetric(t, "mean_average_precision"), p.resampledMAP()
	near(t, "without resampling", fast(slices.Repeat([]uint8{1}, p.Len())), m.Of(p), 1e-12)
	exact := bootstrap(p.Len(), nil, statistic{400, each(func(w []uint8) float64 { return m.weighted(p, w) })})
	quick := bootstrap(p.Len(), nil, statistic{400, each(fast)})
	near(t, "low end", quantile(quick, 0.025), quantile(exact, 0.025), 0.02)
	near(t, "high end", quantile(quick, 0.975), quantile(exact, 0.975), 0.02)

	// The effect of a row is the derivative in its weight.
	const h = 1.0 / 200 // weights count by their ratio
	effect := make([]float64, p.Len())
	p.addEffect(effect, 1, p.labelAP(1, nil))
	for i := range effect {
		at := func(more int) float64 {
			w := slices.Repeat([]uint8{1 / h}, p.Len())
			w[i] = uint8(1/h + more)
			return p.labelAP(1, w)
		}
		slope := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h) // to the fourth order in h
		near(t, "effect", effect[i], slope, 1e-6)
	}
}

// The chosen threshold's F1 is within a standard error of the best of the grid, and no other such
// threshold is nearer to half of the best F1.
func TestThresholds(t *testing.T) {
	p := labelData()
	f1 := func(l int, at float64) float64 {
		hit, named := 0, 0
		for i, row := range p.Probs {
			_, is := slices.BinarySearch(p.Sets[i], l)
			if row[l] >= at {
				named++
			}
			if is {
				named++
			}
			if is && row[l] >= at {
				hit++
			}
		}
		return 2 * float64(hit) / float64(named)
	}
	got := Thresholds(p.Probs, p.Sets, 4)
	for l, at := range got {
		best, size := 0.0, 0.0
		for k := range 101 {
			if f := f1(l, float64(k)/100); f > best {
				best = f
			}
		}
		for i := range p.Sets {
			if slices.Contains(p.Sets[i], l) {
				size++ // no less than half of those that are named and true
			}
		}
		if f1(l, at) < best-math.Sqrt(best*(1-best)/(size/2)) {
			t.Errorf("label %d: F1 %g at the chosen %g, %g at best", l, f1(l, at), at, best)
		}
		for k := range 101 {
			if c := float64(k) / 100; f1(l, c) == best && math.Abs(c-best/2) < math.Abs(at-best/2)-0.1 {
				t.Errorf("label %d: %g is chosen, %g has the best F1 and is nearer to %g", l, at, c, best/2)
			}
		}
		for _, row := range p.Probs {
			if row[l] == at {
				t.Errorf("label %d: the threshold %g is a probability itself", l, at)
			}
		}
	}
	// Label 1 is on one row: it shares the threshold of both together (the best F1 is 12/13, and that
	// of 0.425 is not told apart from it), label 0 has its own.
	few := Thresholds([][]float64{{.9, .1}, {.8, .2}, {.7, .35}, {.65, .4}, {.3, .45}, {.6, .1}}, [][]int{{0}, {0}, {0}, {0, 1}, {}, {0}}, 2)
	if want := []float64{0.45, 0.425}; math.Abs(few[0]-want[0]) > 1e-9 || math.Abs(few[1]-want[1]) > 1e-9 {
		t.Errorf("thresholds %v, want %v", few, want)
	}
	if none := Thresholds(nil, nil, 2); !slices.Equal(none, []float64{0.5, 0.5}) {
		t.Errorf("without rows the thresholds are %v", none)
	}
}

// The best constant answer is the best prefix of the labels by their frequency.
func TestConstantLabels(t *testing.T) {
	f := func(rates []float64, want ...int) {
		t.Helper()
		if got := Decide(rates, ConstantLabels(rates)); !slices.Equal(got, want) {
			t.Errorf("%v: always %v, want %v", rates, got, want)
		}
	}
	f([]float64{0.1, 0.9, 0.05}, 1)
	f([]float64{0.6, 0.1, 0.6}, 0, 2)
	f([]float64{0, 0.01}, 1)
}

// A temperature that is known is found again.
func TestLabelTemperature(t *testing.T) {
	var logits [][]float64
	var sets [][]int
	u := lcg(8000, 9)
	for i := range 4000 {
		z := 6 * (u[i] - 0.5)
		set := []int{}
		if u[4000+i] < 1/(1+math.Exp(-z)) {
			set = append(set, 0)
		}
		logits, sets = append(logits, []float64{3 * z}), append(sets, set)
	}
	near(t, "temperature", LabelTemperature(logits, sets), 3, 0.1)
	near(t, "calibration error", BinsECE(LabelReliability(&Predictions{Probs: SoftenLabels(logits, 3), Sets: sets}, Bins)), 0, 0.03)
}
