package compare

import (
	"context"

	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/train"
)

// Refit fits one entry again in every run and hands each model to use, which is
// called from several goroutines. A fit depends on its run and its recipe alone,
// so the models are the very ones that the outcomes came from.
func (res *Result) Refit(ctx context.Context, src train.Source, entry int, o Options, use func(run int, p *train.Prepared, f *train.Fitting) error) error {
	return parallel.For(ctx, len(res.Plan.Runs), o.Workers, func(ctx context.Context, _, run int) error {
		return res.refit(ctx, src, entry, run, o, use)
	})
}

func (res *Result) refit(ctx context.Context, src train.Source, entry, run int, o Options, use func(run int, p *train.Prepared, f *train.Fitting) error) error {
	p, f, err := res.Fit(ctx, src, entry, res.Plan.Runs[run], o, 1, nil)
	if err != nil {
		return err
	}
	return use(run, p, f)
}
