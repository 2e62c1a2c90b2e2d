package fusor

import (
	"context"
	"fmt"

	"github.com/fusor-ml/fusor/analysis"
	"github.com/fusor-ml/fusor/dataset"
)

// ExplainOptions describe an explanation. The zero value explains all rows and tries every kind of
// noise.
type ExplainOptions struct {
	Rows      []int    // of the data set, each once; nil: all
	Noise     []string // kinds of noise (explain.Kinds), or "none"; nil: all that suit the data
	NoiseRows int      // rows that noise is added to at most; 0: 500 of data with pictures, sounds or videos, else 5000
	Against   *Model   // another model of the same data, whose curves are drawn beside; may be nil
	// Name and AgainstName tell the two models apart; empty: their fusions.
	Name, AgainstName string
	// Split names the rows in the result. HeldOut and Unsplit are why they were chosen: they are those
	// of Model.HeldOut, or all rows for want of test rows.
	Split            string
	HeldOut, Unsplit bool
}

// Explanation is why a model decides as it does, on some labeled rows.
type Explanation = analysis.Explanation

// Explain explains the model's predictions of the labeled ones of the rows of a data set that was
// read with the model's schema. An error wraps the [dataset.Problems] found until then.
func (m *Model) Explain(ctx context.Context, ds *dataset.Dataset, o ExplainOptions) (*Explanation, error) {
	ao := analysis.ExplainOptions{Noise: o.Noise, NoiseRows: o.NoiseRows, Name: o.Name, AgainstName: o.AgainstName}
	if o.Against != nil {
		ao.Against = o.Against.Model
	}
	chosen, err := m.rows(ds, o.Rows)
	if err == nil {
		err = ao.Check()
	}
	if err != nil {
		return nil, problemsOf(ds).Wrap(fmt.Errorf("cannot explain: %w", err))
	}
	ao.Scope = analysis.Scope{Split: o.Split, HeldOut: o.HeldOut, Unsplit: o.Unsplit, Trained: m.Fitted(ds, o.Rows)}
	part := *ds
	part.Rows = make([]dataset.Row, len(chosen))
	for i, r := range chosen {
		part.Rows[i] = ds.Rows[r]
	}
	return analysis.Explain(ctx, m.Model, &part, ao)
}

func all(ds *dataset.Dataset) []int {
	rows := make([]int, len(ds.Rows))
	for i := range rows {
		rows[i] = i
	}
	return rows
}
