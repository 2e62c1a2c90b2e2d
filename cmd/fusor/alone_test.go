package main

import (
	"math"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/eval"
)

// The best single one is proposed where a fusion that is not shown to help is ahead by a standard
// error at most, however wide the corrections make the interval.
func TestAlone(t *testing.T) {
	for _, c := range []struct {
		difference, error float64
		finding           eval.Finding
		chosen            string
		want              bool
	}{
		{0.01, 0.02, eval.NotShown, eval.Fusion, true},
		{-0.05, 0.02, eval.Hurts, eval.Fusion, true},
		{0.03, 0.02, eval.NotShown, eval.Fusion, false},
		{0.01, math.NaN(), eval.NotShown, eval.Fusion, false},
		{0.01, 0.02, eval.Helps, eval.Fusion, false},
		{0.01, 0.02, eval.NotShown, eval.Single, false},
	} {
		cmp := &fusor.Comparison{Comparison: &compare.Comparison{
			Verdict: &eval.Verdict{Difference: c.difference, StandardError: c.error, Low: -0.2, High: 0.3, Finding: c.finding, BestSingle: "text"},
			Chosen:  &compare.Choice{Entry: compare.Entry{Name: "mean", Kind: c.chosen}},
		}}
		one := &compareCmd{Out: "result"}
		one.Data = "shop.csv"
		if got := one.alone(&env{}, cmp); slices.Contains(got, "text") != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
