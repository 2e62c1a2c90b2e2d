package dataset

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkPlan holds the laws of every plan: ascending parts that share no row, whole groups, every
// labeled row in some part, tests of folds that share no row.
func checkPlan(t interface{ Errorf(string, ...any) }, ds *Dataset, p Plan) {
	tested := map[int]int{}
	for _, r := range p.Runs {
		part := map[int]int{}
		groups := map[string]int{}
		for k, rows := range [][]int{r.Train, r.Val, r.Test} {
			if len(rows) == 0 {
				t.Errorf("fold %d seed %d: part %d is empty", r.Fold, r.Seed, k)
			}
			if !slices.IsSorted(rows) {
				t.Errorf("fold %d seed %d: part %d does not ascend", r.Fold, r.Seed, k)
			}
			for _, i := range rows {
				if _, twice := part[i]; twice {
					t.Errorf("fold %d seed %d: row %d is there twice", r.Fold, r.Seed, i)
				}
				part[i] = k
				if !ds.Rows[i].Labeled() {
					t.Errorf("row %d has no label", i)
				}
				if g := ds.Rows[i].Group; g != "" && ds.Schema.Group != "" && (!p.Official || (k < 2 && ds.Rows[i].Split == "train")) {
					if other, seen := groups[g]; seen && other != k {
						t.Errorf("fold %d seed %d: group %q is in parts %d and %d", r.Fold, r.Seed, g, other, k)
					}
					groups[g] = k
				}
			}
		}
		if r.Seed == 0 {
			for _, i := range r.Test {
				tested[i]++
			}
		}
	}
	for i, n := range tested {
		if n > 1 {
			t.Errorf("row %d is in %d tests", i, n)
		}
	}
}

// made builds a data set of the given labels, groups and splits ("" where the list is short).
func made(labels, groups, splits []string) *Dataset {
	ds := &Dataset{Schema: Schema{Label: "label", Task: Classification}}
	for i, l := range labels {
		r := Row{Number: i + 2, Label: l, Class: -1}
		if l != "" {
			k := slices.Index(ds.Schema.Classes, l)
			if k < 0 {
				k = len(ds.Schema.Classes)
				ds.Schema.Classes = append(ds.Schema.Classes, l)
			}
			r.Class = k
		}
		if i < len(groups) {
			r.Group, ds.Schema.Group = groups[i], "group"
		}
		if i < len(splits) {
			r.Split, ds.Schema.Split = splits[i], "split"
		}
		ds.Rows = append(ds.Rows, r)
	}
	return ds
}

// classCounts counts classes among rows.
func classCounts(ds *Dataset, rows []int) []int {
	out := make([]int, len(ds.Schema.Classes))
	for _, i := range rows {
		out[ds.Rows[i].Class]++
	}
	return out
}

func TestFoldsAreStratified(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "a", "a", "b", "b", "c"}), 20, 200).Draw(t, "labels")
		k := rapid.IntRange(2, 6).Draw(t, "folds")
		ds := made(labels, nil, nil)
		all := classCounts(ds, upTo(len(labels)))
		p, err := NewPlan(ds, PlanOptions{Folds: k, Seed: rapid.Uint64().Draw(t, "seed")})
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, ds, p)
		if len(p.Runs) != k || p.Folds != k || p.Official {
			t.Fatalf("%d runs", len(p.Runs))
		}
		tested := 0
		for _, r := range p.Runs {
			tested += len(r.Test)
			for c, n := range classCounts(ds, r.Test) {
				if all[c] > 1 && math.Abs(float64(n)-float64(all[c])/float64(k)) >= 1 {
					t.Fatalf("fold %d tests %d of %d samples of class %d", r.Fold, n, all[c], c)
				}
			}
			train := classCounts(ds, append(slices.Clone(r.Train), r.Val...))
			for c, n := range classCounts(ds, r.Val) {
				if want := defaultVal * float64(train[c]); math.Abs(float64(n)-want) > 1 {
					t.Fatalf("fold %d validates on %d of %d samples of class %d", r.Fold, n, train[c], c)
				}
				if train[c] > 0 && train[c] == n {
					t.Fatalf("fold %d has no training sample of class %d", r.Fold, c)
				}
			}
			if want := defaultVal * float64(len(r.Train)+len(r.Val)); math.Abs(float64(len(r.Val))-want) > 2 {
				t.Fatalf("fold %d validates on %d rows, want %.1f", r.Fold, len(r.Val), want)
			}
		}
		for _, n := range all {
			if n == 1 {
				tested++
			}
		}
		if tested != len(labels) {
			t.Fatalf("%d of %d rows are tested", tested, len(labels))
		}
	})
}

// upTo is 0 … n−1.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestGroupsStayWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.SliceOfN(rapid.SampledFrom(strings.Split("abcdefghijklmno", "")), 40, 150).Draw(t, "groups")
		labels := make([]string, len(groups))
		for i := range labels {
			labels[i] = []string{"x", "y"}[i%2]
		}
		ds := made(labels, groups, nil)
		distinct := slices.Compact(slices.Sorted(slices.Values(groups)))
		seed := rapid.Uint64().Draw(t, "seed")
		k := rapid.IntRange(2, 4).Draw(t, "folds")
		p, err := NewPlan(ds, PlanOptions{Folds: k, Seed: seed})
		if len(distinct) <= k+1 {
			return // too few groups may be refused
		}
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, ds, p)
		largest := 0
		for _, g := range distinct {
			n := 0
			for _, h := range groups {
				if g == h {
					n++
				}
			}
			largest = max(largest, n)
		}
		tested := 0
		for _, r := range p.Runs {
			tested += len(r.Test)
			if mean := len(groups) / k; len(r.Test) > mean+2*largest+1 {
				t.Fatalf("fold %d tests %d of %d rows, the largest group has %d", r.Fold, len(r.Test), len(groups), largest)
			}
		}
		if tested != len(groups) {
			t.Fatalf("%d of %d rows are tested", tested, len(groups))
		}
		h, err := HoldOut(ds, PlanOptions{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, ds, h)
	})
}

func TestHoldOut(t *testing.T) {
	labels := make([]string, 1000)
	for i := range labels {
		labels[i] = []string{"a", "b", "b", "b"}[i%4]
	}
	ds := made(labels, nil, nil)
	h, err := HoldOut(ds, PlanOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, ds, h)
	r := h.Runs[0]
	if len(r.Train) != 700 || len(r.Val) != 150 || len(r.Test) != 150 {
		t.Errorf("%d, %d, %d", len(r.Train), len(r.Val), len(r.Test))
	}
	if c := classCounts(ds, r.Test); c[0] < 37 || c[0] > 38 {
		t.Errorf("the test has the classes %v", c)
	}
	same, err := HoldOut(ds, PlanOptions{Seed: 1})
	if err != nil || !reflect.DeepEqual(h, same) {
		t.Error("the same seed gives another division")
	}
	other, err := HoldOut(ds, PlanOptions{Seed: 2})
	if err != nil || reflect.DeepEqual(r.Test, other.Runs[0].Test) {
		t.Error("another seed gives the same division")
	}
}

func TestOfficialSplit(t *testing.T) {
	labels := strings.Split(strings.Repeat("ab", 40)+"  ", "")
	labels[80], labels[81] = "", ""
	splits := make([]string, 82)
	for i := range splits {
		splits[i] = []string{"train", "train", "train", "train", "test"}[i%5]
	}
	p, err := NewPlan(made(labels, nil, splits), PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, made(labels, nil, splits), p)
	if !p.Official || len(p.Runs) != 3 || len(p.Runs[0].Test) != 16 || len(p.Runs[0].Val) != 10 {
		t.Errorf("official %v, %d runs, %d test and %d val rows", p.Official, len(p.Runs), len(p.Runs[0].Test), len(p.Runs[0].Val))
	}
	if reflect.DeepEqual(p.Runs[0].Val, p.Runs[1].Val) {
		t.Error("two seeds validate on the same rows")
	}
	if !reflect.DeepEqual(p.Runs[0].Test, p.Runs[2].Test) {
		t.Error("two seeds test on different rows")
	}

	splits[3] = "val"
	if p, err = NewPlan(made(labels, nil, splits), PlanOptions{}); err != nil || !reflect.DeepEqual(p.Runs[1].Val, []int{3}) {
		t.Errorf("the given val rows are not taken: %v, %v", p.Runs, err)
	}
	if p, err = NewPlan(made(labels, nil, splits), PlanOptions{Folds: 4}); err != nil || p.Official || len(p.Runs) != 4 {
		t.Errorf("--folds does not go before the split column: %v", err)
	}
	splits[4] = "fold1"
	if _, err = NewPlan(made(labels, nil, splits), PlanOptions{}); err == nil || !strings.Contains(err.Error(), `"fold1" beside`) {
		t.Errorf("a mixed split column: %v", err)
	}
}

func TestSplitWithoutTestRows(t *testing.T) {
	labels := strings.Split(strings.Repeat("ab", 40), "")
	p, err := NewPlan(made(labels, nil, slices.Repeat([]string{"train"}, 80)), PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Runs[0]; len(r.Test) != 12 || len(p.Notes) != 1 {
		t.Errorf("%d test rows, notes %v", len(r.Test), p.Notes)
	}
}

func TestPredefinedFolds(t *testing.T) {
	labels := strings.Split(strings.Repeat("aabb", 33), "")
	splits := make([]string, len(labels))
	for i := range splits {
		splits[i] = fmt.Sprint("fold", i%11+1)
	}
	ds := made(labels, nil, splits)
	p, err := NewPlan(ds, PlanOptions{Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, ds, p)
	if p.Official || p.Folds != 11 || len(p.Runs) != 22 {
		t.Fatalf("%d folds, %d runs", p.Folds, len(p.Runs))
	}
	for _, r := range p.Runs {
		for _, i := range r.Test {
			if want := fmt.Sprint("fold", r.Fold+1); ds.Rows[i].Split != want {
				t.Fatalf("fold %d tests a row of %s", r.Fold, ds.Rows[i].Split)
			}
		}
	}
	if p.Runs[0].Seed != 0 || p.Runs[1].Seed != 1 || p.Runs[2].Fold != 1 {
		t.Error("the runs are not fold by fold, seed by seed")
	}
}

func TestRegressionIsStratifiedByQuantile(t *testing.T) {
	ds := &Dataset{Schema: Schema{Task: Regression}}
	for i := range 500 {
		ds.Rows = append(ds.Rows, Row{Label: "x", Class: -1, Target: float64((i * 7919) % 500)})
	}
	p, err := NewPlan(ds, PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, ds, p)
	for _, r := range p.Runs {
		low := 0
		for _, i := range r.Test {
			if ds.Rows[i].Target < 50 {
				low++
			}
		}
		if low != 10 {
			t.Errorf("fold %d tests %d of the 50 lowest", r.Fold, low)
		}
	}
}

func TestRareClassIsAlwaysLearned(t *testing.T) {
	labels := append(strings.Split(strings.Repeat("ab", 20), ""), "rare", "two", "two")
	ds := made(labels, nil, nil)
	p, err := NewPlan(ds, PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, ds, p)
	for _, r := range p.Runs {
		if !slices.Contains(r.Train, 40) {
			t.Errorf("fold %d does not learn the class of one sample", r.Fold)
		}
		if !slices.Contains(r.Train, 41) && !slices.Contains(r.Train, 42) {
			t.Errorf("fold %d learns no sample of the class of two", r.Fold)
		}
	}
	if len(p.Notes) != 2 || !strings.Contains(p.Notes[1], `2.3 % of the labels are "rare"`) { // the other of the class of one sample
		t.Errorf("notes %q", p.Notes)
	}
}

func TestPlanRefuses(t *testing.T) {
	f := func(ds *Dataset, opt PlanOptions, want string) {
		t.Helper()
		if _, err := NewPlan(ds, opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	ab := strings.Split("aabb", "")
	f(made(nil, nil, nil), PlanOptions{}, "0 labelled rows")
	f(made(ab, nil, nil), PlanOptions{Folds: 1}, "2 folds are the least")
	f(made(ab, nil, nil), PlanOptions{Folds: 9}, "9 folds")
	f(made(ab, nil, nil), PlanOptions{ValFraction: 1.5}, "between 0 and 1")
	f(made(ab, []string{"g", "g", "h", "h"}, nil), PlanOptions{Folds: 3}, "2 groups into 3 folds")
	f(made(ab, nil, []string{"test", "test", "test", "test"}), PlanOptions{}, "no labelled training rows")
	f(made(ab, nil, []string{"x", "x", "x", "x"}), PlanOptions{}, `every row is in the fold "x"`)
	f(made(ab, []string{"g", "g", "g", "g"}, []string{"train", "train", "train", "test"}), PlanOptions{}, "1 group cannot be divided")
}

func TestGroupedValVariesBySeed(t *testing.T) {
	var labels, groups []string
	for g := range 12 {
		for i := range 10 {
			labels = append(labels, []string{"a", "b"}[i%2])
			groups = append(groups, fmt.Sprint("g", g))
		}
	}
	p, err := NewPlan(made(labels, groups, nil), PlanOptions{Folds: 3, Seeds: 6})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range p.Runs[:6] {
		seen[fmt.Sprint(r.Val)] = true
	}
	if len(seen) < 3 {
		t.Errorf("6 seeds give %d validation parts", len(seen))
	}
}

// Every seed deals its own folds, so that seeds are samples too; folds that the data names stay.
func TestSeedsDealAnew(t *testing.T) {
	var labels []string
	for i := range 60 {
		labels = append(labels, []string{"a", "b"}[i%2])
	}
	ds := made(labels, nil, nil)
	p, err := NewPlan(ds, PlanOptions{Folds: 3, Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	one, err := NewPlan(ds, PlanOptions{Folds: 3, Seeds: 1})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]map[int]int{0: {}, 1: {}}
	for _, r := range p.Runs {
		if r.Seed == 0 && !slices.Equal(r.Test, one.Runs[r.Fold].Test) {
			t.Errorf("fold %d of the first seed depends on how many seeds there are", r.Fold)
		}
		for _, i := range r.Test {
			seen[r.Seed][i]++
		}
	}
	if len(seen[0]) != 60 || len(seen[1]) != 60 {
		t.Errorf("%d and %d of 60 rows are tested", len(seen[0]), len(seen[1]))
	}
	if got := p.Tests(); !slices.Equal(got, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("tests %v: the seeds share folds", got)
	}
	for i := range ds.Rows {
		ds.Rows[i].Split = []string{"x", "y", "z"}[i%3]
	}
	if p, err = NewPlan(ds, PlanOptions{Seeds: 2}); err != nil {
		t.Fatal(err)
	}
	if got := p.Tests(); !slices.Equal(got, []int{0, 0, 2, 2, 4, 4}) {
		t.Errorf("tests %v of folds that the data names", got)
	}
}
