package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/internal/termtext"
	"github.com/fusor-ml/fusor/predict"
)

type infoCmd struct {
	Model string `arg:"" help:"Saved model."`
	encoderFlags
	resultFlags
}

// Help is the command's longer help.
func (c *infoCmd) Help() string {
	return `The model card: what the model predicts, which columns and views it reads, how it fuses them, which rows it was fitted on, and its scores with 95 % intervals. All of it is in the file; a model of an older version has less.

Examples:
  fusor info shop.fusor
  fusor info result/model.fusor --json -`
}

// Run shows the card.
func (c *infoCmd) Run(e *env) error {
	if err := checkOutputs([]string{c.Model}, c.JSON); err != nil {
		return err
	}
	data, err := os.ReadFile(c.Model)
	if err != nil {
		return fmt.Errorf("cannot load the model: %w", err)
	}
	m, err := fusor.Load(c.Model, fusor.Options{Threads: 1, NoCache: true, Encoders: c.folders()})
	if err != nil {
		return err
	}
	card := m.Card()
	card.SHA256 = fmt.Sprintf("%x", sha256.Sum256(data))
	if !c.jsonToStdout() && !c.Quiet {
		printCard(e, card)
		e.printNext(
			step("answer rows, with what decided each", slices.Concat([]string{"predict", c.Model, "YOUR.csv", "--explain", "-o", "answers.csv"}, e.encoders)...),
			e.serveStep(c.Model))
	}
	return c.writeJSON(e, card)
}

const notRecorded = "not recorded (an older version wrote this model)"

func printCard(e *env, c *predict.Card) {
	line := func(name, format string, args ...any) {
		head := e.lang.Text(name)
		for _, text := range e.wrapped(e.say(format, args...), 12) {
			fmt.Fprintf(e.stdout, "%s%s\n", termtext.Pad(head, 12), text)
			head = ""
		}
	}
	switch c.Task {
	case dataset.Regression:
		line("predicts", "%s, a number", oneLine(c.Label))
	case dataset.Multilabel:
		line("predicts", "%s, any of %d labels: %s", oneLine(c.Label), len(c.Classes), labelsAbove(e, c))
	default:
		line("predicts", "%s, one of %d classes: %s", oneLine(c.Label), len(c.Classes), firstOf(e, c.Classes, maxCounts))
	}
	if c.Decision != "" {
		line("decides", "%s", e.say("for the best %s: the class that exceeds its threshold by the largest factor: %s", titleOf(e, c.Decision), thresholds(e, c.Classes, c.Thresholds)))
	}
	line("fusion", "%s of %s, %d parameters", c.Fusion, plural(views(c), "view"), c.Parameters)
	if len(c.Members) > 0 {
		t := e.newTable("member", "weight", "views")
		t.alignRight(2)
		for _, m := range c.Members {
			taken := e.lang.List(m.Views)
			if len(m.Views) == views(c) {
				taken = e.say("all")
			}
			t.add(m.Fusion, fmt.Sprintf("%.2f", m.Weight), taken)
		}
		fmt.Fprintln(e.stdout, t.render(e.stdout))
	}
	t := e.newTable("column", "kind", "views")
	for _, col := range c.Columns {
		t.add(oneLine(col.Name), string(col.Kind), e.lang.List(col.Views))
	}
	fmt.Fprintln(e.stdout, t.render(e.stdout))
	for _, enc := range c.Encoders {
		line("encoder", "%s: %s, %d values, sha256 %s", oneLine(enc.Column), enc.Architecture, enc.Dim, enc.SHA256)
	}
	if c.Embeddings != nil {
		line("embeddings", "%s, sha256 %s", oneLine(c.Embeddings.Name), c.Embeddings.SHA256)
	}
	if c.Training == nil {
		line("trained on", notRecorded)
		line("scores", notRecorded)
		line("sha256", "%s", c.SHA256)
		return
	}
	tr := c.Training
	line("trained on", "%d of %s (%d train, %d val, %d test; seed %d)", tr.Rows.Fitted, plural(tr.Rows.Table, "row"), tr.Rows.Train, tr.Rows.Val, tr.Rows.Test, tr.Seed)
	if tr.Data != "" {
		line("rows sha256", "%s", tr.Data)
	}
	line("scores", "%s", scoredOn(e, tr))
	if len(c.Metrics) > 0 {
		s := e.newTable("metric", "value", "95 % interval")
		s.alignRight(2)
		for _, m := range c.Metrics {
			def := metricNamed(m.Name)
			s.add(e.lang.Text(def.Title), number(def, m.Summary.Mean), number(def, m.Summary.Low)+" … "+number(def, m.Summary.High))
		}
		fmt.Fprintln(e.stdout, s.render(e.stdout))
	}
	if text := compared(e, c); text != "" {
		line("compared", "%s", text)
	}
	line("kernel", "%s", tr.Kernel)
	line("version", "%s", tr.Version)
	line("sha256", "%s", c.SHA256)
}

// compared is how a comparison came to another score of the model than its own; "" where it did
// not.
func compared(e *env, c *predict.Card) string {
	by := c.Compared
	if by == nil || len(c.Metrics) == 0 {
		return ""
	}
	show := func(s artifact.Score) string { return number(metricNamed(s.Name), s.Summary.Mean) }
	switch title := titleOf(e, by.Name); {
	case by.Seeds > 1:
		return e.say("%s %s in the comparison: the mean of %d models like this one, each of its own seed", title, show(by.Score), by.Seeds)
	case show(by.Score) != show(c.Metrics[0]):
		return e.say("%s %s in the comparison: calibrated by validation rows alone", title, show(by.Score))
	}
	return ""
}

// metricNamed returns a metric of the registry, or of a newer version's.
func metricNamed(name string) eval.Metric {
	if m, ok := eval.MetricByName(name); ok {
		return m
	}
	return eval.Metric{Name: name, Title: name}
}

// titleOf is the title of a metric.
func titleOf(e *env, name string) string { return e.lang.Text(metricNamed(name).Title) }

// thresholds lists classes with their thresholds.
func thresholds(e *env, classes []string, values []float64) string {
	names := make([]string, len(classes))
	for i, name := range classes {
		names[i] = fmt.Sprintf("%s %.3g", oneLine(name), values[i])
	}
	return firstOf(e, names, maxCounts)
}

// labelsAbove lists the labels with the probabilities from which on they are predicted.
func labelsAbove(e *env, c *predict.Card) string {
	names := make([]string, len(c.Classes))
	for i, name := range c.Classes {
		names[i] = name
		if i < len(c.Thresholds) {
			names[i] = e.say("%s (from %.3g on)", name, c.Thresholds[i])
		}
	}
	return firstOf(e, names, maxCounts)
}

func scoredOn(e *env, t *predict.CardTraining) string {
	switch {
	case t.Scored == artifact.OnTest:
		return e.say("on %s", plural(t.Rows.Test, "test row"))
	case t.Scored == artifact.OnFolds && t.Seeds > 1:
		return e.say("of %d folds, mean of %d seeds: models like this one, each measured on rows it was not fitted on", t.Folds, t.Seeds)
	case t.Scored == artifact.OnFolds:
		return e.say("of %d folds: models like this one, each measured on rows it was not fitted on", t.Folds)
	}
	return e.say("none: there were no test rows")
}

func views(c *predict.Card) (n int) {
	for _, col := range c.Columns {
		n += len(col.Views)
	}
	return n
}

// firstOf lists at most n names.
func firstOf(e *env, names []string, n int) string {
	var out []string
	for i, name := range names {
		if i == n {
			out = append(out, e.say("and %d more", len(names)-n))
			break
		}
		out = append(out, oneLine(name))
	}
	return e.lang.List(out)
}
