package compare

import (
	"context"
	"errors"
	"sync"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/machine"
	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/train"
)

// innerFolds are the folds of InnerFits.
const innerFolds = 5

// InnerFits fits one entry of an official split again, in folds over its training
// and validation rows: their tests are rows to set thresholds by that no fit has
// seen. The test rows play no part. What the first run chose on its validation
// rows beside the entry itself, the balance, is kept. stage names the pieces: the
// entry is not known beforehand. It returns nil where the rows cannot be divided,
// or too few are left in a fold to fit the entry to.
func (res *Result) InnerFits(ctx context.Context, src train.Source, entry int, seed uint64, stage Stage, o Options) (*Result, error) {
	inner, err := res.innerFits(ctx, src, entry, seed, stage, o)
	switch {
	case err == nil:
		return inner, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, ErrPending) || machine.Fault(err):
		return nil, err
	}
	return nil, nil
}

func (res *Result) innerFits(ctx context.Context, src train.Source, entry int, seed uint64, stage Stage, o Options) (*Result, error) {
	plan, err := dataset.InnerFolds(src.Data, res.Plan.Runs[0], innerFolds, seed)
	if err != nil {
		return nil, err
	}
	// Fixed, since folds of few rows would each choose it anew, and not the entry that was chosen.
	o.Recipe.DampDense = &res.Outcomes[entry][0].DampDense
	inner := &Result{Plan: plan, Entries: res.Entries[entry : entry+1], decision: o.decision(src.Data)}
	// The members of an ensemble are fitted, and joined by finish.
	pool, runs := inner.pool(), plan.Runs
	for range inner.Entries {
		inner.Outcomes = append(inner.Outcomes, make([]*Outcome, len(runs)))
	}
	var mu sync.Mutex // guards done, pending and Done
	done, pending := 0, false
	err = parallel.For(ctx, len(runs), o.Workers, func(ctx context.Context, _, r int) error {
		// One piece a fold, not one a member: the entry is known only once the comparison is done.
		outcomes, err := keepOutcomes(o.Store, Piece{Stage: stage, Fold: runs[r].Fold, Seed: runs[r].Seed}, runs[r], len(pool), func() ([]*Outcome, error) {
			p, err := train.Prepare(ctx, src, runs[r], o.Recipe, 1)
			if err != nil {
				return nil, err
			}
			out := make([]*Outcome, len(pool))
			return out, parallel.For(ctx, len(pool), o.Workers, func(ctx context.Context, _, e int) (err error) {
				out[e], err = fit(ctx, p, &pool[e], o)
				return err
			})
		})
		mu.Lock()
		defer mu.Unlock()
		// Another worker has the piece. The rest is done all the same, and whoever comes last has all.
		if errors.Is(err, ErrPending) {
			pending = true
			return nil
		}
		if err != nil {
			return err
		}
		if done++; o.Done != nil {
			o.Done(done, len(runs), inner.Entries[0], runs[r], outcomes[0])
		}
		inner.finish(src.Data, r, outcomes)
		return nil
	})
	if err == nil && pending {
		err = ErrPending
	}
	if err != nil {
		return nil, err
	}
	// Only now: which members an ensemble keeps is known after all folds.
	inner.nameMembers()
	return inner, nil
}
