package analysis

import (
	"slices"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/report"
)

// addImportance divides the score of an entry among its modalities, from the
// scores of each subset in every run. A row that several runs test counts with its
// mean: Shapley values of a mean of games are the mean of their values.
func (c *Comparison) addImportance(d *report.Document, entry int) {
	outcomes := c.Result.Outcomes[entry]
	players := outcomes[0].Players
	if len(players) < 2 {
		return
	}
	// Filled by refitSubsets where modalities were too many to try at every fit.
	runs := c.values
	for _, o := range outcomes {
		// Another set of players is another game, whose values cannot be averaged.
		if !slices.Equal(o.Players, players) {
			d.Run.Notes = append(slices.Clone(d.Run.Notes), "what each modality contributes is not shown: no training row of some fold has one of them")
			return
		}
		if c.values == nil {
			run, _ := c.valueSubsets(o, func(present []bool) (compare.SubsetScores, error) { return o.Subsets[compare.Index(present)], nil })
			runs = append(runs, run)
		}
	}
	// rows are the test rows of all runs, each once; times is how often each was tested.
	rows, at, times := tested(outcomes)
	sample := explain.NewSample(c.Data, rows)
	average := func(of func(run int) []float64) []float64 {
		out := make([]float64, len(rows))
		for r, o := range outcomes {
			for i, x := range of(r) {
				k := at[o.Test[i]]
				out[k] += x / times[k]
			}
		}
		return out
	}
	goals := c.goals()
	v := &eval.ShapleyValues{Sampled: runs[0].shapley.Sampled}
	for g := range goals {
		v.Empty = append(v.Empty, average(func(r int) []float64 { return runs[r].shapley.Empty[g] }))
		v.Full = append(v.Full, average(func(r int) []float64 { return runs[r].shapley.Full[g] }))
		parts := make([][]float64, len(players))
		for p := range parts {
			parts[p] = average(func(r int) []float64 { return runs[r].shapley.Parts[g][p] })
		}
		v.Parts = append(v.Parts, parts)
	}
	d.Shapley = named(c.Rows[entry].Name, explain.Contributions(v, goals, players, sample))
	metric := metricNamed(c.Task, c.Metric)
	// Of a subset only counts are kept, from which no other metric of labels follows.
	if c.Task == dataset.Multilabel && metric.Name != eval.MainMetric(c.Task).Name {
		return // the runs kept what micro F1 takes, and no other metric's
	}
	for k, present := range shownSubsets(len(players)) {
		s := explain.Subset{}
		for p, in := range present {
			if in {
				s.Players = append(s.Players, players[p])
			}
		}
		s.Score, s.Range = c.subsetScore(metric, outcomes, func(r int) ([]float64, []float64) { return runs[r].subsets[k], runs[r].named[k] })
		d.Subsets = append(d.Subsets, s)
	}
}

// tested lists the rows that any run tests, the place of each in the list, and
// how many runs test it.
func tested(outcomes []*compare.Outcome) (rows []int, at map[int]int, times []float64) {
	at = map[int]int{}
	for _, o := range outcomes {
		for _, r := range o.Test {
			k, ok := at[r]
			if !ok {
				k = len(rows)
				at[r] = k
				rows, times = append(rows, r), append(times, 0)
			}
			times[k]++
		}
	}
	return rows, at, times
}

// subsetScore is the mean over the runs of a subset's score, with the interval
// that the leaderboard would give it.
func (c *Comparison) subsetScore(metric eval.Metric, outcomes []*compare.Outcome, value func(run int) (values, named []float64)) (float64, *explain.Interval) {
	sign := 1.0 // a value is a score, or an error with its sign turned
	if !metric.HigherIsBetter {
		sign = -1
	}
	if c.Task == dataset.Multilabel {
		metric = metric.OfCounts()
	} else {
		metric.Row = func(p *eval.Predictions, i int) float64 { return sign * p.Targets[i] }
	}
	var seeds []*eval.Predictions
	var runs []float64
	train, test := 0.0, 0.0
	for r, o := range outcomes {
		values, named := value(r)
		seeds = append(seeds, &eval.Predictions{Targets: values, Values: named})
		runs = append(runs, metric.Of(seeds[r]))
		train, test = train+float64(o.TrainRows)/float64(len(outcomes)), test+float64(len(o.Test))/float64(len(outcomes))
	}
	s := eval.SummarizeRuns(metric, runs, eval.Resampling{TrainRows: train, TestRows: test, Tests: c.Result.Plan.Tests()})
	if c.Result.Plan.Official {
		s = eval.SummarizeSplit(metric, seeds, eval.Groups(c.Data, outcomes[0].Test))
	}
	return s.Mean, explain.NewInterval(s)
}

// named returns contributions with the name of their model.
func named(model string, all []explain.Contribution) []explain.Contribution {
	out := slices.Clone(all)
	for i := range out {
		out[i].Model = model
	}
	return out
}

// addWeights shows the mean weight of each view by true class, over all runs, if the method of the
// entry weighs rows at all.
func (c *Comparison) addWeights(d *report.Document, entry int) {
	if c.Task == dataset.Regression {
		return
	}
	weighs := func(e int) bool {
		return c.Result.Outcomes[e][0].TestWeights != nil && weightsVaryByRow(c.methods, c.Rows[e].Fusion)
	}
	if !weighs(entry) {
		return
	}
	outcomes := c.Result.Outcomes[entry]
	w := newWeights(c.Rows[entry].Name, outcomes[0].Views, c.Data.Schema.Classes)
	for _, o := range outcomes {
		if !slices.Equal(o.Views, w.w.Views) || o.TestWeights == nil { // a tuned entry may be of another method
			return
		}
		for i, r := range o.Test {
			if !o.Absent[i] {
				w.add(&c.Data.Rows[r], o.TestWeights[i*len(o.Views):(i+1)*len(o.Views)])
			}
		}
	}
	d.Weights = w.mean()
}

// weightsVaryByRow reports whether a method weighs each row by its content. The others
// have the same weights for all rows, so that classes differ by nothing but
// what their rows lack.
func weightsVaryByRow(methods fusion.Table, name string) bool {
	m, _ := methods.Lookup(name)
	return m.RowWeights
}

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

// add counts the weights of a row under its class, or under each of its labels.
func (s *weightSums) add(row *dataset.Row, w []float64) {
	classes := row.Labels
	if classes == nil && row.Class >= 0 {
		classes = []int{row.Class}
	}
	for _, class := range classes {
		s.rows[class]++
		for v, x := range w {
			s.w.Values[class][v] += x
		}
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

// addLearning adds the learning curve of an entry's first run.
func (c *Comparison) addLearning(d *report.Document, entry int) {
	h := c.Result.Outcomes[entry][0].History
	if len(h.Epochs) == 0 { // of an ensemble
		return
	}
	l := report.Learning{Model: c.Rows[entry].Name, Best: h.BestEpoch - 1}
	for _, e := range h.Epochs {
		l.Train, l.Val = append(l.Train, e.TrainLoss), append(l.Val, e.ValLoss)
	}
	d.Learning = append(d.Learning, l)
}
