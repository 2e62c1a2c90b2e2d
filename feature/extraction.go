package feature

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
)

// Extraction extracts the views of whole data sets through a cache that is opened for each of them.
type Extraction struct {
	CacheDir string // "": nothing is cached
	Workers  int    // 0: one a core
	Strict   bool   // a cell that cannot be read is an error
	Progress func(done, total int)
}

// UserCacheDir returns the folder of extracted features in the user's cache folder; "" if there is
// no such folder, as without a home.
func UserCacheDir() string {
	base, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(base, "fusor", "features")
}

// CheckStrict returns the problems of cells as an error. A note on the whole table or on a row
// leaves nothing out.
func CheckStrict(problems dataset.Problems) error {
	cells := slices.DeleteFunc(slices.Clone(problems), func(p dataset.Problem) bool { return p.Row == 0 || p.Column == "" })
	if len(cells) == 0 {
		return nil
	}
	return fmt.Errorf("the data have problems, and strict is set:\n%w", cells)
}

// Extract computes refs for every row of ds. The problems are those of ds and of its media, by row,
// also with an error. The caller closes the features.
func (x *Extraction) Extract(ctx context.Context, ds *dataset.Dataset, refs []Ref) (*Features, dataset.Problems, error) {
	e := Extractor{Workers: x.Workers, Progress: x.Progress}
	if x.CacheDir != "" {
		e.Cache = OpenCache(x.CacheDir)
	}
	features, found, err := e.Extract(ctx, ds, refs)
	cacheErr := e.Cache.Close()
	problems := append(slices.Clone(ds.Problems), found...)
	ds.SortProblems(problems)
	if err != nil {
		return nil, problems, err
	}
	if x.Strict {
		if err := CheckStrict(problems); err != nil {
			return nil, problems, errors.Join(err, features.Close())
		}
	}
	if cacheErr != nil { // no fault of the data: reported, but never in the way
		problems = append(problems, dataset.Problem{What: cacheErr.Error(), Advice: "features were extracted all the same; --no-cache avoids this"})
	}
	return features, problems, nil
}
