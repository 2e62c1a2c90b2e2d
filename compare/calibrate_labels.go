package compare

import (
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/train"
)

// CalibrateLabelFit returns the temperature of a multi-label model and the thresholds of its labels
// by its validation rows.
func CalibrateLabelFit(p *train.Prepared, f *train.Fitting) (temperature float64, thresholds []float64) {
	o := Outcome{}
	if f.Val != nil {
		o.Val, o.ValLogits, o.ValAbsent = p.Run.Val, f.Val.Logits, f.Val.Absent
	}
	return o.CalibrateLabels(p.Data)
}

// CalibrateLabels returns the temperature of a multi-label task and the thresholds of its labels by
// the test rows of outcomes, which no choice was made on.
func CalibrateLabels(ds *dataset.Dataset, outcomes []*Outcome) (temperature float64, thresholds []float64) {
	var logits [][]float64
	var sets [][]int
	var absent []bool
	labels := len(ds.Schema.Classes)
	for _, o := range outcomes {
		logits = append(logits, eval.Rows(o.TestLogits, labels)...)
		sets, absent = append(sets, eval.Sets(ds, o.Test)...), append(absent, o.Absent...)
	}
	return eval.CalibrateLabels(logits, sets, absent, labels)
}
