package predict

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/model"
)

// Features are the views of some rows as the network takes them: extracted, scaled by the model's
// fitted states, with the presence of each.
type Features struct {
	Problems dataset.Problems // of the rows and their media

	set    *model.Set
	groups [][]int    // rows of each group in order, of a model over rows; else nil
	flags  [][]string // by row
}

// Len returns the number of rows.
func (f *Features) Len() int { return len(f.flags) }

// Part returns the features of the rows from..to, of a model that does not read over rows.
func (f *Features) Part(from, to int) *Features {
	out := &Features{Problems: f.Problems, set: &model.Set{}, flags: f.flags[from:to]}
	for _, v := range f.set.Views {
		out.set.Views = append(out.set.Views, v.Part(from, to))
	}
	return out
}

// Set returns the views, in the order of the model's, as Model.Score takes them.
func (f *Features) Set() *model.Set { return f.set }

// Dataset returns rows that lie in memory as a data set of the model's schema. Cells that name
// files are relative to dir.
func (m *Model) Dataset(name, dir string, rows []dataset.Row) *dataset.Dataset {
	return &dataset.Dataset{Name: name, Path: name, Dir: dir, Schema: m.a.Schema, Rows: rows}
}

// Check reports where a data set was not read with the model's schema: in another order its fields
// and classes would be taken for others.
func (m *Model) Check(ds *dataset.Dataset) error {
	if ds == nil {
		return errors.New("no data set is given")
	}
	own, its := &m.a.Schema, &ds.Schema
	if own.Task == its.Task && (same(own.Classes, its.Classes) || slices.Equal(own.Classes, its.Classes)) &&
		(same(own.Columns, its.Columns) || reflect.DeepEqual(own.Columns, its.Columns)) {
		return ds.CheckCells()
	}
	return fmt.Errorf("cannot read %s as the model was trained: its columns, kinds or classes are others; open it with dataset.Options{Schema: model.Schema()}", ds.Name)
}

// same reports whether two lists are one, as those of a [Model.Dataset] and its model are.
func same[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// Features extracts the model's views of a data set that was read with its schema. A cell that is
// empty or unreadable counts as absent, and is flagged. An error wraps the [dataset.Problems] found
// until then.
func (m *Model) Features(ctx context.Context, ds *dataset.Dataset) (*Features, error) {
	refs, features, problems, err := m.Extract(ctx, ds)
	if err != nil {
		return nil, err
	}
	defer features.Close() //nolint:errcheck // temporary files
	return m.applied(ds, refs, features, problems, feature.Apply)
}

// Mapped is Features for a data set of any size: what does not fit into memory is read from a
// temporary file, which is gone with the features. They must not be joined; see [Features.Part].
func (m *Model) Mapped(ctx context.Context, ds *dataset.Dataset) (*Features, error) {
	refs, features, problems, err := m.Extract(ctx, ds)
	if err != nil {
		return nil, err
	}
	return m.applied(ds, refs, features, problems, feature.OnDemand)
}

// Passing is Mapped for rows that are answered once and in order: a row of a vector is made when it
// is asked for, and not kept.
func (m *Model) Passing(ctx context.Context, ds *dataset.Dataset) (*Features, error) {
	refs, features, problems, err := m.Extract(ctx, ds)
	if err != nil {
		return nil, err
	}
	return m.applied(ds, refs, features, problems, feature.Passing)
}

// applied applies the model's states to extracted features.
func (m *Model) applied(ds *dataset.Dataset, refs []feature.Ref, features *feature.Features, problems dataset.Problems, apply func(*feature.Store, feature.Shape, feature.State) (*feature.Matrix, error)) (*Features, error) {
	f := &Features{Problems: problems, set: &model.Set{Views: make([]*feature.Matrix, 0, len(m.a.Views))}, flags: make([][]string, len(ds.Rows))}
	for i, v := range m.a.Views {
		// Select has found every view, but in the order of the schema's columns.
		j := slices.IndexFunc(refs, func(r feature.Ref) bool { return r.Name == v.Name })
		x, err := apply(features.Stores[j], refs[j].View.Info().Shape, m.a.States[i])
		if err != nil {
			return nil, problems.Wrap(fmt.Errorf("view %s: %w", v.Name, err))
		}
		f.set.Views = append(f.set.Views, x)
	}
	if m.OverRows() {
		f.groups = dataset.Sequences(ds, nil)
		f.set.Groups = model.NewGroups(len(ds.Rows), f.groups)
	}
	incomplete := func(row, column int) bool {
		return ds.Rows[row].Incomplete(column) || features.Incomplete[feature.CellRef{Row: row, Column: column}]
	}
	for i := range f.flags {
		f.flags[i] = m.flags(i, f.set, incomplete)
	}
	return f, nil
}

// Extract computes the model's views of a data set that was read with its schema, in the order of
// the schema's columns, without applying the fitted states. The caller closes the features. An
// error wraps the [dataset.Problems] found until then.
func (m *Model) Extract(ctx context.Context, ds *dataset.Dataset) ([]feature.Ref, *feature.Features, dataset.Problems, error) {
	if err := m.Check(ds); err != nil {
		if ds != nil {
			err = ds.Problems.Wrap(err)
		}
		return nil, nil, nil, err
	}
	refs, err := m.refs() // ds has the same columns
	if err != nil {
		return nil, nil, nil, fmt.Errorf("cannot read the data as the model was trained: %w", err)
	}
	features, problems, err := m.o.Extraction().Extract(ctx, ds, refs)
	if err != nil {
		return nil, nil, nil, problems.Wrap(err)
	}
	return refs, features, problems, nil
}

// flags names the columns that the prediction of row i has to do without, in whole or in part.
func (m *Model) flags(i int, set *model.Set, incomplete func(row, column int) bool) (flags []string) {
	for k, c := range m.a.Schema.Columns {
		used, present := false, false
		for v, view := range m.a.Views {
			if view.Column == c.Name {
				used, present = true, present || set.Views[v].Present[i]
			}
		}
		if !used {
			continue
		}
		switch part := incomplete(i, k); {
		case present && part:
			flags = append(flags, "partial:"+c.Name)
		case !present && part:
			flags = append(flags, "unreadable:"+c.Name)
		case !present:
			flags = append(flags, "absent:"+c.Name)
		}
	}
	return flags
}

// Join returns the features of several data sets as those of one: the rows of the first, then those
// of the second, and so on. Groups stay apart, whatever they are called. Answers are the same as
// without joining.
func Join(parts ...*Features) *Features {
	if len(parts) == 1 {
		return parts[0]
	}
	out := &Features{set: &model.Set{}}
	for _, f := range parts {
		first := out.Len()
		for _, g := range f.groups {
			rows := make([]int, len(g))
			for i, r := range g {
				rows[i] = first + r
			}
			out.groups = append(out.groups, rows)
		}
		out.flags = append(out.flags, f.flags...)
		out.Problems = append(out.Problems, f.Problems...)
	}
	if len(parts) == 0 {
		return out
	}
	if out.groups != nil {
		out.set.Groups = model.NewGroups(out.Len(), out.groups)
	}
	for v := range parts[0].set.Views {
		same := make([]*feature.Matrix, len(parts))
		for i, f := range parts {
			same[i] = f.set.Views[v]
		}
		out.set.Views = append(out.set.Views, feature.Join(same...))
	}
	return out
}
