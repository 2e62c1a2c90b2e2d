package report

import (
	"strings"

	"github.com/fusor-ml/fusor/internal/termtext"
)

// sets writes what prediction sets cover.
func (t *terminal) sets() {
	if t.doc.Sets == nil {
		return
	}
	for _, l := range termtext.Wrap(t.setsNote(), t.width) {
		t.b.WriteString(l + "\n")
	}
	t.b.WriteByte('\n')
}

// noise writes a line for each curve: its score without, with middling and with
// the strongest noise, and the area under it.
func (t *terminal) noise() {
	if len(t.doc.Noise) == 0 {
		return
	}
	several := false
	rows := [][]string{{t.say("modality"), t.say("noise_kind"), t.say("model"), t.say("clean"), t.say("middle"), t.say("strongest"), t.say("area")}}
	for _, n := range t.doc.Noise {
		where := n.Column
		if where == "" {
			where = t.say("all")
		}
		several = several || len(n.Curves) > 1
		for _, c := range n.Curves {
			// Scores are in the order of the levels, the first without noise.
			last := len(c.Scores) - 1
			if last < 0 {
				continue
			}
			// Names come from data: control characters must not reach the terminal.
			row := []string{termtext.Line(where), t.named("noise_", n.Kind), termtext.Line(c.Model)}
			for _, v := range []float64{c.Scores[0].Mean, c.Scores[last/2].Mean, c.Scores[last].Mean, c.Area} {
				row = append(row, show(t.metric, v))
			}
			rows = append(rows, row)
		}
	}
	const texts = 3
	widths := make([]int, len(rows[0]))
	for k := range widths {
		for _, r := range rows {
			widths[k] = max(widths[k], termtext.Width(r[k]))
		}
	}
	// With one model its column would repeat its name in every line.
	if !several {
		widths[texts-1] = 0
	}
	t.fit(widths, texts)
	for _, l := range termtext.Wrap(headed(t.say("noise"))+t.pick(": ", "：")+t.metricLabel(t.metric), t.width) {
		t.b.WriteString(t.paint(bold, l) + "\n")
	}
	for i, r := range rows {
		var line strings.Builder
		for k, s := range r {
			switch {
			case widths[k] == 0:
				continue
			case k < texts:
				line.WriteString("  " + termtext.Pad(termtext.Cut(s, widths[k]), widths[k]))
			default:
				line.WriteString("  " + strings.Repeat(" ", widths[k]-termtext.Width(s)) + s)
			}
		}
		style := ""
		if i == 0 {
			style = faint
		}
		t.b.WriteString(t.paint(style, strings.TrimRight(line.String(), " ")) + "\n")
	}
	t.b.WriteByte('\n')
}

// fit narrows columns to the terminal: the widest text first, to what the program's own names take;
// then it leaves out the last number, then the middling one, and at last narrows texts to five
// cells. A width of 0 is a column left out.
func (t *terminal) fit(widths []int, texts int) {
	total := func() int {
		n := 0
		for _, w := range widths {
			if w > 0 {
				n += w + 2
			}
		}
		return n
	}
	const names = 18
	for _, step := range []struct{ least, spare int }{{names, len(widths) - 1}, {names, texts + 1}, {5, -1}} {
		for total() > t.width {
			widest := 0
			for k := range texts {
				if widths[k] > widths[widest] {
					widest = k
				}
			}
			if widths[widest] <= step.least {
				break
			}
			widths[widest]--
		}
		if total() > t.width && step.spare >= 0 {
			widths[step.spare] = 0
		}
	}
}
