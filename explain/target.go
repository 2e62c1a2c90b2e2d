// Package explain shows why a trained model decides as it does, and how robust it is: what each
// modality contributes (Shapley values over the presence mask), and how the score falls as a
// modality is noisy or missing.
package explain

import (
	"context"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
)

// Target is a trained model that is explained.
type Target struct {
	Name     string
	Artifact *artifact.Artifact
	// Predict scores every row of a set with the marked views hidden (nil: none).
	Predict func(ctx context.Context, set *model.Set, hide []bool) (*model.Scores, error)
	// Probabilities are the calibrated probabilities of scores, or a
	// regression's values in the targets' units, [rows, outputs].
	Probabilities func(s *model.Scores) []float64
}

// Importance is what each modality contributes to a model's predictions of some rows.
type Importance struct {
	Players       []string            `json:"players"` // columns; the views of an only column
	Contributions []Contribution      `json:"contributions"`
	Subsets       []Subset            `json:"subsets,omitempty"` // every one up to eval.ExactPlayers players, beyond that the key ones
	Goals         []string            `json:"-"`
	Values        *eval.ShapleyValues `json:"-"` // of every row: [labeled rows]
}

// Subset is the model's score with only some players present.
type Subset struct {
	Players []string `json:"players"` // none: the prior
	Score   float64  `json:"score"`
	// Range is the 95 % interval; nil where it was not computed, as beyond rangedPlayers players.
	Range *Interval `json:"range,omitempty"`
}

// Interval is a 95 % interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// NewInterval returns the interval of a summary; nil if it has none.
func NewInterval(s eval.Summary) *Interval {
	if math.IsNaN(s.Low) || math.IsNaN(s.High) {
		return nil
	}
	return &Interval{s.Low, s.High}
}

// rangedPlayers bounds the players whose subsets get intervals.
const rangedPlayers = 6

// Labeled lists the labeled rows of a data set.
func Labeled(ds *dataset.Dataset) []int {
	var rows []int
	for i := range ds.Rows {
		if ds.Rows[i].Labeled() {
			rows = append(rows, i)
		}
	}
	return rows
}

// Importance measures what each modality contributes on the labeled rows of a
// data set; set holds the model's views of all its rows. step is called after each
// subset tried; it may be nil. The error is that of Predict.
func (s *Target) Importance(ctx context.Context, ds *dataset.Dataset, set *model.Set, step func(done, total int)) (*Importance, error) {
	rows := Labeled(ds)
	names, of := model.Players(s.Artifact.Spec.Views)
	im := &Importance{Players: names}
	metric := eval.MainMetric(ds.Schema.Task)
	groups := eval.Groups(ds, rows)
	sample := NewSample(ds, rows)
	regression := s.Artifact.Spec.Regression
	im.Goals = Goals(ds.Schema.Task)
	// The model with everything present, asked once.
	full, err := s.Predict(ctx, set, nil)
	if err != nil {
		return nil, err
	}
	truth := compare.Truth{Class: eval.Labels(ds, rows), Temperature: s.Artifact.Temperature, Thresholds: s.Artifact.Thresholds}
	if s.Artifact.Spec.Multilabel {
		truth.Sets = eval.Sets(ds, rows)
	}
	worth := truth.Scorer(pick(full, rows))
	ask := func(present []bool) (*model.Scores, error) {
		// Subsets are made by hiding views behind the mask: the model is not fitted again.
		if !slices.Contains(present, false) {
			return full, nil
		}
		return s.Predict(ctx, set, model.Hidden(of, present))
	}
	game := &eval.Game{Players: len(names), Rows: len(rows), Goals: len(im.Goals)}
	done, total := 0, game.Evaluations()
	game.Value = func(present []bool) ([][]float64, error) {
		scores, err := ask(present)
		if err != nil {
			return nil, err
		}
		// Few players: all subsets are evaluated anyway, and their scores are a table of the report.
		if len(names) <= eval.ExactPlayers {
			im.Subsets = append(im.Subsets, s.subset(ds, rows, scores, present, names, metric, groups))
		}
		if done++; step != nil {
			step(min(done, total), total)
		}
		// A value function has to rise with quality: minus the absolute error.
		if regression {
			p := s.Probabilities(scores)
			off := make([]float64, len(rows))
			for i, r := range rows {
				off[i] = -math.Abs(p[r] - ds.Rows[r].Target)
			}
			return [][]float64{off}, nil
		}
		return Values(worth(pick(scores, rows))), nil
	}
	if im.Values, err = game.Shapley(); err != nil {
		return nil, err
	}
	// Of many players permutations are drawn; the table then shows the key subsets alone.
	if im.Values.Sampled { // by chance alone the key ones are among those tried
		for _, present := range eval.KeySubsets(len(names)) {
			scores, err := ask(present)
			if err != nil {
				return nil, err
			}
			im.Subsets = append(im.Subsets, s.subset(ds, rows, scores, present, names, metric, groups))
		}
	}
	im.Contributions = Contributions(im.Values, im.Goals, names, sample)
	return im, nil
}

// Values returns the values of a subset's scores under the goals Correctness or RowF1, LogOdds and
// TrueLogOdds.
func Values(s compare.SubsetScores) [][]float64 {
	out := matrix(3, len(s.True))
	for i := range s.True {
		switch {
		case s.Named != nil:
			out[0][i] = eval.RowF1(int(s.Hits[i]), int(s.Named[i]))
		case s.Hit[i]:
			out[0][i] = 1
		}
		out[1][i], out[2][i] = float64(s.Top[i]), float64(s.True[i])
	}
	return out
}

// pick is the scores of some rows.
func pick(s *model.Scores, rows []int) *model.Scores {
	out := &model.Scores{Outputs: s.Outputs}
	for _, r := range rows {
		out.Logits = append(out.Logits, s.Logits[r*s.Outputs:(r+1)*s.Outputs]...)
		out.Absent = append(out.Absent, s.Absent[r])
	}
	return out
}

func (s *Target) subset(ds *dataset.Dataset, rows []int, scores *model.Scores, present []bool, names []string, metric eval.Metric, groups []int) Subset {
	out := Subset{Players: []string{}}
	for k, n := range names {
		if present[k] {
			out.Players = append(out.Players, n)
		}
	}
	preds := s.predictions(ds, rows, scores)
	if k := len(out.Players); len(names) > rangedPlayers && k > 1 && k < len(names)-1 {
		out.Score = metric.Of(preds)
		return out
	}
	sum := eval.SummarizeSplit(metric, []*eval.Predictions{preds}, groups)
	out.Score, out.Range = sum.Mean, NewInterval(sum)
	return out
}

// predictions puts the model's answers for rows beside the truth.
func (s *Target) predictions(ds *dataset.Dataset, rows []int, scores *model.Scores) *eval.Predictions {
	p := s.Probabilities(scores)
	c := scores.Outputs
	picked := make([]float64, 0, len(rows)*c)
	for _, r := range rows {
		picked = append(picked, p[r*c:(r+1)*c]...)
	}
	preds := eval.NewPredictions(ds, rows, picked)
	switch {
	case s.Artifact.Spec.Multilabel:
		preds.Thresholds = s.Artifact.Thresholds
	case s.Artifact.Thresholds != nil:
		absent := make([]bool, len(rows))
		for i, r := range rows {
			absent[i] = scores.Absent[r]
		}
		preds.Chosen = eval.DecideClasses(eval.Rows(picked, c), s.Artifact.Thresholds, absent)
	}
	return preds
}
