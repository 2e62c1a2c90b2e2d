package scale

import (
	"context"
	"errors"
	"fmt"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/extract"
	"github.com/fusor-ml/fusor/feature"
)

// NewExtract makes the job of extracting the views of a data set that was read with
// [dataset.Options].Deferred.
func NewExtract(ctx context.Context, rows *dataset.Blocks, o extract.Options, s Setup) (*Job, error) {
	j := newJob(Extract, rows.Dataset, rows.Len(), &s)
	refs, err := o.Refs(rows.Dataset)
	if err != nil {
		return nil, rows.Problems.Wrap(err)
	}
	for _, r := range refs {
		j.Views = append(j.Views, r.Name)
	}
	if o.Model != nil {
		if j.Model, err = sumOf(o.Model); err != nil {
			return nil, err
		}
	}
	j.blocks(s.Block, func(int) bool { return true })
	tasks := j.addBlocks(nil, stageFeatures)
	return j, j.write(ctx, s.Storage, rows, nil, tasks)
}

// extracting does the tasks of an extraction.
type extracting struct {
	w    *Worker
	o    extract.Options
	refs []feature.Ref
}

var _ kind = (*extracting)(nil)

// Extract makes w a worker of an extraction with the job's options.
func (w *Worker) Extract(o extract.Options) error {
	if w.job.Kind != Extract {
		return fmt.Errorf("the job is of the kind %s", w.job.Kind)
	}
	if o.Model != nil {
		sum, err := sumOf(o.Model)
		if err != nil {
			return err
		}
		if sum != w.job.Model {
			return errOtherModel
		}
	}
	refs, err := o.Refs(w.dataset(nil))
	if err != nil {
		return err
	}
	w.kind = &extracting{w, o, refs}
	return nil
}

// close implements kind.
func (x *extracting) close() error { return nil }

// do implements kind.
func (x *extracting) do(ctx context.Context, _ Stage, tasks []Task, done func(Task, float64, error)) error {
	return x.w.eachBlock(ctx, tasks, done, func(ctx context.Context, block, threads int) ([]byte, error) {
		o := x.o.WithDefaults()
		o.Threads, o.Strict, o.Progress = threads, false, nil
		return x.w.features(ctx, block, x.refs, o.Extraction())
	})
}

// MergeExtract returns the views that one machine would have extracted. With allowMissing the rows
// of blocks that are not there have none. The caller closes them.
func (w *Worker) MergeExtract(ctx context.Context, allowMissing bool) (*extract.Views, error) {
	x, ok := w.kind.(*extracting)
	if !ok {
		return nil, fmt.Errorf("the job is of the kind %s", w.job.Kind)
	}
	all, err := w.assemble(ctx, x.refs, false, allowMissing)
	if err != nil {
		return nil, err
	}
	if x.o.Strict {
		err = feature.CheckStrict(all.ds.Problems)
	}
	if err == nil {
		err = all.ds.CheckLost(all.ds.Problems, x.o.AllowMissing)
	}
	if err != nil {
		return nil, errors.Join(err, all.views.Close())
	}
	out, err := extract.Of(ctx, all.ds, x.refs, all.views, x.o.Model)
	if err != nil {
		return nil, errors.Join(err, all.views.Close())
	}
	out.Problems = all.ds.Problems
	return out, nil
}
