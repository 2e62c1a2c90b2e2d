package compare

import (
	"context"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/train"
)

// calibrationFolds are the folds of Calibrate.
const calibrationFolds = 5

// Calibrate fits one entry of an official split again, in folds over its
// training and validation rows: their tests are rows to set thresholds by that
// no fit has seen. The test rows play no part. What the first run chose on its
// validation rows beside the entry itself, the balance, is kept.
func (res *Result) Calibrate(ctx context.Context, src train.Source, entry int, seed uint64, o Options) (*Result, error) {
	plan, err := dataset.InnerFolds(src.Data, res.Plan.Runs[0], calibrationFolds, seed)
	if err != nil {
		return nil, err
	}
	o.Recipe.DampDense = &res.Outcomes[entry][0].DampDense
	inner := &Result{Plan: plan, Entries: res.Entries[entry : entry+1]}
	if err := inner.fitAll(ctx, src, o); err != nil {
		return nil, err
	}
	return inner, nil
}
