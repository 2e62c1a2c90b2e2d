package scale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/train"
)

// NewCompare makes the job of a comparison of a data set that was read with
// [dataset.Options].Deferred.
func NewCompare(ctx context.Context, ds *dataset.Dataset, o fusor.CompareOptions, s Setup) (*Job, error) {
	j := newJob(Compare, ds, len(ds.Rows), &s)
	refs, err := refsOf(ctx, ds, o)
	if err != nil {
		return nil, err
	}
	// Whatever the comparison would refuse is refused here, before machines are started for it.
	if _, err := compare.Metrics(ds, o.Metric); err != nil {
		return nil, ds.Problems.Wrap(err)
	}
	plan, err := dataset.NewPlan(ds, dataset.PlanOptions{Folds: o.Folds, Seeds: o.Seeds, Seed: o.Seed})
	if err != nil {
		return nil, ds.Problems.Wrap(err)
	}
	fusions, err := compare.Fusions(o.WithDefaults().Methods, o.Fusions, ds.Schema.Task)
	if err != nil {
		return nil, ds.Problems.Wrap(err)
	}
	// Nothing is fitted here: names, shapes and counts of pieces follow from the schema and the plan.
	var views []train.Fitted
	var columns []string
	for _, r := range refs {
		column := ds.Schema.Columns[r.Column]
		views = append(views, train.Fitted{Name: r.Name, Column: column.Name, Kind: column.Kind, Info: r.View.Info()})
		columns, j.Views = append(columns, column.Name), append(j.Views, r.Name)
	}
	entries := compare.Entries(views, ds.Schema.Group != "" && ds.Schema.Order != "", fusions)
	// As (*handOver).testFits decides: few validation rows of an official split are calibrated in
	// folds.
	inner := plan.Official && ds.Schema.Task != dataset.Regression && len(plan.Runs[0].Val) < eval.FewCalibrationRows
	entries = append(entries, compare.Variants(entries, &plan, views, fusions)...)
	recipe := o.Recipe
	// As fusor.Compare sets it, since Trials draws by it.
	recipe.Train.Seed = o.Seed
	methods := o.WithDefaults().Methods
	trials := len(compare.Trials(methods, fusions, views, ds, &plan, &compare.Options{Recipe: recipe, Tune: o.Tune}))
	if trials > 0 {
		entries = append(entries, compare.TunedEntry(entries))
	}
	j.Recipe, j.Plan = &o.Recipe, &Plan{plan.Official, plan.Folds, len(plan.Runs)}
	j.blocks(s.Block, func(int) bool { return true })
	// Features by blocks of rows, then pieces of the comparison, which need all blocks.
	tasks := j.addBlocks(nil, stageFeatures)
	tasks = j.addPieces(tasks, compare.Pieces(&plan, entries, trials, inner, compare.ManyPlayers(j.Views, columns), true))
	return j, j.write(ctx, s.Storage, dataset.OneBlock(ds), nil, tasks)
}

// errCaptured ends a comparison that was begun to learn which views it takes.
var errCaptured = errors.New("captured")

// refsOf returns the views that a comparison takes of a data set.
func refsOf(ctx context.Context, ds *dataset.Dataset, o fusor.CompareOptions) (refs []feature.Ref, err error) {
	o.Extract = func(_ context.Context, _ *dataset.Dataset, all []feature.Ref) (*feature.Features, dataset.Problems, error) {
		refs = all
		return nil, nil, errCaptured
	}
	if _, err := fusor.Compare(ctx, ds, o); !errors.Is(err, errCaptured) {
		return nil, err
	}
	return refs, nil
}

// comparison does the tasks of a comparison. All of it but the features is the command's own code,
// with a store that has what other tasks made: docs/decisions/0036-a-merge-is-the-command.md.
type comparison struct {
	w    *Worker
	o    fusor.CompareOptions
	refs []feature.Ref
	all  *assembled
}

var _ kind = (*comparison)(nil)

// Compare makes w a worker of a comparison with the job's options.
func (w *Worker) Compare(ctx context.Context, o fusor.CompareOptions) error {
	if w.job.Kind != Compare {
		return fmt.Errorf("the job is of the kind %s", w.job.Kind)
	}
	recipe, err := json.Marshal(o.Recipe)
	if err != nil {
		return err
	}
	if then, err := json.Marshal(w.job.Recipe); err != nil || !bytes.Equal(recipe, then) {
		return errors.Join(errors.New("the recipe is another than when the job was made"), err)
	}
	c := &comparison{w: w, o: o}
	if c.refs, err = refsOf(ctx, w.dataset(nil), o); err != nil {
		return err
	}
	w.kind = c
	return nil
}

// close implements kind: it releases the features.
func (c *comparison) close() error {
	if c.all == nil {
		return nil
	}
	return c.all.views.Close()
}

// assembled returns the data set with its features, which are read once.
func (c *comparison) assembled(ctx context.Context) (*assembled, error) {
	if c.all == nil {
		all, err := c.w.assemble(ctx, c.refs, true, false)
		if err != nil {
			return nil, err
		}
		if c.o.Strict {
			if err := feature.CheckStrict(all.ds.Problems); err != nil {
				return nil, errors.Join(err, all.views.Close())
			}
		}
		c.all = all
	}
	return c.all, nil
}

// run runs the comparison with a store in place of its own.
func (c *comparison) run(ctx context.Context, s *pieces) (*fusor.Comparison, error) {
	all, err := c.assembled(ctx)
	if err != nil {
		return nil, err
	}
	o := c.o
	o.Store, o.Threads = s, c.w.Threads
	o.Extract = func(context.Context, *dataset.Dataset, []feature.Ref) (*feature.Features, dataset.Problems, error) {
		return all.views, all.ds.Problems, nil
	}
	ds := *all.ds
	return fusor.Compare(ctx, &ds, o)
}

// do implements kind.
func (c *comparison) do(ctx context.Context, stage Stage, tasks []Task, done func(Task, float64, error)) error {
	if stage.Name == stageFeatures {
		return c.w.eachBlock(ctx, tasks, done, func(ctx context.Context, block, threads int) ([]byte, error) {
			o := c.o.WithDefaults()
			o.Threads, o.Strict, o.Progress = threads, false, nil
			return c.w.features(ctx, block, c.refs, o.Extraction())
		})
	}
	// Some at a time, as eachBlock does: what others did meanwhile is not done again.
	some := max(2*parallel.Workers(c.w.Threads), (len(tasks)+mostBatches-1)/mostBatches)
	for tasks = shuffled(tasks); len(tasks) > 0; {
		var batch []Task
		for len(tasks) > 0 && len(batch) < some {
			t := tasks[0]
			tasks = tasks[1:]
			if there, err := c.w.done(ctx, t); err != nil {
				return err
			} else if there {
				c.w.report(Line{Task: t, State: Kept})
				continue
			}
			batch = append(batch, t)
		}
		if err := c.pieces(ctx, stage, batch, done); err != nil {
			return err
		}
	}
	return nil
}

// mostBatches is how often the pieces of a stage are asked for at most: each time the comparison
// goes through all of its steps.
const mostBatches = 8

// pieces makes pieces of one stage.
func (c *comparison) pieces(ctx context.Context, stage Stage, tasks []Task, done func(Task, float64, error)) error {
	own := map[compare.Piece]Task{}
	for _, t := range tasks {
		own[*t.Piece] = t
	}
	for len(own) > 0 { // once, and again after each that fails
		s := newPieces(ctx, c.w)
		s.own, s.stage, s.saved = own, compare.Stage(stage.Name), done
		// The comparison itself, which asks for its pieces: own ones are computed, others read, and
		// missing ones pending.
		_, err := c.run(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var failed *compare.PieceError
		if errors.As(err, &failed) {
			if t, mine := own[failed.Piece]; mine {
				done(t, 0, err)
				delete(own, failed.Piece)
				continue
			}
		}
		for p, t := range own {
			// A piece may turn out not to be needed, as where a view is absent: an empty part keeps the
			// stage from waiting for it.
			if err == nil || errors.Is(err, compare.ErrPending) { // nothing asked for it
				err := c.w.save(ctx, t, false, nil)
				if err != nil {
					return err
				}
				done(t, 0, nil)
			} else {
				done(t, 0, err)
			}
			delete(own, p)
		}
	}
	return nil
}

// MergeCompare returns the comparison that one machine would have made. With allowMissing fusions
// that were not fitted in every run are left out, and what comes after the fits is computed here.
func (w *Worker) MergeCompare(ctx context.Context, allowMissing bool) (*fusor.Comparison, error) {
	c, ok := w.kind.(*comparison)
	if !ok {
		return nil, fmt.Errorf("the job is of the kind %s", w.job.Kind)
	}
	s := newPieces(ctx, w)
	if !allowMissing {
		return c.run(ctx, s)
	}
	lacking, err := w.Lacking(ctx)
	if err != nil {
		return nil, err
	}
	s.rest = len(lacking) > 0
	without := map[string]bool{}
	for _, t := range lacking {
		switch {
		case t.Piece == nil:
		case t.Piece.Searches(): // and so is what it would have chosen
			c.o.Tune = 0
		case t.Piece.Stage == compare.StageFit && !t.Piece.Named():
			c.o.NoEnsemble = true
		case t.Piece.Stage == compare.StageFit && t.Piece.Kind == eval.Fusion:
			without[t.Piece.Entry] = true
		}
	}
	var fusions []string
	for _, t := range w.tasks {
		if p := t.Piece; p != nil && p.Stage == compare.StageFit && p.Kind == eval.Fusion && p.Named() && !without[p.Entry] && !slices.Contains(fusions, p.Entry) {
			fusions = append(fusions, p.Entry)
		}
	}
	if len(without) > 0 && len(fusions) == 0 {
		return nil, errors.New("cannot merge: no fusion was fitted in every run")
	}
	c.o.Fusions = fusions
	return c.run(ctx, s)
}

// pieces is the store of a comparison some of whose pieces are tasks of this worker: those are
// computed, those of earlier stages are read, and all others are left out. Without own ones it
// reads every piece.
type pieces struct {
	ctx   context.Context //nolint:containedctx // the store's methods are called by the comparison, which has the same
	w     *Worker
	tasks map[compare.Piece]Task

	rest bool // what lacks of the stages after the fits is computed, and not kept

	mu    sync.Mutex // guards own, kept, begun and calls of saved
	own   map[compare.Piece]Task
	kept  map[compare.Piece]bool // own ones that another worker has made meanwhile
	stage compare.Stage          // of the own ones
	begun time.Time
	saved func(Task, float64, error)
}

var _ compare.Store = (*pieces)(nil)

func newPieces(ctx context.Context, w *Worker) *pieces {
	s := &pieces{ctx: ctx, w: w, tasks: map[compare.Piece]Task{}, kept: map[compare.Piece]bool{}, begun: time.Now()}
	for _, t := range w.tasks {
		if t.Piece != nil {
			s.tasks[*t.Piece] = t
		}
	}
	return s
}

// Load implements compare.Store.
func (s *pieces) Load(p compare.Piece) ([]byte, error) {
	t, ok := s.tasks[p]
	if !ok {
		return nil, fmt.Errorf("the job has no task for %s: it was made of other data", p)
	}
	s.mu.Lock()
	_, own := s.own[p]
	s.mu.Unlock()
	switch {
	case own: // unless another worker has made it since, as one that was never its own
		if there, err := s.w.done(s.ctx, t); err != nil || !there {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.kept[p] {
			s.w.report(Line{Task: t, State: Kept})
		}
		delete(s.own, p)
		s.kept[p] = true
		return nil, compare.ErrPending
	case s.stage == compare.StagePrepare && p.Stage == compare.StageFit:
		return nil, nil // a fit asks for its preparation, after which it is pending
	case s.stage != "" && p.Stage == s.stage, s.stage != "" && after(p.Stage, s.stage):
		return nil, compare.ErrPending
	}
	data, err := s.w.read(s.ctx, t)
	if s.rest && err != nil && after(p.Stage, compare.StageFit) {
		return nil, nil
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errUnsound) {
		return nil, fmt.Errorf("%s: %w: %w", t, compare.ErrPending, err)
	}
	return data, err
}

// after reports whether stage a comes after b.
func after(a, b compare.Stage) bool {
	seen := false
	for _, s := range compare.Stages {
		if s == a {
			return seen
		}
		seen = seen || s == b
	}
	return false
}

// Save implements compare.Store.
func (s *pieces) Save(p compare.Piece, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, own := s.own[p]
	if s.rest || s.kept[p] { // which may have been asked for twice
		return nil
	}
	if !own {
		return fmt.Errorf("%s was computed, which is no task of this worker", p)
	}
	if err := s.w.save(s.ctx, t, true, data); err != nil {
		return err
	}
	now := time.Now()
	s.saved(t, now.Sub(s.begun).Seconds(), nil)
	s.begun = now
	delete(s.own, p)
	if p.Stage == compare.StagePrepare {
		return compare.ErrPending // the fit that asked for it is another task
	}
	return nil
}

// Checkpoint implements compare.Store: a fit that is cut off begins anew.
func (s *pieces) Checkpoint() string { return "" }

// Remove implements compare.Store: the parts belong to the job.
func (s *pieces) Remove() error { return nil }
