package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/scale"
)

type mergeCmd struct {
	Job          string `arg:"" help:"Folder of the job."`
	Out          string `help:"What the plain command's -o names: a folder of a comparison, a file of answers." short:"o" placeholder:"OUT"`
	Status       bool   `help:"Show how far the job is, and merge nothing."`
	AllowMissing bool   `help:"Go on without what lacks, and name it: rows without answers have the flag missing, fusions that could not be fitted are left out."`

	resultFlags
}

// Help is the command's longer help.
func (c *mergeCmd) Help() string {
	return `Checks that every task has one sound part, and makes of them what the plain command would have made on one machine, to the bit. A task that failed is named with its reason.

Examples:
  fusor merge job --status
  fusor merge job -o result`
}

// Run merges the parts.
func (c *mergeCmd) Run(e *env) error {
	j, err := openJob(e, c.Job)
	if err != nil {
		return err
	}
	c.Out, c.JSON = j.path(c.Out), j.path(c.JSON)
	if c.Status {
		return c.status(e, j.worker)
	}
	lacking, err := j.worker.Lacking(e.ctx)
	if err != nil {
		return err
	}
	if len(lacking) > 0 {
		if err := c.lacks(e, j.worker, lacking); err != nil {
			return err
		}
	}
	if err := j.setUp(e, fusor.Options{NoCache: true}); err != nil {
		return err
	}
	defer j.worker.Close() //nolint:errcheck // temporary files
	switch j.worker.Job().Kind {
	case scale.Extract:
		return c.arrays(e, j)
	case scale.Predict:
		return c.answers(j)
	}
	return c.comparison(e, j)
}

// shownTasks is how many tasks are named before the rest is counted.
const shownTasks = 10

// lacks names tasks that are not done. It is an error unless they may be missing.
func (c *mergeCmd) lacks(e *env, w *scale.Worker, tasks []scale.Task) error {
	st, err := w.Status(e.ctx)
	if err != nil {
		return err
	}
	why := map[int]string{}
	for _, f := range st.Failed {
		why[f.Task.Task] = ": " + f.Error
	}
	for i, t := range tasks {
		if i == shownTasks {
			e.fprintf(e.stderr, "… and %d more tasks\n", len(tasks)-i)
			break
		}
		e.fprintf(e.stderr, "%s is not done%s\n", t, why[t.Task])
	}
	if c.AllowMissing {
		return nil
	}
	return fmt.Errorf("%d of %d tasks are not done; fusor work %s does them, --allow-missing goes on without", len(tasks), len(w.Tasks()), c.Job)
}

// status shows how far the job is.
func (c *mergeCmd) status(e *env, w *scale.Worker) error {
	st, err := w.Status(e.ctx)
	if err != nil {
		return err
	}
	if err := c.writeJSON(e, st); err != nil || c.Quiet || c.jsonToStdout() {
		return err
	}
	for _, s := range st.Stages {
		e.printf("%-12s %d of %s\n", s.Name, s.Done, plural(s.Tasks, "task"))
	}
	for i, f := range st.Failed {
		if i == shownTasks {
			e.printf("… and %d more tasks\n", len(st.Failed)-i)
			break
		}
		e.printf("%s failed: %s\n", f.Task, f.Error)
	}
	var steps []report.Step
	if slices.ContainsFunc(st.Stages, func(s scale.StageStatus) bool { return s.Done < s.Tasks }) {
		steps = append(steps, step("do what is left here, or on every machine that sees the folder", "work", c.Job))
	}
	e.suggest(append(steps, mergeStep(c.Job, w.Job().Kind))...)
	return nil
}

// comparison writes the result of a comparison.
func (c *mergeCmd) comparison(e *env, j *openedJob) (failed error) {
	plain := &j.plain.Compare
	plain.Out, plain.resultFlags = c.Out, c.resultFlags
	if j.here != "" { // what is shown holds in either folder
		if plain.Data, failed = filepath.Abs(plain.Data); failed != nil {
			return failed
		}
	}
	if c.Out != "" {
		undo, err := durable.MakeFolder(c.Out)
		if err != nil {
			return fmt.Errorf("cannot make the folder of the result: %w", err)
		}
		defer func() {
			if failed != nil {
				undo()
			}
		}()
	}
	cmp, err := j.worker.MergeCompare(e.ctx, c.AllowMissing)
	if errors.Is(err, compare.ErrPending) {
		return fmt.Errorf("cannot merge: %w", err)
	}
	if err != nil {
		return plain.failed(e, err)
	}
	if err := plain.write(j.env, cmp); err != nil {
		return err
	}
	plain.end(j.env, cmp)
	return nil
}

// arrays writes the views as arrays.
func (c *mergeCmd) arrays(e *env, j *openedJob) error {
	plain := &j.plain.Extract
	if plain.Out, plain.resultFlags = c.Out, c.resultFlags; c.Out == "" {
		return usagef("name the folder of the arrays with -o")
	}
	if err := checkFolder(plain.Out, plain.Data); err != nil {
		return err
	}
	x, err := j.worker.MergeExtract(e.ctx, c.AllowMissing)
	if err != nil {
		return plain.failed(e, err)
	}
	return plain.write(j.env, x)
}

// answers writes the answers to all rows, of a table that is read some rows at a time.
func (c *mergeCmd) answers(j *openedJob) error {
	plain := &j.plain.Predict
	plain.Out, plain.resultFlags = c.Out, c.resultFlags
	format, err := answerFormat(c.Out)
	if err != nil {
		return err
	}
	m := j.worker.Model()
	rows, err := plain.deferred(m, plain.Data[0])
	if err != nil {
		return plain.failed(j.env, err)
	}
	other := fmt.Errorf("%s is another table than when the job was made", plain.Data[0])
	if rows.Len() != j.worker.Job().Data.Rows {
		return other
	}
	// What a terminal or a pipe has cannot be taken back; a file is renamed in the end.
	if c.Out == "" && !c.jsonToStdout() {
		sum := dataset.NewRowsDigest()
		for ds, err := range rows.All() {
			if err != nil {
				return plain.failed(j.env, err)
			}
			sum.Add(ds.Rows)
		}
		if sum.Sum() != j.worker.Job().Data.SHA256 {
			return other
		}
	}
	made, err := j.worker.MergePredict(c.AllowMissing)
	if err != nil {
		return err
	}
	header := rows.Dataset.Raw().Header
	plain.twice(j.env, m, header)
	all := &allRows{header: header, rows: rows.Len()}
	all.answers = func(yield func(answered, error) bool) {
		sum := dataset.NewRowsDigest()
		for ds, err := range rows.All() {
			var preds []fusor.Prediction
			if err == nil {
				sum.Add(ds.Rows)
				all.labeled = all.labeled || slices.ContainsFunc(ds.Rows, func(r dataset.Row) bool { return r.Labeled() })
				preds, err = made.Next(j.env.ctx, len(ds.Rows))
			}
			if !yield(answered{inputOf(ds), 0, preds}, err) || err != nil {
				return
			}
		}
		if sum.Sum() != j.worker.Job().Data.SHA256 {
			yield(answered{}, other)
			return
		}
		plain.report(j.env, made.Problems())
	}
	if err := plain.finish(j.env, m, all, format); err != nil {
		return plain.failed(j.env, err)
	}
	return nil
}
