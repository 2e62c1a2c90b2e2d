package scale

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/internal/parallel"
)

// Worker does tasks of a job.
type Worker struct {
	files
	Root    string // folder of the media where it is another than when the job was made
	Threads int    // cores; 0: all
	Report  func(Line)

	kind kind
	mu   sync.Mutex // guards Report
}

// State is what has become of a task.
type State string

// The states of a task.
const (
	Done    State = "done"
	Kept    State = "kept"    // it was done before
	Waiting State = "waiting" // for tasks of an earlier stage
	Failed  State = "failed"
)

// Line is what a worker reports of a task.
type Line struct {
	Task
	State   State   `json:"state"`
	Seconds float64 `json:"seconds,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// kind is what is particular to a kind of job.
type kind interface {
	// do does tasks of one stage that were not done before, all of which can be done now, and calls
	// done for each. Its error ends the work: it is ctx's, or a fault that other tasks would meet too.
	do(ctx context.Context, stage Stage, tasks []Task, done func(t Task, seconds float64, err error)) error
	// close releases what was held from task to task.
	close() error
}

// Open opens a job for work or to merge it. It refuses a job of another version, or whose kernels
// this CPU does not have; those of the job are used from then on.
func Open(ctx context.Context, s Storage) (*Worker, error) {
	f, err := open(ctx, s)
	if err != nil {
		return nil, err
	}
	if f.job.Version != fusor.Version {
		return nil, fmt.Errorf("the job was made by version %s, and this is %s: features and fits may differ", f.job.Version, fusor.Version)
	}
	tier, ok := kernel.ParseTier(f.job.Kernel)
	if !ok || !kernel.SetTier(tier) {
		return nil, fmt.Errorf("the job is of the kernels %s, and this CPU has %s at most: results would differ in their last bits; make the job with --kernel %s", f.job.Kernel, kernel.BestTier(), kernel.BestTier())
	}
	return &Worker{files: *f}, nil
}

// Job returns what is to be done.
func (w *Worker) Job() *Job { return w.job }

// Tasks returns all tasks.
func (w *Worker) Tasks() []Task { return w.tasks }

// Close releases what the worker holds from task to task.
func (w *Worker) Close() error {
	if w.kind == nil {
		return nil
	}
	return w.kind.close()
}

// report reports a line.
func (w *Worker) report(l Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Report != nil {
		w.Report(l)
	}
}

// Do does tasks, in the order of their stages: those that are done are kept, those that wait for
// others are left. It returns how many failed and how many wait; why is in their lines.
func (w *Worker) Do(ctx context.Context, tasks []Task) (failed, waiting int, err error) {
	for _, stage := range w.job.Stages {
		var mine []Task
		for _, t := range tasks {
			if t.Stage != stage.Name {
				continue
			}
			// By the part that is there: a task that another worker did, or an earlier start, is not done
			// again.
			done, err := w.done(ctx, t)
			if err != nil {
				return failed, waiting, err
			}
			if done {
				w.report(Line{Task: t, State: Kept})
				continue
			}
			mine = append(mine, t)
		}
		if len(mine) == 0 {
			continue
		}
		// All parts of the stages before; a worker does not wait but leaves its tasks to a later start.
		ready, err := w.ready(ctx, stage)
		if err != nil {
			return failed, waiting, err
		}
		if !ready {
			for _, t := range mine {
				w.report(Line{Task: t, State: Waiting})
			}
			waiting += len(mine)
			continue
		}
		var faults []error
		err = w.kind.do(ctx, stage, mine, func(t Task, seconds float64, err error) {
			line := Line{Task: t, State: Done, Seconds: seconds}
			if err != nil {
				line.State, line.Error = Failed, err.Error()
				failed++
				// The error is stored, so that it is shown where the results are asked for.
				faults = append(faults, w.fail(ctx, t, err))
			}
			w.report(line)
		})
		if err = errors.Join(append(faults, err)...); err != nil {
			return failed, waiting, err
		}
	}
	return failed, waiting, nil
}

// ready reports whether all tasks of the stages before one have parts.
func (w *Worker) ready(ctx context.Context, stage Stage) (bool, error) {
	for _, s := range w.job.Stages {
		if s.Name == stage.Name {
			break
		}
		there, _, err := w.parts(ctx, s)
		if err != nil || len(there) < s.Tasks {
			return false, err
		}
	}
	return true, nil
}

// shuffled returns tasks in an order of this worker's own, so that several that begin at once meet
// at few of them.
func shuffled(tasks []Task) []Task {
	tasks = slices.Clone(tasks)
	rand.Shuffle(len(tasks), func(i, k int) { tasks[i], tasks[k] = tasks[k], tasks[i] })
	return tasks
}

// eachBlock makes the parts of blocks, side by side on as many cores as there are.
func (w *Worker) eachBlock(ctx context.Context, tasks []Task, done func(Task, float64, error), do func(ctx context.Context, block, threads int) ([]byte, error)) error {
	cores := parallel.Workers(w.Threads)
	beside := min(cores, len(tasks))
	tasks = shuffled(tasks)
	var mu sync.Mutex // guards done
	return parallel.For(ctx, len(tasks), beside, func(ctx context.Context, _, i int) error {
		// Another worker may have done it since this one began.
		if there, err := w.done(ctx, tasks[i]); there || err != nil {
			if there {
				w.report(Line{Task: tasks[i], State: Kept})
			}
			return err
		}
		start := time.Now()
		data, err := do(ctx, *tasks[i].Block, max(1, cores/beside))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			if err := w.save(ctx, tasks[i], true, data); err != nil {
				return err
			}
		}
		done(tasks[i], time.Since(start).Seconds(), err)
		return nil
	})
}
