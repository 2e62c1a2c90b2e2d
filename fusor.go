// Package fusor turns a table of samples, each with any of text, images,
// audio, video, numbers and vectors, into a model that fuses those modalities,
// and says whether fusion helps.
//
// [Train] fits one model, [Compare] every single view and every fusion on the
// same splits, [Load] brings a saved model back; [Model.Predict] is safe for
// concurrent use. What the command `fusor` does is done through these.
package fusor

import (
	"context"
	"errors"
	"fmt"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/views"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/progress"
	"github.com/fusor-ml/fusor/train"
)

// Version is fusor's version.
const Version = "0.1.0"

// Options says how to read, train and compare. The zero value is right for most data.
type Options struct {
	Data   dataset.Options // columns, kinds, task
	Recipe train.Recipe    // views, fusion, network, training

	Folds int    // Compare: of the cross-validation; 0: the data's own split, else 5. Train takes that split, else 70/15/15, and refuses Folds
	Seeds int    // Compare: repetitions; 0: 1 with folds, 3 on an official split
	Seed  uint64 // of everything random; Recipe.Train.Seed is 0 or the same

	Threads  int    // cores; 0: all
	CacheDir string // of extracted features; "": in the user's cache folder
	NoCache  bool
	Strict   bool // a cell that cannot be read is an error

	AllowMissing []string // Train, Compare, Evaluate: columns to go on with though most of their cells cannot be read

	Checkpoint string // Train: a file to keep the state in after every epoch
	Resume     bool   // Train: go on from Checkpoint if it is there
	Dir        string // Compare: where finished fits are kept, so that an interrupted run goes on; "": nowhere
	Lang       string // of sentences: en or zh
	// Command and Shared are, for the report of Compare, the words that ran it, and those of them that
	// training one model takes as well.
	Command, Shared []string

	Methods fusion.Table    // nil: fusion.Methods
	Views   feature.Catalog // nil: Views()
	// Progress may be nil. A run, and a Model whatever calls it concurrently,
	// calls it from one goroutine at a time; it must not ask that Model anything.
	Progress func(Progress)
}

// Progress is one step of long work.
type Progress = progress.Step

// Views lists the modalities that fusor knows, with their views.
func Views() feature.Catalog {
	return views.All()
}

// Methods lists the fusion methods that fusor knows.
func Methods() fusion.Table { return fusion.Methods }

// shared are the options of predict.
func (o *Options) shared() predict.Options {
	return predict.Options{
		Threads: o.Threads, CacheDir: o.CacheDir, NoCache: o.NoCache, Strict: o.Strict,
		Methods: o.Methods, Views: o.Views, Progress: o.Progress,
	}.WithDefaults()
}

func (o *Options) methods() fusion.Table  { return o.shared().Methods }
func (o *Options) views() feature.Catalog { return o.shared().Views }
func (o *Options) threads() int           { return o.shared().Threads }

func (o *Options) progress(stage string, done, total int, detail string) {
	progress.Func(o.Progress).Report(stage, done, total, detail)
}

// open reads the data, selects its views and extracts them. The caller closes source.Bank. An error
// wraps the problems found until then.
func (o *Options) open(ctx context.Context, path string) (src train.Source, problems dataset.Problems, err error) {
	if err := o.Recipe.Check(o.methods()); err != nil {
		return src, nil, err
	}
	if s := o.Recipe.Train.Seed; s != 0 && s != o.Seed {
		return src, nil, fmt.Errorf("the recipe's seed is %d and that of the options %d: leave it out of the recipe", s, o.Seed)
	}
	o.Recipe.Train.Seed = o.Seed
	words, err := o.embeddings()
	if err != nil {
		return src, nil, err
	}
	defer words.Close()
	ds, err := dataset.Open(path, o.Data)
	if err != nil {
		return src, nil, err
	}
	if err := o.Recipe.Suits(ds.Schema.Task); err != nil {
		return src, nil, ds.Problems.Wrap(err)
	}
	refs, err := o.choose(&ds.Schema)
	if err != nil {
		return src, nil, ds.Problems.Wrap(err)
	}
	bank, problems, err := o.shared().Extraction().Extract(ctx, ds, refs)
	if err != nil {
		return src, nil, problems.Wrap(err)
	}
	if words != nil {
		if err := bank.Embed(ctx, words); err != nil {
			return src, nil, problems.Wrap(errors.Join(err, bank.Close()))
		}
	}
	return train.Source{Data: ds, Bank: bank, Methods: o.methods()}, problems, nil
}

// checkLost returns an error if most cells of a column cannot be read, unless it is one of those allowed.
func checkLost(ds *dataset.Dataset, problems dataset.Problems, allowed []string) error {
	if lost := ds.Lost(problems, allowed); len(lost) > 0 {
		return lost
	}
	return nil
}

// Inspect reads the data at path and extracts its views once, so that every problem of the manifest
// and of its media is found: the data set's Problems are all of them.
func Inspect(ctx context.Context, path string, o Options) (*dataset.Dataset, error) {
	src, problems, err := o.open(ctx, path)
	if err != nil {
		return nil, err
	}
	src.Data.Problems = problems
	if err := src.Bank.Close(); err != nil {
		return nil, problems.Wrap(err)
	}
	return src.Data, nil
}
