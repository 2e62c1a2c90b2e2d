package feature

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/machine"
	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/media"
)

// Extractor turns the rows of a data set into views, on all cores.
type Extractor struct {
	Cache    *Cache        // nil: nothing is cached
	Workers  int           // 0: one a core
	Limit    time.Duration // how long one cell may take; 0: CellLimit
	Progress func(done, total int)
}

// Features holds the extracted views of a data set.
type Features struct {
	Refs       []Ref
	Stores     []*Store    // parallel to Refs
	Embeddings *Embeddings // what learned tokens start from, nil without
	// Incomplete holds the cells with a problem: views of them are absent, or of a part.
	Incomplete map[CellRef]bool
}

// CellRef is a cell of a data set: an index into Rows and one into Columns.
type CellRef struct{ Row, Column int }

// Close releases temporary files.
func (f *Features) Close() error {
	var errs []error
	for _, s := range f.Stores {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// column is one column's work: the views to extract, all of one modality.
type column struct {
	index  int
	schema *dataset.Column
	views  []columnView
}

// columnView is a view of a column, and where its features go.
type columnView struct {
	ref   Ref
	store *Store
	cache *viewCache // nil where nothing is cached
}

// slow reports whether one cell of c can take long: its media are decoded, or a network reads it.
func (c column) slow() bool {
	return c.schema.Kind.IsFile() || slices.ContainsFunc(c.views, func(v columnView) bool { return v.ref.View.Info().Pretrained })
}

// cellsWorth is how many cells of texts and numbers take longer than a goroutine does to start.
const cellsWorth = 16

// Extract computes refs for every row of ds. A cell that cannot be read is
// reported and its views stay absent; the error is of the extraction itself
// (canceled, disk full) or of a row without a cell for every column.
func (e *Extractor) Extract(ctx context.Context, ds *dataset.Dataset, refs []Ref) (*Features, dataset.Problems, error) {
	// Rows may be made by a caller; a missing cell is to be an error here and not a panic in a worker.
	if err := ds.CheckCells(); err != nil {
		return nil, nil, fmt.Errorf("cannot extract: %w", err)
	}
	features := &Features{Refs: refs, Stores: newStores(len(refs), len(ds.Rows))}
	cols := make([]column, 0, len(refs))
	for i, ref := range refs {
		// A column's views are computed together, from a cell that is opened and decoded once.
		k := slices.IndexFunc(cols, func(c column) bool { return c.index == ref.Column })
		if k < 0 {
			k = len(cols)
			cols = append(cols, column{index: ref.Column, schema: &ds.Schema.Columns[ref.Column]})
		}
		v := columnView{ref: ref, store: features.Stores[i]}
		// Cheap views cost less than reading the cache does (decision 5); a pretrained encoder never
		// does.
		if info := ref.View.Info(); e.Cache != nil && !info.NoCache && (info.Pretrained || cols[k].schema.Kind.IsFile()) {
			v.cache = e.Cache.viewCache(string(ref.Modality.Kind()), ref.View.Info())
		}
		cols[k].views = append(cols[k].views, v)
	}

	total := len(ds.Rows) * len(cols)
	workers := min(parallel.Workers(e.Workers), total)
	if !slices.ContainsFunc(cols, column.slow) { // a few cells are not worth a goroutine
		workers = min(workers, 1+total/cellsWorth)
	}
	// One for each worker, so that no buffer is locked or allocated for each cell.
	memory := make([]scratch, workers)
	var mu sync.Mutex // guards problems, Incomplete, done and Progress
	var problems dataset.Problems
	done := 0
	err := parallel.For(ctx, total, workers, func(ctx context.Context, worker, i int) error {
		// The columns of a row are neighbors: files that are often in one folder are read together, and
		// fast and slow columns mix.
		row, col := i/len(cols), &cols[i%len(cols)]
		found, err := col.extract(ctx, e.limit(), ds, row, &memory[worker])
		if len(found) == 0 && e.Progress == nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		problems = append(problems, found...)
		if len(found) > 0 {
			if features.Incomplete == nil {
				features.Incomplete = map[CellRef]bool{}
			}
			features.Incomplete[CellRef{row, col.index}] = true
		}
		if e.Progress != nil {
			done++ // under mu, so that counts are reported in order
			e.Progress(done, total)
		}
		return err
	})
	if err == nil {
		// What waits in the workers' unfinished batches.
		err = parallel.For(ctx, workers, workers, func(ctx context.Context, _, i int) error { return memory[i].flushAll(ctx) })
	}
	if err != nil {
		return nil, problems, errors.Join(err, features.Close())
	}
	// Workers end in any order; problems are listed as a reader of the table would meet them.
	slices.SortStableFunc(problems, func(a, b dataset.Problem) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column))
	})
	return features, problems, nil
}

// scratch is the memory that a worker uses again and again.
type scratch struct {
	windows map[*viewCache]*window
	missing []int
	batches map[*Store]*batch
	cell    dataset.Cell
	fields  []string // of cell
}

func (w *scratch) window(d *viewCache) *window {
	if w.windows[d] == nil {
		if w.windows == nil {
			w.windows = map[*viewCache]*window{}
		}
		w.windows[d] = &window{}
	}
	return w.windows[d]
}

// extract fills one cell's views. A decoder's panic is the file's fault and becomes a problem.
func (c *column) extract(ctx context.Context, limit time.Duration, ds *dataset.Dataset, row int, w *scratch) (problems dataset.Problems, err error) {
	r, col := &ds.Rows[row], c.schema
	report := func(code, what, advice string) {
		problems = append(problems, dataset.Problem{Code: code, File: ds.Path, Row: r.Number, Column: col.Name, What: what, Advice: advice})
	}
	problem := func(e error) { report("cell.unreadable", e.Error(), "the row is used with this modality absent") }
	defer func() {
		if p := recover(); p != nil {
			problem(fmt.Errorf("cannot decode: %v", p))
		}
	}()
	// Inside of the recover: cells of a compact data set are made here, from outside bytes too.
	cell := &w.cell
	*cell = r.CellWith(c.index, &w.fields)
	if cell.Absent() {
		return nil, nil
	}

	cellCtx := ctx
	// Only media can hang, in a pipe or a decoder; for the others a timer would cost more than the
	// view.
	if len(cell.Files) > 0 || len(cell.Data) > 0 || len(cell.Media) > 0 {
		var cancel context.CancelFunc
		cellCtx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	// unreadable reports an error of the cell, or returns one that ends the extraction.
	unreadable := func(e error) error {
		switch {
		// The order matters: when all is canceled, the cell's context has ended as well, and a full disk
		// is not the file's fault.
		case ctx.Err() != nil:
			return ctx.Err()
		case machine.Fault(e):
			return fmt.Errorf("%s, line %d, %s: %w", ds.Path, r.Number, col.Name, e)
		case cellCtx.Err() != nil:
			e = fmt.Errorf("it took longer than %s", limit)
		}
		problem(readable(e))
		return nil
	}
	key, missing, unread, err := c.recall(cellCtx, cell, ds.Folder(), row, w)
	if unread != nil {
		err = unreadable(unread)
		return problems, err
	}
	if err != nil {
		return problems, err
	}
	if len(missing) == 0 {
		return nil, nil
	}
	item, err := c.views[0].ref.Modality.Open(cellCtx, cell, col, ds.Folder())
	if err != nil {
		err = unreadable(err)
		return problems, err
	}
	if again, ok := item.(Releaser); ok {
		defer again.Release()
	}
	whole := true // what was read in part is not cached, so that it is said again the next time
	if f, ok := item.(Warner); ok {
		for _, what := range f.Flags() {
			report("cell.partly", what, "what could be read is used")
			whole = false
		}
	}
	for _, j := range missing {
		v := &c.views[j]
		// An encoder runs on several cells at once: the cell's part ends with its input.
		if encoder, ok := v.ref.View.(Batched); ok {
			in, size, err := encoder.Input(item)
			if err != nil {
				problem(readable(err))
				continue
			}
			d := v.cache
			if !whole {
				d = nil
			}
			if err := w.batch(encoder, v.store).add(ctx, pending{row, key, d, in}, size); err != nil {
				return problems, err
			}
			continue
		}
		raw, err := v.ref.View.Extract(item)
		if err != nil {
			// One view's failure leaves the cell's others.
			problem(readable(err))
			continue
		}
		if err := v.store.Put(row, raw); err != nil {
			return problems, err
		}
		if v.cache != nil && whole {
			v.cache.put(key, raw)
		}
	}
	return problems, nil
}

// recall fills the cell's views that are cached; missing are the others, as indices into views.
// unread reports that a file cannot be read, err that a store cannot be written.
func (c *column) recall(ctx context.Context, cell *dataset.Cell, from media.Folder, row int, w *scratch) (key Key, missing []int, unread, err error) {
	w.missing = w.missing[:0]
	hashed := false
	for j, v := range c.views {
		d := v.cache
		if d == nil {
			w.missing = append(w.missing, j)
			continue
		}
		if !hashed {
			sources := cell.Sources(from)
			if cell.Text != "" { // marked, as a file of the same bytes may be of another encoding
				sources = slices.Insert(slices.Clone(sources), 0, media.Bytes("", []byte("text\x00"+cell.Text)))
			}
			if key, err = ContentKey(ctx, sources); err != nil {
				return key, nil, err, nil
			}
			hashed = true
		}
		rec := d.get(key, w.window(d))
		if rec == nil {
			w.missing = append(w.missing, j)
			continue
		}
		if err := v.store.putRecord(row, rec); err != nil {
			return key, nil, nil, err
		}
	}
	return key, w.missing, nil, nil
}

// CellLimit is how long the media of one cell may take to be read and decoded, unless
// Extractor.Limit states otherwise.
const CellLimit = time.Minute

func (e *Extractor) limit() time.Duration {
	if e.Limit > 0 {
		return e.Limit
	}
	return CellLimit
}

// Warner is an opened item that knows what of its cell was left out.
type Warner interface {
	// Flags describes what was left out, one thing an entry; nil if nothing was.
	Flags() []string
}

// readable states "no such file" of a missing file without the system call's name.
func readable(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no such file: %s", pe.Path)
	}
	return err
}
