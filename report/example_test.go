package report_test

import (
	"fmt"
	"os"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/report"
)

// A document with a leaderboard alone, written as tables for a narrow terminal.
func ExampleTerminal() {
	accuracy := eval.MainMetric(dataset.Classification)
	row := func(name, kind string, mean float64) compare.Row {
		return compare.Row{Name: name, Kind: kind, Scores: []compare.Score{{Metric: accuracy, Summary: eval.Summary{Mean: mean, Low: mean - 0.02, High: mean + 0.02}}}}
	}
	d := &report.Document{
		Metric: accuracy.Name,
		Rows:   []compare.Row{row("photo", eval.Single, 0.81), row("gated", eval.Fusion, 0.9)},
		Data:   report.Data{Name: "shop", Task: dataset.Classification},
	}
	if err := report.Terminal(os.Stdout, d, report.TerminalOptions{Width: 60}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Accuracy (%), higher is better, 95 % interval; * chosen by
	// validation
	//   gated  fusion       90.0 %  [88.0, 92.0]  ██████████▓▓░░
	//   photo  single view  81.0 %  [79.0, 83.0]  ███▓▓░
	//                                             75.0 %    95.0 %
}
