package main

import (
	"fmt"
	"io"

	"github.com/fusor-ml/fusor/report"
)

// printNext closes a result with the commands that follow from it, each with what it is for.
func (e *env) printNext(steps ...report.Step) { e.writeNext(e.stdout, steps) }

// suggest is printNext for commands whose stdout is data, or was empty before there was a next: the
// steps go to stderr, and only where a person watches, so that no program meets them.
func (e *env) suggest(steps ...report.Step) {
	if isTerminal(e.stdout) && isTerminal(e.stderr) {
		e.writeNext(e.stderr, steps)
	}
}

func (e *env) writeNext(w io.Writer, steps []report.Step) {
	e.fprintf(w, "\nWhat to do now\n")
	for _, s := range steps {
		fmt.Fprintf(w, "  %s\n      %s\n", report.Command(s.Command), e.lang.Text(s.What))
	}
}

// step is a command, without its first word, and what it is for.
func step(what string, words ...string) report.Step {
	return report.Step{What: what, Command: append([]string{"fusor"}, words...)}
}

// nextOfModel are the steps that follow from a model: its answers, its reasons, a service.
func (e *env) nextOfModel(model, data, out string) []report.Step {
	return []report.Step{
		step("answer rows: this table, or new ones", append([]string{"predict", model, data, "-o", out}, e.rows...)...),
		step("see which modality decides, and how noise hurts", append([]string{"explain", model, data}, e.rows...)...),
		e.serveStep(model),
	}
}

// serveStep answers requests with a model.
func (e *env) serveStep(model string) report.Step {
	return step("answer requests over HTTP, with a page to try it", append([]string{"serve", model}, e.encoders...)...)
}
