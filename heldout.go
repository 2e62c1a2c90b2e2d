package fusor

import (
	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
)

// trainedOn describes the rows of a run, so that they can be recognized.
func trainedOn(ds *dataset.Dataset, run dataset.Run, seed uint64) *artifact.Training {
	return &artifact.Training{Seed: seed, Rows: ds.RunDigest(run)}
}

// Table returns the rows of blocks, without their cells, for [Model.HeldOut] and [Model.Fitted];
// nil of another table than the one that the model was trained on.
func (m *Model) Table(blocks *dataset.Blocks) (*dataset.Dataset, error) {
	if m.OtherTable(blocks.Len()) {
		return nil, nil
	}
	return blocks.Samples()
}

// HeldOut lists the rows that training kept for its test; ok is false where
// the data set is not the one that the model was trained on.
func (m *Model) HeldOut(ds *dataset.Dataset) (rows []int, ok bool) {
	run, ok := m.TrainedRun(ds)
	if !ok {
		return nil, false
	}
	return run.Test, true
}

// Fitted counts the labeled rows among those given (nil: all) that the model
// was fitted on; −1 if that is unknown or there is no such row.
func (m *Model) Fitted(ds *dataset.Dataset, rows []int) int {
	if rows == nil && ds != nil {
		rows = all(ds)
	}
	labeled := labeledRows(ds)
	run, ok := m.TrainedRun(ds)
	if !ok {
		return -1
	}
	seen := make([]bool, len(labeled))
	for _, part := range [][]int{run.Train, run.Val} { // the refit takes the validation rows too
		for _, r := range part {
			seen[r] = true
		}
	}
	n := 0
	for _, r := range rows {
		if r < 0 || r >= len(seen) {
			return -1
		}
		if seen[r] && labeled[r] {
			n++
		}
	}
	return n
}

// labeledRows reports of each row whether it has a label.
func labeledRows(ds *dataset.Dataset) []bool {
	if ds == nil {
		return nil
	}
	out := make([]bool, len(ds.Rows))
	for i := range out {
		out[i] = ds.Rows[i].Labeled()
	}
	return out
}
