package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
)

// ranking collects how the fusions rank on each set.
type ranking struct {
	names []string
	ranks [][]float64 // [set][name]
}

// add ranks the fusions of a comparison by their mean test score, 1 the best and equal ones alike.
// Sets that do not have the fusions of the first one are left out.
func (k *ranking) add(c *fusor.Comparison) {
	var names []string
	var scores []float64
	for _, r := range c.Rows {
		if r.Kind == eval.Fusion && r.Fusion != model.Ensemble && r.Name == r.Fusion {
			names, scores = append(names, r.Name), append(scores, r.Scores[0].Summary.Mean)
			if !r.Scores[0].Metric.HigherIsBetter {
				scores[len(scores)-1] *= -1
			}
		}
	}
	if k.names == nil && len(names) > 1 {
		k.names = names
	}
	if len(names) < 2 || !slices.Equal(names, k.names) {
		return
	}
	k.ranks = append(k.ranks, ranksOf(scores))
}

// ranksOf returns the rank of each score, the highest first; equal ones share the mean of theirs.
func ranksOf(scores []float64) []float64 {
	ranks := make([]float64, len(scores))
	for i, s := range scores {
		better, equal := 0, 0
		for _, o := range scores {
			switch {
			case o > s:
				better++
			case o == s:
				equal++
			}
		}
		ranks[i] = float64(better) + float64(equal+1)/2
	}
	return ranks
}

// print draws the critical-difference diagram (Demšar 2006, JMLR 7, section 3.2.2): the mean ranks,
// and how far apart two of them have to be to differ at 5 %.
func (k *ranking) print(w io.Writer) {
	sets, n := len(k.ranks), len(k.names)
	if sets < 2 {
		return
	}
	mean := make([]float64, n)
	for _, r := range k.ranks {
		for i, v := range r {
			mean[i] += v / float64(sets)
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, mean[a]-mean[b])) })
	cd := criticalDifference(n, sets)
	fmt.Fprintf(w, "\nmean rank of %d fusions on %d sets; two that are %.2f apart differ (Nemenyi, 5 %%)\n\n", n, sets, cd)
	const width = 60
	at := func(rank float64) int { return int(math.Round((rank - 1) / float64(n-1) * (width - 1))) }
	for _, i := range order {
		line := []rune(strings.Repeat(" ", width))
		for j := at(mean[i]); j <= min(at(mean[i]+cd), width-1); j++ {
			line[j] = '-'
		}
		line[at(mean[i])] = '●'
		fmt.Fprintf(w, "%-16s %5.2f  |%s|\n", k.names[i], mean[i], string(line))
	}
}

// criticalDifference returns by how much the mean ranks of two of k methods over n sets differ with
// a probability of 5 % if the methods are equal: q √(k(k+1)/6n), q the quantile of the Studentized
// range of k normal variables over √2.
func criticalDifference(k, n int) float64 {
	low, high := 0.0, 20.0
	for range 60 {
		q := (low + high) / 2
		if rangeBelow(q, k) < 0.95 {
			low = q
		} else {
			high = q
		}
	}
	return low / math.Sqrt2 * math.Sqrt(float64(k*(k+1))/6/float64(n))
}

// rangeBelow returns the probability that k normal variables lie within q of each other:
// k ∫ φ(z) (Φ(z) − Φ(z − q))^(k−1) dz.
func rangeBelow(q float64, k int) float64 {
	const step = 0.01
	sum := 0.0
	for z := -8.0; z <= 8+q; z += step {
		density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		sum += density * math.Pow(normal(z)-normal(z-q), float64(k-1)) * step
	}
	return float64(k) * sum
}

func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
