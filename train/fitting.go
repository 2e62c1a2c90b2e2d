package train

import (
	"context"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/model"
)

// Fitting is one model trained on a prepared run, with its scores.
type Fitting struct {
	Model   *model.Model
	Views   []int // indices into Prepared.Views
	History *History
	Val     *model.Scores // of the model before the refit; P is nil but of an ensemble, see Prepared.Unscale
}

// Fit builds and trains the model of a recipe on the given views of p.
func (p *Prepared) Fit(ctx context.Context, r Recipe, views []int, workers int, hooks Hooks, from *Checkpoint) (*Fitting, error) {
	r.Train.Seed = fitSeed(r.Train.Seed, p.Run)
	net, err := p.build(r, views)
	if err != nil {
		return nil, err
	}
	joint, err := p.stack(ctx, net, r, views, workers) // no gradient of the training reaches it
	if err != nil {
		return nil, err
	}
	f := &Fitting{Model: net, Views: views}
	d := Data{Set: p.Set.Pick(views), Train: p.Run.Train, Val: p.Run.Val}
	inner := hooks.Val
	hooks.Val = func(m *model.Model) (err error) {
		if f.Val, err = model.NewPredictor(m, workers).Logits(ctx, d.Set, d.Val, nil); err == nil && inner != nil {
			err = inner(m)
		}
		return err
	}
	if f.History, err = Fit(ctx, net, d, r.Train, workers, hooks, from); err == nil && joint != nil {
		load(net.Stacker().Joint(), joint) // the refit began anew
	}
	return f, err
}

// RecipeError is why no model of a recipe can be built on some views.
type RecipeError struct{ Err error }

// Error implements error.
func (e *RecipeError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *RecipeError) Unwrap() error { return e.Err }

// build makes the untrained model of a recipe on the given views.
func (p *Prepared) build(r Recipe, views []int) (*model.Model, error) {
	spec, err := r.spec(p, views, r.Train.Seed)
	if err != nil {
		return nil, &RecipeError{err}
	}
	net, err := model.Build(spec, p.Methods)
	if err != nil {
		return nil, &RecipeError{err}
	}
	for _, i := range views {
		if from, ok := p.Views[i].State.(feature.PretrainedState); ok && from.EmbeddingDim() > 0 {
			if err := net.InitEmbeddings(p.Views[i].Name, from); err != nil {
				return nil, err
			}
		}
	}
	return net, nil
}

// Predict scores rows of the run with a fitted model.
func (p *Prepared) Predict(ctx context.Context, f *Fitting, rows []int, workers int) (*model.Scores, error) {
	return model.NewPredictor(f.Model, workers).Predict(ctx, p.Set.Pick(f.Views), rows)
}

// fitSeed is the seed of a run's initialization, batches and dropout. Seeds and
// folds are small numbers; the odd constant keeps them apart for any base.
func fitSeed(base uint64, r dataset.Run) uint64 {
	return base*0x9E3779B97F4A7C15 + uint64(r.Seed)<<20 + uint64(r.Fold)
}

// Unscale returns the probabilities of s, or, of a regression, its values in the targets' own
// units.
func (p *Prepared) Unscale(s *model.Scores) []float64 {
	spec := model.Spec{Regression: p.Target != nil, Multilabel: p.Set.Labels != nil}
	values := spec.Probabilities(s)
	if p.Target == nil {
		return values
	}
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = p.Target.Mean + p.Target.Std*v
	}
	return out
}
