package fusor

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"github.com/fusor-ml/fusor/analysis"
	"io/fs"
	"slices"
	"time"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/train"
)

// TrainReport describes a training.
type TrainReport struct {
	Dataset  string           `json:"dataset"`
	Fusion   string           `json:"fusion"`
	Views    []string         `json:"views"`
	Rows     Rows             `json:"rows"`
	History  train.History    `json:"history"`
	Test     *Evaluation      `json:"test,omitempty"`  // none without test rows
	Notes    []string         `json:"notes,omitempty"` // of how the rows were divided, and of given embeddings
	Problems dataset.Problems `json:"problems,omitempty"`
	Timing   compare.Timing   `json:"timing"` // all that differs between two equal runs
}

// Rows counts the rows of a run's parts.
type Rows struct {
	Train int `json:"train"`
	Val   int `json:"val"`
	Test  int `json:"test"`
}

// Train reads the manifest or folder at path and fits one model: the epoch is
// chosen on validation rows, then the model is fitted again on train + val,
// and measured once on the test rows. An error wraps the [dataset.Problems] found until then.
func Train(ctx context.Context, path string, o Options) (*Model, *TrainReport, error) {
	if o.Folds != 0 {
		return nil, nil, fmt.Errorf("cannot train in %d folds: one model is fitted; Compare takes folds", o.Folds)
	}
	src, problems, err := o.open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	defer src.Bank.Close() //nolint:errcheck // temporary files
	if err := checkLost(src.Data, problems, o.AllowMissing); err != nil {
		return nil, nil, err
	}
	m, rep, err := o.train(ctx, src)
	if err != nil {
		return nil, nil, problems.Wrap(err)
	}
	rep.Problems = problems
	return m, rep, nil
}

// train fits one model of a source.
func (o *Options) train(ctx context.Context, src train.Source) (*Model, *TrainReport, error) {
	rep := &TrainReport{Dataset: src.Data.Name}
	plan, err := dataset.HoldOut(src.Data, dataset.PlanOptions{Seed: o.Seed})
	if err != nil {
		return nil, nil, err
	}
	run := plan.Runs[0]
	rep.Notes = append(slices.Clone(plan.Notes), wordsKnown(src.Bank)...)
	rep.Rows = Rows{len(run.Train), len(run.Val), len(run.Test)}
	p, err := train.Prepare(ctx, src, run, o.Recipe, o.threads())
	if err != nil {
		return nil, nil, err
	}
	start := time.Now()
	f, err := o.fit(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	rep.Timing.FitSeconds = time.Since(start).Seconds()
	rep.History, rep.Fusion = *f.History, f.Model.Spec.Method
	for _, v := range p.Views {
		rep.Views = append(rep.Views, v.Name)
	}
	a := assemble(p, f)
	a.Training = trainedOn(src.Data, run, o.Seed)
	m := o.newModel(a)
	if len(run.Test) > 0 {
		s, err := p.Predict(ctx, f, run.Test, o.threads())
		if err != nil {
			return nil, nil, err
		}
		rep.Test = analysis.NewEvaluation(m.Model, src.Data, run.Test, m.Probabilities(s))
		rep.Test.TrainRows = float64(len(run.Train))
		if !o.Recipe.Train.NoRefit {
			rep.Test.TrainRows += float64(len(run.Val))
		}
		if f.Val != nil {
			val := eval.NewPredictions(src.Data, run.Val, p.Unscale(f.Val))
			rep.Test.ValRuns = []float64{rep.Test.Scores[0].Metric.Of(val)}
		}
	}
	return m, rep, nil
}

// fit trains on all views, with a checkpoint if one is asked for.
func (o *Options) fit(ctx context.Context, p *train.Prepared) (*train.Fitting, error) {
	all := make([]int, len(p.Views))
	for i := range all {
		all[i] = i
	}
	hooks := train.Hooks{Epoch: func(e train.Epoch, of int) {
		o.progress("train", e.Epoch, of, fmt.Sprintf("validation loss %.4f", e.ValLoss))
	}}
	var from *train.Checkpoint
	if o.Checkpoint != "" {
		data, err := o.fingerprint(p)
		if err != nil {
			return nil, err
		}
		hooks.Save = func(c *train.Checkpoint) error {
			c.Data = data
			return c.WriteFile(o.Checkpoint)
		}
		if o.Resume {
			if from, err = train.ReadCheckpoint(o.Checkpoint); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			if from != nil && from.Data != data {
				return nil, fmt.Errorf("cannot resume from %s: the data, their media or the settings are not those it was begun with; train without resuming, or delete it", o.Checkpoint)
			}
		}
	}
	return p.Fit(ctx, o.Recipe, all, o.threads(), hooks, from)
}

// fingerprint is a hash of everything that a fit of p depends on.
func (o *Options) fingerprint(p *train.Prepared) (string, error) {
	features, err := p.Bank.Digest()
	if err != nil {
		return "", err
	}
	data, err := json.Marshal([]any{p.Data.Schema, p.Data.Rows, features, o.Recipe, p.Run})
	if err != nil {
		return "", fmt.Errorf("cannot tell what is trained on: %w", err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data)), nil
}

// assemble makes the artifact of a fitted model, calibrated on the validation rows.
func assemble(p *train.Prepared, f *train.Fitting) *artifact.Artifact {
	a := &artifact.Artifact{Model: f.Model}
	a.Schema, a.Spec, a.Embeddings = p.Data.Schema, f.Model.Spec, startedFrom(p.Bank.Embeddings)
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
	a.Temperature = 1
	if p.Target != nil {
		a.TargetMean, a.TargetStd = p.Target.Mean, p.Target.Std
	} else if f.Val != nil && len(p.Run.Val) > 0 {
		var probs [][]float64
		labels := eval.Labels(p.Data, p.Run.Val)
		a.Temperature, probs = eval.Calibrate(eval.Rows(f.Val.Logits, f.Val.Outputs), labels, f.Val.Absent)
		for _, score := range eval.ConformalScores(probs, labels) {
			a.Conformal = append(a.Conformal, float32(score))
		}
	}
	return a
}
