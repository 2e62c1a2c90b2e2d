package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"pgregory.net/rapid"
)

// deciding returns the metrics that thresholds can be chosen for.
func deciding() []Metric {
	return slices.DeleteFunc(Metrics(dataset.Classification), func(m Metric) bool { return !m.Decides() })
}

func TestDeciding(t *testing.T) {
	var names []string
	for _, m := range deciding() {
		names = append(names, m.Name)
	}
	if want := []string{"balanced_accuracy", "macro_f1", "weighted_f1"}; !slices.Equal(names, want) {
		t.Errorf("thresholds are chosen for %v, want %v", names, want)
	}
}

func TestDecideClass(t *testing.T) {
	f := func(want int, thresholds []float64, probs ...float64) {
		t.Helper()
		if got := DecideClass(probs, thresholds); got != want {
			t.Errorf("%v by %v: class %d, want %d", probs, thresholds, got, want)
		}
	}
	f(0, nil, 0.8, 0.2)
	f(1, []float64{0.85, 0.15}, 0.8, 0.2)
	f(0, []float64{0.75, 0.25}, 0.8, 0.2)
	f(0, []float64{0.8, 0.2}, 0.8, 0.2) // the first among equals
	f(2, []float64{0.5, 0.45, 0.05}, 0.5, 0.3, 0.2)
}

// chosen returns the classes that are predicted of rows of which something is known.
func chosen(probs [][]float64, thresholds []float64) []int {
	return DecideClasses(probs, thresholds, make([]bool, len(probs)))
}

// calibratedRows returns n rows of the classes' shares with calibrated probabilities: each row's
// label is drawn by them.
func calibratedRows(rng *rand.Rand, n int, shares ...float64) (probs [][]float64, labels []int) {
	for range n {
		z, sum := make([]float64, len(shares)), 0.0
		for c, s := range shares {
			z[c] = s * math.Exp(1.5*rng.NormFloat64())
			sum += z[c]
		}
		u, label := rng.Float64(), 0
		for c := range z {
			z[c] /= sum
			if u > 0 {
				label = c
			}
			u -= z[c]
		}
		probs, labels = append(probs, z), append(labels, label)
	}
	return probs, labels
}

// Thresholds of a few rows are worth having on others: with a rare class, they raise each metric
// that decides, and come near to what the best thresholds of the many rows reach.
func TestClassThresholdsOfRareClasses(t *testing.T) {
	for _, shares := range [][]float64{{0.94, 0.06}, {0.06, 0.94}, {0.47, 0.47, 0.06}} {
		rng := rand.New(rand.NewPCG(uint64(len(shares)), 7))
		many, truth := calibratedRows(rng, 20_000, shares...)
		for _, m := range deciding() {
			best := m.Of(&Predictions{Probs: many, Labels: truth, Chosen: chosen(many, ClassThresholds(m, many, truth))})
			plain := m.Of(&Predictions{Probs: many, Labels: truth})
			mean, worst := 0.0, 1.0
			const draws = 20
			for range draws {
				few, labels := calibratedRows(rng, 160, shares...)
				v := m.Of(&Predictions{Probs: many, Labels: truth, Chosen: chosen(many, ClassThresholds(m, few, labels))})
				mean += v / draws
				worst = min(worst, v)
			}
			t.Logf("%v %s: %.3f without, %.3f by 160 rows (worst %.3f), %.3f by all", shares, m.Name, plain, mean, worst, best)
			if mean < plain-0.002 || mean < best-0.02 || m.Name == "balanced_accuracy" && worst < plain+0.05 {
				t.Errorf("%v %s: %.3f without thresholds, %.3f by 160 rows (worst %.3f), %.3f by all", shares, m.Name, plain, mean, worst, best)
			}
		}
	}
}

// Where probabilities of a class are far too low, the rows move its threshold.
func TestClassThresholdsFollowTheRows(t *testing.T) {
	m, _ := MetricByName("balanced_accuracy")
	rng := rand.New(rand.NewPCG(1, 2))
	shrunk := func(n int) ([][]float64, []int) {
		probs, labels := calibratedRows(rng, n, 0.5, 0.5)
		for _, p := range probs { // as of a network that is wrong about the odds of the second
			p[1] = p[1] * p[1] / 50
			p[0] = 1 - p[1]
		}
		return probs, labels
	}
	few, labels := shrunk(300)
	many, truth := shrunk(5000)
	th := ClassThresholds(m, few, labels)
	got := m.Of(&Predictions{Probs: many, Labels: truth, Chosen: chosen(many, th)})
	best := 0.0
	for _, cut := range []float64{0.001, 0.002, 0.003, 0.005, 0.007, 0.01} {
		best = max(best, m.Of(&Predictions{Probs: many, Labels: truth, Chosen: chosen(many, []float64{1 - cut, cut})}))
	}
	if got < best-0.03 {
		t.Errorf("thresholds %v reach %.3f, the best %.3f", th, got, best)
	}
}

// Thresholds sum to 1 and are above 0, whatever the probabilities.
func TestClassThresholdsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(deciding()).Draw(t, "metric")
		classes, n := rapid.IntRange(2, 4).Draw(t, "classes"), rapid.IntRange(1, 40).Draw(t, "rows")
		var probs [][]float64
		var labels []int
		for range n {
			row, sum := make([]float64, classes), 0.0
			for c := range row {
				row[c] = rapid.Float64Range(0, 1).Draw(t, "p") + 1e-6
				sum += row[c]
			}
			for c := range row {
				row[c] /= sum
			}
			probs, labels = append(probs, row), append(labels, rapid.IntRange(0, classes-1).Draw(t, "label"))
		}
		got := ClassThresholds(m, probs, labels)
		total := 0.0
		for _, v := range got {
			if !(v > 0 && v < 1) {
				t.Fatalf("thresholds %v", got)
			}
			total += v
		}
		if len(got) != classes || math.Abs(total-1) > 1e-9 {
			t.Fatalf("thresholds %v", got)
		}
	})
}

// Probabilities alone decide what is no metric of predicted classes.
func TestThresholdsLeaveProbabilitiesAlone(t *testing.T) {
	plain, decided := classData(80, 3, 4), classData(80, 3, 4)
	decided.Chosen = chosen(decided.Probs, []float64{0.8, 0.15, 0.05})
	for _, m := range Metrics(dataset.Classification) {
		a, b := m.Of(plain), m.Of(decided)
		if same := m.Name != "accuracy" && !m.Decides(); same != (a == b) {
			t.Errorf("%s is %v, with thresholds %v", m.Name, a, b)
		}
	}
	if a, b := Reliability(plain, 10), Reliability(decided, 10); !slices.Equal(a, b) {
		t.Errorf("reliability %v, with thresholds %v", a, b)
	}
}
