package feature

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/machine"
	"github.com/fusor-ml/fusor/internal/parallel"
)

// Variants extracts refs, which are all of one column, from n variants of every
// cell: a cell is opened once, and vary makes its k-th variant (0 ≤ k < n) from
// the opened item, which it must not change. Nothing is cached. A cell that
// cannot be read, varied or extracted is absent; what is wrong with it was said
// when it was extracted as it is. vary may be called from several goroutines.
func (e *Extractor) Variants(ctx context.Context, ds *dataset.Dataset, refs []Ref, n int, vary func(row, k int, item any) (any, error)) ([]*Features, error) {
	if err := ds.CheckCells(); err != nil {
		return nil, fmt.Errorf("cannot vary: %w", err)
	}
	featureSets := make([]*Features, n)
	for k := range featureSets {
		featureSets[k] = &Features{Refs: refs}
		for range refs {
			featureSets[k].Stores = append(featureSets[k].Stores, NewStore(len(ds.Rows)))
		}
	}
	var mu sync.Mutex // guards done and Progress
	done := 0
	err := parallel.For(ctx, len(ds.Rows), e.Workers, func(ctx context.Context, _, row int) error {
		if err := variants(ctx, e.limit(), ds, row, refs, featureSets, vary); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if done++; e.Progress != nil {
			e.Progress(done, len(ds.Rows))
		}
		return nil
	})
	if err != nil {
		for _, b := range featureSets {
			err = errors.Join(err, b.Close())
		}
		return nil, err
	}
	return featureSets, nil
}

// variants fills one cell's variants; the error is of the stores.
func variants(ctx context.Context, limit time.Duration, ds *dataset.Dataset, row int, refs []Ref, featureSets []*Features, vary func(row, k int, item any) (any, error)) error {
	cell, col := ds.Rows[row].Cell(refs[0].Column), &ds.Schema.Columns[refs[0].Column]
	if cell.Absent() {
		return nil
	}
	cellCtx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	item, err := recoverPanic(func() (any, error) { return refs[0].Modality.Open(cellCtx, &cell, col, ds.Folder()) })
	if machine.Fault(err) {
		return err
	}
	if err != nil {
		return nil //nolint:nilerr // an unreadable cell is absent
	}
	for k, b := range featureSets {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // Variants reports the cancellation
		}
		varied, err := recoverPanic(func() (any, error) { return vary(row, k, item) })
		if err != nil {
			continue
		}
		for j, ref := range refs {
			raw, err := recoverPanic(func() (Raw, error) { return ref.View.Extract(varied) })
			if err != nil {
				continue
			}
			if err := b.Stores[j].Put(row, raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// recoverPanic turns a decoder's panic, which is the file's fault, into an error.
func recoverPanic[T any](f func() (T, error)) (out T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot decode: %v", p)
		}
	}()
	return f()
}
