package report

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/internal/svg"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// TerminalOptions describes how tables are written to a terminal.
type TerminalOptions struct {
	Lang  string // "zh": Chinese; everything else English
	Width int    // columns; 0 is 80, less than 40 counts as 40
	Color bool   // ANSI colors; see WantsColor
}

// WantsColor reports whether f is a terminal whose user did not forbid colors
// with NO_COLOR (no-color.org) or TERM=dumb.
func WantsColor(f *os.File) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && takesColors(f)
}

// Terminal writes the leaderboard, sentiment metrics, the modalities' contributions, the table of
// subsets, what noise costs, what prediction sets cover and the verdict,
// as far as the document has them. No line is wider
// than the options say.
func Terminal(w io.Writer, d *Document, o TerminalOptions) error {
	const widest = 120 // beyond it lines are hard to read
	t := &terminal{reader: newReader(d, speakerOf(o.Lang)), width: min(widest, max(40, o.Width)), color: o.Color}
	if o.Width <= 0 {
		t.width = 80
	}
	t.leaderboard()
	t.tuning()
	t.sentiment()
	t.shapley()
	t.subsets()
	t.noise()
	t.sets()
	t.verdict()
	// What follows begins with an empty line of its own.
	out := strings.TrimRight(t.b.String(), "\n")
	if out != "" {
		out += "\n"
	}
	if _, err := io.WriteString(w, out); err != nil {
		return fmt.Errorf("cannot write the tables: %w", err)
	}
	return nil
}

type terminal struct {
	*reader
	b     strings.Builder
	width int
	color bool
}

// ANSI styles
const (
	bold  = "1"
	faint = "2"
	blue  = "34"
	amber = "33"
	green = "32"
	red   = "31"
)

func (t *terminal) paint(style, s string) string {
	if !t.color || style == "" || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// entry is one line of a table with bars.
type entry struct {
	name, kind      string
	mean, low, high float64
	style           string
	mark            bool
}

func (t *terminal) leaderboard() {
	var rows []entry
	for _, row := range t.ranked() {
		s, ok := row.Of(t.metric.Name)
		if !ok {
			continue
		}
		e := entry{name: row.Name, kind: t.kind(row), mean: s.Mean, low: s.Low, high: s.High, style: blue}
		if row.Kind == eval.Fusion {
			e.style = amber
		}
		e.mark = t.chosen(row)
		rows = append(rows, e)
	}
	t.bars(headed(t.metricLabel(t.metric))+t.pick(", ", "，")+t.say("interval")+t.pick("; ", "；")+t.say("starred"), rows, format(t.metric), t.metric.Min, t.metric.Max, false)
	for _, why := range []string{t.notOnTop(), t.unlikeValidation()} {
		if why == "" {
			continue
		}
		for _, l := range termtext.Wrap(why, t.width) {
			t.b.WriteString(l + "\n")
		}
		t.b.WriteString("\n")
	}
}

func (t *terminal) shapley() {
	for _, v := range t.doc.Shapley {
		if v.Goal == explain.TrueLogOdds {
			continue // the report has it
		}
		f, title, unit := t.goal(v.Goal)
		if f == svg.Points {
			title += t.pick(" (", "（") + unit + t.pick(")", "）")
		}
		var rows []entry
		for _, c := range v.Parts {
			rows = append(rows, entry{name: c.Name, mean: c.Value, low: c.Low, high: c.High, style: blue})
		}
		t.bars(title, rows, f, math.Inf(-1), math.Inf(1), true)
	}
}

func (t *terminal) subsets() {
	var rows []entry
	if s := t.reader.subsets(); s != nil {
		for _, r := range s.figures[0].plot.(*svg.Ranking).Rows {
			rows = append(rows, entry{name: r.Name, mean: r.Mean, low: r.Low, high: r.High, style: blue})
		}
	}
	m, title := t.subsetMetric(), t.say("subsets")
	if m.Name != t.metric.Name {
		title += t.pick(" (", "（") + m.TitleIn(t.lang()) + t.pick(")", "）")
	}
	t.bars(title, rows, format(m), m.Min, m.Max, true)
}

func (t *terminal) verdict() {
	v := t.doc.Verdict
	if v == nil {
		return
	}
	style := bold + map[eval.Finding]string{eval.Helps: ";" + green, eval.Hurts: ";" + red}[v.Finding]
	for _, l := range termtext.Wrap(v.Sentence(t.lang()), t.width) {
		t.b.WriteString(t.paint(style, l) + "\n")
	}
}

// bars writes a heading and a line for each row: name, kind, value, interval,
// and a bar whose shaded part is the interval. fromZero lets the bars start at
// zero; otherwise they start at the value written under their left end.
func (t *terminal) bars(heading string, rows []entry, f svg.Format, floor, ceil float64, fromZero bool) {
	if len(rows) == 0 {
		return
	}
	var names, kinds, values, spans []string
	lo, hi := math.Inf(1), math.Inf(-1)
	if fromZero {
		lo, hi = 0, 0
	}
	for _, r := range rows {
		mark := "  "
		if r.mark {
			mark = "* "
		}
		names, kinds, values = append(names, mark+termtext.Line(r.name)), append(kinds, r.kind), append(values, f.Value(r.mean))
		spans = append(spans, between(f, r.low, r.high))
		for _, v := range []float64{r.mean, r.low, r.high} {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	// No row has a finite value.
	if lo > hi {
		lo, hi = 0, 1
	}
	lo, hi = svg.Range(lo, hi, floor, ceil)
	// Names get a third of the width at most; what does not fit is cut first in the intervals, then in
	// the kinds.
	nw := min(termtext.Widest(names), max(12, t.width/3, min(21, t.width-39)))
	kw, vw, sw := termtext.Widest(kinds), termtext.Widest(values), termtext.Widest(spans)
	if !strings.Contains(strings.Join(spans, ""), "[") {
		sw = -2 // no interval anywhere: no column and no gap for it
	}
	bar := t.width - nw - kw - vw - sw - 8
	if bar < 10 { // too narrow for the intervals' numbers
		bar, sw = bar+sw+2, 0
	}
	if bar < 10 {
		bar, kw = bar+kw+2, 0
	}
	bar = max(bar, 6)
	for _, l := range termtext.Wrap(heading, t.width) {
		t.b.WriteString(t.paint(bold, l) + "\n")
	}
	left := 0
	for i, r := range rows {
		cols := []string{termtext.Pad(termtext.Fit(names[i], nw), nw)}
		if kw > 0 {
			cols = append(cols, termtext.Pad(kinds[i], kw))
		}
		cols = append(cols, strings.Repeat(" ", vw-termtext.Width(values[i]))+values[i])
		if sw > 0 {
			cols = append(cols, termtext.Pad(spans[i], sw))
		}
		head := strings.Join(cols, "  ")
		left = termtext.Width(head) + 2
		if r.mark {
			head = t.paint(bold, head)
		}
		t.b.WriteString(strings.TrimRight(head+"  "+t.paint(r.style, drawBar(r, lo, hi, bar)), " ") + "\n")
	}
	a, b := f.Value(lo), f.Value(hi)
	if gap := bar - termtext.Width(a) - termtext.Width(b); gap > 0 {
		t.b.WriteString(strings.Repeat(" ", left) + t.paint(faint, a+strings.Repeat(" ", gap)+b) + "\n")
	}
	t.b.WriteByte('\n')
}

// drawBar draws from the axis' start (or zero, if that lies on the axis) to
// the mean; the interval is shaded.
func drawBar(r entry, lo, hi float64, width int) string {
	if math.IsNaN(r.mean) || math.IsInf(r.mean, 0) {
		return ""
	}
	at := func(v float64) int {
		return int(math.Round((math.Min(math.Max(v, lo), hi) - lo) / (hi - lo) * float64(width)))
	}
	low, high := r.low, r.high
	if math.IsNaN(low) || math.IsNaN(high) {
		low, high = r.mean, r.mean
	}
	zero := at(math.Max(lo, math.Min(0, hi)))
	m, a, b := at(r.mean), at(low), at(high)
	out := make([]rune, width)
	for i := range out {
		switch inside := i >= a && i < b; {
		case inside && i >= min(zero, m) && i < max(zero, m):
			out[i] = '▓'
		case inside:
			out[i] = '░'
		case i >= min(zero, m) && i < max(zero, m):
			out[i] = '█'
		default:
			out[i] = ' '
		}
	}
	return strings.TrimRight(string(out), " ")
}
