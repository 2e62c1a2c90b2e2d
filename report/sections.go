package report

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/svg"
)

// section is one part of the report: a heading, a sentence and figures.
type section struct {
	id      string // anchor, and the base of its files' names
	title   string
	note    string
	pre     string // a command to type
	wide    bool   // over both columns of the page
	figures []figure
}

// figure is a plot with its table; either may be nil. A small one is drawn for
// half the page's width.
type figure struct {
	name  string // of the .svg and .csv file
	plot  svg.Plot
	small bool
	table *table
	// folded: the section opens it on demand; all figures after it are folded as well
	folded bool
}

// reader makes the sections of a document in one language.
type reader struct {
	speaker
	doc    *Document
	metric eval.Metric
}

func newReader(d *Document, s speaker) *reader {
	m, ok := eval.MetricByName(d.Metric)
	if !ok {
		m = eval.MainMetric(cmp.Or(d.Data.Task, dataset.Classification))
	}
	return &reader{speaker: s, doc: d, metric: m}
}

// sections returns the parts that have data, in the order of the report.
func (r *reader) sections() []section {
	var out []section
	for _, make := range []func() *section{
		r.leaderboard, r.tuning, r.subsets, r.shapley, r.noise, r.weights, r.learning, r.confusion, r.labels, r.reliability, r.sets,
	} {
		if s := make(); s != nil {
			out = append(out, *s)
		}
	}
	return out
}

// format is how values of a metric are drawn.
func format(m eval.Metric) svg.Format {
	if m.Share {
		return svg.Percent
	}
	return svg.Plain
}

// show writes a value of a metric.
func show(m eval.Metric, v float64) string { return format(m).Value(v) }

// metricLabel is the axis title: name, unit and which direction is good.
func (r *reader) metricLabel(m eval.Metric) string {
	s := m.TitleIn(r.lang())
	if m.Share {
		s += r.pick(" (%)", "（%）")
	}
	if m.HigherIsBetter {
		return s + r.pick(", ", "，") + r.say("higher")
	}
	return s + r.pick(", ", "，") + r.say("lower")
}

// headed starts a plot's title with a capital letter.
func headed(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func (s speaker) pick(en, zh string) string { return [...]string{en, zh}[s] }

// between writes [low, high], without percent signs, or a dash.
func between(f svg.Format, low, high float64) string {
	if low != low || high != high {
		return "–"
	}
	bare := func(v float64) string { return strings.TrimSuffix(f.Value(v), "\u00a0%") }
	return "[" + bare(low) + ", " + bare(high) + "]"
}
