package eval

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// world makes one data set of two Gaussian modalities and measures two single
// views and m fusions on it, with folds × seeds as compare does. A single view
// is right about 80 % of the time; the fusions weigh both views with some
// error, and reach about 88 % if the second view is of use.
func world(rng *rand.Rand, m int, useful, official bool) (Trial, []Contestant) {
	const n, folds, seeds, mu = 600, 5, 3, 0.8416 // Φ(0.8416) = 0.80
	acc, _ := MetricByName("accuracy")
	trial := Trial{Metric: acc, Resampling: Resampling{TrainRows: 480, TestRows: 120}}
	x := [2][]float64{make([]float64, n), make([]float64, n)}
	for i := range n {
		x[0][i] = mu + rng.NormFloat64()
		x[1][i] = rng.NormFloat64()
		if useful {
			x[1][i] += mu
		}
	}
	measure := func(name, kind string, wa, wb float64) Contestant {
		c := Contestant{Name: name, Kind: kind}
		rows := make([]float64, n)
		for f := range folds {
			for range seeds {
				a, b, shift := wa+0.1*rng.NormFloat64(), wb+0.1*rng.NormFloat64(), 0.05*rng.NormFloat64()
				right, vright := 0.0, 0.0
				for i := range n {
					if hit := agree(a*x[0][i]+b*x[1][i]+shift > 0); i%folds == f {
						right += hit / (n / folds)
						rows[i] += hit / seeds
					} else if i%folds == (f+1)%folds { // other rows stand for validation
						vright += hit / (n / folds)
					}
				}
				c.Test, c.Val = append(c.Test, right), append(c.Val, vright)
			}
		}
		if official { // the same rows as one test set, a score per seed
			c.Rows, c.Test, c.Val = rows, c.Test[:seeds], c.Val[:seeds]
		}
		return c
	}
	rows := []Contestant{measure("text", Single, 1, 0), measure("image", Single, 0, 1)}
	for k := range m {
		w := 1.0
		if !useful {
			w = 0.1 // a fusion mostly learns that noise is noise
		}
		rows = append(rows, measure("fusion"+string(rune('a'+k)), Fusion, 1, w))
	}
	return trial, rows
}

func claims(t *testing.T, sets, m int, useful, official bool) int {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, uint64(m)))
	claimed := 0
	for range sets {
		trial, rows := world(rng, m, useful, official)
		v, err := Judge(trial, rows)
		if err != nil {
			t.Fatal(err)
		}
		if (v.Low > 0) != (v.PValue < 0.05) || (v.Finding == Helps) != (v.Low > 0) {
			t.Fatalf("low %v, p %v, %s", v.Low, v.PValue, v.Finding)
		}
		if v.Finding == Helps {
			claimed++
		}
	}
	return claimed
}

func TestNoiseIsNotClaimed(t *testing.T) {
	for _, m := range []int{1, 13} {
		if got := claims(t, 40, m, false, false); got > 2 {
			t.Errorf("%d fusions with noise: claimed on %d of 40 sets, want ≤ 2", m, got)
		}
	}
	if got := claims(t, 8, 2, false, true); got > 1 {
		t.Errorf("official split with noise: claimed on %d of 8 sets, want ≤ 1", got)
	}
}

func TestComplementIsClaimed(t *testing.T) {
	for _, m := range []int{3, 13} {
		got := claims(t, 24, m, true, false)
		t.Logf("%d fusions: claimed on %d of 24 complementary sets", m, got)
		if got < 20 {
			t.Errorf("%d fusions: claimed on %d of 24 complementary sets, want ≥ 20", m, got)
		}
	}
	if got := claims(t, 6, 2, true, true); got < 5 {
		t.Errorf("official split: claimed on %d of 6 sets, want ≥ 5", got)
	}
}

// The promise of the JSON: low > 0 exactly when the adjusted p < 0.05.
func TestVerdictAgrees(t *testing.T) {
	mae, _ := MetricByName("mae")
	acc, _ := MetricByName("accuracy")
	rapid.Check(t, func(t *rapid.T) {
		trial := Trial{Metric: acc, Resampling: Resampling{TrainRows: 80, TestRows: 20}}
		if rapid.Bool().Draw(t, "error") {
			trial.Metric = mae
		}
		runs := rapid.IntRange(2, 12).Draw(t, "runs")
		var rows []Contestant
		for i := range rapid.IntRange(2, 10).Draw(t, "rows") {
			c := Contestant{Name: string(rune('a' + i)), Kind: Fusion, Val: []float64{rapid.Float64Range(0, 1).Draw(t, "val")}}
			if i == 0 {
				c.Kind = Single
			}
			level := rapid.Float64Range(0, 0.3).Draw(t, "level")
			for range runs {
				c.Test = append(c.Test, level+rapid.Float64Range(0, 0.2).Draw(t, "test"))
			}
			rows = append(rows, c)
		}
		v, err := Judge(trial, rows)
		if err != nil {
			t.Fatal(err)
		}
		if (v.Low > 0) != (v.PValue < 0.05) || v.Low > v.Difference || v.High < v.Difference {
			t.Fatalf("%+v", v)
		}
	})
}

func TestVerdictWords(t *testing.T) {
	acc, _ := MetricByName("accuracy")
	trial := Trial{Metric: acc, Resampling: Resampling{TrainRows: 400, TestRows: 100}}
	row := func(name, kind string, val float64, test ...float64) Contestant {
		return Contestant{Name: name, Kind: kind, Val: []float64{val}, Test: test}
	}
	single := row("text", Single, .8, .80, .81, .79, .80, .80)
	other := row("image", Single, .7, .90, .91, .89, .90, .95) // better on test, but validation chooses
	good := row("concat", Fusion, .9, .90, .92, .89, .90, .91)
	same := row("mean", Fusion, .95, .80, .79, .81, .81, .80)
	bad := row("bilstm", Fusion, .95, .60, .61, .59, .62, .60)
	f := func(want Finding, en, zh string, rows ...Contestant) {
		t.Helper()
		v, err := Judge(trial, rows)
		if err != nil {
			t.Fatal(err)
		}
		if v.Finding != want || !strings.Contains(v.Text, en) || !strings.Contains(v.Sentence("zh"), zh) || v.BestSingle != "text" {
			t.Errorf("%+v\n%s", v, v.Sentence("zh"))
		}
		for _, text := range []string{v.Text, v.Sentence("zh")} { // p is of the claim that fusion helps
			if regexp.MustCompile(`\bp\x{a0}[<=]`).MatchString(text) == (v.Difference <= 0) {
				t.Errorf("%s", text)
			}
		}
	}
	f(Helps, "Fusion helps: concat reaches 90.4 % accuracy against 80.0 % for text, the best single view (difference +10.4 points", "融合有效：concat 的准确率为 90.4 %", single, other, good)
	f(NotShown, "Not shown that fusion helps: mean", "未能证明融合有效", single, other, good, same)
	f(Hurts, "it hurts: bilstm", "有害", single, bad)
	f(NotShown, "Not shown that fusion helps: late", "未能证明融合有效", single, row("late", Fusion, .95, .80, .79, .80, .79, .80))
	for _, rows := range [][]Contestant{{single}, {good}, {}, {single, row("x", Fusion, .9, .9)}, {single, row("x", Fusion, math.NaN(), 1, 1, 1, 1, 1)}} {
		if _, err := Judge(trial, rows); err == nil {
			t.Errorf("no error for %v", rows)
		}
	}
	v, err := Judge(trial, []Contestant{row("text", Single, .8, .8), row("mean", Fusion, .8, .9)})
	if err != nil || v.Finding != NotShown || !strings.Contains(v.Text, "one run cannot tell") {
		t.Errorf("one run: %v, %v", v.Text, err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back Verdict
	if err := json.Unmarshal(b, &back); err != nil || back.BestFusion != "mean" || !math.IsNaN(back.Low) {
		t.Errorf("%s: %v", b, err)
	}
}

// Rows of a group are not independent: they are resampled together, and
// McNemar's test is left out.
func TestVerdictByGroups(t *testing.T) {
	acc, _ := MetricByName("accuracy")
	rows, groups := make([]float64, 40), make([]int, 40)
	for i := range rows {
		rows[i], groups[i] = float64(i%3/2), i/2
	}
	single := Contestant{Name: "text", Kind: Single, Val: []float64{.5}, Test: []float64{.5}, Rows: make([]float64, 40)}
	fused := Contestant{Name: "mean", Kind: Fusion, Val: []float64{.6}, Test: []float64{.6}, Rows: rows}
	for _, by := range [][]int{nil, groups} {
		v, err := Judge(Trial{Metric: acc, Groups: by}, []Contestant{single, fused})
		if err != nil {
			t.Fatal(err)
		}
		if v.ByGroups != (by != nil) || math.IsNaN(v.McNemar) != (by != nil) || v.Test != "paired bootstrap" {
			t.Errorf("groups %v: by groups %v, McNemar %v, %s", by, v.ByGroups, v.McNemar, v.Test)
		}
	}
}

// Where the fusion is not shown to be better than always giving the same
// answer, the verdict reports it.
func TestVerdictNamesTheBaseline(t *testing.T) {
	row := func(name, kind string, test ...float64) Contestant {
		return Contestant{Name: name, Kind: kind, Val: test, Test: test}
	}
	f := func(metric string, single, fused, answer float64, en, zh string) {
		t.Helper()
		m, _ := MetricByName(metric)
		trial := Trial{Metric: m, Resampling: Resampling{TrainRows: 400, TestRows: 100}}
		five := func(v float64) []float64 { return []float64{v, v + .01, v - .01, v, v} }
		trial.Baseline = &Contestant{Test: slices.Repeat([]float64{answer}, 5)}
		v, err := Judge(trial, []Contestant{row("text", Single, five(single)...), row("mean", Fusion, five(fused)...)})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back Verdict
		if err := json.Unmarshal(b, &back); err != nil || math.Abs(back.Baseline.Score-answer) > 1e-12 {
			t.Errorf("%s: %v", b, err)
		}
		for lang, want := range map[string]string{"en": en, "zh": zh} {
			got := back.Sentence(lang)
			if want == "" && strings.Contains(got, map[string]string{"en": "always", "zh": "始终"}[lang]) || !strings.HasSuffix(got, want) {
				t.Errorf("%s, want %q", got, want)
			}
		}
	}
	f("accuracy", .567, .60, .64, "). Neither is shown to beat always answering the most frequent class (64.0 %).", "）。未能证明二者中任何一个优于始终回答最常见的类别（64.0 %）。")
	f("accuracy", .75, .60, .64, "). The fusion is not shown to beat always answering the most frequent class (64.0 %).", "）。未能证明该融合优于始终回答最常见的类别（64.0 %）。")
	f("accuracy", .60, .75, .64, "", "")
	f("mae", .50, .51, .50, "). Neither is shown to beat always answering the training rows' mean (0.500).", "）。未能证明二者中任何一个优于始终回答训练目标的均值（0.500）。")
}

// Chinese text has a space between Han and Latin letters, on either side.
func TestChineseSentenceIsSpaced(t *testing.T) {
	for metric, want := range map[string]string{
		"mae": "concat 的平均绝对误差 MAE 为 0.5", "r2": "concat 的 R² 为 0.5", "acc2_non_zero": "concat 的 Acc-2（去掉零分）为 50.0 %", "accuracy": "concat 的准确率为 50.0 %",
	} {
		m, ok := MetricByName(metric)
		if !ok {
			t.Fatal(metric)
		}
		v := Verdict{Metric: metric, BestFusion: "concat", BestSingle: "文本", FusionScore: 0.5, SingleScore: 0.4, Finding: NotShown}
		if got := v.chinese(m); !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Where there are whole modalities, the fusion is judged against the best of them, even where one
// of its views has a higher score; of the views of one column against the best view.
func TestVerdictIsAboutModalities(t *testing.T) {
	acc, _ := MetricByName("accuracy")
	trial := Trial{Metric: acc, Resampling: Resampling{TrainRows: 80, TestRows: 20}}
	con := func(name, kind string, modality bool, val float64) Contestant {
		return Contestant{Name: name, Kind: kind, Modality: modality, Val: []float64{val, val, val}, Test: []float64{val, val - 0.05, val + 0.05}}
	}
	f := func(modality bool, best, word, chinese string) {
		t.Helper()
		v, err := Judge(trial, []Contestant{
			con("image.color", Single, false, 0.9), con("image", Single, modality, 0.7), con("text", Single, modality, 0.6), con("mean", Fusion, false, 0.8),
		})
		if err != nil {
			t.Fatal(err)
		}
		if v.BestSingle != best || v.Modality != modality || !strings.Contains(v.Text, "for "+best+", the best single "+word) || !strings.Contains(v.Sentence("zh"), chinese) {
			t.Errorf("%s: %s %v, %s", best, v.BestSingle, v.Modality, v.Text)
		}
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var again Verdict
		if err := json.Unmarshal(data, &again); err != nil || again.Modality != modality {
			t.Errorf("%s, %v", data, err)
		}
	}
	f(true, "image", "modality", "最好的单一模态 image 为")
	f(false, "image.color", "view", "最好的单一视图 image.color 为")
}

// Large errors are written with as many digits as can be read.
func TestVerdictOfLargeNumbers(t *testing.T) {
	v := Verdict{Metric: "mae", BestFusion: "mean", BestSingle: "x", FusionScore: 91847090.081, SingleScore: 722654947.152, Difference: 630807857.07, Low: -12.3456, High: 7e8, Finding: NotShown, PValue: 0.2}
	const want = "Not shown that fusion helps: mean reaches 9.185e7 MAE against 7.227e8 for x, the best single view (difference +6.308e8, interval −12.346 to +7.000e8, p\u00a0=\u00a00.20; above zero fusion is better)."
	if got := v.Sentence("en"); got != want {
		t.Errorf("%s", got)
	}
}
