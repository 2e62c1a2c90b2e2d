package dataset

import "fmt"

// FitAll returns the run that a model for use is fitted by where its scores come from folds: every
// labeled row is a training or a validation row, and none is kept for a test.
func FitAll(ds *Dataset, seed uint64) (Run, error) {
	d, err := newDivider(ds, &PlanOptions{Seed: seed})
	if err != nil {
		return Run{}, err
	}
	var r Run
	if r.Train, r.Val, err = d.splitVal(d.rows, r.Fold, r.Seed); err != nil {
		return Run{}, fmt.Errorf("cannot fit a model to all rows: %w", err)
	}
	return r, nil
}
