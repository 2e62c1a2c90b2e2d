// Package analysis computes what a finished comparison or a trained model shows, and fills a
// report.Document with it: which modality decided, what prediction sets cover, which rows are
// mistaken, how weights vary by class.
package analysis

import (
	"context"
	"math"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/progress"
	"github.com/fusor-ml/fusor/train"
)

// Comparison is a finished comparison with what it was made from.
type Comparison struct {
	*compare.Comparison
	Result   *compare.Result // every fit's predictions
	Data     *dataset.Dataset
	Problems dataset.Problems
	Model    *predict.Model // of the chosen entry, fitted for use; nil where none was wanted

	path    string // of the data
	methods fusion.Table
	store   compare.Store
	inner   *compare.Result // of the best entry in folds of the training rows; nil: not needed
	values  []*subsetValues // of the best entry, by run; nil: the outcomes hold every subset
}

// Setup is what a comparison was run with.
type Setup struct {
	Source   train.Source
	Problems dataset.Problems // of the data
	Seed     uint64
	Compare  compare.Options
	Progress progress.Func
}

// New completes a summarized comparison with what takes further fits of its best entry: folds of
// the training rows for the threshold of prediction sets, and subsets of many modalities.
func New(ctx context.Context, res *compare.Result, summary *compare.Comparison, s Setup) (*Comparison, error) {
	c := &Comparison{
		Comparison: summary, Result: res, Data: s.Source.Data, Problems: s.Problems,
		path: s.Source.Data.Path, methods: s.Source.Methods, store: s.Compare.Store,
	}
	if err := c.fitInner(ctx, &s); err != nil {
		return nil, err
	}
	if err := c.refitSubsets(ctx, &s); err != nil {
		return nil, err
	}
	return c, nil
}

// InnerFits returns the fits in folds of the training rows that the threshold of prediction sets
// comes from; nil where it comes from validation rows or other folds.
func (c *Comparison) InnerFits() *compare.Result { return c.inner }

// Finish removes the fits kept for going on after an interruption; call it once the result is safe.
func (c *Comparison) Finish() error {
	if c.store == nil {
		return nil
	}
	return c.store.Remove()
}

// Best finds the entries of the best fusion (without one, of the best single)
// and of the best single, by validation scores; −1 where there is none.
func (c *Comparison) Best() (best, single int) {
	top := func(kind string) int {
		at, score := -1, math.Inf(-1)
		for i, r := range c.Rows {
			if v := c.valScore(i); r.Kind == kind && v > score {
				at, score = i, v
			}
		}
		return at
	}
	best, single = top(eval.Fusion), top(eval.Single)
	if c.Verdict != nil {
		for i, r := range c.Rows {
			if r.Name == c.Verdict.BestFusion && r.Kind == eval.Fusion {
				best = i
			}
			if r.Name == c.Verdict.BestSingle && r.Kind == eval.Single {
				single = i
			}
		}
	}
	if best < 0 {
		best = single
	}
	return best, single
}

// BestOfAll returns the entry with the best validation score, whatever its kind; among equals a
// fusion, which has more to go by where a modality is missing. It is −1 where no score is known.
func (c *Comparison) BestOfAll() int {
	best, _ := c.Best()
	for i := range c.Rows {
		if best >= 0 && c.valScore(i) > c.valScore(best) {
			best = i
		}
	}
	return best
}

// valScore is what an entry is chosen by: its mean validation score, larger is better, and its
// margin.
func (c *Comparison) valScore(entry int) float64 {
	m := metricNamed(c.Task, c.Metric)
	v := 0.0
	for _, x := range c.Rows[entry].ValRuns {
		v += x
	}
	if !m.HigherIsBetter {
		v = -v
	}
	return v/float64(max(1, len(c.Rows[entry].ValRuns))) + c.Rows[entry].ValMargin
}

// metricNamed is the task's metric of that name.
func metricNamed(task dataset.Task, name string) eval.Metric {
	for _, m := range eval.Metrics(task) {
		if m.Name == name {
			return m
		}
	}
	m, _ := eval.MetricByName(name)
	return m
}
