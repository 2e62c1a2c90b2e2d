package eval

import (
	"math"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
)

// Metric is one named measure.
type Metric struct {
	Name           string // as in the JSON of compare and evaluate
	Title          string // for people, in English
	Task           dataset.Task
	Sentiment      bool // of sentiment scores counted as classes, beside those of a regression
	HigherIsBetter bool
	Share          bool    // a fraction of rows, shown in percent
	Min, Max       float64 // its range, may be infinite
	// Row is the score of one row where the metric is a mean over rows, else nil.
	Row func(p *Predictions, i int) float64
	// whole computes the metric with rows counted w times (nil: once each).
	whole func(p *Predictions, w []uint8) float64
	// ofCounts computes the metric from the rows of each class that are right, true and predicted; nil
	// where that is not enough, or thresholds of classes can gain nothing.
	ofCounts func(hit, truth, pred []float64) float64
}

// Of computes the metric; NaN where it is undefined, as without rows, or for
// the ROC-AUC of a single class.
func (m Metric) Of(p *Predictions) float64 { return m.weighted(p, nil) }

func (m Metric) weighted(p *Predictions, w []uint8) float64 {
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

// work is about how many numbers the metric looks at.
func (m Metric) work(p *Predictions) int {
	if m.Name == "micro_f1" {
		return p.Len()
	}
	return p.Len() * max(1, p.Classes())
}

var inf = math.Inf(1)

// metrics is the table of all metrics, the task's main one first.
var metrics = []Metric{
	{Name: "accuracy", Title: "accuracy", Task: dataset.Classification, HigherIsBetter: true, Share: true, Max: 1, Row: correct},
	{Name: "balanced_accuracy", Title: "balanced accuracy", Task: dataset.Classification, HigherIsBetter: true, Share: true, Max: 1, ofCounts: balancedAccuracy, whole: ofCounts(balancedAccuracy)},
	{Name: "macro_f1", Title: "macro F1", Task: dataset.Classification, HigherIsBetter: true, Max: 1, ofCounts: macroF1, whole: ofCounts(macroF1)},
	{Name: "weighted_f1", Title: "weighted F1", Task: dataset.Classification, HigherIsBetter: true, Max: 1, ofCounts: weightedF1, whole: ofCounts(weightedF1)},
	{Name: "log_loss", Title: "log loss", Task: dataset.Classification, Max: inf, Row: rowLogLoss},
	{Name: "brier", Title: "Brier score", Task: dataset.Classification, Max: 2, Row: rowBrier},
	{Name: "roc_auc", Title: "ROC-AUC", Task: dataset.Classification, HigherIsBetter: true, Max: 1, whole: rocAUC},
	{Name: "average_precision", Title: "average precision", Task: dataset.Classification, HigherIsBetter: true, Max: 1, whole: averagePrecision},
	{Name: "ece", Title: "ECE", Task: dataset.Classification, Max: 1, whole: ece},

	{Name: "micro_f1", Title: "micro F1", Task: dataset.Multilabel, HigherIsBetter: true, Max: 1, whole: microF1},
	{Name: "macro_f1", Title: "macro F1", Task: dataset.Multilabel, HigherIsBetter: true, Max: 1, whole: macroLabelF1},
	{Name: "subset_accuracy", Title: "subset accuracy", Task: dataset.Multilabel, HigherIsBetter: true, Share: true, Max: 1, Row: subsetAccuracy},
	{Name: "hamming_loss", Title: "Hamming loss", Task: dataset.Multilabel, Share: true, Max: 1, Row: hammingLoss},
	{Name: "mean_average_precision", Title: "mean average precision", Task: dataset.Multilabel, HigherIsBetter: true, Max: 1, whole: meanAveragePrecision},

	{Name: "mae", Title: "MAE", Task: dataset.Regression, Max: inf, Row: absError},
	{Name: "rmse", Title: "RMSE", Task: dataset.Regression, Max: inf, whole: rmse},
	{Name: "r2", Title: "R²", Task: dataset.Regression, HigherIsBetter: true, Min: -inf, Max: 1, whole: r2},
	{Name: "pearson", Title: "Pearson r", Task: dataset.Regression, HigherIsBetter: true, Min: -1, Max: 1, whole: pearson},
	{Name: "spearman", Title: "Spearman ρ", Task: dataset.Regression, HigherIsBetter: true, Min: -1, Max: 1, whole: spearman},

	{Name: "acc2_non_negative", Title: "Acc-2 (all rows, y ≥ 0)", Task: dataset.Regression, Sentiment: true, HigherIsBetter: true, Share: true, Max: 1, Row: acc2NonNegative},
	{Name: "acc2_non_zero", Title: "Acc-2 (zeros dropped)", Task: dataset.Regression, Sentiment: true, HigherIsBetter: true, Share: true, Max: 1, whole: acc2NonZero},
	{Name: "acc2_positive", Title: "Acc-2 (all rows, y > 0)", Task: dataset.Regression, Sentiment: true, HigherIsBetter: true, Share: true, Max: 1, Row: acc2Positive},
	{Name: "acc5", Title: "Acc-5", Task: dataset.Regression, Sentiment: true, HigherIsBetter: true, Share: true, Max: 1, Row: accRounded(2)},
	{Name: "acc7", Title: "Acc-7", Task: dataset.Regression, Sentiment: true, HigherIsBetter: true, Share: true, Max: 1, Row: accRounded(3)},
}

// Metrics returns the metrics of a task, the main one first.
func Metrics(task dataset.Task) []Metric {
	return slices.DeleteFunc(slices.Clone(metrics), func(m Metric) bool { return m.Task != task || m.Sentiment })
}

// SentimentMetrics returns the metrics of sentiment scores counted as classes.
func SentimentMetrics() []Metric {
	return slices.DeleteFunc(slices.Clone(metrics), func(m Metric) bool { return !m.Sentiment })
}

// MainMetric returns the metric by which models of a task are chosen and compared.
func MainMetric(task dataset.Task) Metric { return Metrics(task)[0] }

// MetricNames returns the names of all metrics.
func MetricNames() []string {
	var names []string
	for _, m := range metrics {
		if !slices.Contains(names, m.Name) { // macro_f1 is of classes and of labels
			names = append(names, m.Name)
		}
	}
	return names
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
