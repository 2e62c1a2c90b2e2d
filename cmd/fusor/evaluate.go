package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/analysis"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/termtext"
	"github.com/rivo/uniseg"
)

type evaluateCmd struct {
	Model string `arg:"" help:"Saved model."`
	Data  string `arg:"" help:"Manifest or folder with labels."`
	Split string `help:"Rows to measure: test, train, val, a fold's name, or all (default: those that training held out of this table, else test)." placeholder:"NAME"`

	roleFlags    `group:"Data"`
	lossFlags    `group:"Data"`
	encoderFlags `group:"Model"`
	commonFlags  `group:"Output"`
	scoreFlags   `group:"Output"`
}

// Help is the command's longer help.
func (c *evaluateCmd) Help() string {
	return `The scores are those of the rows that the split column calls test, with 95 % intervals from resampling these rows. Data that the model has not seen need no split column: measure them with --split all.

Examples:
  fusor evaluate shop.fusor shop.csv
  fusor evaluate shop.fusor new.csv --split all --json -`
}

// Run measures the model.
func (c *evaluateCmd) Run(e *env) error {
	if err := checkOutputs([]string{c.Model, c.Data}, c.JSON); err != nil {
		return err
	}
	o := fusor.Options{AllowMissing: c.AllowMissing, Encoders: c.folders()}
	bar := c.apply(e, &o)
	m, err := fusor.Load(c.Model, o)
	if err != nil {
		return err
	}
	blocks, err := c.blocks(m, c.Data, &c.roleFlags)
	if err != nil {
		return err
	}
	rows, err := c.rows(e, m, blocks)
	if err != nil {
		return err
	}
	var ev *fusor.Evaluation
	if blocks.One() {
		ev, err = m.Evaluate(e.ctx, blocks.Dataset, rows)
	} else {
		ev, err = analysis.Evaluate(e.ctx, m.Model, blocks, rows)
	}
	bar.done()
	if err != nil {
		return c.failed(e, err)
	}
	c.report(e, ev.Problems)
	if !c.jsonToStdout() && !c.Quiet {
		e.paragraph(e.say("%s: %s fusion of %s", blocks.Name, ev.Fusion, e.lang.List(ev.Views)))
		c.printScores(e, &ev.Row)
		printConfusion(e, ev.Confusion, ev.Classes)
		printLabels(e, ev.Labels)
		e.printNext(
			step("see which modality decides, and how noise hurts", slices.Concat([]string{"explain", c.Model, c.Data}, e.rows)...),
			step("answer rows: this table, or new ones", slices.Concat([]string{"predict", c.Model, c.Data, "-o", "answers.csv"}, e.rows)...))
	}
	return c.writeJSON(e, ev)
}

// rows are those to measure.
func (c *evaluateCmd) rows(e *env, m *fusor.Model, blocks *dataset.Blocks) ([]int, error) {
	trained, err := m.Table(blocks)
	if err != nil {
		return nil, err
	}
	split := c.Split
	if split == "" {
		split = "test"
		if rows, ok := m.HeldOut(trained); ok && len(rows) > 0 {
			if trained.Rows[rows[0]].Split == split {
				c.notes(e, unsplit(trained.Unsplit(), split))
			}
			return rows, nil
		}
	}
	if trained != nil { // its rows are at hand
		blocks = dataset.OneBlock(trained)
	}
	rows, without, err := splitRows(blocks, split)
	if err != nil {
		return nil, err
	}
	c.notes(e, unsplit(without, split))
	switch n := m.Fitted(trained, rows); {
	case n > 0 && n == len(rows):
		c.notes(e, []string{fmt.Sprintf("the model was trained on all of these %d rows, so their scores are too good", n)})
	case n > 0:
		c.notes(e, []string{fmt.Sprintf("the model was trained on %d of these %d rows, so their scores are too good", n, len(rows))})
	}
	return rows, nil
}

// open reads data as the model was trained.
func (f *commonFlags) open(m *fusor.Model, path string, r *roleFlags) (*dataset.Dataset, error) {
	o, err := r.options()
	if err != nil {
		return nil, err
	}
	o.Schema = m.Schema()
	return dataset.Open(path, o)
}

// blocks is open for a table of any number of rows, unless the model reads several of them
// together.
func (f *commonFlags) blocks(m *fusor.Model, path string, r *roleFlags) (*dataset.Blocks, error) {
	o, err := r.options()
	if err != nil {
		return nil, err
	}
	o.Schema = m.Schema()
	if m.OverRows() {
		ds, err := dataset.Open(path, o)
		if err != nil {
			return nil, err
		}
		return dataset.OneBlock(ds), nil
	}
	return dataset.OpenBlocks(path, o)
}

// splitRows are the rows of a split, and how many labeled ones have none where others do. Data
// without splits are measured with --split all only: they may hold the rows that the model was
// trained on.
func splitRows(blocks *dataset.Blocks, split string) (rows []int, without int, err error) {
	names := map[string]bool{}
	var order []string
	at, labeled := 0, false
	for ds, err := range blocks.All() {
		if err != nil {
			return nil, 0, err
		}
		for i := range ds.Rows {
			r := &ds.Rows[i]
			if !names[r.Split] {
				name := strings.Clone(r.Split)
				names[name], order = true, append(order, name)
			}
			if split == "all" || r.Split == split {
				rows = append(rows, at)
			}
			if labeled = labeled || r.Labeled(); r.Labeled() && r.Split == "" {
				without++
			}
			at++
		}
	}
	unsplit := len(order) == 1 && order[0] == ""
	switch {
	case len(rows) > 0 && unsplit:
		return rows, 0, nil
	case len(rows) > 0:
		return rows, without, nil
	case at > 0 && !labeled:
		return nil, 0, fmt.Errorf("%s has no labels, so nothing can be measured; fusor predict answers its rows", blocks.Name)
	case unsplit:
		return nil, 0, usagef("the data has no split %q: it has no splits; --split all measures every labelled row", split)
	}
	return nil, 0, usagef("the data has no split %q; it has %s", split, strings.Join(order, ", "))
}

// unsplit reports that so many rows are in no split.
func unsplit(n int, split string) []string {
	switch {
	case n == 0 || split == "all":
		return nil
	case n == 1:
		return []string{"1 row has no split and is left out"}
	}
	return []string{fmt.Sprintf("%d rows have no split and are left out", n)}
}

// scoreFlags say which scores are shown.
type scoreFlags struct {
	AllMetrics bool `help:"Show every metric, not the main one alone (fusor help metrics)."`
}

// printScores shows the main metric of one row with its interval, or all.
func (f *scoreFlags) printScores(e *env, r *compare.Row) {
	t := e.newTable("metric", "value", "95 % interval")
	t.alignRight(2)
	scores := r.Scores
	if !f.AllMetrics {
		scores = scores[:min(1, len(scores))]
	}
	for _, s := range scores {
		low, high := number(s.Metric, s.Summary.Low), number(s.Metric, s.Summary.High)
		t.add(e.lang.Text(s.Metric.Title), number(s.Metric, s.Summary.Mean), low+" … "+high)
	}
	fmt.Fprintln(e.stdout, t.renderBold(e.stdout))
	if more := len(r.Scores) - len(scores); more > 0 {
		e.printf("%d more with --all-metrics\n", more)
	}
}

// number formats a metric's value: shares in percent.
func number(m eval.Metric, v float64) string {
	if m.Share && v == v {
		return percent(v)
	}
	return termtext.Number(v)
}

// printLabels shows the scores of each label, of very many those of the most frequent.
func printLabels(e *env, labels []eval.LabelScore) {
	if len(labels) == 0 {
		return
	}
	labels = slices.Clone(labels)
	slices.SortStableFunc(labels, func(a, b eval.LabelScore) int { return b.Rows - a.Rows })
	t := e.newTable("label", "rows", "precision", "recall", "F1", "average precision", "threshold")
	t.alignRight(2, 3, 4, 5, 6, 7)
	for _, s := range labels[:min(len(labels), maxCounts)] {
		t.add(oneLine(s.Label), fmt.Sprint(s.Rows), termtext.Number(s.Precision), termtext.Number(s.Recall), termtext.Number(s.F1), termtext.Number(s.AP), termtext.Number(s.Threshold))
	}
	fmt.Fprintln(e.stdout, t.render(e.stdout))
	if more := len(labels) - maxCounts; more > 0 {
		e.printf("and %d more\n", more)
	}
}

// confusionClasses is how many classes a confusion matrix is printed for.
const confusionClasses = 12

func printConfusion(e *env, c [][]int, classes []string) {
	if len(c) == 0 || len(c) > confusionClasses {
		return
	}
	const most = 24
	corner := e.say("true \\ predicted")
	rows, heads := make([]string, len(classes)), make([]string, len(classes))
	first, total := uniseg.StringWidth(corner), 0
	for k, class := range classes {
		heads[k] = termtext.Cut(oneLine(class), most)
		rows[k] = heads[k]
		first, total = max(first, uniseg.StringWidth(rows[k])), total+gap+max(3, uniseg.StringWidth(heads[k]))
	}
	if first+total > width(e.stdout) { // the columns by number
		for k := range classes {
			rows[k], heads[k] = fmt.Sprintf("%d %s", k+1, rows[k]), fmt.Sprint(k+1)
		}
	}
	t := newTable(append([]string{corner}, heads...)...)
	for k := range classes {
		t.alignRight(k + 2)
	}
	for i, row := range c {
		cells := []string{rows[i]}
		for _, n := range row {
			cells = append(cells, fmt.Sprint(n))
		}
		t.add(cells...)
	}
	fmt.Fprintln(e.stdout, t.render(e.stdout))
}

// oneLine is a name for a line or a table: without line breaks and tabs.
func oneLine(s string) string { return strings.Join(strings.Fields(termtext.Printable(s)), " ") }

func list(names []string) string { return strings.Join(names, ", ") }
