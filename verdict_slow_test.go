//go:build slow

package fusor

import (
	"context"
	"testing"

	"github.com/fusor-ml/fusor/eval"
)

// judged compares every fusion on a generated set and returns the finding.
func judged(t *testing.T, path string, seeds int) *eval.Verdict {
	t.Helper()
	c, err := CompareFile(context.Background(), path, nil, Setup{Folds: 5, Seeds: seeds, NoCache: true})
	if err != nil {
		t.Fatal(err)
	}
	return c.Verdict
}

// On data whose second modality is pure noise the verdict claims at most once
// in 20 sets that fusion helps.
func TestVerdictOnPureNoise(t *testing.T) {
	claims := 0
	for seed := range uint64(20) {
		v := judged(t, folder(t, 100+seed, 200, false, signal{"a", 4, 1.7}, signal{"noise", 4, 0}), 1)
		if v.Finding == eval.Helps {
			claims++
			t.Logf("set %d: %s", seed, v.Text)
		}
	}
	if claims > 1 {
		t.Errorf("fusion with noise was claimed to help in %d of 20 sets", claims)
	}
}

// Two modalities that each tell about 80 % and together 88 %: claimed in at
// least ten of twelve sets.
func TestVerdictOnComplementaryModalities(t *testing.T) {
	claims := 0
	for seed := range uint64(12) {
		v := judged(t, folder(t, 200+seed, 600, false, signal{"a", 2, 1.7}, signal{"b", 2, 1.7}), 3)
		if v.Finding == eval.Helps {
			claims++
		}
		t.Logf("set %d: %s", seed, v.Text)
	}
	t.Logf("claimed in %d of 12 sets", claims)
	if claims < 10 {
		t.Errorf("complementary modalities were claimed to help in %d of 12 sets", claims)
	}
}

// Sets that wish for 90 % cover 88 to 92 % of the test rows on average over 20
// generated sets of 400 training and 200 test rows, the fusion chosen among all.
func TestCoverageOfPredictionSets(t *testing.T) {
	const sets = 20
	mean := 0.0
	for seed := range uint64(sets) {
		path := folder(t, 300+seed, 600, true, signal{"a", 2, 1.5}, signal{"b", 2, 1.5})
		c, err := CompareFile(context.Background(), path, nil, Setup{Seeds: 1, NoCache: true})
		if err != nil {
			t.Fatal(err)
		}
		rep := c.Document(ReportOptions{}).Sets.Report
		t.Logf("set %d: %.3f", seed, rep.Coverage)
		mean += rep.Coverage / sets
	}
	t.Logf("mean %.3f", mean)
	if mean < 0.88 || mean > 0.92 {
		t.Errorf("90 %% sets cover %.3f", mean)
	}
}
