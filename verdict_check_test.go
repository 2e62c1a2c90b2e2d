package fusor_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/train"
)

// The verdict, computed once more from every run's predictions by code of its
// own: plain sums, Student's distribution by integrating its density, Holm's
// procedure as the closure of weighted Bonferroni tests, a bootstrap with other
// random numbers.

// reference opens a reference data set, or skips the test.
func reference(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("FUSOR_DATA")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	for _, p := range []string{"manifest.csv", "labels.csv"} {
		if _, err := os.Stat(filepath.Join(dir, name, p)); err == nil {
			if p == "labels.csv" {
				return filepath.Join(dir, name)
			}
			return filepath.Join(dir, name, p)
		}
	}
	t.Skipf("no %s in %s", name, dir)
	return ""
}

func TestVerdictComputedTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, and nothing in it runs that others do not run")
	}
	brief := train.Recipe{Width: 16, Train: train.Config{Epochs: 3, LR: 0.01}} // the statistics are tested, not the models
	t.Run("leaves100", func(t *testing.T) {
		checkVerdict(t, "leaves100", fusor.Setup{Recipe: brief}, "concat", "mean")
	})
	t.Run("wikipedia", func(t *testing.T) {
		checkVerdict(t, "wikipedia", fusor.Setup{Seeds: 2, Recipe: brief}, "concat", "mean", "attention")
	})
}

func checkVerdict(t *testing.T, name string, options fusor.Setup, fusions ...string) {
	t.Helper()
	path := reference(t, name)
	options.NoCache = true
	c, err := fusor.CompareFile(context.Background(), path, fusions, options)
	if err != nil {
		t.Fatal(err)
	}
	official := c.Result.Plan.Official
	trainRows, testRows, j := 0.0, 0.0, float64(len(c.Result.Plan.Runs))
	for _, r := range c.Result.Plan.Runs {
		trainRows += float64(len(r.Train)+len(r.Val)) / j
		testRows += float64(len(r.Test)) / j
	}
	right := func(rows []int, p []float64) []float64 {
		k := len(p) / len(rows)
		out := make([]float64, len(rows))
		for i, r := range rows {
			best := 0
			for q := 1; q < k; q++ {
				if p[i*k+q] > p[i*k+best] {
					best = q
				}
			}
			if c.Data.Schema.Classes[best] == c.Data.Rows[r].Label {
				out[i] = 1
			}
		}
		return out
	}
	var all []own
	for e, entry := range c.Result.Entries {
		o := own{name: entry.Name, fused: entry.Kind == "fusion"}
		for r, out := range c.Result.Outcomes[e] {
			known := right(out.Val, out.ValP)
			o.val += average(known) / j
			o.known = append(o.known, known)
			hits := right(out.Test, out.TestP)
			o.runs = append(o.runs, average(hits))
			if r == 0 {
				o.rows = make([]float64, len(hits))
			}
			if official {
				for i := range hits {
					o.rows[i] += hits[i] / j
				}
			}
		}
		all = append(all, o)
		stored := c.Rows[e]
		for r, v := range stored.Scores[0].Summary.Runs {
			if math.Abs(v-o.runs[r]) > 1e-12 {
				t.Errorf("%s: run %d is %v, want %v", o.name, r, v, o.runs[r])
			}
		}
	}
	sameVal := true
	for _, r := range c.Result.Plan.Runs {
		sameVal = sameVal && slices.Equal(r.Val, c.Result.Plan.Runs[0].Val)
	}
	for i := range all {
		if all[i].name == "ensemble" {
			all[i].val += 1.645 * all[i].behind(all, sameVal)
		}
	}
	single, fused := -1, -1
	modalities := false
	for _, e := range c.Result.Entries {
		modalities = modalities || e.Modality
	}
	for i, o := range all {
		if modalities && !o.fused && !c.Result.Entries[i].Modality { // a view of a modality
			continue
		}
		at := &single
		if o.fused {
			at = &fused
		}
		if *at < 0 || o.val > all[*at].val+1e-12 {
			*at = i
		}
	}

	var tried []int
	var ps, weights []float64
	for i := range all {
		o := &all[i]
		if !o.fused {
			continue
		}
		if official {
			o.bootstrapped(all[single].rows, unitsOf(c))
		} else {
			o.tested(all[single].runs, trainRows, testRows)
		}
		tried, ps = append(tried, i), append(ps, o.p)
		w := 0.1 / math.Max(1, float64(fusionsOf(all)-1))
		if i == fused {
			w = 0.9
		}
		weights = append(weights, w)
	}
	at := sort.SearchInts(tried, fused)
	adjusted := closed(ps, weights, at)
	o := &all[fused]
	level := 0.05 * o.p / adjusted
	low, high := o.low(level), o.high(level)
	finding := eval.NotShown
	switch {
	case adjusted < 0.05:
		finding = eval.Helps
	case high < 0:
		finding = eval.Hurts
	}

	v := readVerdict(t, c)
	t.Logf("%s\n own: %s over %s by %.4f, %.4f to %.4f, p %.4g; said: %.4f, %.4f to %.4f, p %.4g, %s",
		name, o.name, all[single].name, o.mean, low, high, math.Min(1, adjusted), v.Difference, v.Low, v.High, v.PValue, v.Finding)
	if v.BestSingle != all[single].name || v.BestFusion != o.name {
		t.Errorf("chosen %s and %s, want %s and %s", v.BestSingle, v.BestFusion, all[single].name, o.name)
	}
	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s is %v, want %v within %.2g", what, got, want, tolerance)
		}
	}
	near("the difference", v.Difference, o.mean, 1e-12)
	end, pTolerance := 1e-7, 1e-7
	if official { // two bootstraps differ by chance
		end = 0.12*o.se + 1/float64(len(o.rows))
		const fewest = 9999 // draws of the verdict; p = 2·count/draws, and the count is Poisson's
		pTolerance = 5*math.Sqrt(2*math.Min(1, math.Max(adjusted, v.PValue))/fewest) + 5.0/fewest
		if c.Data.Schema.Group == "" {
			near("McNemar's p", v.McNemar, mcNemar(o.rows, all[single].rows), 1e-9)
		} else if !math.IsNaN(v.McNemar) { // it takes rows to be independent
			t.Errorf("McNemar's p of grouped rows is %v", v.McNemar)
		}
	}
	near("the lower end", v.Low, low, end)
	near("the upper end", v.High, high, end)
	near("p", v.PValue, math.Min(1, adjusted), pTolerance)
	if math.Abs(adjusted-0.05) > pTolerance && math.Abs(high) > end && v.Finding != finding {
		t.Errorf("the verdict is %q, want %q", v.Finding, finding)
	}
}

// fusionsOf counts the fusions that were tried.
func fusionsOf(all []own) int {
	n := 0
	for _, o := range all {
		if o.fused {
			n++
		}
	}
	return n
}

// readVerdict takes the verdict from the JSON, as other programs do.
func readVerdict(t *testing.T, c *fusor.Comparison) *eval.Verdict {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Verdict *eval.Verdict }
	if err := json.Unmarshal(data, &doc); err != nil || doc.Verdict == nil {
		t.Fatalf("no verdict: %v", err)
	}
	return doc.Verdict
}

// unitsOf are the test rows, or their groups.
func unitsOf(c *fusor.Comparison) [][]int {
	var units [][]int
	at := map[string]int{}
	for i, r := range c.Result.Plan.Runs[0].Test {
		g := c.Data.Rows[r].Group
		k, ok := at[g]
		if !ok || g == "" {
			k = len(units)
			at[g] = k
			units = append(units, nil)
		}
		units[k] = append(units[k], i)
	}
	if len(units) < 10 { // too few groups to resample
		units = nil
		for i := range c.Result.Plan.Runs[0].Test {
			units = append(units, []int{i})
		}
	}
	return units
}
