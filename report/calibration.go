package report

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/svg"
)

func (r *reader) learning() *section {
	s := &section{id: "learning", title: r.say("learning"), note: r.say("learning_note")}
	for i, l := range r.doc.Learning {
		n := max(len(l.Train), len(l.Val))
		if n == 0 {
			continue
		}
		p := &svg.Lines{
			Title: r.say("learning_plot", l.Model), XLabel: r.say("epoch"), YLabel: r.say("loss"), XFormat: svg.Count, YFormat: svg.Plain, WholeX: true,
			// A loss has no bounds of its own, as a share has.
			YFloor: math.Inf(-1), YCeil: math.Inf(1), YFrom: 0, YTo: math.NaN(),
		}
		epochs := make([]float64, n)
		t := &table{bold: l.Best}
		t.column("epoch", headed(r.say("epoch")))
		for e := range epochs {
			epochs[e] = float64(e + 1)
			t.rows = append(t.rows, []cell{count(e + 1)})
		}
		add := func(key string, y Series, mark, color int) {
			if len(y) == 0 {
				return
			}
			p.Curves = append(p.Curves, svg.Curve{Name: r.say(key), X: epochs[:len(y)], Y: y, Mark: mark, Color: color})
			t.column(key, headed(r.say(key)))
			// Curves may end at different epochs; a missing value keeps the table square.
			for e := range t.rows {
				v := math.NaN()
				if e < len(y) {
					v = y[e]
				}
				t.rows[e] = append(t.rows[e], value(v, svg.Plain.Value(v)))
			}
		}
		// The lowest loss in the first epoch: every later one over-fits.
		if l.Best == 0 && len(l.Val) > 1 {
			s.note += r.pick(" ", "") + r.say("overfit", l.Model)
		}
		add("train", l.Train, -1, 0)
		add("val", l.Val, l.Best, 1)
		s.figures = append(s.figures, figure{name: fmt.Sprintf("learning_%02d", i+1), plot: p, small: true, table: t})
	}
	if len(s.figures) == 0 {
		return nil
	}
	return s
}

// maxClasses bounds the classes of the confusion matrix as a plot; beyond it
// the most frequent confusions are listed instead.
const maxClasses = 120

func (r *reader) confusion() *section {
	c := r.doc.Confusion
	if c == nil || len(c.Classes) == 0 {
		return nil
	}
	p := &svg.Heat{
		Title: r.say("confusion_plot", c.Model), RowLabel: r.say("true_class"), ColLabel: r.say("pred_class"),
		Rows: c.Classes, Cols: c.Classes, Format: svg.Count, ByRow: true,
	}
	t := &table{texts: 1, bold: -1}
	t.column("true", headed(r.say("true_class")))
	for _, name := range c.Classes {
		t.column(name, name)
	}
	for i, row := range c.Counts {
		values, cells := make([]float64, len(row)), []cell{text(c.Classes[i])}
		for k, n := range row {
			values[k] = float64(n)
			cells = append(cells, count(n))
		}
		p.Values = append(p.Values, values)
		t.rows = append(t.rows, cells)
	}
	const most = 10 // classes that one column has room for
	s := &section{id: "confusion", wide: len(c.Classes) > most, title: r.say("confusion"), note: r.ofFirst(r.say("confusion_note") + r.decision(c))}
	if len(c.Classes) <= maxClasses {
		main := figure{name: "confusion", plot: p, table: t}
		if len(c.Classes) > 40 { // too wide to read as a table; the .csv file has it
			main.table.title = fileOnly
		}
		s.figures = append(s.figures, main)
	}
	if top := r.topConfusions(c); len(c.Classes) > 3 && top != nil {
		s.figures = append(s.figures, figure{name: "confusions", table: top, folded: len(s.figures) > 0})
	}
	return s
}

// decision adds how thresholds decide to the note of a confusion.
func (r *reader) decision(c *Confusion) string {
	m, ok := eval.MetricByName(c.Decision)
	if !ok {
		return ""
	}
	const shown = 6
	values := ""
	if len(c.Thresholds) == len(c.Classes) && len(c.Classes) <= shown {
		var list []string
		for k, name := range c.Classes {
			list = append(list, fmt.Sprintf("%s %.3g", name, c.Thresholds[k]))
		}
		values = r.pick(" (", "（") + strings.Join(list, r.pick(", ", "，")) + r.pick(")", "）")
	}
	return r.pick(" ", "") + r.say("decision", m.TitleIn(r.lang()), values)
}

// fileOnly as a title keeps a table out of the page: it is written as .csv.
const fileOnly = "\x00"

// topConfusions lists the ten most frequent pairs.
func (r *reader) topConfusions(c *Confusion) *table {
	type pair struct{ truth, pred, n int }
	var pairs []pair
	for i, row := range c.Counts {
		for k, n := range row {
			if i != k && n > 0 {
				pairs = append(pairs, pair{i, k, n})
			}
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	sort.SliceStable(pairs, func(a, b int) bool { return pairs[a].n > pairs[b].n })
	t := &table{title: r.say("confusion_top"), texts: 2, bold: -1}
	t.column("true", headed(r.say("true_class")))
	t.column("predicted", headed(r.say("pred_class")))
	t.column("rows", headed(r.say("rows")))
	for _, p := range pairs[:min(10, len(pairs))] {
		t.rows = append(t.rows, []cell{text(c.Classes[p.truth]), text(c.Classes[p.pred]), count(p.n)})
	}
	return t
}

func (r *reader) reliability() *section {
	v := r.doc.Reliability
	if v == nil || len(v.Before) == 0 {
		return nil
	}
	axis, note := r.say("accuracy_axis"), r.say("reliability_note")
	if v.Labels {
		axis, note = r.say("true_share"), r.say("reliability_labels")
	}
	p := &svg.Diagram{Title: r.say("reliability_plot", v.Model), XLabel: r.say("confidence"), YLabel: axis, Ideal: r.say("ideal")}
	t := &table{texts: 2, bold: -1}
	t.column("calibration", headed(r.say("calibration")))
	t.column("bin", headed(r.say("bin")))
	t.column("rows", headed(r.say("rows")))
	t.column("confidence", headed(r.say("mean_conf")))
	t.column("accuracy", headed(r.say("accuracy")))
	add := func(key, name string, bins []eval.Bin) {
		if len(bins) == 0 {
			return
		}
		c := svg.Calibration{Name: name}
		for _, b := range bins {
			c.Confidence, c.Accuracy, c.Rows = append(c.Confidence, b.Confidence), append(c.Accuracy, b.Accuracy), append(c.Rows, float64(b.Rows))
			span := svg.Percent.Value(b.Low) + " – " + svg.Percent.Value(b.High)
			t.rows = append(t.rows, []cell{{name, key}, {span, strconv.FormatFloat(b.Low, 'g', 4, 64)}, count(b.Rows), value(b.Confidence, svg.Percent.Value(b.Confidence)), value(b.Accuracy, svg.Percent.Value(b.Accuracy))})
		}
		p.Curves = append(p.Curves, c)
	}
	before := r.say("before", svg.Plain.Value(v.ECEBefore))
	if len(v.After) == 0 { // no temperature was taken
		before = "ECE " + svg.Plain.Value(v.ECEBefore)
	}
	add("before", before, v.Before)
	add("after", r.say("after", fmt.Sprintf("%.2f", v.Temperature), svg.Plain.Value(v.ECEAfter)), v.After)
	return &section{id: "reliability", title: r.say("reliability"), note: r.trusted(v) + r.pick(" ", "") + r.ofFirst(note), figures: []figure{{name: "reliability", plot: p, table: t, small: true}}}
}

// Errors of confidence, in the mean over rows, up to which it can be relied on, and from which on
// it cannot.
const (
	smallECE = 0.05
	largeECE = 0.10
)

// trusted answers whether a model's confidence can be, and by how much it is off.
func (r *reader) trusted(v *Reliability) string {
	ece, bins := v.ECEBefore, v.Before
	if len(v.After) > 0 {
		ece, bins = v.ECEAfter, v.After
	}
	over, rows := 0.0, 0
	for _, b := range bins {
		over, rows = over+float64(b.Rows)*(b.Confidence-b.Accuracy), rows+b.Rows
	}
	key := "trust_partly"
	switch {
	case ece < smallECE:
		key = "trust_yes"
	case ece >= largeECE && over > 0:
		key = "trust_over"
	case ece >= largeECE:
		key = "trust_under"
	}
	points := func(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) }
	answer := r.say(key, points(ece))
	switch {
	case len(v.After) == 0 && v.Temperature == 1:
		answer += r.pick(" ", "") + r.say("uncalibrated")
	case len(v.After) == 0:
	case points(v.ECEAfter) != points(v.ECEBefore) && v.ECEAfter > v.ECEBefore:
		answer += r.pick(" ", "") + r.say("trust_worse", points(v.ECEBefore))
	default:
		answer += r.pick(" ", "") + r.say("trust_before", points(v.ECEBefore))
	}
	if v.ForUse != nil {
		answer += r.pick(" ", "") + r.say("for_use", fmt.Sprintf("%.2f", v.ForUse.Temperature), points(v.ForUse.ECE))
	}
	return answer
}

func (r *reader) sets() *section {
	v := r.doc.Sets
	if v == nil {
		return nil
	}
	pct := svg.Percent.Value
	s := &section{id: "sets", title: r.say("sets"), note: r.setsNote()}
	if len(v.Abstention) == 0 {
		return s
	}
	p := &svg.Lines{
		Title: r.say("sets_plot"), XLabel: r.say("answered"), YLabel: r.say("accuracy_axis"), XFormat: svg.Percent, YFormat: svg.Percent,
		YFloor: 0, YCeil: 1, YFrom: math.NaN(), YTo: 1,
	}
	c := svg.Curve{Name: v.Model, Mark: -1, Points: true}
	t := &table{bold: -1}
	t.column("answered", headed(r.say("answered")))
	t.column("accuracy", headed(r.say("accuracy")))
	t.column("threshold", headed(r.say("threshold")))
	for _, a := range v.Abstention {
		c.X, c.Y = append(c.X, a.Answered), append(c.Y, a.Accuracy)
		t.rows = append(t.rows, []cell{value(a.Answered, pct(a.Answered)), value(a.Accuracy, pct(a.Accuracy)), value(a.Threshold, svg.Plain.Value(a.Threshold))})
	}
	p.Curves = []svg.Curve{c}
	if n := r.doc.Run.FirstOf; n > 1 {
		s.note += r.pick(" ", "") + r.say("first_curve", n)
	}
	s.figures = []figure{{name: "abstention", plot: p, table: t, small: true}}
	return s
}

// ofFirst adds to a note that what is shown is of the first seed.
func (r *reader) ofFirst(note string) string {
	if n := r.doc.Run.FirstOf; n > 1 {
		note += r.pick(" ", "") + r.say("first_seed", n)
	}
	return note
}

// setsNote returns what prediction sets cover, how sure that is, and where their
// threshold comes from.
func (r *reader) setsNote() string {
	rep := r.doc.Sets.Report
	pct := func(v float64) string { return svg.Percent.Value(v) }
	span := "–"
	if rep.Rows > 0 {
		span = r.say("sets_range", strings.TrimSuffix(pct(rep.Low), "\u00a0%"), pct(rep.High))
	}
	// A threshold takes the rank ceil((n+1)c) among the scores of n rows (Vovk 2005); where there is
	// no such score, every class is in every set.
	if n := float64(rep.Calibration); n > 0 && math.Ceil((n+1)*rep.Nominal-1e-9) > n {
		return r.say("sets_every", nominal(rep.Nominal), int(math.Ceil(rep.Nominal/(1-rep.Nominal)-1e-9)), rep.Calibration)
	}
	var note []string
	switch rep.Answered {
	case 1:
		note = append(note, r.say("sets_one", nominal(rep.Nominal), pct(rep.Coverage), span))
	case 0:
		note = append(note, r.say("sets_none", nominal(rep.Nominal), pct(rep.Coverage), span, fmt.Sprintf("%.2f", rep.MeanSize)))
	default:
		note = append(note, r.say("sets_note", nominal(rep.Nominal), pct(rep.Coverage), span, fmt.Sprintf("%.2f", rep.MeanSize), pct(rep.Answered), pct(rep.Accuracy)))
	}
	if rep.Calibration > 0 {
		from := map[string]string{eval.FromChosen: "from_chosen", eval.FromFolds: "from_folds", eval.FromTraining: "from_training"}[rep.Source]
		if from == "" {
			from = "from_validation"
		}
		note = append(note, r.say(from, rep.Calibration, strings.TrimSuffix(pct(rep.ExpectLow), "\u00a0%")+" "+r.say("to")+" "+pct(rep.ExpectHigh)))
		if rep.Calibration < eval.FewCalibrationRows {
			note = append(note, r.say("sets_few"))
		}
		if rep.High < rep.Nominal {
			short := "sets_short"
			if rep.Source == eval.FromFolds || rep.Source == eval.FromTraining {
				short = "sets_short_of"
			}
			note = append(note, r.say(short))
		}
	}
	return strings.Join(note, r.pick(" ", ""))
}

// nominal writes a coverage as it was asked for: 90 %, 99.5 %.
func nominal(v float64) string { return strconv.FormatFloat(100*v, 'g', 4, 64) + "\u00a0%" }

// seconds writes a duration with sensible digits.
func seconds(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 1:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
