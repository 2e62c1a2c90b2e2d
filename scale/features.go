package scale

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/flat"
)

// features is what a task of the stage features makes of its block: the views, and what was found
// when the media were looked at.
type features struct {
	feature.Block
	resolved []resolved
	problems dataset.Problems
}

// resolved is a cell that is another once its files were looked for.
type resolved struct {
	row, column int // the row of the block
	cell        []byte
}

const featuresFormat = "fusor features 1"

func (f *features) flat(s *flat.Stream) {
	f.Flat(s)
	flat.List(s, &f.resolved, func(r *resolved) {
		s.Int(&r.row)
		s.Int(&r.column)
		s.Bytes(&r.cell)
	})
	problems(s, &f.problems)
}

// problems visits problems.
func problems(s *flat.Stream, list *dataset.Problems) {
	flat.List(s, (*[]dataset.Problem)(list), func(p *dataset.Problem) {
		s.Text(&p.Code)
		s.Text(&p.File)
		s.Int(&p.Row)
		s.Text(&p.Column)
		s.Text(&p.What)
		s.Text(&p.Advice)
		s.Bool(&p.Fatal)
	})
}

// dataset returns rows as a data set of the job, without the problems of the whole.
func (w *Worker) dataset(rows []dataset.Row) *dataset.Dataset {
	d := &w.job.Data
	ds := &dataset.Dataset{Name: d.Name, Path: d.Path, Dir: d.Dir, Manifest: d.Manifest, Encoding: d.Encoding, Schema: d.Schema, Rows: rows}
	if w.Root != "" {
		ds.Dir = w.Root
	}
	return ds
}

// rows reads a block as a data set whose media were not looked for.
func (w *Worker) rows(ctx context.Context, block int) (*dataset.Dataset, error) {
	list, err := w.block(ctx, block)
	if err != nil {
		return nil, err
	}
	rows := make([]dataset.Row, len(list))
	for i := range list {
		rows[i] = list[i].row
	}
	return w.dataset(rows), nil
}

// resolve looks for the media of a block, and returns the cells that are others now.
func resolve(ds *dataset.Dataset) (changed []resolved, err error) {
	before := make([][]dataset.Cell, len(ds.Rows))
	for i := range ds.Rows {
		before[i] = slices.Clone(ds.Rows[i].Cells)
	}
	if err := ds.Resolve(); err != nil {
		return nil, err
	}
	for i := range ds.Rows {
		for k := range ds.Rows[i].Cells {
			cell := &ds.Rows[i].Cells[k]
			if reflect.DeepEqual(cell, &before[i][k]) {
				continue
			}
			data, err := json.Marshal(cell)
			if err != nil {
				return nil, fmt.Errorf("cannot keep a cell of row %d: %w", ds.Rows[i].Number, err)
			}
			changed = append(changed, resolved{i, k, data})
		}
	}
	return changed, nil
}

// features extracts the views of a block.
func (w *Worker) features(ctx context.Context, block int, refs []feature.Ref, x *feature.Extraction) ([]byte, error) {
	ds, err := w.rows(ctx, block)
	if err != nil {
		return nil, err
	}
	var out features
	if out.resolved, err = resolve(ds); err != nil {
		return nil, err
	}
	views, found, err := x.Extract(ctx, ds, refs)
	if err != nil {
		return nil, found.Wrap(err)
	}
	made, err := views.Block()
	if err = errors.Join(err, views.Close()); err != nil {
		return nil, err
	}
	out.Block = *made
	for _, p := range found {
		if p.Row > 0 { // else of the cache of this machine
			out.problems = append(out.problems, p)
		}
	}
	return flat.Encode(featuresFormat, out.flat), nil
}

// assembled is the data set of a job with its features, as one machine reads and extracts them.
type assembled struct {
	ds      *dataset.Dataset
	views   *feature.Features
	missing []int // blocks that are not there, where that is allowed

	held  *dataset.Contents // of rows without cells; nil: they have them
	names map[string]string // that many of those rows share
}

// assemble puts the blocks together, with the cells of the rows or without. The caller closes the
// views.
func (w *Worker) assemble(ctx context.Context, refs []feature.Ref, cells, allowMissing bool) (*assembled, error) {
	n := w.job.Data.Rows
	a := &assembled{ds: w.dataset(make([]dataset.Row, n)), views: feature.NewFeatures(refs, n), names: map[string]string{}}
	if !cells {
		a.held = dataset.NewContents(n)
	}
	a.ds.Problems = append(a.ds.Problems, w.job.Data.Problems...)
	for _, t := range w.of(w.job.Stages[0]) {
		if err := w.assembleBlock(ctx, a, t); err != nil {
			if allowMissing && errors.Is(err, errMissing) {
				a.missing = append(a.missing, *t.Block)
				continue
			}
			return nil, errors.Join(err, a.views.Close())
		}
	}
	a.ds.SortProblems(a.ds.Problems)
	if w.job.Model == "" { // what a model reads is not looked at for copies
		a.ds.NoteDuplicates(a.held)
	}
	a.held = nil
	return a, nil
}

// errMissing reports a part that is not there.
var errMissing = errors.New("it is not done")

func (w *Worker) assembleBlock(ctx context.Context, a *assembled, t Task) error {
	list, err := w.block(ctx, *t.Block)
	if err != nil {
		return err
	}
	// Whether or not the block was done: its rows are there.
	defer func() {
		for i := range list {
			a.keep(list[i].index, &list[i].row)
		}
	}()
	index := make([]int, len(list))
	for i := range list {
		index[i] = list[i].index
	}
	data, err := w.read(ctx, t)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", t, errMissing, err)
	}
	var f features
	if err := flat.Decode(featuresFormat, data, f.flat); err != nil {
		return fmt.Errorf("cannot read what %s made: %w", t, err)
	}
	for _, r := range f.resolved {
		if r.row < 0 || r.row >= len(list) || r.column < 0 || r.column >= len(w.job.Data.Schema.Columns) {
			return fmt.Errorf("cannot read what %s made: it has no such cell", t)
		}
		if err := json.Unmarshal(r.cell, &list[r.row].row.Cells[r.column]); err != nil {
			return fmt.Errorf("cannot read what %s made: %w", t, err)
		}
	}
	a.ds.Problems = append(a.ds.Problems, f.problems...)
	if err := a.views.PutBlock(index, &f.Block); err != nil {
		return fmt.Errorf("%s: %w", t, err)
	}
	return nil
}

// keep sets row i.
func (a *assembled) keep(i int, r *dataset.Row) {
	if a.held != nil {
		a.held.Put(i, r)
		r.Cells = nil
	}
	for _, name := range []*string{&r.Split, &r.Group, &r.Label} {
		if known, ok := a.names[*name]; ok {
			*name = known
		} else {
			a.names[*name] = *name
		}
	}
	a.ds.Rows[i] = *r
}
