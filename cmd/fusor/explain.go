package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/report"
)

// reportFlags say what a report takes along.
type reportFlags struct {
	Coverage *float64 `help:"Nominal coverage of prediction sets, between 0 and 1 (default 0.9)." placeholder:"P"`
	Media    bool     `help:"Put pictures, sounds and a frame of each video of the worst mistakes into the report (4 MB at most)."`
}

func (f *reportFlags) check() error {
	if f.Coverage != nil && !(*f.Coverage > 0 && *f.Coverage < 1) {
		return usagef("--coverage %g is not between 0 and 1", *f.Coverage)
	}
	return nil
}

func (f *reportFlags) options() fusor.ReportOptions {
	o := fusor.ReportOptions{Media: f.Media}
	if f.Coverage != nil {
		o.Coverage = *f.Coverage
	}
	return o
}

type explainCmd struct {
	Model   string   `arg:"" help:"Saved model." type:"existingfile"`
	Data    string   `arg:"" help:"Manifest or folder with labels."`
	Out     string   `help:"Folder for report.html, its plots and tables." short:"o" placeholder:"DIR"`
	Split   string   `help:"Rows to look at: test, train, val, a fold's name, or all (default: test; where the data has no split, what training held out of it, or all of other data)." placeholder:"NAME"`
	Noise   []string `help:"Kinds of noise to try, or none (default: all that suit the data): typos, dropped_words, gaussian, blur, occlusion, jpeg, white_noise, clipping, dropped_spans, missing, all." placeholder:"KIND,KIND"`
	Rows    int      `help:"Rows that noise is added to at most (default: 500 of data with pictures, sounds or videos, else 5000)." name:"noise-rows" placeholder:"N"`
	Against string   `help:"Another model of the same data, whose curves are drawn beside; effective robustness is measured against it." type:"existingfile" placeholder:"FILE"`
	reportFlags

	roleFlags    `group:"Data"`
	encoderFlags `group:"Model"`
	commonFlags  `group:"Output"`
}

// Help is the command's longer help.
func (c *explainCmd) Help() string {
	return `What each modality contributes (Shapley values, for the data set, each class and each row), the score with every subset of modalities, how the score falls as a modality is noisy or missing, calibration, prediction sets, and the surest mistakes.

Examples:
  fusor explain shop.fusor shop.csv -o why
  fusor explain shop.fusor shop.csv --noise typos,missing --json -
  fusor explain plain.fusor shop.csv --against dropout.fusor -o why
  fusor explain shop.fusor new.csv --split all --coverage 0.95 --media -o why`
}

// Run explains the model and writes the result.
func (c *explainCmd) Run(e *env) error {
	if err := c.check(); err != nil {
		return err
	}
	// Before the work: an output that is an input, or cannot be written.
	if err := checkOutputs([]string{c.Model, c.Data}, c.JSON); err != nil {
		return err
	}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return fmt.Errorf("cannot make the report's folder: %w", err)
		}
		if err := writable(c.Out, c.Out); err != nil {
			return err
		}
	}
	start := time.Now()
	o := fusor.Options{Encoders: c.folders()}
	bar := c.apply(e, &o)
	m, err := fusor.Load(c.Model, o)
	if err != nil {
		return err
	}
	eo := fusor.ExplainOptions{Noise: c.Noise, NoiseRows: c.Rows}
	// Both models on the same rows, so that their curves can be compared.
	if c.Against != "" {
		if eo.Against, err = fusor.Load(c.Against, o); err != nil {
			return err
		}
		eo.Name, eo.AgainstName = modelNames(c.Model, c.Against)
	}
	ds, err := c.open(m, c.Data, &c.roleFlags)
	if err != nil {
		return err
	}
	// Test or held-out rows unless others are named: of those it was trained on a model looks better
	// than it is.
	split, rows, held, err := c.rows(m, ds)
	if err != nil {
		return err
	}
	c.notes(e, unsplit(ds.Unsplit(), split))
	eo.Rows, eo.Split, eo.HeldOut, eo.Unsplit = rows, split, held, c.Split == "" && split == "all"
	ex, err := m.Explain(e.ctx, ds, eo)
	// Before anything else is written to the same terminal.
	bar.done()
	if err != nil {
		return c.failed(e, err)
	}
	c.report(e, ex.Problems)
	if n := ex.Note(string(e.lang)); n != "" {
		c.notes(e, []string{lowered(strings.TrimRight(n, ".。"))})
	}
	ro := c.reportFlags.options()
	ro.Version, ro.Command, ro.Seconds = fusor.Version, append([]string{"fusor"}, e.args...), time.Since(start).Seconds()
	doc := ex.Document(ro)
	doc.Next = c.next(e)
	// Noise is tried on a sample, as each level is an extraction of its own.
	if n := doc.Run.NoiseRows; n > 0 && n < doc.Data.Rows {
		c.notes(e, []string{fmt.Sprintf("noise was added to a sample: %d of %d rows, drawn at random", n, doc.Data.Rows)})
	}
	page := ""
	if c.Out != "" {
		if page, err = report.WriteFiles(c.Out, doc, report.Options{Lang: string(e.lang), Media: c.Media}); err != nil {
			return err
		}
	}
	if !c.jsonToStdout() && !c.Quiet {
		if err := c.print(e, ex, doc); err != nil {
			return err
		}
		if page != "" {
			e.printf("report: %s\n", page)
		}
		e.printNext(doc.Next...)
	}
	return c.writeJSON(e, ex)
}

// next are the commands that follow from the explanation.
func (c *explainCmd) next(e *env) []report.Step {
	steps := []report.Step{step("answer rows, with what decided each", slices.Concat([]string{"predict", c.Model, c.Data, "--explain", "-o", "answers.csv"}, e.rows)...)}
	if c.Out == "" {
		steps = append(steps, step("keep this as a page with its plots", slices.Concat([]string{"explain", c.Model, c.Data, "-o", "why"}, e.rows)...))
	} else {
		steps = append(steps, e.serveStep(c.Model))
	}
	return append(steps, step("see the model card", append([]string{"info", c.Model}, e.encoders...)...))
}

// rows are those to look at, with the name of their split: without a wish the
// data's test rows, else those that training held out (held), else all.
func (c *explainCmd) rows(m *fusor.Model, ds *dataset.Dataset) (split string, rows []int, held bool, err error) {
	split = c.Split
	if split == "" {
		split = "test"
		if !slices.ContainsFunc(ds.Rows, func(r dataset.Row) bool { return r.Split == "test" }) {
			if rows, ok := m.HeldOut(ds); ok && len(rows) > 0 {
				return split, rows, true, nil
			}
			split = "all"
		}
	}
	rows, _, err = splitRows(dataset.OneBlock(ds), split)
	return split, rows, false, err
}

func (c *explainCmd) check() error {
	for _, k := range c.Noise {
		if k != "none" && !slices.Contains(explain.Kinds(), k) {
			return unknown("kind of noise", k, append([]string{"none"}, explain.Kinds()...))
		}
	}
	if slices.Contains(c.Noise, "none") && len(c.Noise) > 1 {
		return usagef("--noise none stands alone")
	}
	if c.Rows < 0 {
		return usagef("--noise-rows %d is below 0", c.Rows)
	}
	return c.reportFlags.check()
}

// modelNames tell two models apart by their files.
func modelNames(a, b string) (string, string) {
	base := func(s string) string {
		s = s[strings.LastIndexAny(s, `/\`)+1:]
		return strings.TrimSuffix(s, ".fusor")
	}
	if base(a) != base(b) {
		return base(a), base(b)
	}
	return a, b
}

// print shows the explanation in tables of the terminal's width.
func (c *explainCmd) print(e *env, ex *fusor.Explanation, doc *report.Document) error {
	split := ex.Scope.Split
	if split == "all" {
		split = e.say("all rows")
	}
	e.printf("%s, %s: %s fusion of %s\n\n", ex.Data.Name, split, ex.Evaluation.Fusion, e.lang.List(ex.Importance.Players))
	shown := *doc
	shown.Rows = nil
	return report.Terminal(e.stdout, &shown, terminal(e.stdout, string(e.lang)))
}

// lowered is s with a small first letter, as a note begins.
func lowered(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
