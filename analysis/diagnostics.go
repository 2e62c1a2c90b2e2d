package analysis

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/termtext"
	"github.com/fusor-ml/fusor/report"
)

// answer is a model's prediction of one row.
type answer struct {
	row           int       // of the data set
	before, after []float64 // probabilities before and after calibration
	given         []int     // the labels that are predicted, of a multi-label task
	class         int       // the predicted class, of a classification
}

// addDiagnostics fills confusion, reliability, prediction sets and mistakes of one
// entry, of a regression the largest errors alone. Every test row counts once:
// the runs of the first seed are taken; the prediction sets are measured in
// every run.
func (c *Comparison) addDiagnostics(d *report.Document, entry int, o *ReportOptions) {
	var answers []answer
	var runs []*compare.Outcome
	for r, out := range c.Result.Outcomes[entry] {
		// Each seed tests the same rows again; counted twice, intervals would be too narrow.
		if c.Result.Plan.Runs[r].Seed == c.Result.Plan.Runs[0].Seed {
			runs, answers = append(runs, out), append(answers, c.answers(out)...)
		}
	}
	switch name := c.Rows[entry].Name; c.Task {
	case dataset.Regression:
		d.Mistakes = errorsOf(c.Data, answers, o.Media)
	case dataset.Multilabel:
		addLabels(d, c.Data, name, answers, meanCalibration(runs).Temperature, o)
	default:
		d.Sets = c.predictionSets(entry, o.coverage())
		made := meanCalibration(runs)
		addCalibration(d, c.Data, name, answers, made, o)
		if d.Reliability != nil && entry == c.BestOfAll() {
			d.Reliability.ForUse = c.forUse(made.Temperature)
		}
	}
}

// forUse returns the calibration of the model that is handed over, which was measured on the test
// rows itself; nil where it has the temperature that the comparison measured (decision 50).
func (c *Comparison) forUse(temperature float64) *report.ForUse {
	if c.Model == nil {
		return nil
	}
	a := c.Model.Artifact()
	if a.Record == nil || a.Record.Scored != artifact.OnTest || a.Temperature == temperature {
		return nil
	}
	for _, s := range a.Record.Metrics {
		if s.Name == "ece" {
			return &report.ForUse{Temperature: a.Temperature, ECE: s.Summary.Mean}
		}
	}
	return nil
}

// answers are those of an outcome's models to its test rows.
func (c *Comparison) answers(out *compare.Outcome) []answer {
	answers := make([]answer, len(out.Test))
	if c.Task == dataset.Regression { // it has no probabilities: its answer is the value
		for i, row := range out.Test {
			answers[i] = answer{row: row, after: out.TestP[i : i+1]}
		}
		return answers
	}
	p, _ := out.Predictions(c.Data)
	var classes []int
	if c.Task == dataset.Classification { // by the thresholds of the run, as the model would answer (decision 41)
		classes = eval.DecideClasses(p.Probs, out.Thresholds, out.Absent)
	}
	for i, row := range out.Test {
		after := p.Probs[i]
		answers[i] = answer{row: row, before: out.TestP[i*len(after) : (i+1)*len(after)], after: after}
		if classes != nil {
			answers[i].class = classes[i]
		} else {
			answers[i].given = eval.Decide(after, out.Thresholds)
		}
	}
	return answers
}

// meanCalibration is the mean of those of several runs, for the report alone: no row was decided by
// it.
func meanCalibration(runs []*compare.Outcome) compare.Calibration {
	var mean compare.Calibration
	n := float64(len(runs))
	for _, out := range runs {
		mean.Temperature += out.Temperature / n
		if out.Thresholds == nil {
			continue
		}
		if mean.Decision = out.Decision; mean.Thresholds == nil {
			mean.Thresholds = make([]float64, len(out.Thresholds))
		}
		for k, v := range out.Thresholds {
			mean.Thresholds[k] += v / n
		}
	}
	return mean
}

// leaveUncalibrated leaves out what calibration did where it did nothing.
func leaveUncalibrated(r *report.Reliability) {
	if r.Temperature == 1 {
		r.After, r.ECEAfter = nil, 0
	}
}

// addCalibration fills what one model's answers show of its errors and its confidence.
func addCalibration(d *report.Document, ds *dataset.Dataset, name string, answers []answer, c compare.Calibration, o *ReportOptions) {
	before, after := &eval.Predictions{}, &eval.Predictions{}
	for _, a := range answers {
		y := ds.Rows[a.row].Class
		before.Probs, before.Labels = append(before.Probs, a.before), append(before.Labels, y)
		after.Probs, after.Labels, after.Chosen = append(after.Probs, a.after), append(after.Labels, y), append(after.Chosen, a.class)
	}
	if len(answers) == 0 {
		return
	}
	d.Confusion = &report.Confusion{Model: name, Classes: ds.Schema.Classes, Counts: eval.Confusion(after), Decision: c.Decision, Thresholds: c.Thresholds}
	ece, _ := eval.MetricByName("ece")
	d.Reliability = &report.Reliability{
		Model: name, Before: eval.Reliability(before, eval.Bins), After: eval.Reliability(after, eval.Bins),
		ECEBefore: ece.Of(before), ECEAfter: ece.Of(after), Temperature: c.Temperature,
	}
	leaveUncalibrated(d.Reliability)
	if d.Sets != nil {
		d.Sets.Abstention = eval.AbstentionCurve(after)
	}
	d.Mistakes = mistakes(ds, answers, o.Media)
}

// Bounds of the mistakes that are shown.
const (
	shownMistakes = 12
	shownText     = 400     // characters of a text
	shownFields   = 12      // of a table
	mediaBytes    = 2 << 20 // of one file that is taken along
)

// mistakes are the wrong answers, the surest first.
func mistakes(ds *dataset.Dataset, answers []answer, media bool) []report.Mistake {
	return topMistakes(ds, answers, media, func(a answer) (float64, bool) {
		return a.after[a.class], a.class != ds.Rows[a.row].Class
	}, func(m *report.Mistake, a answer) {
		m.Predicted, m.Probability = ds.Schema.Classes[a.class], a.after[a.class]
	})
}

// errorsOf are the rows of a regression, those farthest from the truth first.
func errorsOf(ds *dataset.Dataset, answers []answer, media bool) []report.Mistake {
	miss := func(a answer) (float64, bool) {
		off := math.Abs(a.after[0] - ds.Rows[a.row].Target)
		return off, off > 0
	}
	return topMistakes(ds, answers, media, miss, func(m *report.Mistake, a answer) {
		m.Error, _ = miss(a)
		m.Predicted = termtext.Number(a.after[0])
		if y := ds.Rows[a.row].Target; math.Abs(y) >= 1e6 {
			m.True = termtext.Number(y)
		} else if digits, below := strings.CutPrefix(m.True, "-"); below { // as the data has it, with the same sign
			m.True = "−" + digits
		}
	})
}

// topMistakes returns the answers that rank first among the wrong ones; fill completes each.
func topMistakes(ds *dataset.Dataset, answers []answer, media bool, rank func(answer) (float64, bool), fill func(*report.Mistake, answer)) []report.Mistake {
	var wrong []answer
	for _, a := range answers {
		if _, is := rank(a); is {
			wrong = append(wrong, a)
		}
	}
	slices.SortStableFunc(wrong, func(a, b answer) int {
		x, _ := rank(a)
		y, _ := rank(b)
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(a.row, b.row))
	})
	usual := make([][]string, len(ds.Schema.Columns))
	for k := range usual {
		usual[k] = usualFields(ds, k)
	}
	var out []report.Mistake
	for _, a := range wrong[:min(shownMistakes, len(wrong))] {
		row := &ds.Rows[a.row]
		m := report.Mistake{ID: rowName(ds, a.row), True: row.Label}
		fill(&m, a)
		for k, col := range ds.Schema.Columns {
			own := row.Cell(k)
			cell, left := differing(&own, usual[k])
			shown := shownCell(ds, &col, cell, media)
			shown.Usual = left
			m.Cells = append(m.Cells, shown)
		}
		out = append(out, m)
	}
	return out
}
