package fusor

import (
	"context"
	"slices"
	"time"

	"github.com/fusor-ml/fusor/analysis"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/train"
)

// Comparison is a finished comparison with what it was made from.
type Comparison = analysis.Comparison

// ReportOptions describe what a report takes along.
type ReportOptions = analysis.ReportOptions

// Compare trains every single view, every modality and every fusion (or those
// named) on the same splits and seeds, and judges whether fusion helps. An error
// wraps the [dataset.Problems] found until then.
func Compare(ctx context.Context, path string, fusions []string, o Options) (*Comparison, error) {
	start := time.Now()
	src, problems, err := o.open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer src.Bank.Close() //nolint:errcheck // temporary files
	if err := checkLost(src.Data, problems, o.AllowMissing); err != nil {
		return nil, err
	}
	c, err := o.compare(ctx, src, fusions, problems)
	if err != nil {
		return nil, problems.Wrap(err)
	}
	c.Run.Seconds = time.Since(start).Seconds()
	return c, nil
}

func (o *Options) compare(ctx context.Context, src train.Source, fusions []string, problems dataset.Problems) (*Comparison, error) {
	plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: o.Folds, Seeds: o.Seeds, Seed: o.Seed})
	if err != nil {
		return nil, err
	}
	co := compare.Options{Recipe: o.Recipe, Fusions: fusions, Workers: o.threads(), Done: compare.Progress(o.Progress, src.Data, &plan)}
	if o.Dir != "" {
		features, err := src.Bank.Digest() // the manifest's media may have changed under their names
		if err != nil {
			return nil, err
		}
		if co.Store, err = compare.OpenStore(o.Dir, []any{Version, src.Data.Schema, src.Data.Rows, features, o.Recipe, plan}); err != nil {
			return nil, err
		}
	}
	res, err := compare.Run(ctx, src, plan, co)
	if err != nil {
		return nil, err
	}
	res.Plan.Notes = append(slices.Clone(res.Plan.Notes), wordsKnown(src.Bank)...)
	sum, err := res.Summarize(src.Data, o.Lang)
	if err != nil {
		return nil, err
	}
	c, err := analysis.New(ctx, res, sum, analysis.Setup{Source: src, Problems: problems, Seed: o.Seed, Compare: co, Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	c.Run.Version, c.Run.Rows, c.Run.Seed = Version, len(src.Data.Rows), o.Seed
	c.Run.Command, c.Run.Shared = o.Command, o.Shared
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
