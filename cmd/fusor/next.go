package main

import (
	"fmt"

	"github.com/fusor-ml/fusor/report"
)

// printNext closes a result with the commands that follow from it, each with what it is for.
func (e *env) printNext(steps ...report.Step) {
	e.printf("\nWhat to do now\n")
	for _, s := range steps {
		fmt.Fprintf(e.stdout, "  %s\n      %s\n", report.Command(s.Command), e.lang.Text(s.What))
	}
}

// step is a command, without its first word, and what it is for.
func step(what string, words ...string) report.Step {
	return report.Step{What: what, Command: append([]string{"fusor"}, words...)}
}

// nextOfModel are the steps that follow from a model: its answers, its reasons, a service.
func nextOfModel(model, data string, flags []string, out string) []report.Step {
	return []report.Step{
		step("answer rows: this table, or new ones", append([]string{"predict", model, data, "-o", out}, flags...)...),
		step("see which modality decides, and how noise hurts", append([]string{"explain", model, data}, flags...)...),
		step("answer requests over HTTP, with a page to try it", "serve", model),
	}
}
