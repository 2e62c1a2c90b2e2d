package scale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/internal/flat"
)

// part is what a task made, with what it depends on.
type part struct {
	Job, Version, Kernel string
	Task                 int
	Needed               bool // false: the job turned out to do without it
	Data                 []byte
}

const partFormat = "fusor part 1"

func (p *part) flat(s *flat.Stream) {
	s.Text(&p.Job)
	s.Text(&p.Version)
	s.Text(&p.Kernel)
	s.Int(&p.Task)
	s.Bool(&p.Needed)
	s.Bytes(&p.Data)
}

// errNotNeeded reports a part that the job does without.
var errNotNeeded = errors.New("the job does without it")

// errUnsound reports a part that is of another job or damaged: it is made again.
var errUnsound = errors.New("the part is damaged, or of another job")

// files are a job's files: what a worker and a merge read and write.
type files struct {
	Storage
	job   *Job
	tasks []Task
}

// open reads a job.
func open(ctx context.Context, s Storage) (*files, error) {
	data, err := s.Read(ctx, jobFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no job: it has no %s", jobFile)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the job: %w", err)
	}
	f := &files{Storage: s, job: &Job{}}
	if err := json.Unmarshal(data, f.job); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", jobFile, err)
	}
	if f.job.Format != format {
		return nil, fmt.Errorf("the job is of format %d, and this version reads %d", f.job.Format, format)
	}
	if data, err = s.Read(ctx, tasksFile); err != nil {
		return nil, fmt.Errorf("cannot read the tasks: %w", err)
	}
	lines := json.NewDecoder(bytes.NewReader(data))
	for lines.More() {
		var t Task
		if err := lines.Decode(&t); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", tasksFile, err)
		}
		if t.Task != len(f.tasks) {
			return nil, fmt.Errorf("cannot read %s: line %d is task %d", tasksFile, len(f.tasks)+1, t.Task)
		}
		f.tasks = append(f.tasks, t)
	}
	n := 0
	for _, stage := range f.job.Stages {
		if stage.First != n || stage.Tasks < 0 {
			return nil, fmt.Errorf("cannot read %s: the stage %s does not follow the one before it", jobFile, stage.Name)
		}
		n += stage.Tasks
	}
	if n != len(f.tasks) {
		return nil, fmt.Errorf("cannot read %s: it has %d tasks where the job has %d", tasksFile, len(f.tasks), n)
	}
	return f, nil
}

// of returns the tasks of a stage.
func (f *files) of(s Stage) []Task { return f.tasks[s.First : s.First+s.Tasks] }

// read returns what a task made. The error wraps [fs.ErrNotExist] where it is not done, errUnsound
// or errNotNeeded.
func (f *files) read(ctx context.Context, t Task) ([]byte, error) {
	data, err := f.Read(ctx, t.part())
	if err != nil {
		return nil, err
	}
	var p part
	if flat.Decode(partFormat, data, p.flat) != nil || p.Job != f.job.ID || p.Task != t.Task || p.Version != f.job.Version || p.Kernel != f.job.Kernel {
		return nil, fmt.Errorf("%s: %w", t.part(), errUnsound)
	}
	if !p.Needed {
		return nil, errNotNeeded
	}
	return p.Data, nil
}

// done reports whether a task has a sound part.
func (f *files) done(ctx context.Context, t Task) (bool, error) {
	switch _, err := f.read(ctx, t); {
	case err == nil, errors.Is(err, errNotNeeded):
		return true, nil
	case errors.Is(err, errUnsound), errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, err
	}
}

// save keeps what a task made.
func (f *files) save(ctx context.Context, t Task, needed bool, data []byte) error {
	p := part{f.job.ID, f.job.Version, f.job.Kernel, t.Task, needed, data}
	if err := f.Write(ctx, t.part(), flat.Encode(partFormat, p.flat)); err != nil {
		return fmt.Errorf("cannot keep what %s made: %w", t, err)
	}
	return nil
}

// fail keeps why a task failed, for status and merge.
func (f *files) fail(ctx context.Context, t Task, why error) error {
	return f.Write(ctx, t.part()+".error", []byte(why.Error()+"\n"))
}

// parts lists the tasks of a stage that have parts, and those that have failed, by the names of the
// files alone.
func (f *files) parts(ctx context.Context, s Stage) (there, failed map[int]bool, err error) {
	names, err := f.List(ctx, "parts/"+s.Name)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot list the parts: %w", err)
	}
	there, failed = map[int]bool{}, map[int]bool{}
	for _, name := range names {
		number, is := strings.CutSuffix(name, ".error")
		n, err := strconv.Atoi(number)
		switch {
		case err != nil || n < s.First || n >= s.First+s.Tasks:
		case is:
			failed[n] = true
		default:
			there[n] = true
		}
	}
	return there, failed, nil
}
