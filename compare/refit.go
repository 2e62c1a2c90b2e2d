package compare

import (
	"context"
	"runtime"
	"sync"

	"github.com/fusor-ml/fusor/train"
)

// Refit fits one entry again in every run and hands each model to use, which is
// called from several goroutines. A fit depends on its run and its recipe alone,
// so the models are the very ones that the outcomes came from.
func (res *Result) Refit(ctx context.Context, src train.Source, entry int, o Options, use func(run int, p *train.Prepared, f *train.Fitting) error) error {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	runs := make(chan int)
	var wg sync.WaitGroup
	for range min(workers, len(res.Plan.Runs)) {
		wg.Go(func() {
			for r := range runs {
				if err := res.refit(ctx, src, entry, r, o, use); err != nil {
					cancel(err) // the first one counts
				}
			}
		})
	}
	for r := range res.Plan.Runs {
		if ctx.Err() != nil {
			break
		}
		runs <- r
	}
	close(runs)
	wg.Wait()
	return context.Cause(ctx)
}

func (res *Result) refit(ctx context.Context, src train.Source, entry, run int, o Options, use func(run int, p *train.Prepared, f *train.Fitting) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p, err := train.Prepare(ctx, src, res.Plan.Runs[run], o.Recipe, 1)
	if err != nil {
		return err
	}
	e := &res.Entries[entry]
	f, err := p.Fit(ctx, e.recipe(o.Recipe), e.indices(p.Views), 1, train.Hooks{}, nil)
	if err != nil {
		return err
	}
	return use(run, p, f)
}
