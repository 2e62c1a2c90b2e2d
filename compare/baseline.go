package compare

import (
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// baseline is the contestant with one constant answer in a run: the most frequent class of its
// training rows or their most frequent labels, of a regression their mean.
func (res *Result) baseline(ds *dataset.Dataset, m eval.Metric) *eval.Contestant {
	var preds []*eval.Predictions
	c := &eval.Contestant{}
	for _, run := range res.Plan.Runs {
		known := slices.Concat(run.Train, run.Val)
		answer := []float64{0}
		var thresholds []float64
		switch ds.Schema.Task {
		case dataset.Regression:
			for _, r := range known {
				answer[0] += ds.Rows[r].Target / float64(len(known))
			}
		case dataset.Multilabel:
			answer = make([]float64, len(ds.Schema.Classes)) // how frequent each is
			for _, r := range known {
				for _, l := range ds.Rows[r].Labels {
					answer[l] += 1 / float64(len(known))
				}
			}
			thresholds = eval.ConstantLabels(answer)
		default:
			count := make([]int, len(ds.Schema.Classes))
			for _, r := range known {
				count[ds.Rows[r].Class]++
			}
			answer = make([]float64, len(count)) // how frequent each is: log loss asks for more than the first
			for k, n := range count {
				answer[k] = float64(n) / float64(max(1, len(known)))
			}
		}
		p := eval.NewPredictions(ds, run.Test, slices.Repeat(answer, len(run.Test)))
		p.Thresholds = thresholds
		preds, c.Test = append(preds, p), append(c.Test, m.Of(p))
	}
	if res.Plan.Official {
		c.Rows, c.Seeds = eval.RowScores(m, preds), preds
	}
	return c
}
