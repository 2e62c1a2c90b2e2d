// Package extract writes the views of a data set as arrays for other programs: for NumPy and SciPy
// a folder that is a data set again, for ONNX Runtime the inputs of a model's exported graph.
//
// [Run] computes the views, or [Of] takes them from where they are; [Views.WriteArrays] and
// [Views.WriteInputs] write them.
package extract

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/predict"
)

// Options describe what is extracted.
type Options struct {
	predict.Options
	Views      []string                     // as in a recipe; empty: those that are taken by default
	Pretrained map[string]pretrained.Choice // encoders by column, as in a recipe
	// Model, if not nil, has the views and what they were fitted on. The data must have been read with
	// its schema; the views, encoders and catalog of the options are not used then.
	Model *predict.Model
}

// Views holds the views of a data set. They lie in temporary files where they are large.
type Views struct {
	Problems dataset.Problems // of the data and its media

	views    []View
	data     *dataset.Dataset
	model    *predict.Model
	features *feature.Features
}

// Run computes the views of every row. The caller closes what it returns. An error wraps the
// [dataset.Problems] found until then.
func Run(ctx context.Context, ds *dataset.Dataset, o Options) (*Views, error) {
	if ds == nil {
		return nil, errors.New("no data set is given")
	}
	refs, features, problems, err := o.extract(ctx, ds)
	if err != nil {
		return nil, err
	}
	x, err := Of(ctx, ds, refs, features, o.Model)
	if err == nil {
		x.Problems = problems
		err = ds.CheckLost(problems, o.AllowMissing)
	}
	if err != nil {
		return nil, errors.Join(err, features.Close())
	}
	return x, nil
}

func (o *Options) extract(ctx context.Context, ds *dataset.Dataset) ([]feature.Ref, *feature.Features, dataset.Problems, error) {
	if o.Model != nil {
		return o.Model.Extract(ctx, ds)
	}
	refs, err := o.Refs(ds)
	if err != nil {
		return nil, nil, nil, ds.Problems.Wrap(err)
	}
	features, problems, err := o.WithDefaults().Extraction().Extract(ctx, ds, refs)
	if err != nil {
		return nil, nil, nil, problems.Wrap(err)
	}
	return refs, features, problems, nil
}

// Refs returns the views that are extracted of a data set.
func (o *Options) Refs(ds *dataset.Dataset) ([]feature.Ref, error) {
	if m := o.Model; m != nil {
		if err := m.Check(ds); err != nil {
			return nil, err
		}
		return m.Options().Views.Select(&ds.Schema, m.Views())
	}
	own := o.WithDefaults()
	catalog := own.Views
	if len(o.Pretrained) > 0 {
		set, err := pretrained.Open(&ds.Schema, o.Pretrained, slices.Concat(own.Encoders, pretrained.Folders()))
		if err != nil {
			return nil, err
		}
		catalog = set.Catalog(catalog)
	}
	return catalog.Select(&ds.Schema, o.Views)
}

// Of returns views that have been extracted, with what makes numbers of them. Tables, bags and
// tokens have numbers once a vocabulary or scales are fitted: that is done on the rows of the split
// train where the data has one, else on all rows, or was done when the model was trained, if there
// is one.
func Of(ctx context.Context, ds *dataset.Dataset, refs []feature.Ref, features *feature.Features, m *predict.Model) (*Views, error) {
	x := &Views{data: ds, model: m, features: features}
	return x, x.fit(ctx, refs)
}

// fit sets the views and what makes numbers of them.
func (x *Views) fit(ctx context.Context, refs []feature.Ref) error {
	rows, fitted := trainRows(x.data)
	for i, ref := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		v := View{Ref: ref, Store: x.features.Stores[i], Fitted: fitted}
		var err error
		if x.model != nil {
			a := x.model.Artifact()
			for k, saved := range a.Views {
				if saved.Name == ref.Name {
					v.State, v.Fitted = a.States[k], "model"
				}
			}
		} else if v.State, err = fitState(v.Store, ref.View, rows); err != nil && !errors.Is(err, feature.ErrNoRows) {
			return fmt.Errorf("view %s: %w", ref.Name, err)
		}
		x.views = append(x.views, v)
	}
	return nil
}

// trainRows returns the rows to fit on, and what they are called.
func trainRows(ds *dataset.Dataset) (rows []int, called string) {
	for i := range ds.Rows {
		if ds.Rows[i].Split == "train" {
			rows = append(rows, i)
		}
	}
	if len(rows) > 0 {
		return rows, "rows of the split train"
	}
	for i := range ds.Rows {
		rows = append(rows, i)
	}
	return rows, "all rows"
}

// fitState fits a view, unless its state would only scale it: then it is nil.
func fitState(s *feature.Store, v feature.View, rows []int) (feature.State, error) {
	first := slices.IndexFunc(rows, s.Present)
	if first < 0 {
		return nil, feature.ErrNoRows
	}
	probe, err := feature.Fit(s, v, feature.PerFeature, rows[first:first+1])
	if _, scales := probe.(feature.Scaler); err == nil && scales {
		return nil, nil //nolint:nilnil // there is none, and that is right
	}
	return feature.Fit(s, v, feature.PerFeature, rows)
}

// WriteArrays writes a folder that is a data set again; see [WriteArrays].
func (x *Views) WriteArrays(ctx context.Context, dir string) (*Arrays, error) {
	return WriteArrays(ctx, dir, x.data, x.views)
}

// WriteInputs writes the inputs of the model's exported graph; see [WriteInputs].
func (x *Views) WriteInputs(ctx context.Context, dir string) (*Arrays, error) {
	if x.model == nil {
		return nil, errors.New("cannot write the inputs of a graph: they are those of a model, and none was given")
	}
	var groups [][]int
	if x.model.OverRows() {
		groups = dataset.Sequences(x.data, nil)
	}
	return WriteInputs(ctx, dir, x.data, x.model.Artifact(), x.views, groups)
}

// Close releases temporary files.
func (x *Views) Close() error { return x.features.Close() }
