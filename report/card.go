package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/internal/lang"
	"github.com/fusor-ml/fusor/internal/svg"
)

// Step is a command that follows from the result, and what it is for. What is English; a report
// in another language translates it.
type Step struct {
	What    string
	Command []string
}

// maxSteps bounds what a reader is asked to choose from.
const maxSteps = 3

// finding is what the report comes to.
type finding struct {
	class    string // of the page: helps, hurts, notshown
	badge    string
	sentence string
	means    string // in plain words
}

// card writes what a reader needs first: the finding in a sentence, what it means and what to do
// now. How it was judged is folded.
func (r *reader) card(p *page) {
	f := r.finding()
	if f == nil {
		return
	}
	p.raw(`<div class="verdict `, f.class, `">`)
	if f.badge != "" {
		p.put(`span class="badge"`, f.badge)
	}
	p.put(`p class="sentence"`, strings.ReplaceAll(f.sentence, " %", "\u00a0%"))
	if f.means != "" {
		p.put(`p class="means"`, f.means)
	}
	if steps := r.doc.Next[:min(maxSteps, len(r.doc.Next))]; len(steps) > 0 {
		p.put("h3", r.say("next"))
		p.raw(`<dl class="steps">`)
		for _, s := range steps {
			p.raw("<div>")
			p.put("dt", lang.Of(r.lang()).Text(s.What))
			p.raw("<dd>")
			p.put("pre", Command(s.Command))
			p.raw("</dd></div>")
		}
		p.raw("</dl>")
	}
	if v := r.doc.Verdict; v != nil {
		r.judged(p, v)
	}
	p.raw("</div>\n")
}

// finding returns what a comparison, or an explanation, comes to; nil where there is neither.
func (r *reader) finding() *finding {
	switch {
	case r.doc.Verdict != nil:
		return r.verdict(r.doc.Verdict)
	case len(r.doc.Shapley) > 0:
		return r.decided()
	case r.alone():
		return r.scored()
	}
	return nil
}

func (r *reader) verdict(v *eval.Verdict) *finding {
	f := &finding{
		class: strings.ReplaceAll(plainWords(string(v.Finding)), " ", ""),
		badge: badge(v.Finding) + " " + r.say(string(v.Finding)), sentence: began(v.Result(r.lang())),
	}
	switch {
	case v.Baseline != nil && v.Baseline.FusionP >= 0.05:
		f.means = r.say("means_baseline")
	case v.Finding == eval.Helps:
		key := "means_helps"
		if v.Modality {
			key = "means_helps_all"
		}
		f.means = r.say(key, eval.Called(v.BestFusion, r.lang()))
	case v.Finding == eval.Hurts:
		f.means = r.say("means_hurts", v.BestSingle)
	default:
		f.means = r.say("means_notshown", v.BestSingle)
	}
	return f
}

// decided is the finding of an explanation: which modality the model relies on, and which are not
// shown to help.
func (r *reader) decided() *finding {
	// In units that a reader knows (points of accuracy, or the error), if the report has them.
	v := r.doc.Shapley[0]
	for _, goal := range []string{explain.Correctness, explain.ErrorDrop} {
		if i := slices.IndexFunc(r.doc.Shapley, func(c explain.Contribution) bool { return c.Goal == goal }); i >= 0 {
			v = r.doc.Shapley[i]
			break
		}
	}
	parts := slices.Clone(v.Parts)
	if len(parts) == 0 {
		return nil
	}
	// Stable: equal modalities keep the order of the columns.
	slices.SortStableFunc(parts, func(a, b explain.Part) int { return cmp.Compare(b.Value, a.Value) })
	format, _, _ := r.goal(v.Goal)
	unit := ""
	switch v.Goal {
	case explain.Correctness:
		unit = " " + r.say("points")
	case explain.LogOdds, explain.TrueLogOdds:
		unit = " " + r.say("log_odds")
	}
	gain := func(c explain.Part) string {
		s := format.Value(c.Value) + unit
		if math.IsNaN(c.Low) || math.IsNaN(c.High) {
			return s
		}
		return r.say("gain", s, format.Value(c.Low), format.Value(c.High))
	}
	// By the interval; a value without one is taken as it is.
	sure := func(c explain.Part) bool { return math.IsNaN(c.Low) || c.Low > 0 }
	first := parts[0]
	said := []string{r.say("decides", first.Name, format.Value(first.Value)+unit)}
	f := &finding{class: "helps", means: r.say("means_decides", first.Name)}
	switch {
	case !sure(first):
		said = []string{r.say("decides_not", first.Name, gain(first))}
		f.class, f.means = "notshown", r.say("means_decides_not")
	case slices.ContainsFunc(parts, func(c explain.Part) bool { return !sure(c) }):
		f.means += r.pick(" ", "") + r.say("means_spare")
	}
	// A sentence, not a table; the rest is in the chart.
	const most = 4
	for i, c := range parts[1:] {
		if i == most {
			said = append(said, r.say("others", len(parts)-1-most))
			break
		}
		key := "part_helps"
		switch {
		case c.High < 0:
			key = "part_hurts"
		case !sure(c):
			key = "part_not_shown"
		}
		said = append(said, r.say(key, c.Name, gain(c)))
	}
	f.sentence = strings.Join(said, r.pick("; ", "；")) + r.pick(".", "。")
	// Which rows it holds for comes first.
	if l := r.doc.Scope.Note(r.lang()); l != "" {
		f.means = l + r.pick(" ", "") + f.means
	}
	return f
}

// scored is the finding of a model of one modality: how good it is.
func (r *reader) scored() *finding {
	row := &r.doc.Rows[0]
	if i := slices.IndexFunc(r.doc.Rows, r.chosen); i > 0 {
		row = &r.doc.Rows[i]
	}
	s, ok := row.Of(r.metric.Name)
	if !ok {
		return nil
	}
	f := &finding{class: "notshown", sentence: r.say("scores", began(eval.Called(row.Name, r.lang())), r.metric.TitleIn(r.lang()), show(r.metric, s.Mean))}
	if !math.IsNaN(s.Low) {
		f.sentence = r.say("gain", f.sentence, show(r.metric, s.Low), show(r.metric, s.High))
	}
	f.sentence += r.pick(".", "。")
	f.means = r.say("means_alone")
	if l := r.doc.Scope.Note(r.lang()); l != "" {
		f.means = l + r.pick(" ", "") + f.means
	}
	return f
}

// began is the beginning of a sentence: a name keeps its letters, the article does not.
func began(s string) string {
	if rest, ok := strings.CutPrefix(s, "the "); ok {
		return "The " + rest
	}
	return s
}

// bestSingle is the key of what a verdict compares a fusion with.
func bestSingle(v *eval.Verdict) string {
	if v.Modality {
		return "best_modality"
	}
	return "best_single"
}

// judged writes how a verdict was come to, folded.
func (r *reader) judged(p *page, v *eval.Verdict) {
	unit := ""
	f := svg.Signed
	if r.metric.Share {
		f, unit = svg.Points, " "+r.say("points")
	}
	p.raw("<details>")
	p.put("summary", r.say("judged"))
	p.raw(`<dl class="facts">`)
	r.fact(p, r.say(bestSingle(v)), show(r.metric, v.SingleScore), v.BestSingle)
	r.fact(p, r.say("best_fusion"), show(r.metric, v.FusionScore), v.BestFusion)
	span := ""
	if !math.IsNaN(v.Low) {
		span = r.say("span") + " " + f.Value(v.Low) + " " + r.say("to") + " " + f.Value(v.High)
	}
	r.fact(p, r.say("difference"), f.Value(v.Difference)+unit, span)
	p.raw("</dl>")
	test := r.say("test_t")
	switch boot := v.Test == (*eval.PairedBootstrap)(nil).Name(); {
	case boot && v.ByGroups:
		test = r.say("test_groups")
	case boot:
		test = r.say("test_boot")
	}
	note := r.say("chosen", test)
	if v.Difference > 0 {
		note += r.pick(" ", "") + r.say("p")
		if v.Fusions > 1 {
			note += r.pick(" ", "") + r.say("equal_p", eval.FormatP(v.EqualP))
		}
	}
	if !math.IsNaN(v.McNemar) && v.McNemar > 0 {
		note += r.pick(" ", "") + r.say("mcnemar", eval.FormatP(v.McNemar))
	}
	p.put(`p class="note"`, note)
	p.raw("</details>")
}
