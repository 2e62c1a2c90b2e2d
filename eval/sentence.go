package eval

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// Sentence states the verdict in a plain sentence, and in another where always
// giving the same answer may be as good, in Chinese for "zh" and in English for
// any other language.
func (v Verdict) Sentence(lang string) string {
	if lang == "zh" {
		return map[Finding]string{Helps: "融合有效：", Hurts: "融合在这里反而有害：", NotShown: "未能证明融合有效："}[v.Finding] + v.Result(lang)
	}
	return map[Finding]string{Helps: "Fusion helps: ", Hurts: "Fusion does not help here, it hurts: ", NotShown: "Not shown that fusion helps: "}[v.Finding] + v.Result(lang)
}

// Result is the Sentence without the finding: what was measured.
func (v Verdict) Result(lang string) string {
	m, ok := MetricByName(v.Metric)
	if !ok {
		m = Metric{Name: v.Metric, Title: v.Metric, HigherIsBetter: true}
	}
	if lang == "zh" {
		return strings.TrimLeft(v.chinese(m), " ") + v.constantly(m, "zh")
	}
	return strings.TrimSpace(v.english(m) + " " + v.constantly(m, lang))
}

// constantly reports it where the fusion is not shown to be better than always
// giving the same answer.
func (v Verdict) constantly(m Metric, lang string) string {
	b := v.Baseline
	if b == nil || b.FusionP < alpha {
		return ""
	}
	neither, answer := b.SingleP >= alpha, score(m, b.Score)
	if lang == "zh" {
		who, what := "未能证明该融合优于", "始终回答最常见的类别"
		if neither {
			who = "未能证明二者中任何一个优于"
		}
		switch {
		case m.Task == dataset.Regression:
			what = "始终回答训练目标的均值"
		case b.Labels:
			what = "始终回答最常见的标签"
		}
		return who + what + "（" + answer + "）。"
	}
	who, what := "The fusion is not", "the most frequent class"
	if neither {
		who = "Neither is"
	}
	switch {
	case m.Task == dataset.Regression:
		what = "the training rows' mean"
	case b.Labels:
		what = "the most frequent labels"
	}
	return fmt.Sprintf("%s shown to beat always answering %s (%s).", who, what, answer)
}

// Called returns name as a sentence names it, in Chinese for "zh", else in English: the ensemble is
// a common noun, every other method has a name of its own.
func Called(name, lang string) string {
	switch {
	case name != "ensemble":
		return name
	case lang == "zh":
		return "集成 ensemble"
	}
	return "the ensemble"
}

func (v Verdict) english(m Metric) string {
	title, unit := m.Title, ""
	if m.Share {
		unit = " points"
	}
	against := "%s reaches %s %s against %s for %s, the best single view"
	if v.Modality {
		against = "%s reaches %s %s against %s for %s, the best single modality"
	}
	scores := fmt.Sprintf(against, Called(v.BestFusion, "en"), score(m, v.FusionScore), title, score(m, v.SingleScore), v.BestSingle)
	proof := fmt.Sprintf("difference %s%s, interval %s to %s", signed(m, v.Difference), unit, signed(m, v.Low), signed(m, v.High))
	if v.Difference > 0 { // p is of the claim that fusion helps
		proof += ", p\u00a0" + FormatP(v.PValue)
	}
	switch {
	case math.IsNaN(v.Low) && v.Runs == 2:
		proof = "two folds are too few for an interval"
	case math.IsNaN(v.Low):
		proof = "one run cannot tell how sure that is"
	}
	if v.Fusions > 1 {
		proof += fmt.Sprintf(", corrected for %d fusions", v.Fusions)
	}
	if !m.HigherIsBetter {
		proof += "; above zero fusion is better"
	}
	return fmt.Sprintf("%s (%s).", scores, proof)
}

// chineseTitles names the metrics a verdict may be about.
var chineseTitles = map[string]string{
	"accuracy": "准确率", "balanced_accuracy": "均衡准确率", "macro_f1": "宏平均 F1", "weighted_f1": "加权 F1",
	"log_loss": "对数损失", "brier": "Brier 分数", "roc_auc": "ROC-AUC", "average_precision": "平均精度", "ece": "校准误差 ECE",
	"mae": "平均绝对误差 MAE", "rmse": "均方根误差 RMSE", "r2": "R²", "pearson": "皮尔逊相关系数", "spearman": "斯皮尔曼相关系数",
	"micro_f1": "微平均 F1", "subset_accuracy": "子集准确率", "hamming_loss": "汉明损失", "mean_average_precision": "平均精度均值 mAP",
	"acc2_non_negative": "Acc-2（全部行，y ≥ 0）", "acc2_non_zero": "Acc-2（去掉零分）", "acc2_positive": "Acc-2（全部行，y > 0）",
	"acc5": "Acc-5", "acc7": "Acc-7",
}

// TitleIn is the metric's name for people, in Chinese for "zh", else in English.
func (m Metric) TitleIn(lang string) string {
	if lang == "zh" && chineseTitles[m.Name] != "" {
		return chineseTitles[m.Name]
	}
	return m.Title
}

func (v Verdict) chinese(m Metric) string {
	unit := ""
	if m.Share {
		unit = " 个百分点"
	}
	against := "%s的%s为 %s，最好的单一视图%s为 %s"
	if v.Modality {
		against = "%s的%s为 %s，最好的单一模态%s为 %s"
	}
	scores := fmt.Sprintf(against,
		calledChinese(v.BestFusion), spaced(m.TitleIn("zh")), score(m, v.FusionScore), quoted(v.BestSingle), score(m, v.SingleScore))
	proof := fmt.Sprintf("差值 %s%s，区间 %s 至 %s", signed(m, v.Difference), unit, signed(m, v.Low), signed(m, v.High))
	if v.Difference > 0 {
		proof += "，p\u00a0" + FormatP(v.PValue)
	}
	switch {
	case math.IsNaN(v.Low) && v.Runs == 2:
		proof = "只有两折，不足以给出区间"
	case math.IsNaN(v.Low):
		proof = "只有一次运行，无法判断可靠程度"
	}
	if v.Fusions > 1 {
		proof += fmt.Sprintf("，已按 %d 种融合方法校正", v.Fusions)
	}
	if !m.HigherIsBetter {
		proof += "；差值大于零表示融合更好"
	}
	return fmt.Sprintf("%s（%s）。", scores, proof)
}

// spaced sets the Latin ends of a term off within Chinese text.
func spaced(term string) string {
	latin := func(r rune) bool { return !unicode.Is(unicode.Han, r) && !unicode.IsPunct(r) }
	if first, _ := utf8.DecodeRuneInString(term); latin(first) {
		term = " " + term
	}
	if last, _ := utf8.DecodeLastRuneInString(term); latin(last) {
		term += " "
	}
	return term
}

// calledChinese is how a Chinese sentence begins with a name.
func calledChinese(name string) string {
	if called := Called(name, "zh"); called != name {
		return called + " "
	}
	return strings.TrimLeft(quoted(name), " ")
}

// quoted sets a name off within Chinese text: a Chinese one by quotation marks,
// another by spaces.
func quoted(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "“" + name + "”"
	}
	return " " + name + " "
}

func score(m Metric, v float64) string {
	if m.Share {
		return fmt.Sprintf("%.1f %%", 100*v)
	}
	return termtext.Number(v)
}

// signed shows a difference with its sign, in percentage points for shares.
func signed(m Metric, v float64) string {
	a := math.Abs(v)
	s := termtext.Number(a)
	if m.Share {
		s = fmt.Sprintf("%.1f", 100*a)
	}
	switch {
	case strings.Trim(s, "0.") == "": // "+0.0" hides on which side of zero it lies
		return s
	case v < 0:
		return "−" + s
	}
	return "+" + s
}

// FormatP writes a p-value after the letter p, so that no line breaks in it:
// "= 0.013", "< 0.001".
func FormatP(p float64) string {
	switch {
	case p < 0.001:
		return "<\u00a00.001"
	case p < 0.1:
		return fmt.Sprintf("=\u00a0%.3f", p)
	}
	return fmt.Sprintf("=\u00a0%.2f", p)
}
