package report

import (
	"strings"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/termtext"
)

// sentiment writes what the circulating conventions of counting sentiment
// scores as classes give for the two models that the verdict is about, for the
// chosen one where there is no verdict, or for the only one.
func (t *terminal) sentiment() {
	var shown []compare.Row
	for _, row := range t.ranked() {
		// A table of all entries would not fit beside the intervals.
		if len(t.doc.Rows) == 1 || t.chosen(row) {
			shown = append(shown, row)
		}
	}
	if len(shown) == 0 {
		return
	}
	lines := [][]string{{""}}
	for _, row := range shown {
		lines[0] = append(lines[0], termtext.Line(row.Name))
	}
	for _, m := range eval.SentimentMetrics() {
		line := []string{headed(m.TitleIn(t.lang()))}
		for _, row := range shown {
			s, ok := row.Of(m.Name)
			if !ok {
				// The conventions go with labels between −3 and 3; other regressions have none of the metrics.
				return
			}
			line = append(line, show(m, s.Mean)+"  "+between(format(m), s.Low, s.High))
		}
		lines = append(lines, line)
	}
	first := 0
	for _, l := range lines {
		first = max(first, termtext.Width(l[0]))
	}
	room := (t.width - first - 2) / len(shown)
	for _, l := range termtext.Wrap(t.say("sentiment")+t.pick(", ", "，")+t.say("interval"), t.width) {
		t.b.WriteString(t.paint(bold, l) + "\n")
	}
	for i, l := range lines {
		var b strings.Builder
		b.WriteString("  " + termtext.Pad(l[0], first))
		for k, s := range l[1:] {
			if termtext.Width(s) > room-2 && i > 0 { // no room for the intervals
				s, _, _ = strings.Cut(s, "  ")
			}
			s = "  " + termtext.Cut(s, room-2)
			if k+2 < len(l) {
				s = termtext.Pad(s, min(room, widestValue(lines, k+1)+2))
			}
			b.WriteString(s)
		}
		t.b.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
	t.b.WriteByte('\n')
}

func widestValue(lines [][]string, column int) int {
	most := 0
	for _, l := range lines {
		most = max(most, termtext.Width(l[column]))
	}
	return most
}
