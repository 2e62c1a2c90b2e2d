package compare

import (
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// balanced is the metric that class weights ask for: each class counts as much as any other.
const balanced = "balanced_accuracy"

// decision returns the metric by which thresholds of classes are chosen: that of the options or,
// with class weights, one that weighs classes alike. Weights alone do not do it: a network that
// fits its training rows ends where it would without them (Byrd and Lipton 2019). The most probable
// class is predicted where the metric does not decide ([eval.Metric.Decides]).
func (o *Options) decision(ds *dataset.Dataset) eval.Metric {
	if ds.Schema.Task != dataset.Classification || len(ds.Schema.Classes) < 2 {
		return eval.Metric{}
	}
	metrics := eval.Metrics(dataset.Classification)
	name := o.Metric
	if o.Recipe.Train.ClassWeights && (name == "" || name == metrics[0].Name) {
		name = balanced
	}
	if k := slices.IndexFunc(metrics, func(m eval.Metric) bool { return m.Name == name }); k >= 0 {
		return metrics[k]
	}
	return eval.Metric{}
}

// Decision returns the name of the metric by which thresholds of classes are chosen; "" where the
// most probable class is predicted.
func (o *Options) Decision(ds *dataset.Dataset) string {
	if m := o.decision(ds); m.Decides() {
		return m.Name
	}
	return ""
}

// chooseThresholds chooses thresholds by rows of which something was known; nil where the metric
// does not decide.
func chooseThresholds(m eval.Metric, probs [][]float64, labels []int, absent []bool) []float64 {
	if !m.Decides() {
		return nil
	}
	var known [][]float64
	var classes []int
	for i, p := range probs {
		if !absent[i] && labels[i] >= 0 {
			known, classes = append(known, p), append(classes, labels[i])
		}
	}
	return eval.ClassThresholds(m, known, classes)
}
