package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/cli"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/scale"
)

type tasksCmd struct {
	Extract tasksExtractCmd `cmd:"" help:"Tasks of: fusor extract DATA."`
	Compare tasksCompareCmd `cmd:"" help:"Tasks of: fusor compare DATA."`
	Predict tasksPredictCmd `cmd:"" help:"Tasks of: fusor predict MODEL DATA."`
}

// Help is the command's longer help.
func (c *tasksCmd) Help() string {
	return `Divides a job into tasks, without looking at every medium: JOB/job.json, JOB/tasks.jsonl (a task a line) and the rows in blocks. Any number of machines that see JOB and the media do them with fusor work, in any order that the stages of job.json allow; fusor merge makes the result, which has the bits of the plain command's. See docs/scale.md.

Examples:
  fusor tasks compare shop.csv -o job
  fusor tasks predict shop.fusor new.csv -o job --block 10000 --kernel avx2`
}

// jobFlags are those of every job.
type jobFlags struct {
	Out    string `help:"Folder of the job." short:"o" required:"" placeholder:"JOB" group:"Job"`
	Block  uint   `help:"Rows of a block, which one task extracts or answers (default 1000)." placeholder:"N" group:"Job"`
	Kernel string `help:"Kernels that every worker uses: go, avx2 or avx512 (default: the best of this machine). Machines without them refuse the job." enum:",go,avx2,avx512" default:"" placeholder:"TIER" group:"Job"`

	resultFlags `group:"Output"`

	undo func() // removes the folder while nothing is in it
}

// setup chooses the kernels and returns what the job is made of; command is what is done without
// its flags.
func (f *jobFlags) setup(e *env, command ...string) (scale.Setup, error) {
	s := scale.Setup{Storage: scale.Dir(f.Out), Block: int(f.Block)}
	if tier, ok := kernel.ParseTier(f.Kernel); ok && !kernel.SetTier(tier) {
		return s, fmt.Errorf("--kernel %s: this CPU has %s at most", f.Kernel, kernel.BestTier())
	}
	var err error
	if f.undo, err = durable.MakeFolder(f.Out); err != nil {
		return s, fmt.Errorf("cannot make the folder of the job: %w", err)
	}
	if s.Folder, err = filepath.Abs("."); err != nil {
		return s, err
	}
	s.Command = append(command, e.given(func(f *cli.Value) bool { return f.Group != "Job" && f.Group != "Output" })...)
	return s, nil
}

// made shows a job that was made.
func (f *jobFlags) made(e *env, j *scale.Job, err error) error {
	if err != nil {
		f.undo()
	}
	if errors.Is(err, scale.ErrOther) {
		return fmt.Errorf("%s: %w", f.Out, err)
	}
	if err != nil {
		return f.failed(e, err)
	}
	f.report(e, j.Data.Problems)
	if err := f.writeJSON(e, j); err != nil || f.Quiet || f.jsonToStdout() {
		return err
	}
	for _, s := range j.Stages {
		e.printf("%-12s %s\n", s.Name, plural(s.Tasks, "task"))
	}
	e.printNext(
		step("do all of them here, or on every machine that sees the folder", "work", f.Out),
		mergeStep(f.Out, j.Kind))
	return nil
}

// mergeStep is the command that makes the result of a job, once its tasks are done.
func mergeStep(job string, kind scale.Kind) report.Step {
	out := "result"
	switch kind {
	case scale.Extract:
		out = "features"
	case scale.Predict:
		out = "answers.csv"
	}
	return step("make the result, once all tasks are done", "merge", job, "-o", out)
}

type tasksCompareCmd struct {
	comparisonFlags
	searchFlag
	Strict bool `help:"Fail on the first set of unreadable cells instead of going on without them."`
	jobFlags
}

// Run makes the job.
func (c *tasksCompareCmd) Run(e *env) error {
	if err := c.reportFlags.check(); err != nil {
		return err
	}
	data, o, err := c.comparison(e)
	if err != nil {
		return err
	}
	if err := c.search(&o); err != nil {
		return err
	}
	s, err := c.setup(e, "compare", c.Data, "--lang", string(e.lang))
	if err != nil {
		return err
	}
	data.Deferred = true
	ds, err := fusor.Open(c.Data, data)
	if err != nil {
		return c.made(e, nil, err)
	}
	j, err := scale.NewCompare(e.ctx, ds, o, s)
	return c.made(e, j, err)
}

// comparison returns the options of a comparison and how its data are read.
func (c *comparisonFlags) comparison(e *env) (dataset.Options, fusor.CompareOptions, error) {
	data, err := c.dataFlags.options()
	if err != nil {
		return data, fusor.CompareOptions{}, err
	}
	o, err := c.options(e)
	taskOf(&data, &o.Recipe)
	o.AllowMissing, o.Reads = c.AllowMissing, data
	return data, o, err
}

type tasksExtractCmd struct {
	extractFlags
	Strict bool `help:"Fail on the first set of unreadable cells instead of going on without them."`
	jobFlags
}

// Run makes the job.
func (c *tasksExtractCmd) Run(e *env) error {
	if err := c.check(); err != nil {
		return err
	}
	data, o, err := c.extraction(fusor.Options{})
	if err != nil {
		return err
	}
	s, err := c.setup(e, "extract", c.Data)
	if err != nil {
		return err
	}
	data.Deferred = true
	rows, err := openRows(c.Data, data)
	if err != nil {
		return c.made(e, nil, err)
	}
	j, err := scale.NewExtract(e.ctx, rows, o, s)
	return c.made(e, j, err)
}

type tasksPredictCmd struct {
	Model string `arg:"" help:"Saved model."`
	Data  string `arg:"" help:"Table or folder."`
	queryFlags
	jobFlags
}

// Run makes the job.
func (c *tasksPredictCmd) Run(e *env) error {
	s, err := c.setup(e, "predict", c.Model, c.Data)
	if err != nil {
		return err
	}
	m, err := c.load(c.Model, fusor.Options{})
	if err != nil {
		return c.made(e, nil, err)
	}
	rows, err := c.deferred(m, c.Data)
	if err != nil {
		return c.made(e, nil, err)
	}
	j, err := scale.NewPredict(e.ctx, m, rows, s)
	return c.made(e, j, err)
}

// load loads the model that answers.
func (c *queryFlags) load(path string, o fusor.Options) (*fusor.Model, error) {
	if c.Top < 0 {
		return nil, usagef("--top %d is below 0", c.Top)
	}
	o.Encoders = c.folders()
	m, err := fusor.Load(path, o)
	if err == nil && c.Top > 0 && m.Schema().Task == dataset.Regression {
		return nil, usagef("--top is for classes, and the model predicts numbers")
	}
	return m, err
}

// deferred reads a table as the model was trained, without looking at its media.
func (c *queryFlags) deferred(m *fusor.Model, path string) (*dataset.Blocks, error) {
	o, err := c.roleFlags.options()
	if err != nil {
		return nil, err
	}
	o.Schema, o.Deferred = m.Schema(), true
	if m.OverRows() { // which it reads together
		ds, err := dataset.Open(path, o)
		if err != nil {
			return nil, err
		}
		return dataset.OneBlock(ds), nil
	}
	return dataset.OpenBlocks(path, o)
}

// openRows reads a table of any number of rows where a model knows what its columns are, else the
// whole of it.
func openRows(path string, o dataset.Options) (*dataset.Blocks, error) {
	if o.Schema != nil {
		return dataset.OpenBlocks(path, o)
	}
	ds, err := dataset.Open(path, o)
	if err != nil {
		return nil, err
	}
	return dataset.OneBlock(ds), nil
}
