package feature

import (
	"context"
	"fmt"
)

// Bounds of a batch: more cells would hardly be faster together.
const (
	batchCells = 128
	batchWork  = 8192 // tokens
)

// batch collects cells of a [Batched] view that one worker extracts together.
type batch struct {
	view  Batched
	store *Store
	cells []pending
	work  int
}

// pending is a cell of a batch.
type pending struct {
	row       int
	key       Key
	viewCache *viewCache // nil: it is not cached
	input     any
}

// batch returns what is collected for a store.
func (w *scratch) batch(v Batched, s *Store) *batch {
	if w.batches == nil {
		w.batches = map[*Store]*batch{}
	}
	if w.batches[s] == nil {
		w.batches[s] = &batch{view: v, store: s}
	}
	return w.batches[s]
}

// flushAll extracts all that was collected.
func (w *scratch) flushAll(ctx context.Context) error {
	for _, b := range w.batches {
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// add collects a cell, and extracts the batch once it is full.
func (b *batch) add(ctx context.Context, p pending, work int) error {
	b.cells, b.work = append(b.cells, p), b.work+work
	if len(b.cells) < batchCells && b.work < batchWork {
		return nil
	}
	return b.flush(ctx)
}

// flush extracts the cells of the batch.
func (b *batch) flush(ctx context.Context) (err error) {
	if len(b.cells) == 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot extract the view %s: %v", b.view.Info().Name, p)
		}
	}()
	inputs := make([]any, len(b.cells))
	for i := range b.cells {
		inputs[i] = b.cells[i].input
	}
	raws, err := b.view.ExtractAll(ctx, inputs)
	if err != nil {
		return fmt.Errorf("cannot extract the view %s: %w", b.view.Info().Name, err)
	}
	for i, p := range b.cells {
		if err := b.store.Put(p.row, raws[i]); err != nil {
			return err
		}
		if p.viewCache != nil {
			p.viewCache.put(p.key, raws[i])
		}
	}
	clear(b.cells)
	b.cells, b.work = b.cells[:0], 0
	return nil
}
