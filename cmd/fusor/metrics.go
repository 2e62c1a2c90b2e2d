package main

import (
	"fmt"
	"io"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/lang"
)

// metricWords is a word on each metric that models are chosen by: fusor help metrics.
var metricWords = map[string]string{
	"accuracy":          "share of rows that are right",
	"balanced_accuracy": "mean over the classes of the share that is right: rare classes count as much",
	"macro_f1":          "mean over the classes of F1, which weighs misses and false alarms",
	"weighted_f1":       "the same, weighted by the rows of each class",
	"log_loss":          "how surprised the model is by the true class; punishes being sure and wrong",
	"brier":             "squared distance of the probabilities from the truth",
	"roc_auc":           "chance that a row of a class is ranked above one of another; 0.5 is guessing",
	"average_precision": "area under precision and recall, for rare classes",
	"ece":               "how far stated confidence lies from the share that is right",
	"micro_f1":          "F1 over all labels of all rows together: frequent labels count more",
	"subset_accuracy":   "share of rows whose labels are all right",
	"hamming_loss":      "share of labels that are wrong",

	"mean_average_precision": "mean over the labels of average precision",

	"mae":      "mean distance from the truth, in the units of the label",
	"rmse":     "the same, with large errors counting more",
	"r2":       "share of the labels' variance that is explained; 0 is the mean of the labels",
	"pearson":  "linear correlation with the truth",
	"spearman": "correlation of ranks: whether the order is right",

	"acc2_non_negative": "sentiment scores as two classes, below 0 and the rest",
	"acc2_non_zero":     "the same, below and above 0, without rows of exactly 0",
	"acc2_positive":     "the same, above 0 and the rest",
	"acc5":              "sentiment scores rounded to whole numbers from -2 to 2",
	"acc7":              "the same from -3 to 3",
}

// printMetrics lists the metrics with a word on each.
func printMetrics(w io.Writer, language lang.Language) error {
	e := &env{stdout: w, lang: language}
	t := e.newTable("metric", "better", "definition")
	for _, name := range eval.MetricNames() {
		m, _ := eval.MetricByName(name)
		better := "lower"
		if m.HigherIsBetter {
			better = "higher"
		}
		t.add(name, language.Text(better), language.Text(metricWords[name]))
	}
	_, err := fmt.Fprintln(w, t.render(w))
	return err
}
