package report_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/report/reporttest"
)

// The chosen row is marked even where there is no verdict, and a fusion that is not on top has a
// reason.
func TestChosenRow(t *testing.T) {
	d := reporttest.Sample()
	d.Verdict = nil
	if out := terminal(t, d, report.TerminalOptions{}); strings.Contains(out, "\n* ") {
		t.Errorf("a row is marked:\n%s", out)
	}
	d.Chosen = &report.Chosen{Name: d.Rows[0].Name, Kind: d.Rows[0].Kind}
	if out := terminal(t, d, report.TerminalOptions{}); !strings.Contains(out, "\n* "+d.Rows[0].Name) {
		t.Errorf("%s is not marked:\n%s", d.Rows[0].Name, out)
	}

	last := &d.Rows[0]
	for k := range d.Rows { // without a verdict the reason is of all entries
		if a, _ := d.Rows[k].Of(d.Metric); a.Mean < mainOf(d, last) {
			last = &d.Rows[k]
		}
	}
	for k := range d.Rows {
		d.Rows[k].ValRuns = []float64{0.5}
	}
	last.ValRuns = []float64{0.6}
	d.Chosen = &report.Chosen{Name: last.Name, Kind: last.Kind}
	if out := strings.Join(strings.Fields(terminal(t, d, report.TerminalOptions{})), " "); !strings.Contains(out, "was chosen, not ") {
		t.Errorf("%s was chosen without a reason: %s", last.Name, out)
	}

	d = reporttest.Sample()
	main := func(k int) float64 { return mainOf(d, &d.Rows[k]) }
	var fusions []int
	for k := range d.Rows {
		if d.Rows[k].Kind == eval.Fusion {
			fusions = append(fusions, k)
		}
	}
	slices.SortFunc(fusions, func(a, b int) int {
		if main(a) > main(b) {
			return -1
		}
		return 1
	})
	var top *compare.Row
	top, last = &d.Rows[fusions[0]], &d.Rows[fusions[len(fusions)-1]]
	top.ValRuns, last.ValRuns = []float64{0.6, 0.7}, []float64{0.8, 0.9}
	for chosen, want := range map[string]string{top.Name: "", last.Name: last.Name + " was chosen, not " + top.Name} {
		d.Verdict.BestFusion = chosen
		out := strings.Join(strings.Fields(terminal(t, d, report.TerminalOptions{})), " ")
		if got := strings.Contains(out, "was chosen, not"); got != (want != "") || !strings.Contains(out, want) {
			t.Errorf("%s was chosen: %s", chosen, out)
		}
	}
	last.ValRuns, last.ValMargin = []float64{0.6, 0.68}, 0.02 // an ensemble that is hardly behind
	d.Verdict.BestFusion = last.Name
	if out := strings.Join(strings.Fields(terminal(t, d, report.TerminalOptions{})), " "); !strings.Contains(out, "ahead by more than chance explains (2.0 %)") {
		t.Errorf("no reason for an ensemble: %s", out)
	}
	last.ValRuns, last.ValMargin = []float64{0.8, 0.9}, 0
	if out := terminal(t, d, report.TerminalOptions{Lang: "zh"}); d.Verdict.BestFusion == last.Name && !strings.Contains(out, "在验证行上更好") {
		t.Errorf("no reason in Chinese:\n%s", out)
	}
}

// Validation rows unlike the test rows are a sentence, but not with folds, whose rows are drawn
// alike.
func TestUnlikeValidation(t *testing.T) {
	d := reporttest.Sample()
	k := slices.IndexFunc(d.Rows, func(r compare.Row) bool { return r.Name == d.Verdict.BestFusion })
	test, _ := d.Rows[k].Of(d.Metric)
	over := func(errors float64) *eval.Summary { // as sure as the test rows are
		v := test.Mean + errors*math.Sqrt2*test.StandardError()
		half := (test.High - test.Low) / 2
		return &eval.Summary{Mean: v, Low: v - half, High: v + half}
	}
	for _, c := range []struct {
		val  *eval.Summary
		want bool
	}{{over(4.1), true}, {over(3.9), false}, {nil, false}} {
		d.Chosen = &report.Chosen{Name: d.Rows[k].Name, Kind: d.Rows[k].Kind, Val: c.val}
		out := strings.Join(strings.Fields(terminal(t, d, report.TerminalOptions{})), " ")
		if got := strings.Contains(out, "they are not alike"); got != c.want {
			t.Errorf("validation rows reach %v, test rows %v: %s", c.val, test, out)
		}
	}
}

// An ensemble of one view is no fusion: the report asks how good it is, and names what it is.
func TestEnsembleOfOneView(t *testing.T) {
	d := reporttest.Sample()
	d.Verdict, d.Shapley = nil, nil
	d.Rows = slices.DeleteFunc(d.Rows, func(r compare.Row) bool { return r.Kind == eval.Fusion })[:1]
	joined := d.Rows[0]
	joined.Name, joined.Fusion, joined.Kind = "ensemble", model.Ensemble, eval.Single
	d.Rows = append(d.Rows, joined)
	d.Chosen = &report.Chosen{Name: joined.Name, Kind: joined.Kind}
	for lang, want := range map[string][]string{
		"en": {"How good is the model?", "The ensemble reaches the ", "several networks of that view"},
		"zh": {"模型表现如何？", "集成 ensemble 的", "同一视图的多个网络"},
	} {
		var page strings.Builder
		if err := report.HTML(&page, d, report.Options{Lang: lang}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(page.String(), w) {
				t.Errorf("%s: no %q", lang, w)
			}
		}
	}
}

// mainOf is a row's score by the main metric.
func mainOf(d *report.Document, r *compare.Row) float64 {
	s, _ := r.Of(d.Metric)
	return s.Mean
}
