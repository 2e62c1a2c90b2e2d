package compare

import (
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/train"
)

// Outcome is one entry trained and tested in one run.
type Outcome struct {
	Calibration // by the validation rows

	Test        []int     // rows
	TestP       []float64 // [test rows, outputs], without the calibration
	Val         []int
	ValP        []float64 // before the refit
	ValLogits   []float64
	ValAbsent   []bool // [validation rows]: no view was present
	TestLogits  []float64
	TestWeights []float64 // [test rows, views], of a method that has weights
	Absent      []bool    // [test rows]
	History     train.History
	Views       []string
	Players     []string       // of a fusion of several: what Subsets hides
	Subsets     []SubsetScores // of a fusion of few players: the test rows with each subset of them present, by Index
	Weights     []float64      // of an ensemble: of each of its members, before those of little weight are left out
	TrainRows   int            // that the tested model was fitted on: with the refit, validation rows too
	DampDense   bool           // see train.Prepared
	Parameters  int
	Seconds     float64 // of fitting; nothing but a time, it differs from run to run

	column       string      // of the first view
	subsetLogits [][]float32 // of the subsets, until an ensemble is made; nil where they are too many to keep
	subsetAbsent [][]bool    // of the subsets: the test rows without any view
}

// val returns the validation rows.
func (o *Outcome) val() scored { return scored{o.Val, o.ValP, o.ValLogits, o.ValAbsent} }

// test returns the test rows.
func (o *Outcome) test() scored { return scored{o.Test, o.TestP, o.TestLogits, o.Absent} }

// calibrate calibrates the outcome by its validation rows.
func (o *Outcome) calibrate(ds *dataset.Dataset, decision eval.Metric) {
	o.Calibration = newCalibration(ds, o.val(), decision)
}

// Predictions puts what the outcome's model predicts, with its calibration, beside the truth: of
// the test rows, and of the validation rows.
func (o *Outcome) Predictions(ds *dataset.Dataset) (test, val *eval.Predictions) {
	return o.predictions(ds, o.test()), o.predictions(ds, o.val())
}
