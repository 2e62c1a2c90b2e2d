package fusor

import (
	"context"
	"errors"
	"testing"

	"github.com/fusor-ml/fusor/predict"
)

// An explanation that is canceled ends with the subset, or the level of noise, that it is at.
func TestExplainCanBeCanceled(t *testing.T) {
	m, ds := trained(t, folder(t, 3, 90, false, many(7)...), Setup{})
	for _, stage := range []string{"explain", "noise"} {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		steps := 0
		o := Setup{NoCache: true, Progress: func(p Progress) {
			if p.Stage == stage {
				steps++
				cancel()
			}
		}}
		m := &Model{predict.New(m.Artifact(), o.Options())}
		if _, err := m.Explain(ctx, ds, ExplainOptions{}); !errors.Is(err, context.Canceled) || steps == 0 || steps > 10 {
			t.Errorf("%s: error %v after %d steps", stage, err, steps)
		}
	}
}
