package report

import (
	"math"
	"slices"
	"sort"

	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/svg"
)

// labels shows how well each label of a multi-label task is told, the most frequent first.
func (r *reader) labels() *section {
	v := r.doc.Labels
	if v == nil || len(v.Scores) == 0 {
		return nil
	}
	scores := slices.Clone(v.Scores)
	sort.SliceStable(scores, func(a, b int) bool { return scores[a].Rows > scores[b].Rows })
	shown := ""
	if len(scores) > maxRows {
		shown = r.say("labels_first", maxRows, len(scores))
	}
	p := &svg.Bars{Title: r.say("labels_plot", v.Model) + shown, XLabel: "F1", Format: svg.Plain, Series: []string{"F1"}}
	t := &table{texts: 1, bold: -1}
	t.column("label", headed(r.say("label")))
	t.column("rows", headed(r.say("rows")))
	t.column("precision", headed(r.say("precision")))
	t.column("recall", headed(r.say("recall")))
	t.column("f1", "F1")
	t.column("average_precision", headed(r.say("average_precision")))
	one := slices.ContainsFunc(scores, func(s eval.LabelScore) bool { return s.Threshold != 0 })
	if one {
		t.column("threshold", headed(r.say("threshold")))
	}
	number := func(x float64) cell { return value(x, svg.Plain.Value(x)) }
	for i, s := range scores {
		if i < maxRows {
			p.Rows = append(p.Rows, svg.Bar{Name: s.Label, Parts: []float64{s.F1}, Low: math.NaN(), High: math.NaN()})
		}
		row := []cell{text(s.Label), count(s.Rows), number(s.Precision), number(s.Recall), number(s.F1), number(s.AP)}
		if one {
			row = append(row, number(s.Threshold))
		}
		t.rows = append(t.rows, row)
	}
	return &section{id: "labels", title: r.say("by_label"), note: r.ofFirst(r.say("labels_note")), figures: []figure{{name: "labels", plot: p, table: t}}}
}
