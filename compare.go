package fusor

import (
	"context"
	"slices"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/train"
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
// named) on the same splits and seeds, and judges whether fusion helps. An error
// wraps the [dataset.Problems] found until then.
func Compare(ctx context.Context, path string, fusions []string, o Options) (*Comparison, error) {
	src, problems, err := o.open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer src.Bank.Close() //nolint:errcheck // temporary files
	if err := checkLost(src.Data, problems, o.AllowMissing); err != nil {
		return nil, err
	}
	c := &Comparison{path: path, methods: o.methods(), Data: src.Data, Problems: problems}
	if err := c.run(ctx, src, fusions, &o); err != nil {
		return nil, problems.Wrap(err)
	}
	return c, nil
}

func (c *Comparison) run(ctx context.Context, src train.Source, fusions []string, o *Options) error {
	plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: o.Folds, Seeds: o.Seeds, Seed: o.Seed})
	if err != nil {
		return err
	}
	if o.Dir != "" {
		features, err := src.Bank.Digest() // the manifest's media may have changed under their names
		if err != nil {
			return err
		}
		if c.store, err = compare.OpenStore(o.Dir, []any{Version, src.Data.Schema, src.Data.Rows, features, o.Recipe, plan}); err != nil {
			return err
		}
	}
	c.Result, err = compare.Run(ctx, src, plan, compare.Options{
		Recipe: o.Recipe, Fusions: fusions, Workers: o.threads(), Store: c.store,
		Done: o.live(src.Data, &plan),
	})
	if err != nil {
		return err
	}
	c.Result.Plan.Notes = append(slices.Clone(c.Result.Plan.Notes), wordsKnown(src.Bank)...)
	if c.Comparison, err = c.Result.Summarize(src.Data, o.Lang); err != nil {
		return err
	}
	if err := c.calibrate(ctx, src, o); err != nil {
		return err
	}
	if err := c.play(ctx, src, o); err != nil {
		return err
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
	return nil
}

// Finish removes the fits kept in Options.Dir for going on after an
// interruption; call it once the result is safe.
func (c *Comparison) Finish() error { return c.store.Remove() }
