package dataset

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCellLabels(t *testing.T) {
	f := func(cell, separator string, want ...string) {
		t.Helper()
		if got := cellLabels(cell, separator); !slices.Equal(got, want) {
			t.Errorf("%q at %q: %q, want %q", cell, separator, got, want)
		}
	}
	f("drama|comedy", "|", "drama", "comedy")
	f(" drama ;comedy; ", ";", "drama", "comedy")
	f("a,b,a", ",", "a", "b")
	f("drama", "|", "drama")
	f("drama|comedy", "", "drama|comedy")
	f(`["drama","co\"medy"]`, "", "drama", `co"medy`)
	f(`["a", null, 3, true]`, "|", "a", "3", "true")
	f("[]", "|")
	f("['drama', \"it's\"]", "", "drama", "it's") // Python
	f("['a' 'b'\n 'c d']", "", "a", "b", "c d")   // NumPy
	f(`['it\'s', None]`, "", "it's")
	f("[1, 2]", "", "1", "2")
	f("[", "|", "[")
	f("['open", "|", "['open")
	f("['open]", "|", "open")
}

// labelTable is a CSV table of labels beside a number.
func labelTable(labels ...string) string {
	var b strings.Builder
	b.WriteString("x,label\n")
	for i, s := range labels {
		fmt.Fprintf(&b, "%d.5,\"%s\"\n", i*i%7, strings.ReplaceAll(s, `"`, `""`))
	}
	return b.String()
}

func read(t testing.TB, table string, opt Options) *Dataset {
	t.Helper()
	ds, err := Read(strings.NewReader(table), "rows.csv", opt)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// What cells hold decides whether a row may have several labels.
func TestMultilabelIsInferred(t *testing.T) {
	f := func(task Task, classes string, labels ...string) {
		t.Helper()
		ds := read(t, labelTable(labels...), Options{})
		if ds.Schema.Task != task || strings.Join(ds.Schema.Classes, " ") != classes {
			t.Errorf("%q: %s of %q, want %s of %s", labels, ds.Schema.Task, ds.Schema.Classes, task, classes)
		}
	}
	f(Multilabel, "comedy drama war", "drama|comedy", "drama", "comedy|war", "war", "drama|war", "comedy")
	f(Multilabel, "a b c", "a;b", "b;c", "a", "c", "a;b;c", "b")
	f(Multilabel, "a b c", "a, b", "b, c", "a", "c", "a, b, c", "b")
	f(Multilabel, "a b", `["a"]`, `["a","b"]`, `["b"]`, "[]", `["b"]`)
	f(Multilabel, "a b", "['a']", "['a', 'b']", "['b']", "[]", "['b']")
	f(Multilabel, "large red small", "red|small", "red|large", "small|red", "large|red", "red|large", "small")

	f(Classification, "Berlin, Germany Lyon, France Paris, France", "Paris, France", "Lyon, France", "Berlin, Germany", "Paris, France", "Lyon, France", "Berlin, Germany")
	f(Classification, "Doe, Jane Doe, John Roe, Jane", "Doe, Jane", "Doe, John", "Roe, Jane", "Doe, Jane", "Doe, John", "Roe, Jane")
	f(Classification, "animal|cat animal|dog plant|oak plant|rose", "animal|cat", "animal|dog", "plant|oak", "plant|rose", "animal|cat", "animal|dog", "plant|oak", "plant|rose")
	f(Classification, "a b", "a", "b", "a", "b")
	f(Regression, "", "1,5", "2,5", "3,25", "4,5", "1,75", "2,25")
}

// Spellings that are alike are one label, words for nothing are none, and a missing label is not
// the same as none.
func TestLabelsOfRows(t *testing.T) {
	ds := read(t, labelTable("Drama|comedy", "drama| comedy", "nan", "[]", "", "comedy|drama", "drama", "comedy", "[]"), Options{Task: "multilabel"})
	var got []string
	for i := range ds.Rows {
		row := &ds.Rows[i]
		got = append(got, fmt.Sprintf("%v %v", row.Labeled(), row.Label))
	}
	want := []string{"true comedy|drama", "true comedy|drama", "false ", "true ", "false ", "true comedy|drama", "true drama", "true comedy", "true "}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if text := ds.Problems.Error(); !strings.Contains(text, "taken as one class") || !strings.Contains(text, "1 row has no label") {
		t.Errorf("problems: %s", text)
	}
	// The model's own reader reads them alike, however they are written, and knows no others.
	schema := ds.Schema
	again := read(t, labelTable("DRAMA|comedy", `["comedy"]`, "drama|western", ""), Options{Schema: &schema})
	var labels [][]int
	for i := range again.Rows {
		labels = append(labels, again.Rows[i].Labels)
	}
	if want := [][]int{{0, 1}, {0}, nil, nil}; !reflect.DeepEqual(labels, want) {
		t.Errorf("labels %v, want %v", labels, want)
	}
	if text := again.Problems.Error(); !strings.Contains(text, `the label "western"`) {
		t.Errorf("problems: %s", text)
	}
	for line, want := range map[string][]int{
		`{"x":1,"label":["drama"]}`: {1}, `{"x":1,"label":"comedy|drama"}`: {0, 1}, `{"x":1,"label":[]}`: {}, `{"x":1}`: nil, `{"x":1,"label":"opera"}`: nil,
	} {
		if row := NewRowReader(nil, &schema).Read(line, 1).Row; !reflect.DeepEqual(row.Labels, want) {
			t.Errorf("%s: labels %v, want %v", line, row.Labels, want)
		}
	}
}

// Columns of 0 and 1 are labels where --label names several.
func TestLabelColumns(t *testing.T) {
	const table = "x,drama,comedy\n1,1,0\n2,0,1\n3,yes,no\n4,1.0,1\n5,,1\n6,0,0\n"
	ds := read(t, table, Options{Label: "drama, comedy"})
	var labels [][]int
	for i := range ds.Rows {
		labels = append(labels, ds.Rows[i].Labels)
	}
	if want := [][]int{{0}, {1}, {0}, {0, 1}, nil, {}}; !reflect.DeepEqual(labels, want) {
		t.Errorf("labels %v, want %v", labels, want)
	}
	s := ds.Schema
	if s.Task != Multilabel || !slices.Equal(s.Classes, []string{"drama", "comedy"}) || s.Label != "drama,comedy" || len(s.Columns) != 1 || len(s.Columns[0].Fields) != 1 {
		t.Errorf("schema %+v", s)
	}
	// Read again with the model's schema, the columns in another order.
	again := read(t, "comedy,x,drama\n1,2,0\n0,2,1\n", Options{Schema: &s})
	if a, b := again.Rows[0].Labels, again.Rows[1].Labels; !slices.Equal(a, []int{1}) || !slices.Equal(b, []int{0}) {
		t.Errorf("labels %v and %v", a, b)
	}
	if less := read(t, "x,drama\n2,1\n", Options{Schema: &s}); less.Rows[0].Labeled() || !strings.Contains(less.Problems.Error(), "no row is labelled") {
		t.Errorf("without a column: %+v, %v", less.Rows[0], less.Problems)
	}
	if row := NewRowReader(nil, &s).Read(`{"x":1,"drama":1,"comedy":false}`, 1).Row; !slices.Equal(row.Labels, []int{0}) {
		t.Errorf("labels %v", row.Labels)
	}
	bad := func(table, label, want string) {
		t.Helper()
		_, err := Read(strings.NewReader(table), "rows.csv", Options{Label: label})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", label, err, want)
		}
	}
	bad(table, "drama,opera", `no column "opera" to be a label`)
	bad(table, "drama,drama", "name it once")
	bad("x,a,b\n1,0.5,1\n2,0.3,0\n3,0,1\n", "a,b", `"0.3", so it is no label that a row has or has not`)
	bad("x,a,b\n1,1,0\n2,1,0\n3,1,0\n", "a,b", "every row has the same labels")
}

// Lists of a Parquet column are labels as they are.
func TestParquetLabels(t *testing.T) {
	path := filepath.Join("testdata", "labels.parquet")
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	for label, want := range map[string][][]int{"genres": {{0, 1}, {1}, {}, nil, {0}}, "codes": {{0, 1}, {2}, {}, nil, {1, 2}}} {
		other := map[string]string{"genres": "codes", "codes": "genres"}[label]
		ds, err := Open(path, Options{Label: label, Ignore: []string{other}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range ds.Rows {
			if got := ds.Rows[i].Labels; !reflect.DeepEqual(got, want[i]) {
				t.Errorf("%s of row %d: %v, want %v", label, i, got, want[i])
			}
		}
	}
}

// Rows with several labels are divided so that every row is in one part, every label that can be
// learned is, and each part has its share of each label.
func TestStratify(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, labels := rapid.IntRange(30, 120).Draw(rt, "rows"), rapid.IntRange(2, 8).Draw(rt, "labels")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		ds := &Dataset{Schema: Schema{Task: Multilabel, Classes: make([]string, labels)}}
		for i := range n {
			set := []int{}
			for l := range labels {
				if rng.Float64() < 0.6/float64(l+1) {
					set = append(set, l)
				}
			}
			ds.Rows = append(ds.Rows, Row{Number: i + 1, Class: -1, Labels: set})
		}
		count := func(rows []int) []int { return (&splitter{ds: ds}).labelRows(rows) }
		plan, err := HoldOut(ds, PlanOptions{Seed: 3})
		if err != nil {
			rt.Fatal(err)
		}
		r := plan.Runs[0]
		all := slices.Sorted(slices.Values(slices.Concat(r.Train, r.Val, r.Test)))
		if len(all) != n || len(slices.Compact(all)) != n {
			rt.Fatalf("%d of %d rows are divided", len(all), n)
		}
		whole, train, test := count(all), count(r.Train), count(r.Test)
		for l, k := range whole {
			if k > 0 && train[l] == 0 {
				rt.Errorf("label %d of %d rows is in no training row", l, k)
			}
			if want := 0.15 * float64(k); k > 20 && (float64(test[l]) < want/2 || float64(test[l]) > 2*want) {
				rt.Errorf("label %d: %d of %d rows are in the test", l, test[l], k)
			}
		}
		plan, err = NewPlan(ds, PlanOptions{Folds: 3, Seed: 3})
		if err != nil {
			rt.Fatal(err)
		}
		for _, r := range plan.Runs {
			known := count(slices.Concat(r.Train, r.Val))
			for l, k := range count(r.Test) {
				if k > 0 && whole[l] == 1 {
					rt.Errorf("the only row with label %d is tested", l)
				}
				if k > 0 && known[l] == 0 && whole[l] > 3 {
					rt.Errorf("label %d of %d rows is in no training row of fold %d", l, whole[l], r.Fold)
				}
			}
		}
	})
}
