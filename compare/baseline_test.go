package compare

import (
	"math"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// The same answer everywhere is that of the training and validation rows, measured on the test rows
// of each run.
func TestBaseline(t *testing.T) {
	ds := &dataset.Dataset{Schema: dataset.Schema{Task: dataset.Classification, Classes: []string{"a", "b"}}}
	for _, class := range []int{1, 1, 0, 0, 0, 1, 0, 1} {
		ds.Rows = append(ds.Rows, dataset.Row{Label: ds.Schema.Classes[class], Class: class, Target: float64(class)})
	}
	res := &Result{Plan: dataset.Plan{Runs: []dataset.Run{
		{Train: []int{0, 2}, Val: []int{1}, Test: []int{3, 4, 5, 6}}, // b, once of four
		{Train: []int{3, 4}, Val: []int{5}, Test: []int{0, 2}},       // a, once of two
	}}}
	f := func(metric string, want ...float64) {
		t.Helper()
		m, _ := eval.MetricByName(metric)
		got := res.baseline(ds, m)
		for r := range want {
			if math.Abs(got.Test[r]-want[r]) > 1e-12 {
				t.Errorf("%s of run %d: %v, want %v", metric, r, got.Test[r], want[r])
			}
		}
	}
	f("accuracy", 0.25, 0.5)
	ds.Schema.Task = dataset.Regression
	ds.Rows[0].Target, ds.Rows[1].Target = 3, 2 // the mean of the first run is 5/3
	f("mae", (3*5./3+2./3)/4)
	ds.Schema.Task = dataset.Classification
	res.Plan.Official, res.Plan.Runs = true, res.Plan.Runs[:1]
	m, _ := eval.MetricByName("accuracy")
	if rows := res.baseline(ds, m).Rows; len(rows) != 4 || rows[2] != 1 || rows[0] != 0 {
		t.Errorf("the test rows are worth %v", rows)
	}
}
