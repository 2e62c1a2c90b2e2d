package dataset

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Copies of a row that a split may divide are told, with their number.
func TestCopies(t *testing.T) {
	f := func(header string, row func(i int) string, want string) {
		t.Helper()
		ds := accepted(t, "m.csv", manifestOf(60, header, row), Options{})
		got := ""
		for _, p := range ds.Problems {
			if strings.Contains(p.What, "scores") {
				got += p.What
			}
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: noted %q, want %q", row(0), got, want)
		}
	}
	long := func(k int) string { return fmt.Sprintf("%c,a text that is number %d of some,%d.5", 'a'+k%2, k, k*k) }
	f("label,text,x", func(i int) string { return long(i) }, "")
	f("label,text,x", func(i int) string { return long(i % 12) }, "60 of 60 rows are exact copies")
	f("label,text,x", func(i int) string { return long(min(i, 57)) }, "3 of 60 rows are exact copies")
	f("label,text", func(i int) string { return []string{"a,good", "b,bad"}[i%2] }, "") // short texts are alike by nature
	f("label,text,x,group", func(i int) string { return fmt.Sprintf("%s,g%d", long(i%12), i%12) }, "")
	f("label,text,x,group", func(i int) string { return fmt.Sprintf("%s,g%d", long(i%12), i%5) }, "60 of 60 rows")
	split := func(i int) string { return []string{"train", "train", "val", "test"}[i%4] }
	f("label,text,x,split", func(i int) string { return long(i/4) + "," + split(i) }, "15 of 15 test rows are also training or validation rows")
	f("label,text,x,split", func(i int) string { return fmt.Sprintf("%s,%s", long(i%4), split(i)) }, "") // on one side each
	f("label,text,x,split", func(i int) string { return fmt.Sprintf("%s,fold%d", long(i%12), i%3) }, "")
	f("label,text,x,split", func(i int) string { return fmt.Sprintf("%s,fold%d", long(i%12), i%5) }, "60 of 60 rows")
}

// Looking for copies takes no time to speak of, also where all rows are alike.
func TestCopiesAreFoundFast(t *testing.T) {
	for _, distinct := range []int{1, 100_000} {
		ds := &Dataset{Rows: make([]Row, 100_000)}
		for i := range ds.Rows {
			ds.Rows[i] = Row{Label: "a", Cells: []Cell{{Text: fmt.Sprintf("a text that is number %d", i%distinct)}}}
		}
		start := time.Now()
		noteDuplicates(ds, &collector{})
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%d different rows: %v", distinct, took)
		}
	}
}
