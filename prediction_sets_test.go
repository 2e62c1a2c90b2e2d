package fusor

import (
	"context"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/eval"
)

// Few validation rows: the threshold comes from every training and validation
// row, each predicted by a fit without it, and from no test row.
func TestPredictionSetsOfFewValidationRows(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	path := folder(t, 6, 600, true, signal{"a", 3, 1.7}, signal{"b", 3, 1.7})
	c, err := CompareFile(context.Background(), path, []string{"mean", "concat"}, Setup{Seeds: 1, NoCache: true})
	if err != nil {
		t.Fatal(err)
	}
	run := c.Result.Plan.Runs[0]
	want := slices.Sorted(slices.Values(slices.Concat(run.Train, run.Val)))
	var got []int
	for _, out := range c.InnerFits().Outcomes[0] {
		got = append(got, out.Test...)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("calibrated on %d rows, there are %d for training and validation", len(got), len(want))
	}
	for _, r := range c.InnerFits().Plan.Runs {
		if used := slices.Sorted(slices.Values(slices.Concat(r.Train, r.Val, r.Test))); !slices.Equal(used, want) {
			t.Errorf("fold %d uses %d rows", r.Fold, len(used))
		}
	}
	rep := c.Document(ReportOptions{}).Sets.Report
	if rep.Source != eval.FromTraining || rep.Calibration != 400 || rep.Coverage < 0.83 || rep.Coverage > 0.97 { // three standard deviations of 200 rows
		t.Errorf("%+v", rep)
	}
}

func TestPredictionSetsOfManyValidationRows(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	path := folder(t, 7, 2400, true, signal{"a", 2, 1.7}, signal{"b", 2, 1.7})
	o := Setup{Seeds: 1, NoCache: true}
	o.Recipe.Train.Epochs = 3
	c, err := CompareFile(context.Background(), path, []string{"mean", "concat"}, o)
	if err != nil {
		t.Fatal(err)
	}
	if rep := c.Document(ReportOptions{}).Sets.Report; c.InnerFits() != nil || rep.Source != eval.FromChosen || rep.Calibration != len(c.Result.Plan.Runs[0].Val) {
		t.Errorf("%+v", rep)
	}
}
