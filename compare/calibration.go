package compare

import (
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/train"
)

// Calibration is what turns a network's logits into answers, chosen by rows that it was not fitted
// on.
type Calibration struct {
	Temperature float64   // 1 of a regression
	Thresholds  []float64 // of the labels or classes, for calibrated probabilities; nil: the most probable class is predicted
	Decision    string    // the metric that thresholds of classes were chosen by
	Conformal   []float32 // scores of the rows, of a classifier for use: prediction sets come from them
}

// scored are rows with what a network, or several like it, makes of them.
type scored struct {
	rows   []int
	p      []float64 // [rows, outputs]: the probabilities without a calibration, or values of a regression; nil: those of the logits
	logits []float64 // [rows, outputs]
	absent []bool    // [rows]: no view was present
}

// outputs cuts the logits into rows.
func (s *scored) outputs() [][]float64 { return eval.Rows(s.logits, len(s.logits)/max(1, len(s.rows))) }

// row returns the i-th row alone.
func (s *scored) row(i int) scored {
	k := len(s.logits) / len(s.rows)
	out := scored{rows: s.rows[i : i+1], logits: s.logits[i*k : (i+1)*k], absent: s.absent[i : i+1]}
	if s.p != nil {
		out.p = s.p[i*k : (i+1)*k]
	}
	return out
}

// newCalibration calibrates by rows; decision is the metric that thresholds of classes are chosen
// by, if it is one that decides.
func newCalibration(ds *dataset.Dataset, s scored, decision eval.Metric) Calibration {
	c := Calibration{Temperature: 1}
	switch {
	case ds.Schema.Task == dataset.Regression:
	case ds.Schema.Task == dataset.Multilabel:
		c.Temperature, c.Thresholds = eval.CalibrateLabels(s.outputs(), eval.Sets(ds, s.rows), s.absent, len(ds.Schema.Classes))
	case len(s.rows) > 0:
		labels := eval.Labels(ds, s.rows)
		c.Temperature = eval.Calibrate(s.outputs(), labels, s.absent)
		if !decision.Decides() {
			break // of very many classes the probabilities of all rows are large
		}
		probs := eval.Soften(s.outputs(), c.Temperature)
		if c.Thresholds = chooseThresholds(decision, probs, labels, s.absent); c.Thresholds != nil {
			c.Decision = decision.Name
		}
	}
	return c
}

// probabilities returns the calibrated probabilities of rows, [rows × outputs], or the values of a
// regression; those of which nothing is known keep the prior as it is.
func (c *Calibration) probabilities(ds *dataset.Dataset, s scored) []float64 {
	if c.Temperature == 1 && s.p != nil {
		return s.p
	}
	soften := eval.Soften
	if ds.Schema.Task == dataset.Multilabel {
		soften = eval.SoftenLabels
	}
	out := make([]float64, 0, len(s.logits))
	for i, row := range soften(s.outputs(), c.Temperature) {
		switch {
		case !s.absent[i]:
		case s.p != nil:
			row = s.p[i*len(row) : (i+1)*len(row)]
		default:
			row = soften(s.outputs()[i:i+1], 1)[0]
		}
		out = append(out, row...)
	}
	return out
}

// predictions puts what is predicted of rows beside the truth.
func (c *Calibration) predictions(ds *dataset.Dataset, s scored) *eval.Predictions {
	out := eval.NewPredictions(ds, s.rows, c.probabilities(ds, s))
	switch {
	case ds.Schema.Task == dataset.Multilabel:
		out.Thresholds = c.Thresholds
	case c.Thresholds != nil:
		out.Chosen = eval.DecideClasses(out.Probs, c.Thresholds, s.absent)
	}
	return out
}

// conformal returns the scores of rows that the thresholds of prediction sets are taken from; nil
// unless the task is a classification.
func (c *Calibration) conformal(ds *dataset.Dataset, s scored) []float32 {
	if ds.Schema.Task != dataset.Classification || len(s.rows) == 0 {
		return nil
	}
	labels := eval.Labels(ds, s.rows)
	out := make([]float32, len(s.rows))
	for i := range out { // one row's probabilities at a time
		p := c.probabilities(ds, s.row(i))
		out[i] = float32(eval.RowConformalScores([][]float64{p}, labels[i:i+1])[0])
	}
	slices.Sort(out)
	return out
}

// CalibrateFit calibrates a model for use by its validation rows.
func CalibrateFit(p *train.Prepared, f *train.Fitting, o *Options) Calibration {
	var s scored
	if f.Val != nil {
		s = scored{p.Run.Val, f.Val.P, f.Val.Logits, f.Val.Absent}
	}
	return calibrateBy(p.Data, s, o)
}

// CalibrateVal is CalibrateFit of the model of an outcome: that of an ensemble alone has what it
// makes of validation rows by weights that were chosen on others.
func CalibrateVal(ds *dataset.Dataset, out *Outcome, o *Options) Calibration {
	return calibrateBy(ds, out.val(), o)
}

// CalibrateTests calibrates a model for use by the test rows of outcomes, which no choice was made
// on.
func CalibrateTests(ds *dataset.Dataset, outcomes []*Outcome, o *Options) Calibration {
	var all scored
	for _, out := range outcomes {
		s := out.test()
		all.rows, all.p = append(all.rows, s.rows...), append(all.p, s.p...)
		all.logits, all.absent = append(all.logits, s.logits...), append(all.absent, s.absent...)
	}
	return calibrateBy(ds, all, o)
}

func calibrateBy(ds *dataset.Dataset, s scored, o *Options) Calibration {
	c := newCalibration(ds, s, o.decision(ds))
	c.Conformal = c.conformal(ds, s)
	return c
}
