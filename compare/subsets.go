package compare

import (
	"context"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/train"
)

// maxSubsetPlayers bounds the modalities for which every fusion is tested with
// each subset of them present: 2⁶ predictions of the test rows cost little
// beside a fit. Of more modalities only the fusion that is chosen is tested so,
// once it is.
const maxSubsetPlayers = 6

// maxSubsetLogits bounds the logits of subsets that a fusion keeps until an ensemble is made of it.
const maxSubsetLogits = 1 << 21

// maxLogOdds bounds log-odds, so that a sure prediction stays finite.
const maxLogOdds = 30

// Index is where an outcome keeps the subset of the players that are present:
// bit k is player k.
func Index(present []bool) int {
	at := 0
	for k, in := range present {
		if in {
			at |= 1 << k
		}
	}
	return at
}

// SubsetScores is what a model predicts of its test rows while only some players are present.
type SubsetScores struct {
	Hit  []bool    // right
	True []float32 // log-odds of the true class, or the mean of those that each label is as it is
	Top  []float32 // the same of what the model predicts with all players
	// Hits and Named are of a multi-label task, in place of Hit: labels that are predicted and true,
	// and predicted and true ones counted together.
	Hits, Named []float32
	// Value is a regression's prediction; the others are empty then.
	Value []float32
}

// subsets tests a fitted fusion with every subset of its modalities.
func (o *Outcome) subsets(ctx context.Context, p *train.Prepared, f *train.Fitting) error {
	names, _ := model.Players(f.Model.Spec.Views)
	if len(names) < 2 {
		return nil
	}
	if o.Players = names; len(names) > maxSubsetPlayers {
		return nil
	}
	scorer, present := o.scorer(ctx, p, f), make([]bool, len(names))
	keep := len(o.TestLogits)<<len(names) <= maxSubsetLogits
	for s := range 1 << len(names) {
		for k := range present {
			present[k] = s>>k&1 == 1
		}
		subset, scores, err := scorer(present)
		if err != nil {
			return err
		}
		o.Subsets = append(o.Subsets, subset)
		if keep {
			o.subsetLogits = append(o.subsetLogits, toFloat32(scores.Logits))
			o.subsetAbsent = append(o.subsetAbsent, scores.Absent)
		}
	}
	return nil
}

// SubsetScorer returns a function that scores the test rows with the outcome's fitted model while
// only some players are present. Its error is ctx's.
func (o *Outcome) SubsetScorer(ctx context.Context, p *train.Prepared, f *train.Fitting) func(present []bool) (SubsetScores, error) {
	scorer := o.scorer(ctx, p, f)
	return func(present []bool) (SubsetScores, error) {
		s, _, err := scorer(present)
		return s, err
	}
}

// scorer is SubsetScorer of a function that returns the model's scores as well.
func (o *Outcome) scorer(ctx context.Context, p *train.Prepared, f *train.Fitting) func(present []bool) (SubsetScores, *model.Scores, error) {
	_, of := model.Players(f.Model.Spec.Views)
	score := o.subsetScores(p.Data, f.Model.Spec.Outputs, p.Target)
	full := &model.Scores{Outputs: f.Model.Spec.Outputs, Logits: o.TestLogits, Absent: o.Absent}
	predictor, set := model.NewPredictor(f.Model, 1), p.Set.Pick(f.Views)
	return func(present []bool) (SubsetScores, *model.Scores, error) {
		scores := full
		if slices.Contains(present, false) {
			var err error
			if scores, err = predictor.PredictMasked(ctx, set, o.Test, model.Hidden(of, present)); err != nil {
				return SubsetScores{}, nil, err
			}
		}
		return score(scores), scores, nil
	}
}

// subsetScores returns a function that turns what is predicted of the test rows, while only some
// players are present, into their scores. target is that of a regression.
func (o *Outcome) subsetScores(ds *dataset.Dataset, outputs int, target *train.Scale) func(*model.Scores) SubsetScores {
	truth := Truth{Class: eval.Labels(ds, o.Test), Temperature: o.Temperature, Thresholds: o.Thresholds}
	if ds.Schema.Task == dataset.Multilabel {
		truth.Sets = eval.Sets(ds, o.Test)
	}
	score := truth.Scorer(&model.Scores{Outputs: outputs, Logits: o.TestLogits, Absent: o.Absent})
	return func(s *model.Scores) SubsetScores {
		if target == nil {
			return score(s)
		}
		var sub SubsetScores
		for _, v := range s.Logits {
			sub.Value = append(sub.Value, float32(target.Mean+target.Std*v))
		}
		return sub
	}
}

func toFloat32(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// Truth is what the scores of subsets are measured by: the labels of rows and the calibration of a
// model.
type Truth struct {
	Class       []int   // of a classification
	Sets        [][]int // of a multi-label task
	Temperature float64
	Thresholds  []float64 // of the labels, or of the classes; nil: the most probable class is predicted
}

// Scorer returns a function that scores the rows; full are their scores with all players.
func (t Truth) Scorer(full *model.Scores) func(s *model.Scores) SubsetScores {
	if t.Sets == nil {
		top := t.tops(full)
		return func(s *model.Scores) SubsetScores { return t.classScores(s, top) }
	}
	top := make([][]int, len(t.Sets))
	for i := range top {
		top[i] = t.decide(full, i)
	}
	return func(s *model.Scores) SubsetScores { return t.labelScores(s, top) }
}

// temperature is that of row i: the prior is as it is.
func (t Truth) temperature(s *model.Scores, i int) float64 {
	if s.Absent[i] {
		return 1
	}
	return t.Temperature
}

// decide returns the labels that row i is given.
func (t Truth) decide(s *model.Scores, i int) []int {
	z := s.Logits[i*s.Outputs : (i+1)*s.Outputs]
	return eval.Decide(eval.SoftenLabels([][]float64{z}, t.temperature(s, i))[0], t.Thresholds)
}

// labelScores scores rows with several labels each; top are those predicted with all players.
func (t Truth) labelScores(s *model.Scores, top [][]int) SubsetScores {
	n, c := len(t.Sets), s.Outputs
	out := SubsetScores{True: make([]float32, n), Top: make([]float32, n), Hits: make([]float32, n), Named: make([]float32, n)}
	for i := range n {
		z, temperature := s.Logits[i*c:(i+1)*c], t.temperature(s, i)
		given := t.decide(s, i)
		out.Hits[i] = float32(eval.Matches(given, t.Sets[i]))
		out.Named[i] = float32(len(given) + len(t.Sets[i]))
		out.True[i] = meanLogOdds(z, t.Sets[i], temperature)
		out.Top[i] = meanLogOdds(z, top[i], temperature)
	}
	return out
}

// meanLogOdds is the mean over the labels of the log-odds of having those of set and no others.
func meanLogOdds(z []float64, set []int, temperature float64) float32 {
	sum := 0.0
	for l, v := range z {
		odds := max(-maxLogOdds, min(maxLogOdds, v/temperature))
		if _, has := slices.BinarySearch(set, l); !has {
			odds = -odds
		}
		sum += odds
	}
	return float32(sum / float64(max(len(z), 1)))
}

// classScores scores rows of a classification; top are the classes predicted with all players.
func (t Truth) classScores(s *model.Scores, top []int) SubsetScores {
	n, c := len(t.Class), s.Outputs
	given := t.tops(s)
	out := SubsetScores{Hit: make([]bool, n), True: make([]float32, n), Top: make([]float32, n)}
	for i := range n {
		z, temperature := s.Logits[i*c:(i+1)*c], t.temperature(s, i)
		out.Hit[i] = given[i] == t.Class[i]
		out.True[i] = float32(logOdds(z, t.Class[i], temperature))
		out.Top[i] = float32(logOdds(z, top[i], temperature))
	}
	return out
}

// tops are the classes that are predicted.
func (t Truth) tops(s *model.Scores) []int {
	out := make([]int, len(s.Absent))
	for i := range out {
		z := s.Logits[i*s.Outputs : (i+1)*s.Outputs]
		if t.Thresholds == nil || s.Absent[i] {
			out[i] = eval.Argmax(z)
		} else {
			out[i] = eval.DecideClass(eval.Soften([][]float64{z}, t.Temperature)[0], t.Thresholds)
		}
	}
	return out
}

// logOdds is ln(p/(1−p)) of class k under softmax(z/t), without the loss of
// digits that 1−p would bring.
func logOdds(z []float64, k int, t float64) float64 {
	if k < 0 || len(z) < 2 {
		return 0
	}
	top := math.Inf(-1)
	for j, v := range z {
		if j != k {
			top = max(top, v/t)
		}
	}
	sum := 0.0
	for j, v := range z {
		if j != k {
			sum += math.Exp(v/t - top)
		}
	}
	return max(-maxLogOdds, min(maxLogOdds, z[k]/t-top-math.Log(sum)))
}
