package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// majority is the share of one class beyond which accuracy states little.
const majority = 0.8

// rarity is the part of an even share of the rows under which a class is rare.
const rarity = 0.2

// noteClasses shows where the classes of the parts make scores say less than they seem to.
func (d *splitter) noteClasses(p *Plan) {
	switch d.ds.Schema.Task {
	case Classification:
	case Multilabel:
		d.noteUnseenLabels(p)
		return
	default:
		return
	}
	if note := d.ds.RareClasses(); note != "" {
		p.Notes = append(p.Notes, note)
	}
	d.noteUnseen(p)
	d.noteOneClass(p)
}

// RareClasses returns what to know, and to do, where the labels are so uneven that accuracy states
// little of the rare ones; "" where they are not.
func (d *Dataset) RareClasses() string {
	if d.Schema.Task != Classification || len(d.Schema.Classes) < 2 {
		return ""
	}
	count := make([]int, len(d.Schema.Classes))
	rows, most, least := 0, 0, 0
	for i := range d.Rows {
		if class := d.Rows[i].Class; class >= 0 {
			count[class]++
			rows++
		}
	}
	for class, n := range count {
		if n > count[most] {
			most = class
		}
		if n < count[least] {
			least = class
		}
	}
	share := func(class int) float64 { return float64(count[class]) / float64(max(1, rows)) }
	switch {
	case share(most) >= majority:
		return fmt.Sprintf("%.1f %% of the labels are %q, so always saying that has this accuracy; --metric balanced_accuracy, or macro_f1, judges by all classes alike and predicts a rare one from a lower probability on", 100*share(most), d.Schema.Classes[most])
	case share(least)*float64(len(count)) < rarity:
		return fmt.Sprintf("only %.1f %% of the labels are %q, so accuracy hardly depends on them; --metric balanced_accuracy, or macro_f1, judges by all classes alike and predicts a rare one from a lower probability on", 100*share(least), d.Schema.Classes[least])
	}
	return ""
}

// noteUnseen reports test rows whose class the model cannot know.
func (d *splitter) noteUnseen(p *Plan) {
	runs, n := p.once(), 0
	var names []string
	for _, r := range runs {
		known := d.classes(r.Train, r.Val)
		for _, i := range r.Test {
			row := &d.ds.Rows[i]
			if known[row.Class] {
				continue
			}
			n++
			if name := strconv.Quote(row.Label); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if n == 0 {
		return
	}
	const shown = 5
	if more := len(names) - shown; more > 0 {
		names = append(names[:shown], fmt.Sprintf("%d more", more))
	}
	of := ""
	if len(runs) > 1 {
		of = " of their fold"
	}
	p.note("in the test %s a label that no training row%s has (%s): no model can get it right", have(n), of, strings.Join(names, ", "))
}

// noteUnseenLabels reports labels of test rows that no training row has.
func (d *splitter) noteUnseenLabels(p *Plan) {
	runs := p.once()
	unseen := map[int]bool{}
	for _, r := range runs {
		known := make([]bool, len(d.ds.Schema.Classes))
		for _, i := range slices.Concat(r.Train, r.Val) {
			for _, l := range d.ds.Rows[i].Labels {
				known[l] = true
			}
		}
		for _, i := range r.Test {
			for _, l := range d.ds.Rows[i].Labels {
				unseen[l] = unseen[l] || !known[l]
			}
		}
	}
	var names []string
	for l, name := range d.ds.Schema.Classes {
		if unseen[l] {
			names = append(names, strconv.Quote(name))
		}
	}
	if len(names) == 0 {
		return
	}
	n := len(names)
	const shown = 5
	if more := n - shown; more > 0 {
		names = append(names[:shown], fmt.Sprintf("%d more", more))
	}
	p.note("%s of test rows %s on no training row (%s): no model can know them", plural(n, "label"), are(n), strings.Join(names, ", "))
}

// noteOneClass reports test parts of one class.
func (d *splitter) noteOneClass(p *Plan) {
	runs, n := p.once(), 0
	label := ""
	for _, r := range runs {
		if len(d.classes(r.Test)) == 1 {
			n++
			label = d.ds.Rows[r.Test[0]].Label
		}
	}
	switch {
	case n == 0 || len(d.ds.Schema.Classes) < 2:
	case len(runs) == 1:
		p.note("every test row is %q, so the scores do not tell whether the model knows it from other classes", label)
	default:
		p.note("the test rows of %d of %d folds are of one class each: balanced accuracy, macro F1 and ROC-AUC do not tell there what they are for", n, len(runs))
	}
}

// once are the runs of the first seed: each fold once.
func (p *Plan) once() []Run {
	var out []Run
	for _, r := range p.Runs {
		if r.Seed == p.Runs[0].Seed {
			out = append(out, r)
		}
	}
	return out
}

// classes are those of the parts' rows.
func (d *splitter) classes(parts ...[]int) map[int]bool {
	out := map[int]bool{}
	for _, rows := range parts {
		for _, i := range rows {
			out[d.ds.Rows[i].Class] = true
		}
	}
	return out
}
