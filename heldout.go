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

// Table returns the rows of blocks, without their cells, for [Model.HeldOut] and [Model.Fitted];
// nil of another table than the one that the model was trained on.
func (m *Model) Table(blocks *dataset.Blocks) (*dataset.Dataset, error) {
	if m.otherTable(blocks.Len()) {
		return nil, nil
	}
	return blocks.Samples()
}

// otherTable reports whether the model was trained on a table of another number of rows.
func (m *Model) otherTable(rows int) bool {
	record := m.Artifact().Record
	return m.Artifact().Training == nil || record != nil && record.Rows.Table != rows
}

// run divides a data set as training did; ok only if it holds the very rows
// that the model was trained on, and they come out in the same parts.
func (m *Model) run(ds *dataset.Dataset) (run dataset.Run, ok bool) {
	t := m.Artifact().Training
	if ds == nil || len(ds.Rows) == 0 || m.otherTable(len(ds.Rows)) {
		return run, false
	}
	tables := []*dataset.Dataset{ds}
	if slices.ContainsFunc(ds.Rows, func(r dataset.Row) bool { return r.Split != "" }) {
		unsplit := *ds // it may have been trained with the split column passed over
		unsplit.Rows = slices.Clone(ds.Rows)
		for i := range unsplit.Rows {
			unsplit.Rows[i].Split = ""
		}
		tables = append(tables, &unsplit)
	}
	tests := func(rows int) bool { // whether training tested on so many, as far as that is known
		record := m.Artifact().Record
		return record == nil || record.Rows.Test == rows
	}
	type candidate struct {
		run    dataset.Run
		digest func(dataset.Run) string
	}
	var candidates []candidate
	for _, ds := range tables {
		plan, err := dataset.HoldOut(ds, dataset.PlanOptions{Seed: t.Seed})
		if err == nil && tests(len(plan.Runs[0].Test)) {
			candidates = append(candidates, candidate{plan.Runs[0], ds.RunDigests()})
		}
		if !tests(0) { // as the next one does
			continue
		}
		if run, err := dataset.FitAll(ds, t.Seed); err == nil {
			candidates = append(candidates, candidate{run, ds.RunDigests()})
		}
	}
	// Each digest of a large table reads it once more. Nothing below holds its rows, which garbage
	// collections would look at all that time.
	for _, c := range candidates {
		if c.digest(c.run) == t.Rows {
			return c.run, true
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
	if rows == nil && ds != nil {
		rows = all(ds)
	}
	labeled := labeledRows(ds)
	run, ok := m.run(ds)
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
