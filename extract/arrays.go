package extract

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/durable"
)

// WriteArrays writes the views of a data set as a folder that is a data set again: labels.csv, and
// for every view an array of the data set's rows. A vector is float32 [rows, dim] in .npy, NaN
// where it is absent; a sequence float32 [rows, steps, dim], NaN behind its end; tokens are int64
// [rows, steps], -1 behind their end; a bag is a sparse matrix of SciPy in .npz. The folder is
// whole or not there; one that is there is replaced. Memory does not grow with the rows.
func WriteArrays(ctx context.Context, dir string, ds *dataset.Dataset, views []View) (*Arrays, error) {
	out := &Arrays{Version: ArraysVersion, Dataset: ds.Name, Rows: len(ds.Rows), Task: ds.Schema.Task, Label: ds.Schema.Label, Views: []Array{}}
	if len(ds.Rows) == 0 {
		return nil, fmt.Errorf("cannot write %s: %w", dir, errNoRows)
	}
	err := durable.Folder(dir, func(tmp string) error {
		names := fileNames{}
		for i := range views {
			if err := ctx.Err(); err != nil {
				return err
			}
			v := &views[i]
			e, err := v.measure()
			if err != nil {
				return err
			}
			if e.present == 0 {
				out.Missing = append(out.Missing, v.Name)
				continue
			}
			a := v.describe(ds, e)
			ending := ".npy"
			if a.Shape == feature.Sparse {
				ending = ".npz"
			}
			a.Files = []string{names.name(v.Name, ending)}
			if err := v.write(ctx, filepath.Join(tmp, a.Files[0]), e); err != nil {
				return err
			}
			out.Views = append(out.Views, a)
		}
		if err := durable.Write(filepath.Join(tmp, dataset.LabelsName), func(w io.Writer) error { return writeLabels(w, ds) }); err != nil {
			return err
		}
		return writeIndex(tmp, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func writeIndex(dir string, a *Arrays) error {
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write JSON: %w", err)
	}
	return durable.WriteFile(filepath.Join(dir, dataset.ArraysIndexName), append(data, '\n'))
}

// write writes the view's array.
func (v *View) write(ctx context.Context, path string, e extent) error {
	n := v.Store.Len()
	switch v.View.Info().Shape {
	case feature.Vector:
		return writeFile(path, []int{n, e.dim}, func(w *npy.Writer[float32]) error { return v.writeDense(ctx, w, e, e.dim) })
	case feature.Sequence:
		return writeFile(path, []int{n, e.steps, e.dim}, func(w *npy.Writer[float32]) error { return v.writeDense(ctx, w, e, e.steps*e.dim) })
	case feature.Tokens:
		return writeFile(path, []int{n, e.steps}, func(w *npy.Writer[int64]) error { return v.writeIds(ctx, w, e) })
	case feature.Sparse:
		return v.writeBag(ctx, path, e)
	}
	return fmt.Errorf("%s: a view of the shape %s cannot be written", v.Name, v.View.Info().Shape)
}

// writeFile writes one array to a file of its own.
func writeFile[T npy.Number](path string, shape []int, fill func(*npy.Writer[T]) error) error {
	return durable.Write(path, func(f io.Writer) error {
		w, err := npy.NewWriter[T](f, shape)
		if err == nil {
			err = fill(w)
		}
		if err != nil {
			return err
		}
		return w.Close()
	})
}

// checkEvery is after how many rows a cancellation is noticed.
const checkEvery = 1024

// writeDense writes width values a row: those there are, then NaN.
func (v *View) writeDense(ctx context.Context, w *npy.Writer[float32], e extent, width int) error {
	gap := make([]float32, width)
	for i := range gap {
		gap[i] = float32(math.NaN())
	}
	return v.rows(func(i int, r *feature.Raw) error {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := w.Write(r.Values...); err != nil {
			return err
		}
		return w.Write(gap[len(r.Values):]...)
	})
}

// writeIds writes the ids of every row, then -1.
func (v *View) writeIds(ctx context.Context, w *npy.Writer[int64], e extent) error {
	row := make([]int64, e.steps)
	return v.rows(func(i int, r *feature.Raw) error {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for k := range row {
			if row[k] = -1; k < len(r.Index) {
				row[k] = int64(r.Index[k])
			}
		}
		return w.Write(row...)
	})
}

// writeBag writes a sparse matrix.
func (v *View) writeBag(ctx context.Context, path string, e extent) error {
	w, err := npy.NewCSRWriter(e.dim)
	if err != nil {
		return err
	}
	defer w.Abandon()
	err = v.rows(func(i int, r *feature.Raw) error {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		return w.Row(r.Index, r.Values)
	})
	if err != nil {
		return err
	}
	return durable.Write(path, func(f io.Writer) error {
		_, err := w.WriteTo(f)
		return err
	})
}

// writeLabels writes what is known of every row beside its modalities, under the names by which
// columns are taken for it.
func writeLabels(w io.Writer, ds *dataset.Dataset) error {
	s := &ds.Schema
	type column struct {
		name string
		of   func(r *dataset.Row) string
	}
	// The names are those by which a table's roles are known, so that the folder is read back without
	// a flag.
	columns := []column{{"id", func(r *dataset.Row) string {
		if s.ID == "" {
			return strconv.Itoa(r.Number)
		}
		return r.ID
	}}}
	add := func(there bool, name string, of func(r *dataset.Row) string) {
		if there {
			columns = append(columns, column{name, of})
		}
	}
	// A split column of empty cells would make every row one that has no split.
	split := false
	for i := range ds.Rows {
		split = split || ds.Rows[i].Split != ""
	}
	add(split, "split", func(r *dataset.Row) string { return r.Split })
	add(s.Group != "", "group", func(r *dataset.Row) string { return r.Group })
	add(s.Order != "", "order", func(r *dataset.Row) string { return number(r.Order) })
	add(true, "label", func(r *dataset.Row) string {
		if s.Task == dataset.Regression && r.Labeled() {
			return number(r.Target)
		}
		return r.Label
	})
	c := csv.NewWriter(w)
	row := make([]string, len(columns))
	for i, col := range columns {
		row[i] = col.name
	}
	c.Write(row) //nolint:errcheck // c.Error has it
	for i := range ds.Rows {
		for k, col := range columns {
			row[k] = col.of(&ds.Rows[i])
		}
		c.Write(row) //nolint:errcheck // c.Error has it
	}
	c.Flush()
	return c.Error()
}

// number writes a number as it is read again; NaN is missing.
func number(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
