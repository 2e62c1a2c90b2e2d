package eval

import "math"

// Task says which predictions a metric is for.
type Task string

// The tasks. Sentiment metrics apply to regression onto −3..3.
const (
	Classification Task = "classification"
	Regression     Task = "regression"
	Sentiment      Task = "sentiment"
)

// Metric is one named measure.
type Metric struct {
	Name           string // as in the JSON of compare and evaluate
	Title          string // for people, in English
	Task           Task
	HigherIsBetter bool
	Share          bool    // a fraction of rows, shown in percent
	Min, Max       float64 // its range, may be infinite
	// Row is the score of one row where the metric is a mean over rows, else nil.
	Row func(p *Predictions, i int) float64
	// whole computes the metric with rows counted w times (nil: once each).
	whole func(p *Predictions, w []float64) float64
}

// Of computes the metric; NaN where it is undefined, as without rows, or for
// the ROC-AUC of a single class.
func (m Metric) Of(p *Predictions) float64 { return m.weighted(p, nil) }

func (m Metric) weighted(p *Predictions, w []float64) float64 {
	if p.Len() == 0 {
		return math.NaN()
	}
	if m.Row == nil {
		return m.whole(p, w)
	}
	sum, n := 0.0, 0.0
	for i := range p.Len() {
		sum += weight(w, i) * m.Row(p, i)
		n += weight(w, i)
	}
	return sum / n
}

var inf = math.Inf(1)

// metrics is the table of all metrics, the task's main one first.
var metrics = []Metric{
	{Name: "accuracy", Title: "accuracy", Task: Classification, HigherIsBetter: true, Share: true, Max: 1, Row: correct},
	{Name: "balanced_accuracy", Title: "balanced accuracy", Task: Classification, HigherIsBetter: true, Share: true, Max: 1, whole: balancedAccuracy},
	{Name: "macro_f1", Title: "macro F1", Task: Classification, HigherIsBetter: true, Max: 1, whole: macroF1},
	{Name: "weighted_f1", Title: "weighted F1", Task: Classification, HigherIsBetter: true, Max: 1, whole: weightedF1},
	{Name: "log_loss", Title: "log loss", Task: Classification, Max: inf, Row: rowLogLoss},
	{Name: "brier", Title: "Brier score", Task: Classification, Max: 2, Row: rowBrier},
	{Name: "roc_auc", Title: "ROC-AUC", Task: Classification, HigherIsBetter: true, Max: 1, whole: rocAUC},
	{Name: "average_precision", Title: "average precision", Task: Classification, HigherIsBetter: true, Max: 1, whole: averagePrecision},
	{Name: "ece", Title: "ECE", Task: Classification, Max: 1, whole: ece},

	{Name: "mae", Title: "MAE", Task: Regression, Max: inf, Row: absError},
	{Name: "rmse", Title: "RMSE", Task: Regression, Max: inf, whole: rmse},
	{Name: "r2", Title: "R²", Task: Regression, HigherIsBetter: true, Min: -inf, Max: 1, whole: r2},
	{Name: "pearson", Title: "Pearson r", Task: Regression, HigherIsBetter: true, Min: -1, Max: 1, whole: pearson},
	{Name: "spearman", Title: "Spearman ρ", Task: Regression, HigherIsBetter: true, Min: -1, Max: 1, whole: spearman},

	{Name: "acc2_non_negative", Title: "Acc-2 (all rows, y ≥ 0)", Task: Sentiment, HigherIsBetter: true, Share: true, Max: 1, Row: acc2NonNegative},
	{Name: "acc2_non_zero", Title: "Acc-2 (zeros dropped)", Task: Sentiment, HigherIsBetter: true, Share: true, Max: 1, whole: acc2NonZero},
	{Name: "acc2_positive", Title: "Acc-2 (all rows, y > 0)", Task: Sentiment, HigherIsBetter: true, Share: true, Max: 1, Row: acc2Positive},
	{Name: "acc5", Title: "Acc-5", Task: Sentiment, HigherIsBetter: true, Share: true, Max: 1, Row: accRounded(2)},
	{Name: "acc7", Title: "Acc-7", Task: Sentiment, HigherIsBetter: true, Share: true, Max: 1, Row: accRounded(3)},
}

// Metrics returns the metrics of the tasks, in the order of the table: the
// first is the one by which rows are chosen and compared.
func Metrics(tasks ...Task) []Metric {
	var out []Metric
	for _, m := range metrics {
		for _, t := range tasks {
			if m.Task == t {
				out = append(out, m)
			}
		}
	}
	return out
}

// MetricByName finds a metric.
func MetricByName(name string) (Metric, bool) {
	for _, m := range metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}
