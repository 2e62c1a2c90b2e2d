package fusor

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/train"
)

// played is what one run's model says of its test rows while only some
// modalities are present.
type played struct {
	values  *eval.ShapleyValues
	subsets [][]float64 // worth of each row under the first goal, for each of shownSubsets
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

// play tries the best fusion with subsets of its modalities where they are too
// many to do so with every fusion: it is fitted again in every run.
func (c *Comparison) play(ctx context.Context, src train.Source, o *Options) error {
	best, _ := c.best()
	if best < 0 {
		return nil
	}
	outcomes := c.Result.Outcomes[best]
	players := outcomes[0].Players
	if len(players) < 2 || slices.ContainsFunc(outcomes, func(out *compare.Outcome) bool {
		return out.Subsets != nil || !slices.Equal(out.Players, players)
	}) {
		return nil
	}
	total := len(outcomes) * ((&eval.Game{Players: len(players)}).Evaluations() + len(shownSubsets(len(players))))
	var mu sync.Mutex
	done := 0
	step := func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		o.progress("explain", done, total, c.Result.Entries[best].Name)
	}
	runs := make([]*played, len(outcomes))
	err := c.Result.Refit(ctx, src, best, compare.Options{Recipe: o.Recipe, Workers: o.threads()}, func(r int, p *train.Prepared, f *train.Fitting) (err error) {
		ask := outcomes[r].Ask(ctx, p, f)
		runs[r], err = c.playRun(outcomes[r], func(present []bool) (compare.Subset, error) {
			defer step()
			return ask(present)
		})
		return err
	})
	if err == nil {
		c.played = runs
	}
	return err
}

// goals are what the contributions of a comparison explain.
func (c *Comparison) goals() []string {
	if c.Task == dataset.Regression {
		return []string{explain.ErrorDrop}
	}
	return []string{explain.Correctness, explain.LogOdds, explain.TrueLogOdds}
}

// playRun divides the worth of a run's test rows among the modalities. say is
// what its model says with some of them present; the error is that of say.
func (c *Comparison) playRun(o *compare.Outcome, say func(present []bool) (compare.Subset, error)) (*played, error) {
	worth := func(present []bool) ([][]float64, error) {
		s, err := say(present)
		if err != nil {
			return nil, err
		}
		if s.Value == nil {
			return explain.Worth(s), nil
		}
		out := make([]float64, len(o.Test))
		for i, r := range o.Test {
			out[i] = -math.Abs(float64(s.Value[i]) - c.Data.Rows[r].Target)
		}
		return [][]float64{out}, nil
	}
	game := &eval.Game{Players: len(o.Players), Rows: len(o.Test), Goals: len(c.goals()), Value: worth}
	values, err := game.Shapley()
	if err != nil {
		return nil, err
	}
	out := &played{values: values}
	for _, present := range shownSubsets(len(o.Players)) {
		w, err := worth(present)
		if err != nil {
			return nil, err
		}
		out.subsets = append(out.subsets, w[0])
	}
	return out, nil
}
