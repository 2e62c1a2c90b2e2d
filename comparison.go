package fusor

import (
	"context"
	"slices"
	"time"

	"github.com/fusor-ml/fusor/analysis"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/train"
)

// Comparison is a finished comparison with what it was made from.
type Comparison = analysis.Comparison

// ReportOptions describe what a report takes along.
type ReportOptions = analysis.ReportOptions

// CompareOptions describe a comparison. The zero value is right for most data.
type CompareOptions struct {
	Options
	Recipe  train.Recipe // views, network, training; the fusion that its options are for
	Fusions []string     // names; none: those of the method table that are not optional
	// NoEnsemble leaves out the ensemble of what is fitted anyway.
	NoEnsemble bool
	// Tune is how many recipes a search tries, by validation rows alone; what it chooses is one more
	// entry. 0: there is no search.
	Tune   int
	Folds  int    // of the cross-validation; 0: the data's own split, else 5
	Seeds  int    // repetitions; 0: 1 with folds, 3 on an official split
	Seed   uint64 // of everything random; Recipe.Train.Seed is 0 or the same
	Dir    string // where finished fits are kept, so that an interrupted run goes on; "": nowhere
	Metric string // by which entries are chosen and compared, a name of package eval; "": the task's main one
	Lang   string // of the verdict's sentence: en or zh
	// Store keeps the pieces of the comparison in place of Dir; Extract replaces the extraction of
	// views by those that were extracted before, which stay open. Package scale sets both.
	Store   compare.Store
	Extract func(context.Context, *dataset.Dataset, []feature.Ref) (*feature.Features, dataset.Problems, error)
	// Reads is how the data were read, so that training can read others alike.
	Reads dataset.Options
	// Command and Shared are, for the report, the words that ran it, and those of them that training
	// one model takes as well.
	Command, Shared []string
}

// Compare trains every single view, every modality and every fusion on the same splits and seeds,
// and judges whether fusion helps. An error wraps the [dataset.Problems] found until then.
func Compare(ctx context.Context, ds *dataset.Dataset, o CompareOptions) (*Comparison, error) {
	start := time.Now()
	j := &job{o.WithDefaults(), o.Recipe, o.Seed, o.Extract}
	if _, err := compare.Fusions(j.Methods, o.Fusions, ds.Schema.Task); err != nil {
		return nil, ds.Problems.Wrap(err)
	}
	src, problems, err := j.open(ctx, ds)
	if err != nil {
		return nil, err
	}
	if o.Extract == nil {
		defer src.Features.Close() //nolint:errcheck // temporary files
	}
	if err := src.Data.CheckLost(problems, o.AllowMissing); err != nil {
		return nil, err
	}
	c, err := j.compare(ctx, src, problems, &o)
	if err != nil {
		return nil, problems.Wrap(err)
	}
	c.Run.Seconds = time.Since(start).Seconds()
	return c, nil
}

func (j *job) compare(ctx context.Context, src train.Source, problems dataset.Problems, o *CompareOptions) (_ *Comparison, failed error) {
	plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: o.Folds, Seeds: o.Seeds, Seed: o.Seed})
	if err != nil {
		return nil, err
	}
	// Before anything is fitted: a metric that the task does not have is a wrong option.
	metrics, err := compare.Metrics(src.Data, o.Metric)
	if err != nil {
		return nil, err
	}
	co := compare.Options{
		Recipe: j.recipe, Fusions: o.Fusions, NoEnsemble: o.NoEnsemble, Tune: o.Tune, Metric: o.Metric, Workers: j.Threads, Store: o.Store,
		Done: compare.Progress(j.Progress, src.Data, &plan, metrics[0]), Tried: compare.SearchProgress(j.Progress, &plan),
	}
	if co.Store == nil && o.Dir != "" {
		key, err := j.fingerprint(src, src.Data.Digest(), plan)
		if err != nil {
			return nil, err
		}
		// What a stored fit depends on. Another version computes other numbers, so it finds no pieces.
		of := []any{Version, key, co.Decision(src.Data)}
		if o.Tune > 0 { // what is tried further depends on what was better, and so on all of these
			of = append(of, o.Tune, o.Fusions, metrics[0].Name)
		}
		folder, err := compare.OpenFolder(o.Dir, of)
		if err != nil {
			return nil, err
		}
		co.Store = folder
		defer func() { failed = folder.Ended(failed) }()
	}
	res, err := compare.Run(ctx, src, plan, co)
	if err != nil {
		return nil, err
	}
	j.Logger.Info("entries fitted", "entries", len(res.Entries), "runs", len(res.Plan.Runs))
	// A copy: the notes of a plan are shared with callers.
	res.Plan.Notes = append(slices.Clone(res.Plan.Notes), notes(src.Features)...)
	sum, err := res.Summarize(src.Data, o.Metric, o.Lang)
	if err != nil {
		return nil, err
	}
	c, err := analysis.New(ctx, res, sum, analysis.Setup{Source: src, Problems: problems, Seed: o.Seed, Compare: co, Progress: j.Progress})
	if err != nil {
		return nil, err
	}
	c.Run.Version, c.Run.Rows, c.Run.Seed = Version, len(src.Data.Rows), o.Seed
	c.Run.Command, c.Run.Shared = o.Command, o.Shared
	// Nothing to hand over where there is nothing that a model could be made of.
	best := c.BestOfAll()
	if best < 0 {
		return c, nil
	}
	c.Chosen = &compare.Choice{Entry: res.Entries[best], Recipe: j.recipe, Folds: o.Folds, Seeds: o.Seeds, Seed: o.Seed, Reads: compare.NewReading(o.Reads)}
	// Without a store nobody asks for the model, which costs one more fit.
	if co.Store != nil {
		h := handOver{job: j, src: src, comparison: c, entry: best, options: co}
		m, err := h.keep(ctx)
		if err != nil {
			return nil, err
		}
		c.Model = m.Model
	}
	return c, nil
}
