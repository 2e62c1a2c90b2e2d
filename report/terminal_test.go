package report_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/report/reporttest"
)

func terminal(t *testing.T, d *report.Document, o report.TerminalOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Terminal(&b, d, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// No line is wider than asked for, in either language; no escape sequence
// without color.
func TestTerminalFits(t *testing.T) {
	d := reporttest.Sample()
	d.Rows[0].Name = "评论的词汇特征与语义特征以及句法特征.lexical"
	d.Rows[1].Name = "evil\x1b[31m\nname"
	for _, lang := range []string{"en", "zh"} {
		for _, width := range []int{0, 40, 60, 80, 120} {
			out := terminal(t, d, report.TerminalOptions{Lang: lang, Width: width})
			limit := width
			if width == 0 {
				limit = 80
			}
			for _, l := range strings.Split(out, "\n") {
				if w := uniseg.StringWidth(l); w > limit {
					t.Errorf("%s at %d: %d columns: %s", lang, width, w, l)
				}
			}
			if strings.Contains(out, "\x1b") || strings.Contains(out, "NaN") {
				t.Errorf("%s at %d: an escape sequence or a NaN", lang, width)
			}
		}
	}
}

func TestTerminalAligned(t *testing.T) {
	out := terminal(t, reporttest.Sample(), report.TerminalOptions{Lang: "zh"})
	if os.Getenv("SHOW") != "" {
		t.Log("\n" + out + terminal(t, reporttest.Sample(), report.TerminalOptions{}))
	}
	columns := map[int]bool{}
	for _, l := range strings.Split(out, "\n") {
		if i := strings.Index(l, "\u00a0%"); strings.HasPrefix(l, "  ") && i > 0 && strings.Contains(l, "融合") {
			columns[uniseg.StringWidth(l[:i])] = true
		}
	}
	if len(columns) != 1 {
		t.Errorf("the values stand in columns %v, want one", columns)
	}
	for _, want := range []string{"* lowrank", "融合有效", "█", "▓"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestColor(t *testing.T) {
	if out := terminal(t, reporttest.Sample(), report.TerminalOptions{Color: true}); !strings.Contains(out, "\x1b[1;32m") {
		t.Error("no colour though asked for")
	}
	f, err := os.CreateTemp(t.TempDir(), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if report.WantsColor(f) {
		t.Error("colour into a file")
	}
}

// Where no set is a single class, no accuracy of such sets is made up.
func TestSetsOfSeveralClasses(t *testing.T) {
	d := reporttest.Sample()
	d.Sets.Report.Answered, d.Sets.Report.Accuracy = 0, 0
	for lang, want := range map[string]string{"en": "on no row is the model sure enough", "zh": "每个预测集都有多个类别"} {
		out := strings.ReplaceAll(terminal(t, d, report.TerminalOptions{Lang: lang, Width: 400}), "\u00a0", " ")
		if !strings.Contains(out, want) || strings.Contains(out, "was right on") {
			t.Errorf("%s: %s", lang, out)
		}
	}
}

// Without any modality a regression predicts the mean of the targets: it has no classes.
func TestNothingOfARegression(t *testing.T) {
	for task, want := range map[string]string{"regression": "(none: mean target)", "class": "(none: class prior)"} {
		d := reporttest.Sample()
		d.Data.Task = dataset.Task(task)
		if out := terminal(t, d, report.TerminalOptions{Width: 100}); !strings.Contains(out, want) {
			t.Errorf("%s: no %q", task, want)
		}
	}
}
