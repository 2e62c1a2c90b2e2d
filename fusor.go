// Package fusor turns a table of samples, each with any of text, images,
// audio, video, numbers and vectors, into a model that fuses those modalities,
// and shows whether fusion helps.
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
	"github.com/fusor-ml/fusor/extract"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/views"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/progress"
	"github.com/fusor-ml/fusor/train"
)

// Version is fusor's version.
const Version = "0.2.0"

// Options are those of any work on data. The zero value is right for most of it.
type Options = predict.Options

// Progress is one step of long work.
type Progress = progress.Step

// Views lists the modalities that fusor knows, with their views.
func Views() feature.Catalog {
	return views.All()
}

// Methods lists the fusion methods that fusor knows.
func Methods() fusion.Table { return fusion.Methods }

// Open reads a table or a folder. What is wrong with it is in its Problems; where no honest result
// can come of it, the error is a [dataset.Problems].
func Open(path string, o dataset.Options) (*dataset.Dataset, error) { return dataset.Open(path, o) }

// job is what Train and Compare have in common: data, a recipe and a seed.
type job struct {
	Options // every field set
	recipe  train.Recipe
	seed    uint64
	extract func(context.Context, *dataset.Dataset, []feature.Ref) (*feature.Features, dataset.Problems, error)
}

// open selects the views of the data and extracts them. The caller closes the source's Features. An
// error wraps the problems found until then.
func (j *job) open(ctx context.Context, ds *dataset.Dataset) (src train.Source, problems dataset.Problems, err error) {
	if ds == nil {
		return src, nil, errors.New("no data set is given")
	}
	if err := j.check(ds.Schema.Task); err != nil {
		return src, nil, ds.Problems.Wrap(err)
	}
	words, err := j.embeddings()
	if err != nil {
		return src, nil, ds.Problems.Wrap(err)
	}
	defer words.Close()
	if err := j.openEncoders(&ds.Schema); err != nil {
		return src, nil, ds.Problems.Wrap(err)
	}
	refs, err := j.choose(&ds.Schema)
	if err != nil {
		return src, nil, ds.Problems.Wrap(err)
	}
	if j.extract == nil {
		j.extract = j.Extraction().Extract
	}
	features, problems, err := j.extract(ctx, ds, refs)
	if err != nil {
		return src, nil, problems.Wrap(err)
	}
	if words != nil {
		if err := features.Embed(ctx, words); err != nil {
			return src, nil, problems.Wrap(errors.Join(err, features.Close()))
		}
	}
	j.Logger.Info("features extracted", "data", ds.Name, "rows", len(ds.Rows), "views", len(refs), "problems", len(problems))
	return train.Source{Data: ds, Features: features, Methods: j.Methods}, problems, nil
}

// check reports what is wrong with the recipe for a task.
func (j *job) check(task dataset.Task) error {
	if err := j.recipe.Check(j.Methods); err != nil {
		return err
	}
	if s := j.recipe.Train.Seed; s != 0 && s != j.seed {
		return fmt.Errorf("the recipe's seed is %d and that of the options %d: leave it out of the recipe", s, j.seed)
	}
	j.recipe.Train.Seed = j.seed
	return j.recipe.CheckTask(task, j.Methods)
}

// Inspect extracts the views of a data set once, those named or the default ones, so that every
// problem of its media is found. It returns ds with all of them in its Problems.
func Inspect(ctx context.Context, ds *dataset.Dataset, views []string, o Options) (*dataset.Dataset, error) {
	j := job{Options: o.WithDefaults(), recipe: train.Recipe{Views: views}}
	src, problems, err := j.open(ctx, ds)
	if err != nil {
		return nil, err
	}
	if err := src.Features.Close(); err != nil {
		return nil, problems.Wrap(err)
	}
	out := *ds
	out.Problems = problems
	return &out, nil
}

// Extract computes the views of a data set, to be written as arrays; see package [extract]. The
// caller closes what it returns.
func Extract(ctx context.Context, ds *dataset.Dataset, o extract.Options) (*extract.Views, error) {
	return extract.Run(ctx, ds, o)
}
