package fusor

import (
	"slices"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
)

// trainedOn describes the rows of a run, so that they can be recognized.
func trainedOn(ds *dataset.Dataset, run dataset.Run, seed uint64) *artifact.Training {
	return &artifact.Training{Seed: seed, Rows: ds.RunDigest(run)}
}

// run divides a data set as training did; ok only if it holds the very rows
// that the model was trained on, and they come out in the same parts.
func (m *Model) run(ds *dataset.Dataset) (run dataset.Run, ok bool) {
	t := m.Artifact().Training
	record := m.Artifact().Record
	if t == nil || ds == nil || len(ds.Rows) == 0 || record != nil && record.Rows.Table != len(ds.Rows) {
		return run, false
	}
	unsplit := *ds // it may have been trained with the split column passed over
	unsplit.Rows = slices.Clone(ds.Rows)
	for i := range unsplit.Rows {
		unsplit.Rows[i].Split = ""
	}
	for _, ds := range []*dataset.Dataset{ds, &unsplit} {
		plan, err := dataset.HoldOut(ds, dataset.PlanOptions{Seed: t.Seed})
		if err == nil && *trainedOn(ds, plan.Runs[0], t.Seed) == *t {
			return plan.Runs[0], true
		}
		run, err := dataset.FitAll(ds, t.Seed)
		if err == nil && *trainedOn(ds, run, t.Seed) == *t {
			return run, true
		}
	}
	return run, false
}

// HeldOut lists the rows that training kept for its test; ok is false where
// the data set is not the one that the model was trained on.
func (m *Model) HeldOut(ds *dataset.Dataset) (rows []int, ok bool) {
	run, ok := m.run(ds)
	if !ok {
		return nil, false
	}
	return run.Test, true
}

// Fitted counts the labeled rows among those given (nil: all) that the model
// was fitted on; −1 if that is unknown or there is no such row.
func (m *Model) Fitted(ds *dataset.Dataset, rows []int) int {
	run, ok := m.run(ds)
	if !ok {
		return -1
	}
	seen := make([]bool, len(ds.Rows))
	for _, part := range [][]int{run.Train, run.Val} { // the refit takes the validation rows too
		for _, r := range part {
			seen[r] = true
		}
	}
	if rows == nil {
		rows = all(ds)
	}
	n := 0
	for _, r := range rows {
		if r < 0 || r >= len(seen) {
			return -1
		}
		if seen[r] && ds.Rows[r].Labeled() {
			n++
		}
	}
	return n
}
