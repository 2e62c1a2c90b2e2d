package eval

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
)

func TestSummarizeRuns(t *testing.T) {
	acc, _ := MetricByName("accuracy")
	s := SummarizeRuns(acc, []float64{.80, .82, .78, .81, .79}, Resampling{TrainRows: 400, TestRows: 100})
	near(t, "mean", s.Mean, 0.80, 1e-15)
	near(t, "std", s.Std, math.Sqrt(0.00025), 1e-12)
	// half width: t(0.025, 4)·s·√(1/5 + 1/4)
	near(t, "low", s.Low, 0.80-2.7764451051977943*math.Sqrt(0.00025*0.45), 1e-12)
	if s = SummarizeRuns(acc, []float64{1, .9, 1}, Resampling{TrainRows: 20, TestRows: 10}); s.High != 1 {
		t.Errorf("high = %v, want it kept at 1", s.High)
	}
	if s = SummarizeRuns(acc, []float64{.9}, Resampling{TrainRows: 20, TestRows: 10}); !math.IsNaN(s.Low) || s.Std != 0 {
		t.Errorf("one run: %+v", s)
	}
}

// The bootstrap interval of an accuracy is near the binomial one.
func TestSummarizeSplit(t *testing.T) {
	acc, _ := MetricByName("accuracy")
	probs, labels := simulated(1000, 3, 1, 4)
	p := &Predictions{Probs: probs, Labels: labels}
	s := SummarizeSplit(acc, []*Predictions{p, p, p}, nil)
	half := 1.96 * math.Sqrt(s.Mean*(1-s.Mean)/1000)
	near(t, "low", s.Low, s.Mean-half, 0.004)
	near(t, "high", s.High, s.Mean+half, 0.004)
	again := SummarizeSplit(acc, []*Predictions{p, p, p}, nil)
	if again.Low != s.Low || again.High != s.High {
		t.Error("two runs give two intervals")
	}
	for _, m := range Metrics(dataset.Classification) {
		if s := SummarizeSplit(m, []*Predictions{p}, nil); !(s.Low <= s.Mean && s.Mean <= s.High && s.Low < s.High) {
			t.Errorf("%s: %v not within [%v, %v]", m.Name, s.Mean, s.Low, s.High)
		}
	}
	q := scoreData()
	for _, m := range append(Metrics(dataset.Regression), SentimentMetrics()...) {
		if s := SummarizeSplit(m, []*Predictions{q}, nil); !(s.Low <= s.Mean && s.Mean <= s.High && s.Low < s.High) {
			t.Errorf("%s: %v not within [%v, %v]", m.Name, s.Mean, s.Low, s.High)
		}
	}
	// One answer for every row: but for resamples with one class alone, its balanced accuracy is 1/2.
	same := &Predictions{}
	for i := range 14 {
		same.Probs, same.Labels = append(same.Probs, []float64{0.6, 0.4}), append(same.Labels, i*5/9%2)
	}
	for _, m := range Metrics(dataset.Classification) {
		if s := SummarizeSplit(m, []*Predictions{same}, nil); !(s.Low <= s.Mean && s.Mean <= s.High) {
			t.Errorf("one answer, %s: %v not within [%v, %v]", m.Name, s.Mean, s.Low, s.High)
		}
	}
	all := &Predictions{Probs: [][]float64{{1, 0}, {0, 1}, {1, 0}}, Labels: []int{0, 1, 0}}
	if s := SummarizeSplit(acc, []*Predictions{all}, nil); s.High != 1 || math.Abs(s.Low-math.Cbrt(0.025)) > 1e-12 {
		t.Errorf("all right: [%v, %v], want the exact binomial bound", s.Low, s.High)
	}
	if s := SummarizeRuns(acc, []float64{1, 1, 1}, Resampling{TrainRows: 80, TestRows: 20}); s.High != 1 || math.Abs(s.Low-math.Pow(0.025, 0.01)) > 1e-12 {
		t.Errorf("all right in every fold: [%v, %v], want the exact binomial bound", s.Low, s.High)
	}
	if s := SummarizeRuns(acc, []float64{0.5, 0.5, 0.5}, Resampling{TrainRows: 80, TestRows: 20}); !(s.Low < 0.5 && s.High > 0.5) {
		t.Errorf("half right in every fold: [%v, %v], want the width that a row makes", s.Low, s.High)
	}
}

func TestSummaryJSON(t *testing.T) {
	in := Summary{Mean: .5, Low: math.NaN(), High: math.Inf(1), Runs: []float64{.5, math.NaN()}}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"mean":0.5,"std":0,"low":null,"high":null,"runs":[0.5,null]}`; string(b) != want {
		t.Errorf("%s, want %s", b, want)
	}
	var out Summary
	if err := json.Unmarshal(b, &out); err != nil || !math.IsNaN(out.Low) || out.Runs[0] != .5 || !math.IsNaN(out.Runs[1]) {
		t.Errorf("%+v, %v", out, err)
	}
}
