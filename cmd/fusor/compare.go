package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/report"
)

type compareCmd struct {
	comparisonFlags
	searchFlag
	Out string `help:"Folder for compare.json, report.html and model.fusor; an interrupted comparison goes on from it." short:"o" placeholder:"DIR"`

	commonFlags `group:"Output"`

	page string // the report, once it is written
}

// comparisonFlags define a comparison, wherever it is made.
type comparisonFlags struct {
	Data    string   `arg:"" help:"Manifest (.csv, .tsv, .json, .jsonl, .parquet, .xlsx; also .gz, .zst) or folder."`
	Fusions []string `help:"Fusion methods (default: all but those that must be named; docs/configuration.md lists them)." placeholder:"A,B"`
	Seeds   *int     `help:"Repetitions (default 1 with folds, 3 on an official split)." placeholder:"N"`
	Folds   *int     `help:"Folds of the cross-validation (default: the data's own split, else 5)." placeholder:"K"`
	Seed    uint64   `help:"Seed of everything random." placeholder:"N"`

	NoEnsemble bool `help:"Leave out the ensemble of what is fitted anyway."`
	metricFlag
	reportFlags

	dataFlags   `group:"Data"`
	lossFlags   `group:"Data"`
	recipeFlags `group:"Model"`
}

// Help is the command's longer help.
func (c *compareCmd) Help() string {
	return `Every single view, every modality and every fusion is trained on the same splits and seeds. The best of each side is chosen on validation data; the verdict compares those two on test data.

Examples:
  fusor compare shop.csv -o result
  fusor compare leaves/ --folds 10 --fusions mean,concat,attention
  fusor compare shop.csv -o result --tune 27
  fusor compare talks.csv -o result --group video_id --order utterance --json -`
}

// Run compares and writes the result.
func (c *compareCmd) Run(e *env) error {
	cmp, err := c.run(e)
	if err == nil {
		c.end(e, cmp)
	}
	return err
}

func (c *compareCmd) run(e *env) (_ *fusor.Comparison, failed error) {
	if err := c.reportFlags.check(); err != nil {
		return nil, err
	}
	data, err := c.dataFlags.options()
	if err != nil {
		return nil, err
	}
	o, err := c.options(e)
	if err != nil {
		return nil, err
	}
	if err := c.search(&o); err != nil {
		return nil, err
	}
	taskOf(&data, &o.Recipe)
	o.Dir = c.Out
	if err := checkOutputs([]string{c.Data, c.Config, o.Recipe.Embeddings}, c.JSON); err != nil {
		return nil, err
	}
	if c.Out != "" {
		undo, err := durable.MakeFolder(c.Out)
		if err != nil {
			return nil, fmt.Errorf("cannot make the folder of the result: %w", err)
		}
		defer func() {
			if failed != nil {
				undo()
			}
		}()
	}
	o.AllowMissing = c.AllowMissing
	bar := c.apply(e, &o.Options)
	o.Command, o.Shared = append([]string{"fusor"}, e.args...), e.shared
	o.Reads = data
	cmp, err := c.compare(e, data, o)
	bar.done()
	err = c.failed(e, err)
	var kept *compare.KeptError
	if errors.As(err, &kept) {
		c.noteKept(e)
	}
	if err != nil {
		return nil, err
	}
	if err := c.write(e, cmp); err != nil {
		if c.Out != "" {
			c.noteKept(e)
		}
		return nil, err
	}
	return cmp, nil
}

// noteKept states that the work is not lost.
func (c *compareCmd) noteKept(e *env) {
	c.notes(e, []string{fmt.Sprintf("finished fits are kept in %s; the same command goes on from them", c.Out)})
}

// write writes the result.
func (c *compareCmd) write(e *env, cmp *fusor.Comparison) error {
	c.report(e, cmp.Problems)
	notes := cmp.Result.Plan.Notes
	if cmp.Verdict == nil {
		why := "there is nothing to compare: fusion takes at least two views; add a column, or name more views with --views (see: fusor views)"
		if slices.ContainsFunc(cmp.Rows, func(r compare.Row) bool { return joinsOneView(r.Kind, r.Fusion) }) {
			why = "there is no fusion to compare: it takes at least two views, and the ensemble is several networks of the one view; add a column, or name more views with --views (see: fusor views)"
		}
		// A copy: the notes belong to the plan.
		notes = append(notes[:len(notes):len(notes)], why)
	}
	c.notes(e, notes)
	doc := cmp.Document(c.reportFlags.options())
	doc.Next = c.next(e, cmp)
	if c.Out != "" {
		// compare.json first: it is what the long work was for, should a later file fail.
		data, err := json.MarshalIndent(cmp.Comparison, "", "  ")
		if err != nil {
			return err
		}
		if err := durable.WriteFile(filepath.Join(c.Out, "compare.json"), append(data, '\n')); err != nil {
			return err
		}
		if cmp.Tuning != nil {
			if err := c.writeTuned(cmp); err != nil {
				return err
			}
		}
		if c.page, err = report.WriteFiles(c.Out, doc, report.Options{Lang: string(e.lang), Media: c.Media}); err != nil {
			return err
		}
		if cmp.Model != nil {
			if err := cmp.Model.Save(c.model()); err != nil {
				return err
			}
		}
		// Only now are the stored fits removed: until everything is written, the same command can go on
		// from them.
		if err := cmp.Finish(); err != nil {
			return err
		}
	}
	if !c.jsonToStdout() && !c.Quiet {
		if err := report.Terminal(e.stdout, doc, terminal(e.stdout, string(e.lang))); err != nil {
			return err
		}
		if c.page != "" {
			e.printf("report: %s\n", c.page)
		}
	}
	return c.writeJSON(e, cmp.Comparison)
}

// end shows what can be done with the result.
func (c *compareCmd) end(e *env, cmp *fusor.Comparison) {
	if !c.jsonToStdout() && !c.Quiet {
		c.printNext(e, cmp)
	}
}

// model is the file of the model that is handed over.
func (c *compareCmd) model() string { return filepath.Join(c.Out, "model.fusor") }

// next are the commands that follow from the comparison.
func (c *compareCmd) next(e *env, cmp *fusor.Comparison) []report.Step {
	switch {
	case cmp.Chosen == nil:
		return nil
	case c.Out == "":
		again := append(slices.Clone(e.args), "-o", "result")
		next := []report.Step{step("keep the report and the chosen model", again...)}
		if len(cmp.Chosen.Members) == 0 && cmp.Chosen.Tuned == nil {
			next = append(next, step("or train that method alone", slices.Concat([]string{"train", c.Data, "--fusion", cmp.Chosen.Fusion}, e.shared, []string{"-o", "model.fusor"})...))
		}
		return append(next, step("see what is in the data", slices.Concat([]string{"inspect", c.Data}, e.reading)...))
	}
	next := e.nextOfModel(c.model(), c.Data, filepath.Join(c.Out, "answers.csv"))
	if alone := c.alone(e, cmp); alone != nil {
		// In place of why the fusion decides as it does.
		next[1] = step("or train the best single one alone, which is simpler", alone...)
	}
	return next
}

// alone trains the best single view or modality, where the model that is handed over is a fusion
// and better by a standard error at most: the simpler one is as good then (Breiman et al. 1984,
// 3.4.3). It is nil elsewhere.
func (c *compareCmd) alone(e *env, cmp *fusor.Comparison) []string {
	v := cmp.Verdict
	given := func(flag string) bool {
		return slices.ContainsFunc(e.shared, func(arg string) bool { return strings.HasPrefix(arg, flag) })
	}
	switch {
	case v == nil || v.Finding == eval.Helps || cmp.Chosen.Kind != eval.Fusion:
		return nil
	case v.Baseline != nil && v.Baseline.FusionP >= 0.05: // neither is of use
		return nil
	case !(v.Difference <= v.StandardError):
		return nil
	case given("--views") || given("--config"):
		return nil
	}
	return slices.Concat([]string{"train", c.Data, "--views", v.BestSingle}, e.shared, []string{"-o", filepath.Join(c.Out, "single.fusor")})
}

// joinsOneView reports whether an entry is an ensemble of one view, which is no fusion.
func joinsOneView(kind, method string) bool { return kind == eval.Single && method == model.Ensemble }

// printNext ends the result on the terminal.
func (c *compareCmd) printNext(e *env, cmp *fusor.Comparison) {
	if cmp.Chosen == nil {
		return
	}
	if c.Out != "" {
		what := cmp.Chosen.Name
		switch {
		case joinsOneView(cmp.Chosen.Kind, cmp.Chosen.Fusion):
			what = e.say("several networks of %s", e.lang.List(cmp.Chosen.Views))
		case cmp.Chosen.Kind == eval.Single && cmp.Verdict != nil:
			what = e.say("of %s alone: no fusion did better on validation rows", what)
		}
		if own, seeds := ownScore(e, cmp), len(cmp.Run.Seeds); own != "" && seeds > 1 {
			what = e.say("%s of the first of %d seeds: %s on the test rows", what, seeds, own)
		}
		e.printf("model: %s (%s)\n", c.model(), what)
	}
	e.printNext(c.next(e, cmp)...)
}

// ownScore is the main score of the model that is handed over where test rows were left to measure
// it by.
func ownScore(e *env, cmp *fusor.Comparison) string {
	if cmp.Model == nil {
		return ""
	}
	card := cmp.Model.Card()
	if card.Training.Scored != artifact.OnTest || len(card.Metrics) == 0 {
		return ""
	}
	own := card.Metrics[0]
	return titleOf(e, own.Name) + " " + number(metricNamed(own.Name), own.Summary.Mean)
}

func (c *compareCmd) compare(e *env, data dataset.Options, o fusor.CompareOptions) (*fusor.Comparison, error) {
	ds, err := fusor.Open(c.Data, data)
	if err != nil {
		return nil, err
	}
	return fusor.Compare(e.ctx, ds, o)
}

func (c *comparisonFlags) options(e *env) (fusor.CompareOptions, error) {
	o := fusor.CompareOptions{Fusions: c.Fusions, Seed: c.Seed, NoEnsemble: c.NoEnsemble, Metric: c.Metric, Lang: string(e.lang)}
	if c.Folds != nil {
		if o.Folds = *c.Folds; o.Folds < 2 {
			return o, usagef("--folds %d: 2 are the least", o.Folds)
		}
	}
	if c.Seeds != nil {
		if o.Seeds = *c.Seeds; o.Seeds < 1 {
			return o, usagef("--seeds %d: 1 is the least", o.Seeds)
		}
	}
	var err error
	if err := c.metricFlag.check(); err != nil {
		return o, err
	}
	if o.Recipe, err = c.recipe(); err != nil {
		return o, err
	}
	for i, f := range c.Fusions {
		if slices.Contains(c.Fusions[:i], f) {
			return o, usagef("--fusions names %s twice", f)
		}
		if _, ok := fusor.Methods().Lookup(f); !ok {
			return o, unknown("fusion", f, fusor.Methods().Names())
		}
	}
	if err := o.Recipe.Check(fusor.Methods()); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

// terminal describes how a report fits the terminal that w is, if it is one.
func terminal(w io.Writer, lang string) report.TerminalOptions {
	o := report.TerminalOptions{Lang: lang, Width: width(w)}
	if f, ok := fileOf(w); ok {
		o.Color = report.WantsColor(f)
	}
	return o
}
