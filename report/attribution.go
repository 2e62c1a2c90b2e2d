package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/internal/svg"
)

func (r *reader) shapley() *section {
	s := &section{id: "shapley", title: r.say("shapley"), note: r.say("shapley_note")}
	below := false
	for _, v := range r.doc.Shapley {
		if len(v.Parts) == 0 {
			continue
		}
		f, title, unit := r.goal(v.Goal)
		if v.Sampled {
			s.note = strings.TrimSuffix(s.note, r.say("shapley_sampled")) + r.pick(" ", "") + r.say("shapley_sampled")
		}
		name := "shapley_" + v.Goal
		s.figures = append(s.figures, figure{name: name, plot: r.shapleyBars(v, title, unit, f), table: r.shapleyTable(v, f), folded: len(s.figures) > 0})
		if len(v.Classes) > 0 {
			classes := r.shapleyClasses(v, name+"_classes", title, unit, f)
			classes.folded = true
			s.figures = append(s.figures, classes)
			below = below || slices.ContainsFunc(v.Classes, func(c explain.ClassPart) bool { return slices.Min(c.Values) < 0 })
		}
	}
	if len(s.figures) == 0 {
		return nil
	}
	if below {
		s.note += r.pick(" ", "") + r.say("shapley_below")
	}
	return s
}

// goal returns how the shares of a goal are written.
func (r *reader) goal(name string) (f svg.Format, title, unit string) {
	labels := r.doc.Data.Task == dataset.Multilabel
	switch {
	case labels && name == explain.LogOdds:
		return svg.Signed, r.say("shapley_logodds_labels"), r.say("log_odds")
	case labels && name == explain.TrueLogOdds:
		return svg.Signed, r.say("shapley_true_labels"), r.say("log_odds")
	}
	switch name {
	case explain.LogOdds:
		return svg.Signed, r.say("shapley_logodds"), r.say("log_odds")
	case explain.TrueLogOdds:
		return svg.Signed, r.say("shapley_true"), r.say("log_odds")
	case explain.RowF1:
		return svg.Signed, r.say("shapley_row_f1"), "F1"
	case explain.ErrorDrop:
		return svg.Signed, r.say("shapley_error"), r.say("abs_error")
	}
	return svg.Points, r.say("shapley_correct"), r.say("pct_points")
}

func (r *reader) shapleyBars(v explain.Contribution, title, unit string, f svg.Format) svg.Plot {
	p := &svg.Bars{Title: title + r.pick(", ", "，") + v.Model, XLabel: unit, Format: f, Series: []string{r.say("contribution")}}
	for _, c := range v.Parts {
		p.Rows = append(p.Rows, svg.Bar{Name: c.Name, Parts: []float64{c.Value}, Low: c.Low, High: c.High})
	}
	return p
}

func (r *reader) shapleyTable(v explain.Contribution, f svg.Format) *table {
	t := &table{texts: 1, bold: len(v.Parts)}
	t.column("modality", headed(r.say("modality")))
	t.column("contribution", headed(r.say("contribution")))
	t.column("low", headed(r.say("low")))
	t.column("high", headed(r.say("high")))
	for _, c := range v.Parts {
		t.rows = append(t.rows, []cell{text(c.Name), value(c.Value, f.Value(c.Value)), value(c.Low, f.Value(c.Low)), value(c.High, f.Value(c.High))})
	}
	total := v.Full - v.Empty
	t.rows = append(t.rows, []cell{{r.say("total"), "total"}, value(total, f.Value(total)), {}, {}})
	return t
}

// maxRows bounds the rows that a plot by class has; its table has them all.
const maxRows = 24

// firstOf returns what a title adds where the plot shows only some of n classes.
func (r *reader) firstOf(n int) string {
	if n <= maxRows {
		return ""
	}
	return r.say("first_of", maxRows, n)
}

func (r *reader) shapleyClasses(v explain.Contribution, name, title, unit string, f svg.Format) figure {
	p := &svg.Bars{Title: title + r.byTrue() + r.firstOf(len(v.Classes)), XLabel: unit, Format: f}
	t := &table{texts: 1, bold: -1}
	t.column("class", headed(r.say("class")))
	own := r.ownColor(len(v.Parts))
	for k, c := range v.Parts {
		if own[k] {
			p.Series = append(p.Series, c.Name)
		}
		t.column(c.Name, c.Name)
	}
	if len(p.Series) < len(v.Parts) {
		p.Series = append(p.Series, r.say("others", len(v.Parts)-len(p.Series)))
	}
	for i, c := range v.Classes {
		parts := make([]float64, len(p.Series))
		at := 0
		row := []cell{text(c.Class)}
		for k, x := range c.Values {
			row = append(row, value(x, f.Value(x)))
			if own[k] {
				parts[at] = x
				at++
			} else {
				parts[len(parts)-1] += x
			}
		}
		if i < maxRows {
			p.Rows = append(p.Rows, svg.Bar{Name: c.Class, Parts: parts, Low: math.NaN(), High: math.NaN()})
		}
		t.rows = append(t.rows, row)
	}
	return figure{name: name, plot: p, table: t}
}

// ownColor returns which of n modalities the stacked plots show for themselves:
// all of them, or if there are more than colors those of the largest shares in
// any class; the rest is shown as one. It is the same for every goal, so that a
// modality keeps its color from plot to plot.
func (r *reader) ownColor(n int) []bool {
	own := slices.Repeat([]bool{true}, n)
	if n <= svg.Series {
		return own
	}
	rank, order := make([]float64, n), make([]int, n)
	for _, v := range r.doc.Shapley {
		largest, most := make([]float64, n), 0.0
		for k := range min(n, len(v.Parts)) {
			for _, c := range v.Classes {
				largest[k] = max(largest[k], math.Abs(c.Values[k]))
			}
			most = max(most, largest[k])
		}
		for k := range largest {
			if most > 0 {
				rank[k] += largest[k] / most
			}
		}
	}
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank[b], rank[a]) })
	for _, k := range order[svg.Series-1:] {
		own[k] = false
	}
	return own
}

func (r *reader) weights() *section {
	w := r.doc.Weights
	if w == nil || len(w.Classes) == 0 || len(w.Views) == 0 {
		return nil
	}
	p := &svg.Heat{
		Title: r.say("weights_plot", w.Model) + r.firstOf(len(w.Classes)), RowLabel: r.say("true_class"), ColLabel: r.say("view"),
		Rows: w.Classes[:min(maxRows, len(w.Classes))], Cols: w.Views, Format: svg.Count, Max: 100,
	}
	t := &table{texts: 1, bold: -1}
	t.column("class", headed(r.say("class")))
	for _, v := range w.Views {
		t.column(v, v)
	}
	for i, row := range w.Values {
		cells := []cell{text(w.Classes[i])}
		shown := make([]float64, len(row))
		for k, v := range row {
			shown[k] = math.Round(100 * v)
			cells = append(cells, value(v, svg.Percent.Value(v)))
		}
		if i < maxRows {
			p.Values = append(p.Values, shown)
		}
		t.rows = append(t.rows, cells)
	}
	return &section{id: "weights", title: r.say("weights"), note: r.say("weights_note"), figures: []figure{{name: "weights", plot: p, table: t}}}
}

func (r *reader) noise() *section {
	if len(r.doc.Noise) == 0 {
		if len(r.doc.NoiseBy) == 0 || len(r.doc.Next) > 0 { // which has the way to it
			return nil
		}
		return &section{id: "noise", title: r.say("noise"), note: r.say("noise_by"), pre: strings.Join(r.doc.NoiseBy, "\n")}
	}
	const (
		beside = 4 // more curves than so many take the page's width
		most   = 6 // of more, those that cost a modality less than another one are folded
	)
	s := &section{id: "noise", wide: len(r.doc.Noise) > beside, title: r.say("noise"), note: r.say("noise_note")}
	worst := r.worstNoise()
	folds := len(r.doc.Noise) > most && len(worst) < len(r.doc.Noise)
	sum := &table{title: r.say("noise_table"), texts: 3, bold: -1}
	for _, k := range []string{"modality", "noise_kind", "model", "area", "relative", "effective"} {
		sum.column(k, headed(r.say(k)))
	}
	measured, rest := false, []figure(nil)
	from, to := r.noiseRange()
	for i, n := range r.doc.Noise {
		where := n.Column
		if where == "" {
			where = r.say("jointly")
		}
		what := r.named("noise_", n.Kind)
		f := figure{name: fmt.Sprintf("noise_%02d_%s", i+1, plain(n.Kind)), plot: r.noiseLines(n, where, what, from, to), small: true, table: r.noiseTable(n)}
		if f.folded = folds && worst[n.Column] != i; f.folded {
			rest = append(rest, f)
		} else {
			s.figures = append(s.figures, f)
		}
		for _, c := range n.Curves {
			row := []cell{{where, n.Column}, {what, n.Kind}, text(c.Model)}
			for _, v := range []*float64{&c.Area, &c.Relative, c.Effective} {
				// No value without a baseline, or with a level of zero score.
				if v == nil || math.IsNaN(*v) {
					row = append(row, cell{"–", ""})
					continue
				}
				measured = true
				row = append(row, value(*v, svg.Plain.Value(*v)))
			}
			sum.rows = append(sum.rows, row)
		}
	}
	if folds {
		s.note += r.pick(" ", "") + r.say("noise_worst")
		s.figures = append(s.figures, rest...)
	}
	if measured {
		sum.dropUnknown()
		for _, key := range []string{"relative", "effective"} {
			if slices.Contains(sum.keys, key) {
				s.note += r.pick(" ", "") + r.say(key+"_note")
			}
		}
		s.figures = append(s.figures, figure{name: "robustness", table: sum, folded: true})
	}
	return s
}

// worstNoise is the noise that costs each column most, by its place in the document: that of the
// first model's least score over all strengths.
func (r *reader) worstNoise() map[string]int {
	area := func(i int) float64 {
		curves := r.doc.Noise[i].Curves
		switch {
		case len(curves) == 0:
			return math.NaN()
		case r.metric.HigherIsBetter:
			return curves[0].Area
		}
		return -curves[0].Area
	}
	worst := map[string]int{}
	for i, n := range r.doc.Noise {
		if k, ok := worst[n.Column]; !ok || area(i) < area(k) || math.IsNaN(area(k)) {
			worst[n.Column] = i
		}
	}
	return worst
}

// plain keeps letters, digits and underscores of a file's name.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' {
			return c
		}
		return -1
	}, strings.ToLower(s))
}

// noiseRange is what all curves span, so that their plots can be compared.
func (r *reader) noiseRange() (from, to float64) {
	from, to = math.NaN(), math.NaN()
	for _, n := range r.doc.Noise {
		for _, c := range n.Curves {
			for _, s := range c.Scores {
				for _, v := range []float64{s.Mean, s.Low, s.High} {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						continue
					}
					if !(from <= v) {
						from = v
					}
					if !(to >= v) {
						to = v
					}
				}
			}
		}
	}
	return from, to
}

func (r *reader) noiseLines(n explain.Noise, where, what string, from, to float64) svg.Plot {
	p := &svg.Lines{
		Title: r.say("noise_plot", where, what), XLabel: r.named("unit_", n.Unit), YLabel: r.metricLabel(r.metric), XFormat: svg.Count, YFormat: format(r.metric),
		YFloor: r.metric.Min, YCeil: r.metric.Max, YFrom: from, YTo: to, Plain: true,
	}
	levels := n.Levels
	if n.Unit == "" {
		p.XLabel = r.say("share")
		levels = make([]float64, len(n.Levels))
		for i, l := range n.Levels {
			levels[i] = 100 * l
		}
	}
	for i, c := range n.Curves {
		curve := svg.Curve{Name: c.Model, X: levels[:len(c.Scores)], Mark: -1, Color: i, Points: true}
		for _, s := range c.Scores {
			curve.Y, curve.Low, curve.High = append(curve.Y, s.Mean), append(curve.Low, s.Low), append(curve.High, s.High)
		}
		p.Curves = append(p.Curves, curve)
	}
	return p
}

func (r *reader) noiseTable(n explain.Noise) *table {
	t := &table{texts: 0, bold: -1}
	t.column("level", headed(r.say("level")))
	for _, c := range n.Curves {
		t.column(c.Model, c.Model)
		t.column(c.Model+"_low", headed(r.say("low")))
		t.column(c.Model+"_high", headed(r.say("high")))
	}
	for i, l := range n.Levels {
		f := svg.Count
		if n.Unit == "" {
			f = svg.Percent
		}
		row := []cell{value(l, f.Value(l))}
		for _, c := range n.Curves {
			for _, v := range []float64{c.Scores[i].Mean, c.Scores[i].Low, c.Scores[i].High} {
				row = append(row, value(v, show(r.metric, v)))
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// byTrue ends the title of what is shown by true class, or by true label.
func (r *reader) byTrue() string {
	if r.doc.Data.Task == dataset.Multilabel {
		return r.pick(", by true label", "，按真实标签")
	}
	return r.pick(", by true class", "，按真实类别")
}
