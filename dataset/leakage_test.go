package dataset

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// manifestOf makes a manifest of n rows, each by row.
func manifestOf(n int, header string, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		b.WriteString(row(i) + "\n")
	}
	return b.String()
}

// A column that is another name of the label is told.
func TestGiveaways(t *testing.T) {
	f := func(n int, row func(i int) string, want string) {
		t.Helper()
		ds := accepted(t, "m.csv", manifestOf(n, "label,text,other", row), Options{})
		got := ""
		for _, p := range ds.Problems {
			if strings.Contains(p.What, "determines the label") {
				got += p.Column
			}
		}
		if got != want {
			t.Errorf("%s: %q gives the label away, want %q", row(0), got, want)
		}
	}
	f(40, func(i int) string { return fmt.Sprintf("%c,some words %d here,x%d", 'a'+i%2, i, i%2) }, "other")
	f(40, func(i int) string { return fmt.Sprintf("%c,some words %d here,%d", 'a'+i%2, i, i%4) }, "other")    // a number with few values
	f(40, func(i int) string { return fmt.Sprintf("%c,some words %d here,%d", 'a'+i%2, i, 100*(i%2)+i) }, "") // many values: merely good
	f(40, func(i int) string { return fmt.Sprintf("%c,some words %d here,x%d", 'a'+i%2, i, i%3) }, "")        // not pure
	f(40, func(i int) string { return fmt.Sprintf("%c,some words %d here,same", 'a'+i%2, i) }, "")            // constant
	f(12, func(i int) string { return fmt.Sprintf("%c,some words %d here,x%d", 'a'+i%2, i, i%2) }, "")        // too few rows to say so
	f(40, func(i int) string { return fmt.Sprintf("%d.5,some words %d here,%d.50", i, i, i) }, "other")       // a copy of the target
	f(40, func(i int) string { return fmt.Sprintf("%d.5,some words %d here,%d.25", i, i, i) }, "")            // close to it
}

// Whole numbers whose order has nothing to do with the label are noted, as they may be names.
func TestUnordered(t *testing.T) {
	f := func(want bool, n int, row func(i int) (number, label string)) {
		t.Helper()
		ds := accepted(t, "m.tsv", manifestOf(n, "school\ttext\tlabel", func(i int) string {
			number, label := row(i)
			return fmt.Sprintf("%s\tsome words of any kind %d here\t%s", number, i, label)
		}), Options{})
		if got := strings.Contains(codesOf(ds.Problems), "column.unordered"); got != want {
			t.Errorf("noted %v: %v", got, ds.Problems)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a seed that is the same each time
	drawn := make([]int, 2000)
	for i := range drawn {
		drawn[i] = rng.IntN(64)
	}
	noise := func(i int) int { return drawn[i] }
	class := func(yes bool) string { return map[bool]string{true: "pass", false: "fail"}[yes] }
	name := func(s, i int) bool { return (noise(s+1700) < 32) != (noise(i) < 12) }
	f(true, 1600, func(i int) (string, string) { return fmt.Sprint(i%40 + 1), class(name(i%40, i)) })
	f(true, 1600, func(i int) (string, string) {
		return fmt.Sprint(i%40 + 1), fmt.Sprintf("%d.5", 10*noise(i%40+1700)+noise(i))
	})
	f(false, 1600, func(i int) (string, string) { return fmt.Sprint(i%40 + 1), class(i%40+noise(i)/4 > 27) })
	f(false, 1600, func(i int) (string, string) { return fmt.Sprint(i%40 + 1), class(noise(i) < 30) })
	f(false, 1600, func(i int) (string, string) { return fmt.Sprintf("%d.5", i%40+1), class(name(i%40, i)) })
}
