package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/report/reporttest"
)

func render(t *testing.T, d *report.Document, o report.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, d, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The page holds every part, in both languages, and asks for nothing outside.
func TestHTML(t *testing.T) {
	outside := regexp.MustCompile(`(?i)(src|href|url)\s*[=(]\s*["']?(https?:|//|[^#d"'])`)
	for _, lang := range []string{"en", "zh"} {
		page := render(t, reporttest.Sample(), report.Options{Lang: lang})
		for _, id := range []string{"leaderboard", "subsets", "shapley", "noise", "weights", "learning", "confusion", "reliability", "sets", "mistakes", "data", "run"} {
			if !strings.Contains(page, `<section id="`+id+`">`) || !strings.Contains(page, `href="#`+id+`"`) {
				t.Errorf("%s: no section %s", lang, id)
			}
		}
		if m := outside.FindString(page); m != "" {
			t.Errorf("%s: a reference outside: %s", lang, m)
		}
		if strings.Contains(page, "<script") || strings.Contains(page, "NaN") || strings.Contains(page, "%!") {
			t.Errorf("%s: a script, a NaN or a bad format", lang)
		}
		if len(page) > 1<<20 {
			t.Errorf("%s: %d bytes", lang, len(page))
		}
		if strings.Index(page, `class="verdict helps"`) > strings.Index(page, "<section") {
			t.Errorf("%s: the verdict is not on top", lang)
		}
	}
	if zh := render(t, reporttest.Sample(), report.Options{Lang: "zh"}); !strings.Contains(zh, `lang="zh-CN"`) || !strings.Contains(zh, "融合有效") || !strings.Contains(zh, "排行榜") {
		t.Error("the Chinese report is not Chinese")
	}
}

func TestEmptyPartsAreLeftOut(t *testing.T) {
	page := render(t, &report.Document{Data: report.Data{Name: "x"}}, report.Options{})
	for _, id := range []string{"leaderboard", "subsets", "shapley", "noise", "weights", "learning", "confusion", "reliability", "sets", "mistakes"} {
		if strings.Contains(page, `id="`+id+`"`) {
			t.Errorf("an empty section %s", id)
		}
	}
}

func TestLanguagesOfTexts(t *testing.T) {
	if page := render(t, reporttest.Sample(), report.Options{}); !strings.Contains(page, "(en\u00a01174\u00a0· zh\u00a012)") {
		t.Error("the languages of the reviews are not there")
	}
}

func TestManyClassesStaySmall(t *testing.T) {
	for _, n := range []int{40, 100, 300} {
		if page := render(t, reporttest.Many(n), report.Options{}); len(page) > 1<<20 {
			t.Errorf("%d classes: %d bytes", n, len(page))
		}
	}
}

// Text of a user's data cannot become markup.
func TestHostileText(t *testing.T) {
	const bad = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x00"
	d := reporttest.Sample()
	d.Title, d.Data.Name, d.Run.Command = bad, bad, []string{bad}
	d.Rows[0].Name, d.Verdict.BestSingle = bad, bad
	d.Confusion.Classes[0] = bad
	d.Mistakes[0] = report.Mistake{ID: bad, True: bad, Predicted: bad, Cells: []report.Cell{{Column: bad, Text: bad, MIME: bad, Data: []byte(bad)}}}
	d.Noise[0].Kind, d.Noise[0].Column = "../../"+bad, bad
	page := render(t, d, report.Options{Media: true})
	if strings.Contains(page, "<script") || strings.Contains(page, "<img src=x") || strings.Contains(page, "\x00") {
		t.Error("text became markup")
	}
	dir := t.TempDir()
	if _, err := report.WriteFiles(filepath.Join(dir, "out"), d, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("files outside of the folder: %v", entries)
	}
}

func TestMedia(t *testing.T) {
	d := reporttest.Sample()
	without := render(t, d, report.Options{})
	if strings.Contains(without, "data:image") || strings.Contains(without, "data:audio") {
		t.Error("media without being asked for")
	}
	with := render(t, d, report.Options{Media: true})
	if strings.Count(with, "data:image/jpeg") != 3 || strings.Count(with, "data:audio/wav") != 3 {
		t.Errorf("%d pictures and %d sounds, want 3 and 3", strings.Count(with, "data:image/jpeg"), strings.Count(with, "data:audio/wav"))
	}
	some := render(t, d, report.Options{Media: true, MediaLimit: 6000})
	if extra := len(some) - len(without); extra > 10_000 || !strings.Contains(some, "size limit") {
		t.Errorf("the limit of 6000 bytes lets %d through", extra)
	}
}

func TestWriteFiles(t *testing.T) {
	dir := t.TempDir()
	d := reporttest.Sample()
	d.Learning[0].Val[3] = math.NaN()
	path, err := report.WriteFiles(dir, d, report.Options{})
	if err != nil || path != filepath.Join(dir, "report.html") {
		t.Fatal(path, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		ext := filepath.Ext(e.Name())
		kinds[ext]++
		switch ext {
		case ".svg":
			if err := wellFormed(b); err != nil {
				t.Errorf("%s: %v", e.Name(), err)
			}
		case ".csv":
			rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
			if err != nil || len(rows) < 2 {
				t.Errorf("%s: %d rows, %v", e.Name(), len(rows), err)
			}
		case ".tmp":
			t.Errorf("left behind: %s", e.Name())
		}
	}
	if kinds[".svg"] < 14 || kinds[".csv"] < 14 || kinds[".html"] != 1 || kinds[".json"] != 1 {
		t.Errorf("files: %v", kinds)
	}
	b, _ := os.ReadFile(filepath.Join(dir, "report.json"))
	var back report.Document
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Rows) != len(d.Rows) || back.Verdict.PValue != d.Verdict.PValue || !math.IsNaN(back.Learning[0].Val[3]) {
		t.Error("report.json does not hold the document")
	}
}

// A folder that is used again holds the figures of the last report alone, and what is the user's.
func TestFilesOfTheReportBefore(t *testing.T) {
	dir := t.TempDir()
	own := []string{"shapley_mine.csv", "weights.txt", "noise_99_fog.svg"}
	for _, name := range own {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := reporttest.Sample()
	write := func() {
		t.Helper()
		if _, err := report.WriteFiles(dir, d, report.Options{Lang: "zh"}); err != nil {
			t.Fatal(err)
		}
	}
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	write()
	for _, name := range []string{"weights.svg", "weights.csv", "subsets.svg", "shapley_correctness.csv", "learning_02.svg"} {
		if !there(name) {
			t.Errorf("no %s", name)
		}
	}
	d.Weights, d.Subsets, d.Shapley, d.Learning = nil, nil, nil, d.Learning[:1]
	write()
	for _, name := range []string{"weights.svg", "weights.csv", "subsets.svg", "shapley_correctness.csv", "learning_02.svg"} {
		if there(name) {
			t.Errorf("%s is left of the report before", name)
		}
	}
	for _, name := range append(own, "learning_01.svg", "leaderboard.csv", "report.html") {
		if !there(name) {
			t.Errorf("%s is gone", name)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "report.json"), []byte(`{"run":{"version":"x"},"shapley":[{"goal":"/../../x","parts":[{"name":"a"}],"classes":[{"values":[1,2,3]}]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	write()
}

func wellFormed(b []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestSameBytesTwice(t *testing.T) {
	first, second := render(t, reporttest.Sample(), report.Options{}), render(t, reporttest.Sample(), report.Options{})
	if first != second {
		t.Error("two reports of one document differ")
	}
}

func TestRegression(t *testing.T) {
	mae, _ := eval.MetricByName("mae")
	d := &report.Document{Metric: "mae", Data: report.Data{Name: "x", Task: "regression"}}
	var cs []eval.Contestant
	for i, k := range []string{eval.Single, eval.Fusion} {
		runs := []float64{.9 - .1*float64(i), .91 - .1*float64(i), .89 - .11*float64(i), .9 - .1*float64(i), .88 - .1*float64(i)}
		d.Rows = append(d.Rows, compare.Row{Name: k, Kind: k, Scores: []compare.Score{{Metric: mae, Summary: eval.SummarizeRuns(mae, runs, eval.Resampling{TrainRows: 80, TestRows: 20})}}})
		cs = append(cs, eval.Contestant{Name: k, Kind: k, Val: runs, Test: runs})
	}
	v, err := eval.Judge(eval.Trial{Metric: mae, Resampling: eval.Resampling{TrainRows: 80, TestRows: 20}}, cs)
	if err != nil {
		t.Fatal(err)
	}
	d.Verdict = &v
	page := render(t, d, report.Options{})
	if !strings.Contains(page, "Fusion helps") || !strings.Contains(page, "lower is better") || strings.Contains(page, "points") {
		t.Error("the report of a regression speaks of points, or not of errors")
	}
}
