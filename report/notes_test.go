package report_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/report"
	"github.com/fusor-ml/fusor/report/reporttest"
)

// has looks for texts in the English and the Chinese page, alternately.
func has(t *testing.T, d *report.Document, want bool, pairs ...string) {
	t.Helper()
	for i, text := range pairs {
		lang := []string{"en", "zh"}[i%2]
		if strings.Contains(render(t, d, report.Options{Lang: lang}), text) != want {
			t.Errorf("%s: %q in the page: %v", lang, text, !want)
		}
	}
}

// p states something of fusion being better only, and McNemar's test of rows that are independent.
func TestVerdictNotes(t *testing.T) {
	d := reporttest.Sample()
	has(t, d, true, "p is of one claim, that fusion is better", "p 值只针对“融合更好”这一方向", "With equal weights: p\u00a0&lt;\u00a00.001", "若取相等权重：p\u00a0&lt;\u00a00.001")
	d.Verdict.Difference, d.Verdict.Finding = -0.1, eval.Hurts
	has(t, d, false, "p is of one claim", "p 值只针对", "With equal weights", "若取相等权重")
	d.Verdict.Test, d.Verdict.McNemar = "paired bootstrap", 0.02
	has(t, d, true, "Paired bootstrap over the test rows;", "对测试行做配对自助法；", "in both directions: p\u00a0=\u00a00.020", "（双向）：p\u00a0=\u00a00.020")
	d.Verdict.ByGroups, d.Verdict.McNemar = true, math.NaN()
	has(t, d, true, "Paired bootstrap over the groups of test rows;", "以组为单位对测试行做配对自助法；")
	has(t, d, false, "McNemar", "McNemar")
}

// Too low a coverage is blamed on validation rows only where the threshold comes from them.
func TestShortCoverage(t *testing.T) {
	d := reporttest.Sample()
	r := &d.Sets.Report
	r.Nominal, r.Coverage, r.Low, r.High, r.Calibration = 0.9, 0.8, 0.78, 0.82, 500
	for source, same := range map[string]bool{"": true, eval.FromChosen: true, eval.FromFolds: false, eval.FromTraining: false} {
		r.Source = source
		has(t, d, same, "on the same validation rows", "用了同样的验证行")
		has(t, d, !same, "the models that set the threshold are not the one measured", "确定阈值的模型并非受测的模型")
	}
}

// What is of the first seed alone reports it where it is.
func TestFirstSeed(t *testing.T) {
	d := reporttest.Sample()
	d.Run.FirstOf = 3
	for _, lang := range []string{"en", "zh"} {
		page := render(t, d, report.Options{Lang: lang})
		for id, want := range map[string][2]string{
			"confusion": {"the first of 3 seeds", "3 个随机种子中的第一个"}, "reliability": {"the first of 3 seeds", "3 个随机种子中的第一个"},
			"mistakes": {"the first of 3 seeds", "3 个随机种子中的第一个"}, "sets": {"all 3 seeds, the curve", "全部 3 个随机种子，曲线"},
		} {
			_, section, _ := strings.Cut(page, `<section id="`+id+`">`)
			section, _, _ = strings.Cut(section, "<figure>")
			if !strings.Contains(section, want[map[string]int{"en": 0, "zh": 1}[lang]]) {
				t.Errorf("%s, %s: not said which seed it is", lang, id)
			}
		}
	}
}

// The page of one view asks no question that it does not answer.
func TestOneView(t *testing.T) {
	d := reporttest.Sample()
	d.Rows, d.Verdict, d.Shapley, d.Run.Folds = d.Rows[:1], nil, nil, 5
	has(t, d, true, "<h1>How good is the model?</h1>", "<h1>模型表现如何？</h1>", "mean score over the folds", "各折上的平均得分")
	has(t, d, false, "What decided?", "哪个模态起决定作用？", "interval over the rows", "所考察的行上的得分")
	d.Run.Folds = 0
	has(t, d, true, "interval over the rows", "所考察的行上的得分")
}

// The robustness that a table lists is explained beside it.
func TestRobustnessIsExplained(t *testing.T) {
	d := reporttest.Sample()
	has(t, d, true, "the relative robustness is", "相对鲁棒性同此", "The effective robustness is", "有效鲁棒性先将")
	for i := range d.Noise {
		for k := range d.Noise[i].Curves {
			d.Noise[i].Curves[k].Effective = nil
		}
	}
	has(t, d, false, "The effective robustness is", "有效鲁棒性先将")
}

// The cells of the most frequent confusions wrap: nothing of a name is cut off.
func TestNamesInTablesAreWhole(t *testing.T) {
	page := render(t, reporttest.Sample(), report.Options{})
	_, table, _ := strings.Cut(page, ">Most frequent confusions<")
	if !strings.Contains(table[:strings.Index(table, "</table>")], `<td class="w">`) || !strings.Contains(page, "td.w,th.w{white-space:normal") || strings.Contains(page, "text-overflow") {
		t.Error("names in tables are cut off")
	}
}

// Of many noise curves a page has those at once that cost a modality most, and all files are there.
func TestWorstNoiseFirst(t *testing.T) {
	d := reporttest.Sample()
	has(t, d, false, "the other curves are folded", "其余曲线已折叠")
	extra := d.Noise[2] // less than what photo has already
	extra.Kind = "blur"
	d.Noise = append(d.Noise, extra)
	has(t, d, true, "the other curves are folded", "其余曲线已折叠")
	page := render(t, d, report.Options{})
	_, section, _ := strings.Cut(page, `<section id="noise">`)
	section = section[:strings.Index(section, "</section>")]
	shown, folded, _ := strings.Cut(section, "<summary>More charts</summary>")
	for _, at := range []struct{ where, title string }{
		{shown, "review: typing errors"},
		{folded, "review: dropped words"},
		{shown, "photo: missing"},
		{folded, "photo: blur"},
		{folded, "photo: Gaussian noise"},
		{shown, "table: Gaussian noise"},
		{shown, "all modalities: missing"},
	} {
		if !strings.Contains(at.where, at.title) || strings.Count(section, ">"+at.title+"<") == 0 {
			t.Errorf("%s is not where it should be", at.title)
		}
	}
}
