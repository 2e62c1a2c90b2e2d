package analysis

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/progress"
)

// subsetValues is what the model of one run is worth on its test rows while only some modalities
// are present.
type subsetValues struct {
	shapley *eval.ShapleyValues
	// Of each row, for each of shownSubsets: its value under the first goal; of a multi-label task the
	// labels that are predicted and true, and in named predicted and true ones counted together.
	subsets, named [][]float64
}

// allSubsets bounds the modalities of which the report shows every subset.
const allSubsets = 6

// shownSubsets are those that the report shows of n modalities.
func shownSubsets(n int) [][]bool {
	if n > allSubsets {
		return eval.KeySubsets(n)
	}
	out := make([][]bool, 1<<n)
	for s := range out {
		out[s] = make([]bool, n)
		for p := range n {
			out[s][p] = s>>p&1 == 1
		}
	}
	return out
}

// refitSubsets tries the best fusion with subsets of its modalities where they are too
// many to do so with every fusion: it is fitted again in every run.
func (c *Comparison) refitSubsets(ctx context.Context, s *Setup) error {
	best, _ := c.Best()
	if best < 0 {
		return nil
	}
	outcomes := c.Result.Outcomes[best]
	players := outcomes[0].Players
	// Already there, or not comparable between the runs: addImportance notes the latter.
	if len(players) < 2 || slices.ContainsFunc(outcomes, func(out *compare.Outcome) bool {
		return out.Subsets != nil || !slices.Equal(out.Players, players)
	}) {
		return nil
	}
	// What Shapley values take in each run, and the subsets that are shown beside them.
	total := len(outcomes) * ((&eval.Game{Players: len(players)}).Evaluations() + len(shownSubsets(len(players))))
	var mu sync.Mutex // guards done and pending
	done, pending := 0, false
	step := func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		s.Progress.Report(progress.Explain, done, total, c.Result.Entries[best].Name)
	}
	runs := make([]*subsetValues, len(outcomes))
	err := parallel.For(ctx, len(outcomes), s.Compare.Workers, func(ctx context.Context, _, r int) (err error) {
		run := c.Result.Plan.Runs[r]
		piece := compare.Piece{Stage: compare.StageSubsets, Fold: run.Fold, Seed: run.Seed}
		runs[r], _, err = compare.Keep(s.Compare.Store, piece, "fusor subsets 1", (*subsetValues).flat, func() (*subsetValues, error) {
			// Bit for bit the model of the comparison: the fit depends on the recipe and the run alone.
			p, f, err := c.Result.Fit(ctx, s.Source, best, run, compare.Options{Recipe: s.Compare.Recipe}, 1, nil)
			if err != nil {
				return nil, err
			}
			scorer := outcomes[r].SubsetScorer(ctx, p, f)
			return c.valueSubsets(outcomes[r], func(present []bool) (compare.SubsetScores, error) {
				defer step()
				return scorer(present)
			})
		})
		if errors.Is(err, compare.ErrPending) {
			mu.Lock()
			defer mu.Unlock()
			pending, err = true, nil
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case pending:
		return compare.ErrPending
	}
	c.values = runs
	return nil
}

// flat visits every field, to write or to read it.
func (v *subsetValues) flat(s *flat.Stream) {
	if v.shapley == nil {
		v.shapley = &eval.ShapleyValues{}
	}
	lists := func(l *[][]float64) { flat.List(s, l, s.Floats) }
	lists(&v.shapley.Empty)
	lists(&v.shapley.Full)
	flat.List(s, &v.shapley.Parts, lists)
	s.Bool(&v.shapley.Sampled)
	lists(&v.subsets)
	lists(&v.named)
}

// goals are what the contributions of a comparison explain.
func (c *Comparison) goals() []string {
	return explain.Goals(c.Task)
}

// valueSubsets divides the value of a run's test rows among the modalities. score returns what its
// model predicts with some of them present; the error is that of score.
func (c *Comparison) valueSubsets(o *compare.Outcome, score func(present []bool) (compare.SubsetScores, error)) (*subsetValues, error) {
	value := func(present []bool) ([][]float64, error) {
		s, err := score(present)
		if err != nil {
			return nil, err
		}
		return c.worth(o, s), nil
	}
	game := &eval.Game{Players: len(o.Players), Rows: len(o.Test), Goals: len(c.goals()), Value: value}
	values, err := game.Shapley()
	if err != nil {
		return nil, err
	}
	out := &subsetValues{shapley: values}
	for _, present := range shownSubsets(len(o.Players)) {
		s, err := score(present)
		if err != nil {
			return nil, err
		}
		if s.Named != nil {
			out.subsets, out.named = append(out.subsets, wide(s.Hits)), append(out.named, wide(s.Named))
			continue
		}
		out.subsets, out.named = append(out.subsets, c.worth(o, s)[0]), append(out.named, nil)
	}
	return out, nil
}

// worth returns the value of each test row under each goal.
func (c *Comparison) worth(o *compare.Outcome, s compare.SubsetScores) [][]float64 {
	if s.Value == nil {
		return explain.Values(s)
	}
	out := make([]float64, len(o.Test))
	for i, r := range o.Test {
		out[i] = -math.Abs(float64(s.Value[i]) - c.Data.Rows[r].Target)
	}
	return [][]float64{out}
}

func wide(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
