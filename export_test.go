package fusor

import (
	"context"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/train"
)

// Setup is the options of reading, training and comparing in one, for tests that do all three.
type Setup struct {
	Data                  dataset.Options
	Recipe                train.Recipe
	Folds, Seeds, Threads int
	Seed                  uint64
	CacheDir, Dir, Lang   string
	NoCache, Strict       bool
	NoEnsemble            bool
	AllowMissing          []string
	Checkpoint            string
	Resume                bool
	Methods               fusion.Table
	Views                 feature.Catalog
	Progress              func(Progress)
}

// Options are the shared ones.
func (s Setup) Options() Options {
	return Options{
		Threads: s.Threads, CacheDir: s.CacheDir, NoCache: s.NoCache, Strict: s.Strict, AllowMissing: s.AllowMissing,
		Methods: s.Methods, Views: s.Views, Progress: s.Progress,
	}
}

// TrainOptions are those of Train.
func (s Setup) TrainOptions() TrainOptions {
	return TrainOptions{Options: s.Options(), Recipe: s.Recipe, Seed: s.Seed, Checkpoint: s.Checkpoint, Resume: s.Resume}
}

// TrainFile trains on the table at path.
func TrainFile(ctx context.Context, path string, s Setup) (*Model, *TrainReport, error) {
	ds, err := Open(path, s.Data)
	if err != nil {
		return nil, nil, err
	}
	return Train(ctx, ds, s.TrainOptions())
}

// CompareFile compares on the table at path.
func CompareFile(ctx context.Context, path string, fusions []string, s Setup) (*Comparison, error) {
	ds, err := Open(path, s.Data)
	if err != nil {
		return nil, err
	}
	return Compare(ctx, ds, CompareOptions{
		Options: s.Options(), Recipe: s.Recipe, Fusions: fusions, Folds: s.Folds, Seeds: s.Seeds, Seed: s.Seed, Dir: s.Dir, Lang: s.Lang,
		NoEnsemble: s.NoEnsemble,
	})
}

// InspectFile inspects the table at path.
func InspectFile(ctx context.Context, path string, s Setup) (*dataset.Dataset, error) {
	ds, err := Open(path, s.Data)
	if err != nil {
		return nil, err
	}
	return Inspect(ctx, ds, s.Recipe.Views, s.Options())
}
