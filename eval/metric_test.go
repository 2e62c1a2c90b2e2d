package eval

import (
	"math"
	"reflect"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
)

// lcg is x → (1103515245·x + 12345) mod 2³¹ from seed, divided by 2³¹.
func lcg(n int, seed uint64) []float64 {
	out := make([]float64, n)
	for i := range out {
		seed = (1103515245*seed + 12345) % (1 << 31)
		out[i] = float64(seed) / (1 << 31)
	}
	return out
}

// classData has weights round(8u)+1 per class, +6 for the true class on two
// rows of three, divided by their sum; ties are frequent on purpose. The same
// definition in NumPy gave the numbers below.
func classData(n, c int, seed uint64) *Predictions {
	u := lcg(n*c+n, seed)
	p := &Predictions{}
	for i := range n {
		y := int(u[n*c+i] * float64(c))
		row, sum := make([]float64, c), 0.0
		for k := range row {
			row[k] = math.RoundToEven(u[i*c+k]*8) + 1
			if k == y && i%3 != 0 {
				row[k] += 6
			}
			sum += row[k]
		}
		for k := range row {
			row[k] /= sum
		}
		p.Probs, p.Labels = append(p.Probs, row), append(p.Labels, y)
	}
	return p
}

// scoreData: t = round(5(6u−3))/5, the first ten 0; v = round(4(0.6t₀ + 3(u'−0.5)))/4
// with t₀ before the zeroing.
func scoreData() *Predictions {
	const n = 80
	u := lcg(2*n, 3)
	p := &Predictions{}
	for i := range n {
		t := math.RoundToEven((u[i]*6-3)*5) / 5
		v := float64(t*0.6) + float64((u[n+i]-0.5)*3)
		if i < 10 {
			t = 0
		}
		p.Targets, p.Values = append(p.Targets, t), append(p.Values, math.RoundToEven(v*4)/4)
	}
	return p
}

func near(t *testing.T, name string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s = %.16g, want %.16g", name, got, want)
	}
}

// The expected numbers are scikit-learn 1.9.1's and SciPy 1.17.1's
// (accuracy_score, balanced_accuracy_score, f1_score, log_loss,
// brier_score_loss, roc_auc_score(multi_class="ovr", average="macro"),
// average_precision_score(average="macro"), mean_absolute_error, r2_score,
// pearsonr, spearmanr, confusion_matrix); ECE, Acc-2, -5 and -7 are computed
// from their definitions with NumPy.
func TestMetrics(t *testing.T) {
	f := func(p *Predictions, want map[string]float64) {
		t.Helper()
		for _, m := range metrics {
			w, ok := want[m.Name]
			if !ok {
				continue
			}
			near(t, m.Name, m.Of(p), w, 1e-12)
			delete(want, m.Name)
		}
		if len(want) > 0 {
			t.Errorf("not in the registry: %v", want)
		}
	}
	two := classData(60, 2, 1)
	f(two, map[string]float64{
		"accuracy": 0.7666666666666667, "balanced_accuracy": 0.7624434389140271, "macro_f1": 0.7624434389140271,
		"weighted_f1": 0.7666666666666667, "log_loss": 0.5121165888896242, "brier": 0.16874947582632052,
		"roc_auc": 0.8472850678733032, "average_precision": 0.7806782547364083, "ece": 0.10849551293369439,
	})
	four := classData(90, 4, 2)
	f(four, map[string]float64{
		"accuracy": 0.6444444444444445, "balanced_accuracy": 0.644892137264701, "macro_f1": 0.6389109474215857,
		"weighted_f1": 0.6458111945109581, "log_loss": 1.0454571989684653, "brier": 0.5639023718301843,
		"roc_auc": 0.8556998241167616, "average_precision": 0.7077527622574264, "ece": 0.25458198835521867,
	})
	f(scoreData(), map[string]float64{
		"mae": 1.064375, "rmse": 1.2424899395970979, "r2": 0.45651073754620664, "pearson": 0.6779856133097102, "spearman": 0.6889729204184276,
		"acc2_non_negative": 0.7375, "acc2_non_zero": 0.8153846153846154, "acc2_positive": 0.775, "acc5": 0.325, "acc7": 0.2375,
	})
	if got, want := Confusion(four), [][]int{{15, 4, 2, 2}, {1, 13, 1, 3}, {5, 3, 11, 1}, {3, 4, 3, 19}}; !reflect.DeepEqual(got, want) {
		t.Errorf("confusion = %v, want %v", got, want)
	}
}

func TestRoundHalfToEven(t *testing.T) {
	p := &Predictions{Values: []float64{0.5, 1.5, 2.5, -0.5, 9}, Targets: []float64{0, 2, 2, 0, 3}}
	for _, name := range []string{"acc7", "acc5"} {
		m, _ := MetricByName(name)
		near(t, name, m.Of(p), 1, 0)
	}
}

// A weight of k must count as k copies of the row: resampling relies on it.
func TestWeightsAreCopies(t *testing.T) {
	for _, p := range []*Predictions{classData(40, 3, 7), scoreData(), labelData()} {
		w := make([]uint8, p.Len())
		many := &Predictions{Thresholds: p.Thresholds}
		for i, u := range lcg(p.Len(), 11) {
			w[i] = uint8(u * 3)
			for range w[i] {
				switch {
				case p.Sets != nil:
					many.Probs, many.Sets = append(many.Probs, p.Probs[i]), append(many.Sets, p.Sets[i])
				case p.Probs != nil:
					many.Probs, many.Labels = append(many.Probs, p.Probs[i]), append(many.Labels, p.Labels[i])
				default:
					many.Values, many.Targets = append(many.Values, p.Values[i]), append(many.Targets, p.Targets[i])
				}
			}
		}
		for _, m := range metrics {
			if m.Task == taskOf(p) {
				near(t, m.Name, m.weighted(p, w), m.Of(many), 1e-12)
			}
		}
	}
}

func taskOf(p *Predictions) dataset.Task {
	switch {
	case p.Sets != nil:
		return dataset.Multilabel
	case p.Probs != nil:
		return dataset.Classification
	}
	return dataset.Regression
}

func TestUndefined(t *testing.T) {
	one := &Predictions{Probs: [][]float64{{.4, .6}, {.3, .7}}, Labels: []int{1, 1}}
	for _, m := range metrics {
		if v := m.Of(&Predictions{}); !math.IsNaN(v) {
			t.Errorf("%s of nothing = %v, want NaN", m.Name, v)
		}
	}
	m, _ := MetricByName("roc_auc")
	if v := m.Of(one); !math.IsNaN(v) {
		t.Errorf("ROC-AUC of one class = %v, want NaN", v)
	}
	flat := &Predictions{Values: []float64{1, 1}, Targets: []float64{0, 2}}
	for _, name := range []string{"pearson", "spearman"} {
		m, _ := MetricByName(name)
		if v := m.Of(flat); !math.IsNaN(v) {
			t.Errorf("%s of a constant = %v, want NaN", name, v)
		}
	}
	sure := &Predictions{Probs: [][]float64{{1, 0}}, Labels: []int{1}}
	m, _ = MetricByName("log_loss")
	near(t, "log loss of a sure mistake", m.Of(sure), -math.Log(0x1p-52), 1e-15)
}

func TestRegistry(t *testing.T) {
	for task, first := range map[dataset.Task]string{dataset.Classification: "accuracy", dataset.Regression: "mae", dataset.Multilabel: "micro_f1"} {
		if got := Metrics(task)[0].Name; got != first {
			t.Errorf("first metric of %s is %s, want %s", task, got, first)
		}
	}
	if n := len(append(Metrics(dataset.Regression), SentimentMetrics()...)); n != 10 {
		t.Errorf("%d metrics for regression and sentiment, want 10", n)
	}
	for _, m := range metrics {
		if (m.Row == nil) == (m.whole == nil) || m.TitleIn("zh") == "" || m.Min >= m.Max {
			t.Errorf("%s: bad entry", m.Name)
		}
	}
}

func TestIsSentiment(t *testing.T) {
	f := func(want bool, targets ...float64) {
		t.Helper()
		if got := IsSentiment(targets); got != want {
			t.Errorf("%v: %v, want %v", targets, got, want)
		}
	}
	f(true, -3, 0, 2.4)
	f(true, -0.2, 1.2)
	f(false)
	f(false, 0, 1, 3)              // stars
	f(false, -1, 0.5, 1)           // correlations
	f(false, -3, 3.2)              // wider
	f(false, -2, math.NaN(), 2)    // not known
	f(false, -10, 20, -3, math.Pi) // temperatures
}
