package dataset

import (
	"fmt"
	"strings"
	"testing"
)

// Where one class is nearly all, a note describes what accuracy is worth.
func TestMajority(t *testing.T) {
	f := func(every int, want bool) {
		t.Helper()
		ds := accepted(t, "m.csv", manifestOf(100, "label,text", func(i int) string {
			return fmt.Sprintf("%v,some words %d here", i%every == 0, i)
		}), Options{})
		p, err := NewPlan(ds, PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		h, err := HoldOut(ds, PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, notes := range [][]string{p.Notes, h.Notes} {
			if got := strings.Contains(strings.Join(notes, "\n"), `of the labels are "false"`); got != want {
				t.Errorf("one in %d: notes %q", every, notes)
			}
		}
	}
	f(2, false)
	f(4, false)
	f(10, true)
}

// Test rows of a class that no training row has, and test parts of one class, are told of: once
// each.
func TestClassesOfTheParts(t *testing.T) {
	f := func(opt PlanOptions, header string, row func(i int) string, unseen, one string) {
		t.Helper()
		ds := accepted(t, "m.csv", manifestOf(60, header, row), Options{})
		p, err := NewPlan(ds, opt)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, n := range p.Notes {
			for _, key := range []string{"no model can get", "do not tell"} {
				if strings.Contains(n, key) {
					got[key] += n
				}
			}
		}
		if a, b := got["no model can get"], got["do not tell"]; (unseen == "") != (a == "") || (one == "") != (b == "") || !strings.HasPrefix(a, unseen) || !strings.HasPrefix(b, one) {
			t.Errorf("%s: noted %q and %q, want %q and %q", row(0), a, b, unseen, one)
		}
	}
	text := func(i int, label rune) string { return fmt.Sprintf("%c,some words %d here", label, i) }
	ab := func(i int) string { return text(i, 'a'+rune(i%2)) }
	part := func(i int) string { return []string{"train", "train", "val", "test"}[i/2%4] }
	f(PlanOptions{}, "label,text", ab, "", "")
	f(PlanOptions{}, "label,text,split", func(i int) string { return ab(i) + "," + part(i) }, "", "")
	f(PlanOptions{}, "label,text,split", func(i int) string {
		if part(i) == "test" && i%2 == 0 {
			return text(i, 'c') + ",test"
		}
		return ab(i) + "," + part(i)
	}, `in the test 7 rows have a label that no training row has ("c")`, "")
	f(PlanOptions{}, "label,text,split", func(i int) string {
		if part(i) == "test" {
			return text(i, 'a') + ",test"
		}
		return ab(i) + "," + part(i)
	}, "", `every test row is "a"`)
	f(PlanOptions{Folds: 3, Seeds: 2}, "label,text,group", func(i int) string {
		return fmt.Sprintf("%s,g%d", text(i, 'a'+rune(i/20)), i/20)
	}, `in the test 60 rows have a label that no training row of their fold has ("`, "the test rows of 3 of 3 folds are of one class each")
}
