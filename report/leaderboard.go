package report

import (
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/internal/svg"
	"github.com/fusor-ml/fusor/model"
)

// ranked returns the rows with their main score, the best first; rows without
// one come last.
func (r *reader) ranked() []compare.Row {
	rows := slices.Clone(r.doc.Rows)
	key := func(row compare.Row) float64 {
		s, ok := row.Of(r.metric.Name)
		if !ok || math.IsNaN(s.Mean) {
			return math.Inf(-1)
		}
		if !r.metric.HigherIsBetter {
			return -s.Mean
		}
		return s.Mean
	}
	sort.SliceStable(rows, func(a, b int) bool { return key(rows[a]) > key(rows[b]) })
	return rows
}

func (r *reader) leaderboard() *section {
	if len(r.doc.Rows) == 0 {
		return nil
	}
	rows := r.ranked()
	p := &svg.Ranking{
		Title: headed(r.say("leaderboard_plot", r.metric.TitleIn(r.lang()))), XLabel: r.metricLabel(r.metric), Format: format(r.metric),
		Groups: [2]string{r.say("single"), r.say("fusion")}, Line: math.NaN(), Floor: r.metric.Min, Ceil: r.metric.Max,
	}
	// The verdict's single entry is the line in the plot, its fusion the bold row.
	best := ""
	if v := r.doc.Verdict; v != nil {
		line := "best_line"
		if v.Modality {
			line = "modality_line"
		}
		p.Line, p.Note, best = v.SingleScore, r.say(line)+r.pick(" (", "（")+v.BestSingle+r.pick(")", "）"), v.BestFusion
	}
	t := &table{texts: 2, bold: -1}
	t.column("name", headed(r.say("name")))
	t.column("kind", headed(r.say("kind")))
	metrics := r.metricsOf(rows)
	for _, m := range metrics {
		t.column(m.Name, headed(m.TitleIn(r.lang())))
		t.column(m.Name+"_low", headed(r.say("low")))
		t.column(m.Name+"_high", headed(r.say("high")))
	}
	t.column("parameters", headed(r.say("parameters")))
	t.column("fit_seconds", headed(r.say("fit")))
	t.column("views", headed(r.say("views")))
	for i, row := range rows {
		// A row without the metric is in the table and not in the plot.
		if s, ok := row.Of(r.metric.Name); ok {
			group := 0
			if row.Kind == eval.Fusion {
				group = 1
			}
			p.Rows = append(p.Rows, svg.Ranked{Name: row.Name, Mean: s.Mean, Low: s.Low, High: s.High, Group: group, Strong: r.chosen(row)})
		}
		if row.Name == best {
			t.bold = i
		}
		t.rows = append(t.rows, r.boardCells(row, metrics))
	}
	title, note := r.say("leaderboard"), r.say("leaderboard_note")
	if best != "" {
		note += r.pick(" ", "") + r.say("standing_out")
		for _, why := range []string{r.notOnTop(), r.unlikeValidation()} {
			if why != "" {
				note += r.pick(" ", "") + why
			}
		}
	}
	if r.joinsOneView() {
		note, p.Title = r.say("of_one_view"), headed(r.metric.TitleIn(r.lang()))
	}
	if len(rows) == 1 { // of explain, or of a comparison of one view
		title, note, p.Title = r.say("score"), r.say("score_note"), headed(r.metric.TitleIn(r.lang()))
		if r.doc.Run.Folds > 0 {
			note = r.say("score_folds")
		}
		if l := r.doc.Scope.Note(r.lang()); l != "" {
			note = l + r.pick(" ", "") + note
		}
	}
	return &section{id: "leaderboard", wide: true, title: title, note: note, figures: []figure{{name: "leaderboard", plot: p, table: t}}}
}

func (r *reader) boardCells(row compare.Row, metrics []eval.Metric) []cell {
	cells := []cell{text(row.Name), {r.kind(row), row.Kind}}
	for _, m := range metrics {
		s, ok := row.Of(m.Name)
		if !ok {
			s.Mean, s.Low, s.High = math.NaN(), math.NaN(), math.NaN()
		}
		for _, v := range []float64{s.Mean, s.Low, s.High} {
			cells = append(cells, value(v, show(m, v)))
		}
	}
	return append(cells, count(row.Parameters), value(row.FitSeconds, seconds(row.FitSeconds)), text(strings.Join(row.Views, ", ")))
}

// kind names what a row is: a fusion, a single view, all views of one modality, or an ensemble of
// several models of one view, which is no fusion.
func (r *reader) kind(row compare.Row) string {
	if row.Kind == eval.Single && row.Fusion == model.Ensemble {
		return r.say("ensemble")
	}
	if row.Modality {
		return r.say("whole")
	}
	return r.say(row.Kind)
}

// metricsOf lists the metrics that any row has, the main one first.
func (r *reader) metricsOf(rows []compare.Row) []eval.Metric {
	out := []eval.Metric{r.metric}
	seen := map[string]bool{r.metric.Name: true}
	for _, row := range rows {
		for _, s := range row.Scores {
			if m := s.Metric; !seen[m.Name] {
				seen[m.Name] = true
				out = append(out, m)
			}
		}
	}
	return out
}

// subsetMetric is the metric of the scores of subsets: the task's main one, whatever the verdict is
// about.
func (r *reader) subsetMetric() eval.Metric {
	if m := eval.Metrics(r.doc.Data.Task); len(m) > 0 {
		return m[0]
	}
	return r.metric
}

func (r *reader) subsets() *section {
	if len(r.doc.Subsets) == 0 {
		return nil
	}
	all, prefix := players(r.doc.Subsets)
	m := r.subsetMetric()
	plot := "subsets_plot"
	if len(r.doc.Subsets) < 1<<min(len(all), 30) {
		plot = "subsets_some"
	}
	p := &svg.Ranking{
		Title: headed(r.say(plot, m.TitleIn(r.lang()))), XLabel: r.metricLabel(m), Format: format(m),
		Groups: [2]string{r.say("one"), r.say("several")}, Line: math.NaN(), Floor: m.Min, Ceil: m.Max,
	}
	t := &table{texts: 1, bold: -1}
	t.column("present", headed(r.say("modalities")))
	t.column(m.Name, headed(m.TitleIn(r.lang())))
	t.column("low", headed(r.say("low")))
	t.column("high", headed(r.say("high")))
	rows := slices.Clone(r.doc.Subsets)
	sort.SliceStable(rows, func(a, b int) bool { return len(rows[a].Players) < len(rows[b].Players) })
	for _, s := range rows {
		name := r.subsetName(s.Players, all, prefix)
		low, high := bounds(s.Range)
		group := 0
		if len(s.Players) > 1 {
			group = 1
		}
		p.Rows = append(p.Rows, svg.Ranked{Name: name, Mean: s.Score, Low: low, High: high, Group: group})
		t.rows = append(t.rows, []cell{
			{name, strings.Join(s.Players, "+")},
			value(s.Score, show(m, s.Score)), value(low, show(m, low)), value(high, show(m, high)),
		})
	}
	return &section{id: "subsets", title: r.say("subsets"), note: r.say("subsets_note"), figures: []figure{{name: "subsets", plot: p, table: t}}}
}

// players are all modalities of the subsets, and the beginning that the names
// share if they are views of one column.
func players(rows []explain.Subset) (all []string, prefix string) {
	for _, s := range rows {
		if len(s.Players) > len(all) {
			all = s.Players
		}
	}
	for i, name := range all {
		column, _, ok := strings.Cut(name, ".")
		if !ok || i > 0 && column+"." != prefix {
			return all, ""
		}
		prefix = column + "."
	}
	return all, prefix
}

// subsetName names a subset as shortly as can be understood.
func (r *reader) subsetName(views, all []string, prefix string) string {
	n := len(all)
	switch k := len(views); {
	case k == 0 && r.doc.Data.Task == dataset.Regression:
		return r.say("nothing_mean")
	case k == 0 && r.doc.Data.Task == dataset.Multilabel:
		return r.say("nothing_labels")
	case k == 0:
		return r.say("nothing")
	case k == n && n > 2:
		return r.say("all")
	case k == n-1 && n > 3:
		for _, v := range all {
			if !slices.Contains(views, v) {
				return r.say("all_but", r.pick("", " ")+strings.TrimPrefix(v, prefix)+r.pick("", " "))
			}
		}
	}
	short := make([]string, len(views))
	for i, v := range views {
		short[i] = strings.TrimPrefix(v, prefix)
	}
	return strings.Join(short, " + ")
}

// chosen reports whether the verdict is about the row, or the model is made of it.
func (r *reader) chosen(row compare.Row) bool {
	if c := r.doc.Chosen; c != nil && row.Name == c.Name && row.Kind == c.Kind {
		return true
	}
	v := r.doc.Verdict
	return v != nil && (row.Kind == eval.Fusion && row.Name == v.BestFusion || row.Kind != eval.Fusion && row.Name == v.BestSingle)
}

// notOnTop returns why entries were chosen that others of their kind surpass on the rows that are
// shown; "" if none does. A verdict has two chosen entries, a fusion and a single one.
func (r *reader) notOnTop() string {
	rows := r.ranked()
	if r.doc.Verdict == nil {
		return r.surpassed(rows, r.chosen)
	}
	var notes []string
	for _, name := range []string{r.doc.Verdict.BestFusion, r.doc.Verdict.BestSingle} {
		isIt := func(row compare.Row) bool { return row.Name == name }
		i := slices.IndexFunc(rows, isIt)
		if i < 0 {
			continue
		}
		kind := r.kind(rows[i])
		alike := slices.DeleteFunc(slices.Clone(rows), func(row compare.Row) bool { return r.kind(row) != kind })
		if note := r.surpassed(alike, isIt); note != "" {
			notes = append(notes, note)
		}
	}
	return strings.Join(notes, r.pick(" ", ""))
}

// surpassed returns why the chosen one of rows, best first, is not the first; "" if it is.
func (r *reader) surpassed(rows []compare.Row, isChosen func(compare.Row) bool) string {
	i := slices.IndexFunc(rows, isChosen)
	if i < 0 {
		return ""
	}
	top, chosen := &rows[0], &rows[i]
	if i == 0 || len(top.ValRuns) == 0 || len(chosen.ValRuns) == 0 {
		return ""
	}
	a, _ := top.Of(r.metric.Name)
	if b, _ := chosen.Of(r.metric.Name); !(math.Abs(a.Mean-b.Mean) > 1e-9) {
		return ""
	}
	name := chosen.Name
	if called := eval.Called(name, "en"); chosen.Kind == eval.Fusion || called != name { // a column keeps its name
		name = r.pick(began(called), name)
	}
	its, others := show(r.metric, meanOf(chosen.ValRuns)), show(r.metric, meanOf(top.ValRuns))
	if its == others {
		return r.say("not_on_top_equal", name, top.Name, its)
	}
	ahead := meanOf(top.ValRuns) - meanOf(chosen.ValRuns)
	if !r.metric.HigherIsBetter {
		ahead = -ahead
	}
	if ahead > 0 {
		return r.say("not_on_top_margin", name, top.Name, its, others, show(r.metric, chosen.ValMargin))
	}
	return r.say("not_on_top", name, top.Name, its, others)
}

// unlikeValidation returns what it means that validation rows of an official split score far better
// than its test rows; "" where they do not.
func (r *reader) unlikeValidation() string {
	c := r.doc.Chosen
	if c == nil || c.Val == nil {
		return ""
	}
	k := slices.IndexFunc(r.doc.Rows, func(row compare.Row) bool { return row.Name == c.Name && row.Kind == c.Kind })
	if k < 0 {
		return ""
	}
	if test, ok := r.doc.Rows[k].Of(r.metric.Name); ok && r.metric.Unlike(*c.Val, test) {
		return r.say("val_unlike", show(r.metric, c.Val.Mean), show(r.metric, test.Mean))
	}
	return ""
}

func meanOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func bounds(i *explain.Interval) (low, high float64) {
	if i == nil {
		return math.NaN(), math.NaN()
	}
	return i.Low, i.High
}
