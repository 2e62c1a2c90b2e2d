package report

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/internal/svg"
)

// A stacked plot has a color for each part; the least ones share the last.
func TestStackedPartsHaveTheirOwnColors(t *testing.T) {
	for _, n := range []int{3, 8, 9, 12} {
		v := explain.Contribution{Goal: explain.Correctness}
		one, two := explain.ClassPart{Class: "a"}, explain.ClassPart{Class: "b"}
		for k := range n {
			v.Parts = append(v.Parts, explain.Part{Name: fmt.Sprint("m", k)})
			one.Values = append(one.Values, 0.01*float64(k+1))
			two.Values = append(two.Values, 0)
		}
		two.Values[0] = -0.9 // the least in one class is the largest in the other
		v.Classes = []explain.ClassPart{one, two}
		fig := newReader(&Document{Shapley: []explain.Contribution{v}}, speakerOf("en")).shapleyClasses(v, "x", "t", "u", svg.Points)
		p := fig.plot.(*svg.Bars)
		if len(p.Series) != min(n, 8) || !slices.Contains(p.Series, "m0") || !slices.Contains(p.Series, fmt.Sprint("m", n-1)) {
			t.Errorf("of %d parts the plot shows %v", n, p.Series)
		}
		if want := fmt.Sprintf("%d others", n-7); n > 8 && p.Series[7] != want {
			t.Errorf("of %d parts the last is %s, want %s", n, p.Series[7], want)
		}
		for i, c := range v.Classes {
			a, b := 0.0, 0.0
			for _, x := range c.Values {
				a += x
			}
			for _, x := range p.Rows[i].Parts {
				b += x
			}
			if math.Abs(a-b) > 1e-12 || len(p.Rows[i].Parts) != len(p.Series) {
				t.Errorf("of %d parts the bar of %s sums to %g, want %g", n, c.Class, b, a)
			}
		}
		if len(fig.table.keys) != n+1 || len(fig.table.rows[0]) != n+1 {
			t.Errorf("the table of %d parts has %d columns", n, len(fig.table.keys))
		}
	}
}

// A modality keeps its color in the plots of other goals.
func TestStackedPlotsShowTheSameParts(t *testing.T) {
	var d Document
	for _, goal := range []string{explain.Correctness, explain.LogOdds} {
		v := explain.Contribution{Goal: goal}
		c := explain.ClassPart{Class: "a"}
		for k := range 12 {
			v.Parts = append(v.Parts, explain.Part{Name: fmt.Sprint("m", k)})
			x := float64(k + 1)
			if goal == explain.LogOdds {
				x = 100 * float64(20-k)
			}
			c.Values = append(c.Values, x)
		}
		v.Classes = []explain.ClassPart{c}
		d.Shapley = append(d.Shapley, v)
	}
	r := newReader(&d, speakerOf("en"))
	a := r.shapleyClasses(d.Shapley[0], "x", "t", "u", svg.Points).plot.(*svg.Bars).Series
	if b := r.shapleyClasses(d.Shapley[1], "x", "t", "u", svg.Points).plot.(*svg.Bars).Series; !slices.Equal(a, b) {
		t.Errorf("one plot shows %v, the other %v", a, b)
	}
}

// A plot of some subsets does not say that it shows every one.
func TestSubsetsTitle(t *testing.T) {
	f := func(want string, subsets ...[]string) {
		t.Helper()
		d := &Document{Metric: "accuracy"}
		for _, s := range subsets {
			d.Subsets = append(d.Subsets, explain.Subset{Players: s})
		}
		if got := newReader(d, speakerOf("en")).subsets().figures[0].plot.(*svg.Ranking).Title; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("Accuracy for every subset of the modalities", nil, []string{"a"}, []string{"b"}, []string{"a", "b"})
	f("Accuracy for single modalities and for all but one", nil, []string{"a"}, []string{"b"}, []string{"a", "b", "c"})
}
