package predict

import (
	"slices"

	"github.com/fusor-ml/fusor/dataset"
)

// OtherTable reports whether the model was trained on a table of another number of rows.
func (m *Model) OtherTable(rows int) bool {
	record := m.Artifact().Record
	return m.Artifact().Training == nil || record != nil && record.Rows.Table != rows
}

// TrainedRun divides a data set as training did; ok only if it holds the very rows
// that the model was trained on, and they come out in the same parts.
func (m *Model) TrainedRun(ds *dataset.Dataset) (run dataset.Run, ok bool) {
	t := m.Artifact().Training
	if ds == nil || len(ds.Rows) == 0 || m.OtherTable(len(ds.Rows)) {
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
