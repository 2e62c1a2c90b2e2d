package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/scale"
)

type workCmd struct {
	Job      string `arg:"" help:"Folder of the job."`
	From     string `arg:"" optional:"" help:"- reads tasks from stdin, one a line: a number, or a line of tasks.jsonl." placeholder:"-"`
	Task     *int   `help:"The one task to do, by its number in tasks.jsonl, or in its stage with --stage." placeholder:"N"`
	IndexEnv string `help:"Environment variable with the number: JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID, …" placeholder:"NAME"`
	Stage    string `help:"Only tasks of this stage." placeholder:"NAME"`

	Root    string `help:"Folder of the media, where this machine has them elsewhere." placeholder:"DIR" type:"existingdir"`
	Threads uint   `help:"Cores to use (default: all)." placeholder:"N"`
	Cache   string `help:"Folder of the feature cache (default: fusor/features in the user's cache folder)." env:"FUSOR_CACHE" placeholder:"DIR"`
	NoCache bool   `help:"Keep no extracted features."`
	languageFlag
}

// Help is the command's longer help.
func (c *workCmd) Help() string {
	return `Does one task, those of stdin, or all that are not done, and writes a JSON line for each: its number and stage, its state (done, kept: it was done before, waiting: tasks of an earlier stage are not done, failed) and how long it took. A task that fails does not stop the others; the exit code is then 1. A task that is killed leaves nothing behind: the same command goes on.

Examples:
  fusor work job
  fusor work job --task 17
  fusor work job --stage fit --index-env JOB_COMPLETION_INDEX
  grep '"stage":"features"' job/tasks.jsonl | fusor work job -`
}

// Run does the tasks.
func (c *workCmd) Run(e *env) error {
	if c.Threads > 0 {
		runtime.GOMAXPROCS(min(int(c.Threads), runtime.NumCPU()))
	}
	j, err := openJob(e, c.Job)
	if err != nil {
		return err
	}
	j.worker.Root, j.worker.Threads = c.Root, int(c.Threads)
	tasks, one, err := c.tasks(j.worker)
	if err != nil {
		return err
	}
	out := json.NewEncoder(e.stdout)
	j.worker.Report = func(l scale.Line) { out.Encode(l) } //nolint:errcheck // kept by the output, which is looked at in the end
	if err := j.setUp(e, fusor.Options{Threads: int(c.Threads), CacheDir: c.Cache, NoCache: c.NoCache}); err != nil {
		return err
	}
	defer j.worker.Close() //nolint:errcheck // temporary files
	failed, waiting := 0, 0
	if c.From != "-" {
		failed, waiting, err = j.worker.Do(e.ctx, tasks)
	} else if failed, err = c.stream(e, j.worker); err == nil && failed == 0 {
		return nil // what waits is no failure of the stream
	}
	switch {
	case err != nil:
		return err
	case failed > 0:
		return fmt.Errorf("%d tasks failed", failed)
	case waiting > 0 && one:
		return fmt.Errorf("%s waits for tasks of an earlier stage", tasks[0])
	case waiting > 0:
		return fmt.Errorf("%d tasks wait for tasks of an earlier stage", waiting)
	}
	e.suggest(
		step("see how far the job is", "merge", c.Job, "--status"),
		mergeStep(c.Job, j.worker.Job().Kind))
	return nil
}

// tasks returns those of the flags; one reports whether they name a single one.
func (c *workCmd) tasks(w *scale.Worker) (tasks []scale.Task, one bool, err error) {
	if c.From != "" && c.From != "-" {
		return nil, false, usagef("%s: - reads tasks from stdin; --task names one", c.From)
	}
	given := 0
	for _, is := range []bool{c.From != "", c.Task != nil, c.IndexEnv != ""} {
		if is {
			given++
		}
	}
	if given > 1 {
		return nil, false, usagef("name tasks in one way: --task, --index-env or -")
	}
	tasks = w.Tasks()
	if c.Stage != "" {
		var stages []string
		for _, s := range w.Job().Stages {
			stages = append(stages, s.Name)
		}
		if !slices.Contains(stages, c.Stage) {
			return nil, false, unknown("stage", c.Stage, stages)
		}
		tasks = slices.DeleteFunc(slices.Clone(tasks), func(t scale.Task) bool { return t.Stage != c.Stage })
	}
	n := c.Task
	if c.IndexEnv != "" {
		v, err := strconv.Atoi(os.Getenv(c.IndexEnv))
		if err != nil {
			return nil, false, usagef("--index-env %s: it holds %q, which is no number", c.IndexEnv, os.Getenv(c.IndexEnv))
		}
		n = &v
	}
	if n == nil {
		return tasks, false, nil
	}
	if *n < 0 || *n >= len(tasks) {
		return nil, false, usagef("there is no task %d: there are %d, from 0 on", *n, len(tasks))
	}
	return tasks[*n : *n+1], true, nil
}

// stream does the tasks that stdin names, as they come.
func (c *workCmd) stream(e *env, w *scale.Worker) (failed int, err error) {
	lines := bufio.NewReader(e.stdin)
	for {
		line, end := lines.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			n, err := taskNumber(line)
			if err != nil || n < 0 || n >= len(w.Tasks()) {
				return failed, fmt.Errorf("%.80q names no task of the job", line)
			}
			bad, _, err := w.Do(e.ctx, w.Tasks()[n:n+1])
			if failed += bad; err != nil {
				return failed, err
			}
		}
		if end == io.EOF {
			return failed, nil
		}
		if end != nil {
			return failed, fmt.Errorf("cannot read tasks: %w", end)
		}
	}
}

// taskNumber reads a number, or a line of tasks.jsonl.
func taskNumber(line string) (int, error) {
	if !strings.HasPrefix(line, "{") {
		return strconv.Atoi(line)
	}
	t := scale.Task{Task: -1}
	err := json.Unmarshal([]byte(line), &t)
	return t.Task, err
}

// openedJob is a job with the command that does the same on one machine.
type openedJob struct {
	worker *scale.Worker
	plain  commands
	env    *env   // that the plain command would run in
	here   string // the folder of the user, where the work goes on in another; else ""
}

// path returns what the user wrote, so that it holds where the work goes on.
func (j *openedJob) path(p string) string {
	if j.here == "" || p == "" || p == "-" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(j.here, p)
}

// openJob opens a job and reads its command. The working folder becomes that in which the job was
// made, if it is there: the command's paths are relative to it.
func openJob(e *env, dir string) (*openedJob, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	own, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	w, err := scale.Open(e.ctx, scale.Dir(own))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	j := &openedJob{worker: w}
	if folder := w.Job().Folder; exists(folder) && !sameFolder(folder, here) {
		if err := os.Chdir(folder); err != nil {
			return nil, fmt.Errorf("cannot work where the job was made: %w", err)
		}
		j.here = here
	}
	args := slices.Clone(w.Job().Command)
	if w.Job().Kind == scale.Extract {
		args = append(args, "-o", "arrays") // which merge names
	}
	line, err := program(&j.plain).Parse(args)
	if err != nil {
		return nil, fmt.Errorf("cannot read the job's command: %w", err)
	}
	j.env = newEnv(e.ctx, args, line)
	j.env.stdin, j.env.stdout, j.env.stderr = e.stdin, e.stdout, e.stderr
	return j, nil
}

// sameFolder reports whether two paths are of one folder.
func sameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// setUp makes the worker one of the job's kind.
func (j *openedJob) setUp(e *env, o fusor.Options) error {
	switch j.worker.Job().Kind {
	case scale.Compare:
		c := &j.plain.Compare
		_, co, err := c.comparison(e)
		if err == nil {
			err = c.search(&co)
		}
		if err != nil {
			return err
		}
		co.Threads, co.CacheDir, co.NoCache, co.Strict = o.Threads, o.CacheDir, o.NoCache, c.Strict
		co.Command, co.Shared = append([]string{"fusor"}, j.env.args...), j.env.shared
		return j.worker.Compare(e.ctx, co)
	case scale.Extract:
		c := &j.plain.Extract
		_, x, err := c.extraction(o)
		if err != nil {
			return err
		}
		x.Strict = c.Strict
		return j.worker.Extract(x)
	case scale.Predict:
		c := &j.plain.Predict
		m, err := c.load(c.Model, o)
		if err != nil {
			return err
		}
		return j.worker.Predict(m, c.query())
	}
	return fmt.Errorf("the job is of the unknown kind %q", j.worker.Job().Kind)
}
