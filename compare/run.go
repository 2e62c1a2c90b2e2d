package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/train"
)

// Options describe a comparison.
type Options struct {
	Recipe  train.Recipe
	Fusions []string // names; none: those of the method table that are not optional
	Only    *Entry   // if not nil, the only entry, in place of singles and fusions
	// NoEnsemble leaves out the ensemble of the entries.
	NoEnsemble bool
	// Tune is how many recipes a search tries, whose choice is one more entry; 0: there is no search.
	Tune    int
	Metric  string // by which entries are chosen and compared; "": the task's main one
	Workers int    // cores; 0: all
	// Store, unless nil, keeps finished pieces so that an interrupted comparison goes on where it
	// stopped.
	Store Store
	// Done is called after each fit, from one goroutine at a time.
	Done func(done, total int, e Entry, r dataset.Run, o *Outcome)
	// Tried is called after each fit of the search, from one goroutine at a time.
	Tried func(t Tried)
}

// Result is a finished comparison: outcomes by entry and run.
type Result struct {
	Plan     dataset.Plan
	Entries  []Entry
	Outcomes [][]*Outcome // [entry][run]
	Tuning   *Tuning      // nil: there was no search

	variants []Entry     // fitted for the ensemble alone
	decision eval.Metric // by which thresholds of classes are chosen
}

// sharedPrep is a run's preparation, made once by the first entry that needs it and dropped after
// the last.
type sharedPrep struct {
	once sync.Once
	p    *train.Prepared
	err  error
	left int // entries still to run; guarded by the runner's mutex, as outcomes are
	// outcomes are of the entries that are fitted.
	outcomes []*Outcome
}

// Run trains every entry in every run of the plan. Fits run side by side, one
// core each: results do not depend on how many.
func Run(ctx context.Context, src train.Source, plan dataset.Plan, o Options) (*Result, error) {
	if len(plan.Runs) == 0 {
		return nil, fmt.Errorf("cannot compare: the plan has no runs")
	}
	fusions, err := Fusions(src.Methods, o.Fusions, src.Data.Schema.Task)
	if err != nil {
		return nil, err
	}
	var views []train.Fitted
	for _, ref := range src.Features.Refs {
		views = append(views, train.Fitted{Name: ref.Name, Column: src.Data.Schema.Columns[ref.Column].Name, Kind: src.Data.Schema.Columns[ref.Column].Kind, Info: ref.View.Info()})
	}
	schema := &src.Data.Schema
	res := &Result{Plan: plan, decision: o.decision(src.Data)}
	if o.Only != nil {
		if err := o.Only.check(views); err != nil {
			return nil, err
		}
		res.Entries = []Entry{*o.Only}
	} else {
		res.Entries = Entries(views, schema.Group != "" && schema.Order != "", fusions)
		res.dropUntrainable(src.Features)
		if !o.NoEnsemble {
			res.addEnsemble(views, fusions)
		}
		if o.Tune > 0 {
			if err := res.tune(ctx, src, views, fusions, o); err != nil {
				return nil, err
			}
		}
	}
	return res, res.fitAll(ctx, src, o)
}

// Fusions returns the methods that are tried: those named, or all of the table that are not
// optional and have an answer to the task.
func Fusions(methods fusion.Table, named []string, task dataset.Task) ([]string, error) {
	regression := task == dataset.Regression
	if len(named) == 0 {
		return slices.DeleteFunc(methods.Tried(), func(name string) bool {
			m, _ := methods.Lookup(name)
			return m.CheckTask(regression) != nil
		}), nil
	}
	for _, f := range named {
		m, ok := methods.Lookup(f)
		if !ok {
			return nil, methods.Unknown(f)
		}
		if err := m.CheckTask(regression); err != nil {
			return nil, err
		}
	}
	return named, nil
}

// prepared prepares a run, whose choices are a piece.
func prepared(ctx context.Context, src train.Source, run dataset.Run, o Options) (*train.Prepared, error) {
	var p *train.Prepared
	visit := func(c *train.Choices, s *flat.Stream) { c.Flat(s) }
	made, computed, err := Keep(o.Store, Piece{Stage: StagePrepare, Fold: run.Fold, Seed: run.Seed}, "fusor choices 1", visit, func() (*train.Choices, error) {
		var err error
		if p, err = train.Prepare(ctx, src, run, o.Recipe, 1); err != nil {
			return nil, err
		}
		c := p.Choices()
		return &c, nil
	})
	if err != nil || computed {
		return p, err
	}
	return train.PrepareAs(ctx, src, run, o.Recipe, 1, made)
}

// fitAll fills in the outcomes. It returns ErrPending once all that are not pending are there.
func (res *Result) fitAll(ctx context.Context, src train.Source, o Options) error {
	runs := res.Plan.Runs
	for range res.Entries {
		res.Outcomes = append(res.Outcomes, make([]*Outcome, len(runs)))
	}
	pool := res.pool()
	// A run is prepared once, by whoever comes first, and let go with its last fit: at most as many
	// runs as workers are held.
	shares := make([]sharedPrep, len(runs))
	for i := range shares {
		shares[i].left, shares[i].outcomes = len(pool), make([]*Outcome, len(pool))
	}
	total := len(runs) * len(pool)
	var mu sync.Mutex // guards done, pending, Done and shares[r]'s left and outcomes
	done, pending := 0, false
	err := parallel.For(ctx, total, o.Workers, func(ctx context.Context, _, job int) error {
		// Run by run: the fits of a run follow one another, so that its preparation can be let go early.
		r, e := job/len(pool), job%len(pool)
		s, entry := &shares[r], pool[e].in(r)
		// The preparation is inside: where all pieces of a run are stored it is never made.
		out, err := keepOutcome(o.Store, fitPiece(&pool[e], runs[r]), runs[r], func() (*Outcome, error) {
			s.once.Do(func() { s.p, s.err = prepared(ctx, src, runs[r], o) })
			if s.err != nil {
				return nil, s.err
			}
			if entry.Tuned != nil && entry.Fusion == "" {
				return nil, ErrPending // its search is not done
			}
			return fit(ctx, s.p, &entry, o)
		})
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, ErrPending):
			pending = true
		case err != nil:
			return fmt.Errorf("%s, fold %d, seed %d: %w", pool[e].Name, runs[r].Fold, runs[r].Seed, err)
		default:
			s.outcomes[e] = out
			if done++; o.Done != nil {
				o.Done(done, total, pool[e], runs[r], out)
			}
		}
		if s.left--; s.left == 0 {
			// An ensemble needs every member of the run.
			if !pending {
				res.finish(src.Data, r, s.outcomes)
			}
			s.p, s.outcomes = nil, nil
		}
		return nil
	})
	switch {
	case err == nil && pending:
		// Not an error of this process: other workers hold pieces, and all that can be done here is done.
		return ErrPending
	case err == nil:
		res.nameMembers()
	}
	return err
}

// fit fits an entry in a prepared run and tests it.
func fit(ctx context.Context, p *train.Prepared, e *Entry, o Options) (*Outcome, error) {
	run := p.Run
	views := e.indices(p.Views)
	if len(views) == 0 {
		return nil, fmt.Errorf("no training row has %v", e.Views)
	}
	start := time.Now()
	f, err := e.fit(ctx, p, o.Recipe, views, 1, train.Hooks{}, nil)
	if err != nil {
		return nil, err
	}
	out := &Outcome{
		Test: run.Test, Val: run.Val, DampDense: p.DampDense, History: *f.History, TrainRows: len(run.Train),
		Parameters: f.Model.Size(), Seconds: time.Since(start).Seconds(),
	}
	if !o.Recipe.Train.NoRefit {
		out.TrainRows += len(run.Val)
	}
	for _, v := range views {
		out.Views = append(out.Views, p.Views[v].Name)
		out.column = p.Views[views[0]].Column
	}
	test, err := p.Predict(ctx, f, run.Test, 1)
	if err != nil {
		return nil, err
	}
	out.TestP, out.TestLogits, out.TestWeights, out.Absent = p.Unscale(test), test.Logits, test.Weights, test.Absent
	if f.Val != nil {
		out.ValP, out.ValLogits, out.ValAbsent = p.Unscale(f.Val), f.Val.Logits, f.Val.Absent
	}
	out.calibrate(p.Data, o.decision(p.Data))
	if e.Kind == eval.Fusion {
		if err := out.subsets(ctx, p, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}
