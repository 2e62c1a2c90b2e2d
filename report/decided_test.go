package report

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/internal/svg"
)

// A stacked plot has a colour for each part; the least ones share the last.
func TestStackedPartsHaveTheirOwnColours(t *testing.T) {
	for _, n := range []int{3, 8, 9, 12} {
		v := Shapley{Goal: Correctness}
		one, two := ClassParts{Class: "a"}, ClassParts{Class: "b"}
		for k := range n {
			v.Parts = append(v.Parts, Contribution{Name: fmt.Sprint("m", k)})
			one.Values = append(one.Values, 0.01*float64(k+1))
			two.Values = append(two.Values, 0)
		}
		two.Values[0] = -0.9 // the least in one class is the largest in the other
		v.Classes = []ClassParts{one, two}
		fig := newReader(&Document{}, speakerOf("en")).shapleyClasses(v, "x", "t", "u", svg.Points)
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
