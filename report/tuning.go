package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/internal/svg"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// tuning shows every recipe that a search tried.
func (r *reader) tuning() *section {
	s := r.doc.Tuning
	if s == nil {
		return nil
	}
	t := &table{title: r.say("tuning_all", len(s.Trials)), texts: 3, bold: -1, folded: true}
	t.column("trial", headed(r.say("trial")))
	t.column("fusion", headed(r.say("fusion")))
	t.column("settings", headed(r.say("settings")))
	for _, epochs := range s.Epochs {
		t.column(fmt.Sprintf("epochs_%d", epochs), headed(r.say("tuning_epochs", epochs)))
	}
	t.column("gain", headed(r.say("tuning_gain")))
	t.column("chosen", headed(r.say("tuning_chosen")))
	for i, k := range s.Ranked() {
		if k == s.Chosen {
			t.bold = i
		}
		cells := []cell{count(k + 1), text(s.Trials[k].Recipe.Fusion), text(r.settings(s, k))}
		for pass := range s.Epochs {
			_, mean := s.Trials[k].Reached(pass)
			cells = append(cells, value(mean, r.score(mean)))
		}
		gain := s.Gain(k)
		t.rows = append(t.rows, append(cells, value(gain, r.gain(s, k)), text(r.times(s, k))))
	}
	note := r.say("tuning_note", len(s.Trials), r.metric.TitleIn(r.lang()), s.Chosen+1)
	return &section{id: "tuning", wide: true, title: r.say("tuning"), note: note, figures: []figure{{name: "tuning", table: t}}}
}

// settings describes what a trial sets beside its method.
func (r *reader) settings(s *compare.Tuning, k int) string {
	if changes := s.Trials[k].Recipe.Changes(); len(changes) > 0 {
		return strings.Join(changes, ", ")
	}
	return r.say("as_it_is")
}

// score writes a validation score, or a dash where there is none.
func (r *reader) score(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return show(r.metric, v)
}

// gain writes by how much a trial is above or below the first; a dash for that one itself.
func (r *reader) gain(s *compare.Tuning, k int) string {
	v := s.Gain(k)
	if k == 0 || math.IsNaN(v) {
		return "–"
	}
	if r.metric.Share {
		return svg.Points.Value(v)
	}
	return fmt.Sprintf("%+.3g", v)
}

// times returns how many of the runs chose a trial.
func (r *reader) times(s *compare.Tuning, k int) string {
	n := 0
	for _, won := range s.Runs {
		if won == k {
			n++
		}
	}
	return r.say("of_runs", n, len(s.Runs))
}

// shownTrials is how many trials a terminal shows.
const shownTrials = 8

func (t *terminal) tuning() {
	s := t.doc.Tuning
	if s == nil {
		return
	}
	ranked := s.Ranked()
	head := []string{t.say("tuning_recipe")}
	// One column for each pass, headed by the epochs that it had.
	for _, epochs := range s.Epochs {
		head = append(head, strconv.Itoa(epochs))
	}
	lines := [][]string{append(head, t.say("tuning_gain"), t.say("tuning_chosen"))}
	for _, k := range ranked[:min(len(ranked), shownTrials)] {
		mark := "  "
		if k == s.Chosen {
			mark = "* "
		}
		line := []string{mark + termtext.Line(fmt.Sprintf("%d %s: %s", k+1, s.Trials[k].Recipe.Fusion, t.settings(s, k)))}
		for pass := range s.Epochs {
			_, mean := s.Trials[k].Reached(pass)
			line = append(line, t.score(mean))
		}
		lines = append(lines, append(line, t.gain(s, k), t.times(s, k)))
	}
	var names []string
	for _, l := range lines {
		names = append(names, l[0])
	}
	rest := 0
	widths := make([]int, len(lines[0]))
	for c := 1; c < len(widths); c++ {
		for _, l := range lines {
			widths[c] = max(widths[c], termtext.Width(l[c]))
		}
		rest += widths[c] + 2
	}
	// The recipes are cut before the numbers are.
	widths[0] = min(termtext.Widest(names), max(16, t.width-rest))
	for _, l := range termtext.Wrap(t.say("tuning_note", len(s.Trials), t.metric.TitleIn(t.lang()), s.Chosen+1), t.width) {
		t.b.WriteString(t.paint(bold, l) + "\n")
	}
	for i, l := range lines {
		out := termtext.Pad(termtext.Fit(l[0], widths[0]), widths[0])
		for c := 1; c < len(l); c++ {
			if termtext.Width(out)+2+widths[c] > t.width { // too narrow for all
				break
			}
			out += "  " + strings.Repeat(" ", widths[c]-termtext.Width(l[c])) + l[c]
		}
		// Bold: chosen by a run.
		if i > 0 && slices.Contains(s.Runs, ranked[i-1]) {
			out = t.paint(bold, out)
		}
		t.b.WriteString(out + "\n")
	}
	if n := len(ranked) - shownTrials; n > 0 {
		t.b.WriteString("  " + t.paint(faint, t.say("tuning_more", n)) + "\n")
	}
	t.b.WriteByte('\n')
}
