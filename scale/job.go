// Package scale makes tasks of a job, does one of them, and merges their parts into what one
// machine would have made, to the bit.
//
// A job lies in a folder that all machines see. Engines such as Spark, Kubernetes or Slurm place
// tasks, run them again where a machine is lost, and know nothing else: a part is whole or not
// there, is named by its task, and depends on the job alone, so that a task may be done twice.
//
//	job.json         what is to be done, and how it is divided
//	tasks.jsonl      a task a line
//	rows/B           the rows of a block
//	parts/STAGE/N    what task N made
package scale

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/train"
)

// Kind is what a job makes.
type Kind string

// The kinds of jobs, each of which is that of a command.
const (
	Extract Kind = "extract"
	Compare Kind = "compare"
	Predict Kind = "predict"
)

// The stages of blocks of rows. Those of a comparison are in package compare.
const (
	stageFeatures = "features"
	stageAnswers  = "answers"
)

// format is raised when a job of another version could not be read.
const format = 2

// Job is what job.json holds: all that the tasks have in common.
type Job struct {
	ID      string `json:"id"` // a hash of all else
	Format  int    `json:"format"`
	Kind    Kind   `json:"kind"`
	Version string `json:"version"` // of fusor: others compute other features
	Kernel  string `json:"kernel"`  // tier of the kernels: others differ in the last bits

	Command []string `json:"command"` // that does the same on one machine, and
	Folder  string   `json:"folder"`  // where it was run, which its paths are relative to

	Data   Data          `json:"data"`
	Views  []string      `json:"views"`
	Recipe *train.Recipe `json:"recipe,omitempty"` // of a comparison
	Plan   *Plan         `json:"plan,omitempty"`
	Model  string        `json:"model,omitempty"` // SHA-256 of the model that predicts

	Blocks []int   `json:"blocks"` // bounds: block b holds Blocks[b] to Blocks[b+1] of the rows, in the order of rows/
	Stages []Stage `json:"stages"`
}

// Data is a data set without its rows.
type Data struct {
	Name     string           `json:"name"`
	Path     string           `json:"path"`
	Dir      string           `json:"dir"`
	Manifest string           `json:"manifest"`
	Encoding string           `json:"encoding,omitempty"`
	Rows     int              `json:"rows"`
	SHA256   string           `json:"sha256"` // of the rows as they were read
	Schema   dataset.Schema   `json:"schema"`
	Problems dataset.Problems `json:"problems,omitempty"` // found without looking at media
}

// Plan summarizes how a comparison divides the rows.
type Plan struct {
	Official bool `json:"official"` // the split of the data
	Folds    int  `json:"folds,omitempty"`
	Runs     int  `json:"runs"`
}

// Stage is a step of the job: Tasks tasks from number First on, which can be done once all tasks of
// the stages before it are.
type Stage struct {
	Name  string `json:"name"`
	First int    `json:"first"`
	Tasks int    `json:"tasks"`
}

// Task is one line of tasks.jsonl.
type Task struct {
	Task  int            `json:"task"` // its number
	Stage string         `json:"stage"`
	Block *int           `json:"block,omitempty"` // of a stage of blocks
	Piece *compare.Piece `json:"piece,omitempty"` // of a stage of a comparison
}

// String describes the task for a person.
func (t Task) String() string {
	switch {
	case t.Block != nil:
		return fmt.Sprintf("task %d (%s, block %d)", t.Task, t.Stage, *t.Block)
	case t.Piece != nil && t.Piece.Entry != "":
		return fmt.Sprintf("task %d (%s, %s, fold %d, seed %d)", t.Task, t.Stage, t.Piece.Entry, t.Piece.Fold, t.Piece.Seed)
	}
	return fmt.Sprintf("task %d (%s)", t.Task, t.Stage)
}

// part names the file of what the task made.
func (t Task) part() string { return fmt.Sprintf("parts/%s/%07d", t.Stage, t.Task) }

const (
	jobFile   = "job.json"
	tasksFile = "tasks.jsonl"
)

// Setup is what every kind of job is made of.
type Setup struct {
	Storage Storage
	Command []string // that does the same on one machine
	Folder  string   // where it was run
	Block   int      // rows of a block; 0: 1000
}

// newJob begins a job on a data set of so many rows.
func newJob(kind Kind, ds *dataset.Dataset, rows int, s *Setup) *Job {
	return &Job{
		Format: format, Kind: kind, Version: fusor.Version, Kernel: kernel.ActiveTier().String(), Command: s.Command, Folder: s.Folder,
		Data: Data{ds.Name, ds.Path, ds.Dir, ds.Manifest, ds.Encoding, rows, "", ds.Schema, nil},
	}
}

// blocks divides rows in the given order; nil is their own.
func (j *Job) blocks(size int, ends func(at int) bool) {
	if size <= 0 {
		size = 1000
	}
	j.Blocks = []int{0}
	for at := range j.Data.Rows {
		if first := j.Blocks[len(j.Blocks)-1]; at+1 == j.Data.Rows || at+1-first >= size && ends(at+1) {
			j.Blocks = append(j.Blocks, at+1)
		}
	}
}

// addBlocks adds a stage with a task for every block.
func (j *Job) addBlocks(tasks []Task, stage string) []Task {
	j.Stages = append(j.Stages, Stage{stage, len(tasks), len(j.Blocks) - 1})
	for b := range len(j.Blocks) - 1 {
		tasks = append(tasks, Task{Task: len(tasks), Stage: stage, Block: &b})
	}
	return tasks
}

// addPieces adds the stages of a comparison.
func (j *Job) addPieces(tasks []Task, pieces []compare.Piece) []Task {
	for _, p := range pieces {
		stage := string(p.Stage)
		if last := len(j.Stages) - 1; j.Stages[last].Name == stage {
			j.Stages[last].Tasks++
		} else {
			j.Stages = append(j.Stages, Stage{stage, len(tasks), 1})
		}
		tasks = append(tasks, Task{Task: len(tasks), Stage: stage, Piece: &p})
	}
	return tasks
}

// ErrOther reports that a folder holds another job already.
var ErrOther = errors.New("another job is there already; name another folder, or remove it")

// write writes a job and its rows, in the given order; nil is their own. A job that is there
// already is left as it is.
func (j *Job) write(ctx context.Context, s Storage, rows *dataset.Blocks, order []int, tasks []Task) error {
	old, err := s.Read(ctx, jobFile)
	there := err == nil
	if !there && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	to := s
	if there {
		to = nil
	}
	if err := j.writeRows(ctx, to, rows, order); err != nil {
		return err
	}
	data, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("cannot write the job: %w", err)
	}
	// By content, so that the same command makes the same job.
	j.ID = fmt.Sprintf("%x", sha256.Sum256(data))[:16]
	if there {
		var before Job
		if json.Unmarshal(old, &before) == nil && before.ID == j.ID {
			return nil
		}
		return ErrOther
	}
	var list bytes.Buffer
	lines := json.NewEncoder(&list)
	for _, t := range tasks {
		if err := lines.Encode(t); err != nil {
			return fmt.Errorf("cannot write the tasks: %w", err)
		}
	}
	if err := s.Write(ctx, tasksFile, list.Bytes()); err != nil {
		return err
	}
	if data, err = json.MarshalIndent(j, "", "  "); err != nil {
		return fmt.Errorf("cannot write the job: %w", err)
	}
	return s.Write(ctx, jobFile, append(data, '\n')) // last: a job is whole once it is there
}
