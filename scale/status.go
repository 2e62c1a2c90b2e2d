package scale

import (
	"context"
	"errors"
	"io/fs"
	"strings"
)

// Status is how far a job is.
type Status struct {
	Kind   Kind          `json:"kind"`
	Stages []StageStatus `json:"stages"`
	Failed []FailedTask  `json:"failed,omitempty"` // that are not done, with the last reason
}

// StageStatus is how far a stage is.
type StageStatus struct {
	Name  string `json:"name"`
	Done  int    `json:"done"`
	Tasks int    `json:"tasks"`
}

// FailedTask is a task that has failed where it was last tried.
type FailedTask struct {
	Task
	Error string `json:"error"`
}

// Status returns how far the job is, by the names of the parts alone.
func (w *Worker) Status(ctx context.Context) (*Status, error) {
	st := &Status{Kind: w.job.Kind}
	for _, s := range w.job.Stages {
		there, failed, err := w.parts(ctx, s)
		if err != nil {
			return nil, err
		}
		st.Stages = append(st.Stages, StageStatus{s.Name, len(there), s.Tasks})
		for _, t := range w.of(s) {
			if !failed[t.Task] || there[t.Task] {
				continue
			}
			why, err := w.Read(ctx, t.part()+".error")
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			st.Failed = append(st.Failed, FailedTask{t, strings.TrimSpace(string(why))})
		}
	}
	return st, nil
}

// Lacking returns the tasks that have no sound part; every part is read.
func (w *Worker) Lacking(ctx context.Context) ([]Task, error) {
	var out []Task
	for _, t := range w.tasks {
		done, err := w.done(ctx, t)
		if err != nil {
			return nil, err
		}
		if !done {
			out = append(out, t)
		}
	}
	return out, nil
}
