package fusor

import (
	"context"
	"slices"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/fusion"
)

// Comparison is a finished comparison with what it was made from.
type Comparison struct {
	*compare.Comparison
	Result   *compare.Result // every fit's predictions
	Data     *dataset.Dataset
	Problems dataset.Problems

	path        string // of the data
	methods     fusion.Table
	store       *compare.Store
	calibration *compare.Result // of the best entry in folds of the training rows; nil: not needed
	played      []*played       // of the best entry, by run; nil: the outcomes hold every subset
}

// Compare trains every single view, every modality and every fusion (or those
// named) on the same splits and seeds, and judges whether fusion helps. On an
// error the result, if not nil, holds the problems found in the data.
func Compare(ctx context.Context, path string, fusions []string, o Options) (*Comparison, error) {
	c := &Comparison{path: path, methods: o.methods()}
	src, problems, err := o.open(ctx, path)
	c.Problems, c.Data = problems, src.Data
	if err != nil {
		return c, err
	}
	defer src.Bank.Close() //nolint:errcheck // temporary files
	plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: o.Folds, Seeds: o.Seeds, Seed: o.Seed})
	if err != nil {
		return c, err
	}
	if o.Dir != "" {
		features, err := src.Bank.Digest() // the manifest's media may have changed under their names
		if err != nil {
			return c, err
		}
		if c.store, err = compare.OpenStore(o.Dir, []any{Version, src.Data.Schema, src.Data.Rows, features, o.Recipe, plan}); err != nil {
			return c, err
		}
	}
	c.Result, err = compare.Run(ctx, src, plan, compare.Options{
		Recipe: o.Recipe, Fusions: fusions, Workers: o.threads(), Store: c.store,
		Done: o.live(src.Data, &plan),
	})
	if err != nil {
		return c, err
	}
	c.Result.Plan.Notes = append(slices.Clone(c.Result.Plan.Notes), wordsKnown(src.Bank)...)
	if c.Comparison, err = c.Result.Summarize(src.Data, o.Lang); err != nil {
		return c, err
	}
	if err := c.calibrate(ctx, src, &o); err != nil {
		return c, err
	}
	if err := c.play(ctx, src, &o); err != nil {
		return c, err
	}
	c.Run.Version, c.Run.Rows, c.Run.Seed = Version, len(src.Data.Rows), o.Seed
	if !plan.Official {
		c.Run.Folds = plan.Folds
	}
	for _, r := range plan.Runs {
		if !slices.Contains(c.Run.Seeds, r.Seed) {
			c.Run.Seeds = append(c.Run.Seeds, r.Seed)
		}
	}
	return c, nil
}

// Finish removes the fits kept in Options.Dir for going on after an
// interruption; call it once the result is safe.
func (c *Comparison) Finish() error { return c.store.Remove() }
