package fusor

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/analysis"
	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/progress"
	"github.com/fusor-ml/fusor/train"
)

// handOver makes the model that a comparison hands over. On an official split it is the chosen
// entry as its first run fitted it; with folds the entry is fitted once more, to all labeled rows,
// and its scores are those of the folds. See docs/decisions/0028-model-of-a-comparison.md.
type handOver struct {
	*job
	src        train.Source
	comparison *Comparison
	entry      int
	options    compare.Options
	unseen     []*compare.Outcome // see unseenFits
	history    *train.History     // of the fit
	test       *Evaluation        // of the model; nil with folds
}

// keep returns the model, which is a piece of the comparison.
func (h *handOver) keep(ctx context.Context) (*Model, error) {
	var err error
	if h.unseen, err = h.unseenFits(ctx); err != nil {
		return nil, err
	}
	var m *Model
	visit := func(data *[]byte, s *flat.Stream) { s.Bytes(data) }
	data, computed, err := compare.Keep(h.options.Store, compare.Piece{Stage: compare.StageModel}, "fusor handover 1", visit, func() (*[]byte, error) {
		var err error
		if m, err = h.fit(ctx, checkpoint{file: h.options.Store.Checkpoint(), resume: true}); err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = m.Encode(&b)
		data := b.Bytes()
		return &data, err
	})
	if err != nil || computed {
		return m, err
	}
	return Decode(bytes.NewReader(*data), h.Options)
}

// checkpoint is a file for the state of a fit.
type checkpoint struct {
	file   string // "": none
	resume bool   // go on from it
	// strict makes a state that cannot be gone on from an error; else the fit begins anew, as a
	// comparison's must that finds what other options have left.
	strict bool
}

// fit fits the model.
func (h *handOver) fit(ctx context.Context, at checkpoint) (_ *Model, err error) {
	res := h.comparison.Result
	run := res.Plan.Runs[0]
	// Folds leave each model without a fifth of the rows; the one for use is fitted on all (decision
	// 28).
	if !res.Plan.Official {
		if run, err = dataset.FitAll(h.src.Data, h.seed); err != nil {
			return nil, err
		}
	}
	p, f, err := res.Fit(ctx, h.src, h.entry, run, h.options, h.Threads, h.watch(at, run))
	if err != nil {
		return nil, fmt.Errorf("cannot fit the model of the comparison: %w", err)
	}
	h.history = f.History
	a := assemble(p, f, &h.options)
	// By rows that no choice was made on (decision 28), if there are any.
	if h.unseen != nil {
		calibrate(a, compare.CalibrateTests(h.src.Data, h.unseen, &h.options))
	} else if res.Plan.Official {
		calibrate(a, compare.CalibrateVal(h.src.Data, res.Outcomes[h.entry][0], &h.options))
	}
	// The model is asked for the columns that it uses, no others.
	read := narrowed(h.src.Data, a)
	a.Schema = read.Schema
	a.Training = trainedOn(read, run, h.seed)
	a.Record = newRecord(h.job, h.src.Data, run)
	m := &Model{predict.New(a, h.Options)}
	return m, h.score(ctx, m, p, f)
}

// watch reports the epochs of the fits and keeps their states: an ensemble has a file for each
// member.
func (h *handOver) watch(at checkpoint, run dataset.Run) compare.Watch {
	ensemble, rows := len(h.comparison.Result.Entries[h.entry].Members) > 0, ""
	if at.file != "" {
		rows = h.src.Data.RunDigest(run)
	}
	return func(k int, e *compare.Entry) (hooks train.Hooks, from *train.Checkpoint, err error) {
		hooks.Epoch = func(ep train.Epoch, total int) {
			h.Progress.Report(progress.Train, ep.Epoch, total, fmt.Sprintf("%s, validation loss %.4f", e.Name, ep.ValLoss))
		}
		path := at.file
		if ensemble && path != "" {
			path = fmt.Sprintf("%s.%d", path, k)
		}
		data, err := h.keepState(&hooks, path, h.src, run, rows, e)
		if err != nil || !at.resume || path == "" {
			return hooks, nil, err
		}
		if from, err = savedState(path, data); err != nil && at.strict {
			return hooks, nil, err
		}
		return hooks, from, nil
	}
}

// score puts the scores into the model's record: on an official split its own on the test rows (see
// docs/decisions/0050-scores-of-a-model.md), with folds, which leave it none, those of the folds.
func (h *handOver) score(ctx context.Context, m *Model, p *train.Prepared, f *train.Fitting) (err error) {
	c, r := h.comparison, m.Artifact().Record
	scores, seeds := scoresOf(&c.Rows[h.entry]), len(c.Run.Seeds)
	if r.Metric = c.Metric; !c.Result.Plan.Official {
		r.Scored, r.Folds, r.Seeds, r.Metrics = artifact.OnFolds, c.Result.Plan.Folds, seeds, scores
		return nil
	}
	r.Compared = &artifact.Compared{Score: scores[0], Seeds: seeds}
	h.test, err = h.measure(ctx, m, p, f)
	return err
}

// unseenFits returns fits whose test rows no choice was made on, each row once: the folds of the
// first seed, or of the training rows where the split has few validation rows. Nil: validation rows
// have to do.
func (h *handOver) unseenFits(ctx context.Context) ([]*compare.Outcome, error) {
	res := h.comparison.Result
	if h.src.Data.Schema.Task == dataset.Regression {
		return nil, nil
	}
	if res.Plan.Official {
		if len(res.Plan.Runs[0].Val) >= eval.FewCalibrationRows {
			return nil, nil
		}
		// Those of the comparison, unless they are of another entry.
		e, inner := &res.Entries[h.entry], h.comparison.InnerFits()
		if inner == nil || inner.Entries[0].Name != e.Name || inner.Entries[0].Kind != e.Kind {
			o, err := h.options, error(nil)
			o.Done = func(done, total int, _ compare.Entry, _ dataset.Run, _ *compare.Outcome) {
				h.Progress.Report(progress.Calibrate, done, total, e.Name)
			}
			if inner, err = res.InnerFits(ctx, h.src, h.entry, h.seed, compare.StageRecalibrate, o); inner == nil {
				return nil, err
			}
		}
		return inner.Outcomes[0], nil
	}
	var out []*compare.Outcome
	for r, run := range res.Plan.Runs {
		if run.Seed == res.Plan.Runs[0].Seed {
			out = append(out, res.Outcomes[h.entry][r])
		}
	}
	return out, nil
}

// newRecord is a record without scores.
func newRecord(j *job, ds *dataset.Dataset, run dataset.Run) *artifact.Record {
	r := &artifact.Record{Version: Version, Kernel: kernel.ActiveTier().String(), Scored: artifact.OnNone}
	r.Rows = artifact.Rows{Table: len(ds.Rows), Train: len(run.Train), Val: len(run.Val), Test: len(run.Test), Fitted: len(run.Train)}
	if !j.recipe.Train.NoRefit {
		r.Rows.Fitted += len(run.Val)
	}
	return r
}

func scoresOf(row *compare.Row) []artifact.Score {
	var out []artifact.Score
	for _, s := range row.Scores {
		out = append(out, artifact.Score{Name: s.Metric.Name, Summary: s.Summary})
	}
	return out
}

// narrowed returns ds with the columns that a model reads alone.
func narrowed(ds *dataset.Dataset, a *artifact.Artifact) *dataset.Dataset {
	var kept []int
	for k, c := range ds.Schema.Columns {
		if slices.ContainsFunc(a.Views, func(v artifact.View) bool { return v.Column == c.Name }) {
			kept = append(kept, k)
		}
	}
	return ds.Pick(kept)
}

// trainAs fits and measures what a comparison chose, as the comparison did, and returns the model
// that one with the same options hands over.
func (j *trainJob) trainAs(ctx context.Context, src train.Source, choice *compare.Choice) (*Model, *TrainReport, error) {
	plan, err := dataset.NewPlan(src.Data, dataset.PlanOptions{Folds: choice.Folds, Seeds: choice.Seeds, Seed: j.seed})
	if err != nil {
		return nil, nil, err
	}
	// The same plan, seeds and measures as the comparison, for one entry: equal to the bit.
	o := compare.Options{Recipe: j.recipe, Only: &choice.Entry, Metric: j.metric, Workers: j.Threads}
	o.Done = func(done, total int, e compare.Entry, _ dataset.Run, _ *compare.Outcome) {
		j.Progress.Report(progress.Compare, done, total, e.Name)
	}
	// Asked before the fits.
	if _, err := compare.Metrics(src.Data, j.metric); err != nil {
		return nil, nil, err
	}
	res, err := compare.Run(ctx, src, plan, o)
	if err != nil {
		return nil, nil, err
	}
	sum, err := res.Summarize(src.Data, j.metric, "")
	if err != nil {
		return nil, nil, err
	}
	c, err := analysis.New(ctx, res, sum, analysis.Setup{Source: src, Seed: j.seed, Compare: o, Progress: j.Progress})
	if err != nil {
		return nil, nil, err
	}
	h := handOver{job: &j.job, src: src, comparison: c, options: o}
	// The record, with the scores, comes from the folds; the model itself is fitted after them.
	if h.unseen, err = h.unseenFits(ctx); err != nil {
		return nil, nil, err
	}
	m, err := h.fit(ctx, checkpoint{j.checkpoint, j.resume, true})
	if err != nil {
		return nil, nil, err
	}
	rows := m.Artifact().Record.Rows
	rep := &TrainReport{Dataset: src.Data.Name, Fusion: choice.Fusion, Views: m.Views(), Rows: Rows{rows.Train, rows.Val, rows.Test}}
	rep.Notes = append(slices.Clone(res.Plan.Notes), wordsKnown(src.Features)...)
	rep.History = *h.history
	rep.Metric, rep.Folds = c.Metric, m.Artifact().Record.Folds
	rep.Test, rep.Decision = h.test, decisionOf(m)
	if rep.Test == nil {
		rep.Test = &Evaluation{Row: c.Rows[0]}
	}
	return m, rep, nil
}
