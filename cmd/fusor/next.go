package main

import (
	"fmt"

	"github.com/fusor-ml/fusor/report"
)

// printNext closes a result with the commands that follow from it, each with what it is for.
func (e *env) printNext(steps ...nextStep) {
	e.printf("\nWhat to do now\n")
	for _, s := range steps {
		fmt.Fprintf(e.stdout, "  %s\n      %s\n", report.Command(append([]string{"fusor"}, s.words...)), e.lang.Text(s.what))
	}
}

// nextStep is a command and what it is for.
type nextStep struct {
	what  string
	words []string
}

func step(what string, words ...string) nextStep { return nextStep{what, words} }

// nextOfModel are the steps that follow from a model: its answers, its reasons, a service.
func nextOfModel(model, data string, flags []string, out string) []nextStep {
	return []nextStep{
		step("answer rows: this table, or new ones", append([]string{"predict", model, data, "-o", out}, flags...)...),
		step("see which modality decides, and how noise hurts", append([]string{"explain", model, data}, flags...)...),
		step("answer requests over HTTP, with a page to try it", "serve", model),
	}
}
