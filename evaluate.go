package fusor

import (
	"context"
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/analysis"
	"github.com/fusor-ml/fusor/dataset"
)

// Evaluation is a model's scores on labeled rows.
type Evaluation = analysis.Evaluation

// Evaluate measures the model on the labeled ones of the given rows, each once, of a data set that
// was read with the model's schema; rows nil means all. An error wraps the [dataset.Problems] found
// until then.
func (m *Model) Evaluate(ctx context.Context, ds *dataset.Dataset, rows []int) (*Evaluation, error) {
	rows, err := m.rows(ds, rows)
	if err != nil {
		return nil, problemsOf(ds).Wrap(fmt.Errorf("cannot evaluate: %w", err))
	}
	return analysis.Evaluate(ctx, m.Model, dataset.OneBlock(ds), rows)
}

// rows checks an argument that names rows of a data set, each once; nil names all. Of those some
// must have a label.
func (m *Model) rows(ds *dataset.Dataset, rows []int) ([]int, error) {
	if err := m.Check(ds); err != nil {
		return nil, err
	}
	if rows == nil {
		rows = all(ds)
	}
	labeled, seen := 0, make([]bool, len(ds.Rows))
	for _, r := range rows {
		switch {
		case r < 0 || r >= len(ds.Rows):
			return nil, fmt.Errorf("row %d is asked for; %s has %d rows, counted from 0", r, ds.Name, len(ds.Rows))
		case seen[r]:
			return nil, fmt.Errorf("row %d is asked for twice", r)
		}
		seen[r] = true
		row := &ds.Rows[r]
		if !row.Labeled() {
			continue
		}
		if labeled++; m.Schema().Task == dataset.Classification && (row.Class < 0 || row.Class >= len(ds.Schema.Classes)) {
			return nil, fmt.Errorf("row %d has the label %q and the class %d of %d, counted from 0", r, row.Label, row.Class, len(ds.Schema.Classes))
		}
		if m.Schema().Task == dataset.Multilabel && (row.Labels == nil || !slices.IsSorted(row.Labels) || len(row.Labels) > 0 && (row.Labels[0] < 0 || row.Labels[len(row.Labels)-1] >= len(ds.Schema.Classes))) {
			return nil, fmt.Errorf("row %d has the labels %v of %d, counted from 0, in no order or out of range", r, row.Labels, len(ds.Schema.Classes))
		}
	}
	if labeled == 0 {
		return nil, analysis.Unlabeled(m.Model, ds, ds.Problems)
	}
	return rows, nil
}

// problemsOf returns the problems that were found when ds was read, which may be nil.
func problemsOf(ds *dataset.Dataset) dataset.Problems {
	if ds == nil {
		return nil
	}
	return ds.Problems
}
