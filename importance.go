package fusor

import (
	"math"
	"slices"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/report"
)

// importance divides the score of an entry among its modalities, from what
// every run kept. A row that several runs test counts with its mean.
func (c *Comparison) importance(d *report.Document, entry int) {
	outcomes := c.Result.Outcomes[entry]
	players := outcomes[0].Players
	for _, o := range outcomes {
		if len(o.Subsets) != 1<<len(players) || !slices.Equal(o.Players, players) || len(players) < 2 {
			return // a run without a modality, or none kept
		}
	}
	at := map[int]int{} // row of the data -> row of the game
	var rows []int
	for _, o := range outcomes {
		for _, r := range o.Test {
			if _, ok := at[r]; !ok {
				at[r] = len(rows)
				rows = append(rows, r)
			}
		}
	}
	times := make([]float64, len(rows))
	for _, o := range outcomes {
		for _, r := range o.Test {
			times[at[r]]++
		}
	}
	sample := explain.Sample{Groups: explain.Groups(c.Data, rows)}
	goals := []string{explain.ErrorDrop}
	if c.Task != dataset.Regression {
		goals = []string{explain.Correctness, explain.LogOdds, explain.TrueLogOdds}
		sample.Classes, sample.Class = c.Data.Schema.Classes, classesOf(c.Data, rows)
	}
	metric, _ := eval.MetricByName(c.Metric)
	game := &explain.Game{Players: len(players), Rows: len(rows), Goals: len(goals)}
	game.Play = func(present []bool) [][]float64 {
		set := compare.Index(present)
		out := make([][]float64, len(goals))
		for g := range out {
			out[g] = make([]float64, len(rows))
		}
		for _, o := range outcomes {
			var worth [][]float64
			if sub := o.Subsets[set]; sub.Value != nil {
				worth = [][]float64{make([]float64, len(o.Test))}
				for i, r := range o.Test {
					worth[0][i] = -math.Abs(float64(sub.Value[i]) - c.Data.Rows[r].Target)
				}
			} else {
				worth = explain.Worth(sub)
			}
			for g := range worth {
				for i, r := range o.Test {
					out[g][at[r]] += worth[g][i] / times[at[r]]
				}
			}
		}
		s := report.Subset{}
		for k, p := range players {
			if present[k] {
				s.Views = append(s.Views, p)
			}
		}
		s.Score, s.Range = subsetScore(c, metric, outcomes, set, out[0])
		d.Subsets = append(d.Subsets, s)
		return out
	}
	v := game.Shapley()
	d.Shapley = shapley(c.Rows[entry].Name, v.Contributions(goals, players, sample))
}

// subsetScore is the mean over the runs of a subset's score, with the interval
// that the leaderboard would give it.
func subsetScore(c *Comparison, metric eval.Metric, outcomes []*compare.Outcome, set int, rows []float64) (float64, *report.Interval) {
	var runs []float64
	train, test := 0.0, 0.0
	for _, o := range outcomes {
		sub, sum := o.Subsets[set], 0.0
		for _, hit := range sub.Hit {
			if hit {
				sum++
			}
		}
		for i, v := range sub.Value {
			sum += math.Abs(float64(v) - c.Data.Rows[o.Test[i]].Target)
		}
		runs = append(runs, sum/float64(max(1, len(o.Test))))
		train, test = train+float64(o.TrainRows)/float64(len(outcomes)), test+float64(len(o.Test))/float64(len(outcomes))
	}
	if !c.Result.Plan.Official {
		s := eval.SummarizeRuns(metric, runs, eval.Resampling{TrainRows: train, TestRows: test, Tests: c.Result.Plan.Tests()})
		return s.Mean, &report.Interval{Low: s.Low, High: s.High}
	}
	t := eval.NewPairedBootstrap(rows, explain.Groups(c.Data, outcomes[0].Test))
	low, high := t.Interval(0.05)
	if metric.HigherIsBetter {
		return t.Difference(), &report.Interval{Low: low, High: high}
	}
	return -t.Difference(), &report.Interval{Low: -high, High: -low}
}

// shapley turns contributions into the report's.
func shapley(name string, all []explain.Contribution) []report.Shapley {
	var out []report.Shapley
	for _, c := range all {
		s := report.Shapley{Model: name, Goal: c.Goal, Empty: c.Empty, Full: c.Full, Sampled: c.Sampled}
		for _, p := range c.Parts {
			s.Parts = append(s.Parts, report.Contribution{Name: p.Name, Value: p.Value, Range: &report.Interval{Low: p.Low, High: p.High}})
		}
		for _, k := range c.Classes {
			s.Classes = append(s.Classes, report.ClassParts{Class: k.Class, Values: k.Values})
		}
		out = append(out, s)
	}
	return out
}

// weights shows the mean weight of each view by true class, over all runs: of
// the entry or, if its method has none, of the best fusion that has.
func (c *Comparison) weights(d *report.Document, entry int) {
	if c.Task == dataset.Regression {
		return
	}
	weighs := func(e int) bool { return c.Result.Outcomes[e][0].TestWeights != nil && telling(c.Rows[e].Fusion) }
	if !weighs(entry) {
		entry = -1
		best := math.Inf(-1)
		for i, r := range c.Rows {
			if v := c.valScore(i); r.Kind == compare.Fusion && weighs(i) && v > best {
				entry, best = i, v
			}
		}
		if entry < 0 {
			return
		}
	}
	outcomes := c.Result.Outcomes[entry]
	w := newWeights(c.Rows[entry].Name, outcomes[0].Views, c.Data.Schema.Classes)
	for _, o := range outcomes {
		if !slices.Equal(o.Views, w.w.Views) {
			return
		}
		for i, r := range o.Test {
			if !o.Absent[i] {
				w.add(c.Data.Rows[r].Class, o.TestWeights[i*len(o.Views):(i+1)*len(o.Views)])
			}
		}
	}
	d.Weights = w.mean()
}

// telling reports whether a method's weights say more than what is present.
func telling(method string) bool { return method != "mean" && method != "late" }

// weightSums adds up weights by class.
type weightSums struct {
	w    *report.Weights
	rows []float64
}

func newWeights(name string, views, classes []string) *weightSums {
	s := &weightSums{&report.Weights{Model: name, Views: views, Classes: classes}, make([]float64, len(classes))}
	for range classes {
		s.w.Values = append(s.w.Values, make([]float64, len(views)))
	}
	return s
}

func (s *weightSums) add(class int, w []float64) {
	if class < 0 {
		return
	}
	s.rows[class]++
	for v, x := range w {
		s.w.Values[class][v] += x
	}
}

// mean drops classes without a row.
func (s *weightSums) mean() *report.Weights {
	out := &report.Weights{Model: s.w.Model, Views: s.w.Views}
	for k, n := range s.rows {
		if n == 0 {
			continue
		}
		for v := range s.w.Values[k] {
			s.w.Values[k][v] /= n
		}
		out.Classes, out.Values = append(out.Classes, s.w.Classes[k]), append(out.Values, s.w.Values[k])
	}
	return out
}

// learning adds the learning curve of an entry's first run.
func (c *Comparison) learning(d *report.Document, entry int) {
	h := c.Result.Outcomes[entry][0].History
	l := report.Learning{Model: c.Rows[entry].Name, Best: h.BestEpoch - 1}
	for _, e := range h.Epochs {
		l.Train, l.Val = append(l.Train, e.TrainLoss), append(l.Val, e.ValLoss)
	}
	d.Learning = append(d.Learning, l)
}
