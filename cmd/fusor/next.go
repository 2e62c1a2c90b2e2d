package main

import (
	"fmt"
	"io"

	"github.com/fusor-ml/fusor/report"
)

// printNext closes a result with the commands that follow from it, each with what it is for.
func printNext(w io.Writer, lang string, steps ...nextStep) {
	title := "What to do now"
	if lang == "zh" {
		title = "接下来"
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, s := range steps {
		what := s.en
		if lang == "zh" {
			what = s.zh
		}
		fmt.Fprintf(w, "  %s\n      %s\n", report.Command(append([]string{"fusor"}, s.words...)), what)
	}
}

// nextStep is a command and what it is for.
type nextStep struct {
	en, zh string
	words  []string
}

func step(en, zh string, words ...string) nextStep { return nextStep{en, zh, words} }

// nextOfModel are the steps that follow from a model: its answers, its reasons, a service.
func nextOfModel(model, data string, flags []string, out string) []nextStep {
	return []nextStep{
		step("answer rows: this table, or new ones", "回答各行：这张表，或新的数据", append([]string{"predict", model, data, "-o", out}, flags...)...),
		step("see which modality decides, and how noise hurts", "查看哪个模态起决定作用，以及噪声和缺失的影响", append([]string{"explain", model, data}, flags...)...),
		step("answer requests over HTTP, with a page to try it", "通过 HTTP 提供服务，并附试用页面", "serve", model),
	}
}
