package analysis

import (
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/report"
)

// addLabels fills what one model's answers show of each label, of its confidence and its errors.
func addLabels(d *report.Document, ds *dataset.Dataset, name string, answers []answer, temperature float64, o *ReportOptions) {
	if len(answers) == 0 {
		return
	}
	before, after := &eval.Predictions{}, &eval.Predictions{}
	for _, a := range answers {
		truth := ds.Rows[a.row].Labels
		before.Probs, before.Sets = append(before.Probs, a.before), append(before.Sets, truth)
		after.Probs, after.Sets, after.Given = append(after.Probs, a.after), append(after.Sets, truth), append(after.Given, a.given)
	}
	d.Labels = &report.Labels{Model: name, Scores: eval.LabelScores(after, ds.Schema.Classes)}
	d.Reliability = &report.Reliability{
		Model: name, Before: eval.LabelReliability(before, eval.Bins), After: eval.LabelReliability(after, eval.Bins),
		Temperature: temperature, Labels: true,
	}
	d.Reliability.ECEBefore, d.Reliability.ECEAfter = eval.BinsECE(d.Reliability.Before), eval.BinsECE(d.Reliability.After)
	leaveUncalibrated(d.Reliability)
	d.Mistakes = topMistakes(ds, answers, o.Media, func(a answer) (float64, bool) {
		return surestWrong(a, ds.Rows[a.row].Labels)
	}, func(m *report.Mistake, a answer) {
		m.Predicted = ds.Schema.Join(a.given)
		m.Probability, _ = surestWrong(a, ds.Rows[a.row].Labels)
	})
}

// surestWrong returns the probability of the label that is most surely told wrong: that a row has
// it which it has not, or has it not which it has.
func surestWrong(a answer, truth []int) (probability float64, wrong bool) {
	for l, p := range a.after {
		_, named := slices.BinarySearch(a.given, l)
		_, has := slices.BinarySearch(truth, l)
		if named == has {
			continue
		}
		if !named {
			p = 1 - p
		}
		probability, wrong = max(probability, p), true
	}
	return probability, wrong
}
