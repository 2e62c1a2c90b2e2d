package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// Comparison is the finished answer, as compare.json holds it.
type Comparison struct {
	Dataset string        `json:"dataset"`
	Task    dataset.Task  `json:"task"`
	Metric  string        `json:"metric"` // the one by which rows are chosen and compared
	Rows    []Row         `json:"rows"`
	Verdict *eval.Verdict `json:"verdict"` // none without both a single and a fusion
	Chosen  *Choice       `json:"chosen,omitempty"`
	Tuning  *Tuning       `json:"tuning,omitempty"` // what a search tried
	Run     Provenance    `json:"run"`
}

// Provenance is what was run, so that it can be run again.
type Provenance struct {
	Version string   `json:"version"`
	Command []string `json:"-"`     // among the timing: it names paths
	Shared  []string `json:"-"`     // the flags of Command that training one model takes as well
	Folds   int      `json:"folds"` // 0: an official split
	Seed    uint64   `json:"seed"`
	Seeds   []int    `json:"seeds"` // repetitions, numbered from 0
	Rows    int      `json:"rows"`
	Seconds float64  `json:"-"` // among the timing
}

// Row is one entry's scores over all runs.
type Row struct {
	Name       string
	Kind       string
	Fusion     string
	Views      []string
	Modality   bool // a single that is all that one of several columns has
	Scores     []Score
	ValRuns    []float64
	ValMargin  float64 // by how much the mean of another's ValRuns must be better for that one to be chosen
	FitSeconds float64 // mean of the runs; nothing but a time, it is not among the row's JSON
	Parameters int
	TrainRows  float64 // mean of the runs; 0 of a saved model that is measured
	TestRows   float64
}

// Score is one metric of a row.
type Score struct {
	Metric  eval.Metric
	Summary eval.Summary
}

// Of returns the summary of the named metric; ok is false if the row has none.
func (r *Row) Of(metric string) (eval.Summary, bool) {
	for _, s := range r.Scores {
		if s.Metric.Name == metric {
			return s.Summary, true
		}
	}
	return eval.Summary{}, false
}

// MarshalJSON writes the metrics beside the row's own fields, each under its name.
func (r Row) MarshalJSON() ([]byte, error) {
	// By hand, since the names of metrics are keys, and in the order of the fields; a map would sort
	// them.
	var b bytes.Buffer
	field := func(name string, v any) error {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("cannot write %s of row %s: %w", name, r.Name, err)
		}
		sep := ","
		if b.Len() == 0 {
			sep = "{"
		}
		fmt.Fprintf(&b, "%s%q:%s", sep, name, data)
		return nil
	}
	type pair struct {
		name string
		v    any
	}
	fields := []pair{{"name", r.Name}, {"kind", r.Kind}, {"fusion", r.Fusion}, {"views", r.Views}}
	if r.Modality {
		fields = append(fields, pair{"modality", true})
	}
	for _, s := range r.Scores {
		fields = append(fields, pair{s.Metric.Name, s.Summary})
	}
	// Of the ensemble alone: by how much another entry has to be ahead (decision 47).
	fields = append(fields, pair{"val_runs", r.ValRuns})
	if r.ValMargin > 0 {
		fields = append(fields, pair{"val_margin", r.ValMargin})
	}
	fields = append(fields, pair{"parameters", r.Parameters},
		pair{"train_rows", hundredths(r.TrainRows)}, pair{"test_rows", hundredths(r.TestRows)})
	// A comparison of predictions that others made.
	if r.TrainRows == 0 { // of its training nothing is known
		fields = slices.DeleteFunc(fields, func(f pair) bool { return f.name == "val_runs" || f.name == "train_rows" })
	}
	for _, f := range fields {
		if err := field(f.name, f.v); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// hundredths rounds a mean of counts: 24.6 is not 24.600000000000005.
func hundredths(x float64) float64 { return math.Round(100*x) / 100 }

// taskMetrics are the metrics of a task; the first decides. A regression onto
// what looks like sentiment scores gets their metrics as well.
func taskMetrics(task dataset.Task, targets []float64) []eval.Metric {
	if task == dataset.Regression && eval.IsSentiment(targets) {
		return append(eval.Metrics(task), eval.SentimentMetrics()...)
	}
	return eval.Metrics(task)
}

// targets are those of every labeled row.
func targets(ds *dataset.Dataset) []float64 {
	var out []float64
	for i := range ds.Rows {
		if ds.Rows[i].Labeled() {
			out = append(out, ds.Rows[i].Target)
		}
	}
	return out
}

// Metrics returns the metrics that a data set's models are measured by, the named one first ("":
// the task's main one).
func Metrics(ds *dataset.Dataset, main string) ([]eval.Metric, error) {
	return metricsBy(taskMetrics(ds.Schema.Task, targets(ds)), main)
}

func metricsBy(metrics []eval.Metric, main string) ([]eval.Metric, error) {
	if main == "" {
		return metrics, nil
	}
	var names []string
	for i, m := range metrics {
		if m.Name == main {
			return slices.Concat(metrics[i:i+1], metrics[:i], metrics[i+1:]), nil
		}
		names = append(names, m.Name)
	}
	if m, ok := eval.MetricByName(main); ok && m.Task != metrics[0].Task {
		what := map[dataset.Task]string{dataset.Classification: "classes", dataset.Regression: "numbers", dataset.Multilabel: "sets of labels"}
		return nil, fmt.Errorf("the metric %s is for %s, and the labels are %s; there are %s", main, what[m.Task], what[metrics[0].Task], strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("no metric %q for these labels; there are %s", main, strings.Join(names, ", "))
}

// Summarize turns a result into the comparison that is shown and saved: metric is the one by which
// entries are chosen and compared ("": the task's main one), lang is of the verdict's sentence.
func (res *Result) Summarize(ds *dataset.Dataset, metric, lang string) (*Comparison, error) {
	metrics, err := Metrics(ds, metric)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Dataset: ds.Name, Task: ds.Schema.Task, Metric: metrics[0].Name, Tuning: res.Tuning}
	if !res.Plan.Official {
		c.Run.Folds = res.Plan.Folds
	}
	for _, r := range res.Plan.Runs {
		if !slices.Contains(c.Run.Seeds, r.Seed) {
			c.Run.Seeds = append(c.Run.Seeds, r.Seed)
		}
	}
	trial := eval.Trial{Metric: metrics[0], Lang: lang}
	// Runs with the same test rows count as one (decision 17).
	tests := res.Plan.Tests()
	var contestants []eval.Contestant
	groups := res.testGroups(ds)
	margins := res.margins(ds, metrics[0])
	for e, entry := range res.Entries {
		row, runs := Row{Name: entry.Name, Kind: entry.Kind, Fusion: entry.Fusion, Views: entry.Views, Modality: entry.Modality, ValMargin: margins[e]}, res.Outcomes[e]
		var preds []*eval.Predictions
		for _, o := range runs {
			test, val := o.Predictions(ds)
			preds = append(preds, test)
			row.ValRuns = append(row.ValRuns, metrics[0].Of(val))
			// Means over the runs; the size of a model is that of the largest, as runs may keep different
			// values of a view.
			n := float64(len(runs))
			row.FitSeconds += o.Seconds / n
			row.TrainRows += float64(o.TrainRows) / n
			row.TestRows += float64(len(o.Test)) / n
			row.Parameters = max(row.Parameters, o.Parameters)
		}
		trial.Resampling = eval.Resampling{TrainRows: row.TrainRows, TestRows: row.TestRows, Tests: tests}
		con := eval.Contestant{Name: row.Name, Kind: row.Kind, Modality: row.Modality, Val: row.ValRuns, Margin: row.ValMargin}
		row.Scores = summarize(metrics, preds, res.Plan.Official, groups, trial.Resampling)
		con.Test = row.Scores[0].Summary.Runs
		// On an official split rows are what is resampled; over folds runs are.
		if res.Plan.Official {
			con.Rows, trial.Groups = eval.RowScores(metrics[0], preds), groups
			con.Seeds = preds
		}
		contestants = append(contestants, con)
		c.Rows = append(c.Rows, row)
	}
	res.noteFewGroups(ds, groups)
	// A verdict compares two kinds; with one of them there is nothing to judge.
	if kinds := kindsOf(res.Entries); kinds[eval.Single] && kinds[eval.Fusion] {
		trial.Baseline = res.baseline(ds, metrics[0])
		v, err := eval.Judge(trial, contestants)
		if err != nil {
			return nil, fmt.Errorf("cannot judge: %w", err)
		}
		c.Verdict = &v
	}
	return c, nil
}

// summarize scores the predictions of every run, of an official split with intervals over its rows.
func summarize(metrics []eval.Metric, runs []*eval.Predictions, official bool, groups []int, r eval.Resampling) []Score {
	summaries := make([]eval.Summary, len(metrics))
	if official {
		summaries = eval.SummarizeSplits(metrics, runs, groups)
	}
	out := make([]Score, len(metrics))
	for k, m := range metrics {
		if !official {
			of := make([]float64, len(runs))
			for i, p := range runs {
				of[i] = m.Of(p)
			}
			summaries[k] = eval.SummarizeRuns(m, of, r)
		}
		out[k] = Score{m, summaries[k]}
	}
	return out
}

// Measure scores one model's predictions, by main first where that is one of their metrics; the
// intervals are over the rows, or over whole groups (nil: none) where there are enough.
func Measure(task dataset.Task, main string, p *eval.Predictions, groups []int) Row {
	var r Row
	metrics := taskMetrics(task, p.Targets)
	if by, err := metricsBy(metrics, main); err == nil {
		metrics = by
	}
	for k, s := range eval.SummarizeSplits(metrics, []*eval.Predictions{p}, groups) {
		r.Scores = append(r.Scores, Score{metrics[k], s})
	}
	return r
}

func kindsOf(entries []Entry) map[string]bool {
	kinds := map[string]bool{}
	for _, e := range entries {
		kinds[e.Kind] = true
	}
	return kinds
}

// noteFewGroups adds a note where the official test rows come from too few groups
// to resample whole groups.
func (res *Result) noteFewGroups(ds *dataset.Dataset, groups []int) {
	if len(groups) == 0 {
		return
	}
	n := slices.Max(groups) + 1
	if n < 2 || n >= eval.FewestGroups {
		return
	}
	res.Plan.Notes = append(slices.Clone(res.Plan.Notes), fmt.Sprintf(
		"the test rows come from only %d groups (%s): intervals are over their rows, and say nothing about how other groups differ", n, ds.Schema.Group))
}

// testGroups are the Groups of the official test rows.
func (res *Result) testGroups(ds *dataset.Dataset) []int {
	if !res.Plan.Official {
		return nil
	}
	return eval.Groups(ds, res.Plan.Runs[0].Test)
}
