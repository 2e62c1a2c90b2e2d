// Package fusor turns a table of samples, each with any of text, images,
// audio, video, numbers and vectors, into a model that fuses those modalities,
// and says whether fusion helps.
//
// [Train] fits one model, [Compare] every single view and every fusion on the
// same splits, [Load] brings a saved model back; [Model.Predict] is safe for
// concurrent use. What the command `fusor` does is done through these.
package fusor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/audio"
	"github.com/fusor-ml/fusor/feature/image"
	"github.com/fusor-ml/fusor/feature/tabular"
	"github.com/fusor-ml/fusor/feature/text"
	"github.com/fusor-ml/fusor/feature/video"
	"github.com/fusor-ml/fusor/fusion"
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

	Checkpoint string // Train: a file to keep the state in after every epoch
	Resume     bool   // Train: go on from Checkpoint if it is there
	Dir        string // Compare: where finished fits are kept, so that an interrupted run goes on; "": nowhere
	Lang       string // of sentences: en or zh

	Methods fusion.Table    // nil: fusion.Methods
	Views   feature.Catalog // nil: Views()
	// Progress may be nil. A run, and a Model whatever calls it concurrently,
	// calls it from one goroutine at a time; it must not ask that Model anything.
	Progress func(Progress)
}

// Progress is one step of long work.
type Progress struct {
	Stage  string // "extract", "train", "compare", "calibrate", "explain", "noise"
	Done   int
	Total  int
	Detail string
	Kept   bool   // the step is from an interrupted run and took no time now
	Note   string // a line worth keeping, or "": what a finished fold or seed of a comparison shows
}

// Views lists the modalities that fusor knows, with their views.
func Views() feature.Catalog {
	return feature.Catalog{
		text.Modality(), image.Modality(), audio.Modality(), video.Modality(), tabular.Table(), tabular.Vectors(),
	}
}

// Methods lists the fusion methods that fusor knows.
func Methods() fusion.Table { return fusion.Methods }

func (o *Options) methods() fusion.Table {
	if o.Methods != nil {
		return o.Methods
	}
	return fusion.Methods
}

func (o *Options) views() feature.Catalog {
	if o.Views != nil {
		return o.Views
	}
	return Views()
}

func (o *Options) threads() int {
	if o.Threads > 0 {
		return o.Threads
	}
	return runtime.GOMAXPROCS(0)
}

func (o *Options) progress(stage string, done, total int, detail string) {
	if o.Progress != nil {
		o.Progress(Progress{Stage: stage, Done: done, Total: total, Detail: detail})
	}
}

// cache opens the feature cache, or is nil.
func (o *Options) cache() *feature.Cache {
	if o.NoCache {
		return nil
	}
	dir := o.CacheDir
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil // no home: work without a cache
		}
		dir = filepath.Join(base, "fusor", "features")
	}
	return feature.OpenCache(dir)
}

// open reads the data, selects its views and extracts them. The caller closes source.Bank.
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
		return src, ds.Problems, err
	}
	refs, err := o.choose(&ds.Schema)
	if err != nil {
		return src, ds.Problems, err
	}
	bank, problems, err := o.extract(ctx, ds, refs)
	if err != nil {
		return src, problems, err
	}
	if words != nil {
		if err := bank.Embed(ctx, words); err != nil {
			return src, problems, errors.Join(err, bank.Close())
		}
	}
	return train.Source{Data: ds, Bank: bank, Methods: o.methods()}, problems, nil
}

// extract computes the views; problems are the data's own and those of its media.
func (o *Options) extract(ctx context.Context, ds *dataset.Dataset, refs []feature.Ref) (*feature.Bank, dataset.Problems, error) {
	cache := o.cache()
	e := feature.Extractor{Cache: cache, Workers: o.threads(), Progress: func(done, total int) { o.progress("extract", done, total, "") }}
	bank, problems, err := e.Extract(ctx, ds, refs)
	cerr := cache.Close()
	problems = append(append(dataset.Problems(nil), ds.Problems...), problems...)
	slices.SortStableFunc(problems, func(a, b dataset.Problem) int { return cmp.Compare(a.Row, b.Row) })
	if err != nil {
		return nil, problems, err
	}
	cells := slices.DeleteFunc(slices.Clone(problems), func(p dataset.Problem) bool { return p.Row == 0 || p.Column == "" })
	if o.Strict && len(cells) > 0 {
		if err := bank.Close(); err != nil {
			return nil, problems, err
		}
		return nil, problems, fmt.Errorf("the data have problems, and strict is set:\n%w", cells)
	}
	if cerr != nil { // no fault of the data: said, but never in the way
		problems = append(problems, dataset.Problem{What: cerr.Error(), Advice: "features were extracted all the same; --no-cache avoids this"})
	}
	return bank, problems, nil
}

// Inspect reads the data at path and extracts its views once, so that every
// problem of the manifest and of its media is found.
func Inspect(ctx context.Context, path string, o Options) (*dataset.Dataset, dataset.Problems, error) {
	src, problems, err := o.open(ctx, path)
	if err != nil {
		return src.Data, problems, err
	}
	return src.Data, problems, src.Bank.Close()
}
