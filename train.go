package fusor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fusor-ml/fusor/analysis"
	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/progress"
	"github.com/fusor-ml/fusor/train"
)

// TrainReport describes a training.
type TrainReport struct {
	Dataset  string           `json:"dataset"`
	Fusion   string           `json:"fusion"`
	Views    []string         `json:"views"`
	Rows     Rows             `json:"rows"`
	History  train.History    `json:"history"`
	Metric   string           `json:"metric"` // the task's main one, or that of the options
	Decision *Decision        `json:"decision,omitempty"`
	Folds    int              `json:"folds,omitempty"` // that Test is the mean of, of a model that a comparison chose
	Test     *Evaluation      `json:"test,omitempty"`  // none without test rows
	Notes    []string         `json:"notes,omitempty"` // of how the rows were divided, and of given embeddings
	Problems dataset.Problems `json:"problems,omitempty"`
	Timing   compare.Timing   `json:"timing"` // all that differs between two equal runs
}

// Decision is how a classifier decides other than by the most probable class: for that one which
// exceeds its threshold by the largest factor.
type Decision struct {
	Metric     string    `json:"metric"` // by which the thresholds were chosen
	Classes    []string  `json:"classes"`
	Thresholds []float64 `json:"thresholds"`
}

// decisionOf returns how a model decides; nil: by the most probable class.
func decisionOf(m *Model) *Decision {
	a := m.Artifact()
	if a.Decision == "" {
		return nil
	}
	return &Decision{a.Decision, a.Schema.Classes, a.Thresholds}
}

// Rows counts the rows of a run's parts.
type Rows struct {
	Train int `json:"train"`
	Val   int `json:"val"`
	Test  int `json:"test"`
}

// TrainOptions describe a training. The zero value is right for most data.
type TrainOptions struct {
	Options
	Recipe     train.Recipe // views, fusion, network, training
	Seed       uint64       // of everything random; Recipe.Train.Seed is 0 or the same
	Checkpoint string       // a file to keep the state in after every epoch
	Resume     bool         // go on from Checkpoint if it is there
	Metric     string       // that the model is measured by first, a name of package eval; "": the task's main one
	// From, if not nil, is what a comparison chose: that entry is measured and fitted as the
	// comparison did, by Recipe and Seed.
	From *compare.Choice
}

// trainJob is a training under way.
type trainJob struct {
	job
	checkpoint string
	resume     bool
	metric     string
}

func (o *TrainOptions) job() *trainJob {
	return &trainJob{job{o.WithDefaults(), o.Recipe, o.Seed, nil}, o.Checkpoint, o.Resume, o.Metric}
}

// Train fits one model to a data set: the epoch is chosen on validation rows, then the model is
// fitted again on train + val, and measured once on the test rows. Without splits of the data's own
// the rows are divided 70/15/15. An error wraps the [dataset.Problems] found until then.
func Train(ctx context.Context, ds *dataset.Dataset, o TrainOptions) (*Model, *TrainReport, error) {
	j := o.job()
	src, problems, err := j.open(ctx, ds)
	if err != nil {
		return nil, nil, err
	}
	defer src.Features.Close() //nolint:errcheck // temporary files
	if err := src.Data.CheckLost(problems, o.AllowMissing); err != nil {
		return nil, nil, err
	}
	var m *Model
	var rep *TrainReport
	if o.From != nil {
		m, rep, err = j.trainAs(ctx, src, o.From)
	} else {
		m, rep, err = j.train(ctx, src)
	}
	if err != nil {
		return nil, nil, problems.Wrap(err)
	}
	rep.Problems = problems
	return m, rep, nil
}

// train fits one model of a source.
func (j *trainJob) train(ctx context.Context, src train.Source) (*Model, *TrainReport, error) {
	rep := &TrainReport{Dataset: src.Data.Name}
	metrics, err := compare.Metrics(src.Data, j.metric)
	if err != nil {
		return nil, nil, err
	}
	rep.Metric = metrics[0].Name
	// Before Prepare, which fits scales and vocabularies on the training rows alone.
	plan, err := dataset.HoldOut(src.Data, dataset.PlanOptions{Seed: j.seed})
	if err != nil {
		return nil, nil, err
	}
	run := plan.Runs[0]
	rep.Notes = append(slices.Clone(plan.Notes), notes(src.Features)...)
	rep.Rows = Rows{len(run.Train), len(run.Val), len(run.Test)}
	p, err := train.Prepare(ctx, src, run, j.recipe, j.Threads)
	if err != nil {
		return nil, nil, err
	}
	// A hash of the rows, by which HeldOut finds the test rows of the same data again.
	trained := trainedOn(src.Data, run, j.seed)
	start := time.Now()
	f, err := j.fit(ctx, p, trained.Rows)
	if err != nil {
		return nil, nil, err
	}
	rep.Timing.FitSeconds = time.Since(start).Seconds()
	j.Logger.Info("model fitted", "fusion", f.Model.Spec.Method, "parameters", f.Model.Size(), "best epoch", f.History.BestEpoch)
	rep.History, rep.Fusion = *f.History, f.Model.Spec.Method
	for _, v := range p.Views {
		rep.Views = append(rep.Views, v.Name)
	}
	a := assemble(p, f, &compare.Options{Recipe: j.recipe, Metric: j.metric})
	a.Training = trained
	a.Record = newRecord(&j.job, src.Data, run)
	a.Record.Metric = rep.Metric
	m := &Model{predict.New(a, j.Options)}
	rep.Decision = decisionOf(m)
	rep.Test, err = j.measure(ctx, m, p, f)
	return m, rep, err
}

// measure measures a fitted model on the test rows of its run, once everything is chosen, and keeps
// its scores in its record; f.Val is nil thereafter. It returns nil where there are none.
func (j *job) measure(ctx context.Context, m *Model, p *train.Prepared, f *train.Fitting) (*Evaluation, error) {
	run, r := p.Run, m.Artifact().Record
	if len(run.Test) == 0 {
		return nil, nil
	}
	// Validation scores are of the search, before the refit saw these rows.
	var val *eval.Predictions
	if f.Val != nil {
		var err error
		if val, err = analysis.Predictions(ctx, m.Model, p.Data, run.Val, f.Val); err != nil {
			return nil, err
		}
		f.Val = nil // of very many classes the largest of all
	}
	e, err := analysis.EvaluateSet(ctx, m.Model, p.Data, p.Set.Pick(f.Views), run.Test)
	if err != nil {
		return nil, err
	}
	e.TrainRows = float64(r.Rows.Fitted)
	if val != nil {
		e.ValRuns = []float64{e.Scores[0].Metric.Of(val)}
	}
	r.Scored, r.Seeds, r.Metrics = artifact.OnTest, 1, scoresOf(&e.Row)
	return e, nil
}

// fit trains on all views, with a checkpoint if one is asked for; rows is the digest of the run.
func (j *trainJob) fit(ctx context.Context, p *train.Prepared, rows string) (*train.Fitting, error) {
	all := make([]int, len(p.Views))
	for i := range all {
		all[i] = i
	}
	hooks := train.Hooks{Epoch: func(e train.Epoch, total int) {
		j.Progress.Report(progress.Train, e.Epoch, total, fmt.Sprintf("validation loss %.4f", e.ValLoss))
	}}
	data, err := j.keepState(&hooks, j.checkpoint, p.Source, p.Run, rows)
	if err != nil {
		return nil, err
	}
	var from *train.Checkpoint
	if j.resume && j.checkpoint != "" {
		if from, err = savedState(j.checkpoint, data); err != nil {
			return nil, err
		}
	}
	return p.Fit(ctx, j.recipe, all, j.Threads, hooks, from)
}

// assemble makes the artifact of a fitted model, calibrated on the validation rows.
func assemble(p *train.Prepared, f *train.Fitting, o *compare.Options) *artifact.Artifact {
	a := &artifact.Artifact{Model: f.Model}
	a.Schema, a.Spec, a.Embeddings = p.Data.Schema, f.Model.Spec, startedFrom(p.Features.Embeddings)
	for _, i := range f.Views {
		v := p.Views[i]
		a.Views = append(a.Views, artifact.View{
			Name: v.Name, Column: v.Column, View: v.Info.Name, Version: v.Info.Version, Options: v.Info.Options, Scaling: v.Scaling,
		})
		a.States = append(a.States, v.State)
	}
	for _, e := range f.History.Epochs {
		a.Curve = append(a.Curve, artifact.Point{TrainLoss: e.TrainLoss, ValLoss: e.ValLoss})
	}
	keepEncoders(a, p.Features.Refs)
	if p.Target != nil {
		a.TargetMean, a.TargetStd = p.Target.Mean, p.Target.Std
	}
	calibrate(a, compare.CalibrateFit(p, f, o))
	return a
}

// calibrate puts the calibration of a model into its artifact.
func calibrate(a *artifact.Artifact, c compare.Calibration) {
	a.Temperature, a.Conformal, a.Thresholds, a.Decision = c.Temperature, c.Conformal, c.Thresholds, c.Decision
}
