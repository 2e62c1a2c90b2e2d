package dataset

import (
	"fmt"
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
