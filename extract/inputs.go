package extract

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/durable"
)

// WriteInputs writes what the exported graph of a model takes, for every row of a data set: an .npy
// file for each input, called as the input is, and the description of [WriteArrays]. views are
// those of the model; groups are of a model over rows, else nil. The folder is whole or not there;
// one that is there is replaced. Memory does not grow with the rows.
func WriteInputs(ctx context.Context, dir string, ds *dataset.Dataset, a *artifact.Artifact, views []View, groups [][]int) (*Arrays, error) {
	out := &Arrays{Version: ArraysVersion, Dataset: ds.Name, Rows: len(ds.Rows), Task: ds.Schema.Task, Label: ds.Schema.Label, Views: []Array{}}
	if len(ds.Rows) == 0 {
		return nil, fmt.Errorf("cannot write %s: %w", dir, errNoRows)
	}
	// In the order of the model's views, which the inputs of the graph have.
	ordered := make([]*View, len(a.Views))
	for k, saved := range a.Views {
		i := slices.IndexFunc(views, func(v View) bool { return v.Name == saved.Name })
		if i < 0 {
			return nil, fmt.Errorf("cannot write %s: the view %s is not there", dir, saved.Name)
		}
		ordered[k] = &views[i]
	}
	// Written beside and renamed, so that a reader never meets half of it.
	err := durable.Folder(dir, func(tmp string) error {
		in := &inputs{ctx: ctx, dir: tmp, rows: len(ds.Rows), names: fileNames{}}
		present := make([]func(i int) bool, len(ordered))
		for k, v := range ordered {
			e, err := v.measure()
			if err != nil {
				return err
			}
			d := v.describe(ds, e)
			if d.Files, err = in.view(v, e); err != nil {
				return err
			}
			out.Views = append(out.Views, d)
			present[k] = v.Store.Present
		}
		if err := in.present(present); err != nil {
			return err
		}
		if groups != nil {
			if err := in.groups(groups); err != nil {
				return err
			}
		}
		return writeIndex(tmp, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// inputs writes the inputs of a graph.
type inputs struct {
	ctx   context.Context
	dir   string
	rows  int
	names fileNames
}

// path returns the file of an input, and its name.
func (in *inputs) path(input string) (path, name string) {
	name = in.names.name(input, ".npy")
	return filepath.Join(in.dir, name), name
}

// view writes the inputs of a view and returns their files.
func (in *inputs) view(v *View, e extent) ([]string, error) {
	steps := max(1, e.steps)
	switch v.View.Info().Shape {
	case feature.Vector:
		path, name := in.path(v.Name)
		return []string{name}, writeFile(path, []int{in.rows, e.dim}, in.padded(v, e.dim))
	case feature.Sequence:
		path, name := in.path(v.Name)
		if err := writeFile(path, []int{in.rows, steps, e.dim}, in.padded(v, steps*e.dim)); err != nil {
			return nil, err
		}
		lengths, err := in.lengths(v, func(r *feature.Raw) int { return len(r.Values) / max(1, e.dim) })
		return []string{name, lengths}, err
	case feature.Tokens:
		ids, err := in.ids(v, steps)
		if err != nil {
			return nil, err
		}
		lengths, err := in.lengths(v, func(r *feature.Raw) int { return len(r.Index) })
		return []string{ids, lengths}, err
	case feature.Sparse:
		ids, err := in.ids(v, steps)
		if err != nil {
			return nil, err
		}
		path, name := in.path(v.Name + ".weights")
		return []string{ids, name}, writeFile(path, []int{in.rows, steps}, in.padded(v, steps))
	}
	return nil, fmt.Errorf("%s: a view of the shape %s has no inputs", v.Name, v.View.Info().Shape)
}

// padded writes the values of every row, then zeros.
func (in *inputs) padded(v *View, width int) func(*npy.Writer[float32]) error {
	zeros := make([]float32, width)
	return func(w *npy.Writer[float32]) error {
		return v.rows(func(i int, r *feature.Raw) error {
			if i%checkEvery == 0 && in.ctx.Err() != nil {
				return in.ctx.Err()
			}
			if err := w.Write(r.Values...); err != nil {
				return err
			}
			return w.Write(zeros[len(r.Values):]...)
		})
	}
}

// ids writes the ids of every row, then -1.
func (in *inputs) ids(v *View, most int) (string, error) {
	path, name := in.path(v.Name + ".ids")
	return name, writeFile(path, []int{in.rows, most}, func(w *npy.Writer[int64]) error {
		return v.writeIds(in.ctx, w, extent{steps: most})
	})
}

// lengths writes how long every row is.
func (in *inputs) lengths(v *View, of func(r *feature.Raw) int) (string, error) {
	path, name := in.path(v.Name + ".lengths")
	return name, writeFile(path, []int{in.rows}, func(w *npy.Writer[int64]) error {
		return v.rows(func(_ int, r *feature.Raw) error { return w.Write(int64(of(r))) })
	})
}

// present writes which views are there.
func (in *inputs) present(of []func(i int) bool) error {
	path, _ := in.path("present")
	return writeFile(path, []int{in.rows, len(of)}, func(w *npy.Writer[float32]) error {
		row := make([]float32, len(of))
		for i := range in.rows {
			for k, there := range of {
				if row[k] = 0; there(i) {
					row[k] = 1
				}
			}
			if err := w.Write(row...); err != nil {
				return err
			}
		}
		return nil
	})
}

// groups writes the number of each row's group.
func (in *inputs) groups(groups [][]int) error {
	of := make([]int64, in.rows)
	for g, rows := range groups {
		for _, i := range rows {
			of[i] = int64(g)
		}
	}
	path, _ := in.path("groups")
	return writeFile(path, []int{in.rows}, func(w *npy.Writer[int64]) error { return w.Write(of...) })
}
