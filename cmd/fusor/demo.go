package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/cmd/fusor/internal/demo"
	"github.com/fusor-ml/fusor/internal/lang"
)

type demoCmd struct {
	Dir string `arg:"" optional:"" help:"Folder for the data and the results (default: fusor/demo in the user's cache folder)."`

	DataOnly bool `help:"Make the data, and nothing of them."`
	commonFlags
}

// Help is the command's longer help.
func (c *demoCmd) Help() string {
	return `Field notes on eight kinds of bird: a note, a photo, a recording and a video each. No single one tells the kind. The data are made here, nothing is downloaded.

Examples:
  fusor demo
  fusor demo birds --json -`
}

// Run makes the data, compares, and hands over the model that was chosen.
func (c *demoCmd) Run(e *env) error {
	start := time.Now()
	dir := c.Dir
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("cannot find a cache folder, give one: fusor demo DIR: %w", err)
		}
		dir = filepath.Join(base, "fusor", "demo")
	}
	var o fusor.Options
	bar := c.apply(e, &o)
	manifest, err := demo.Make(dir, e.lang == lang.Chinese, func(done, total int) { bar.update(fusor.Progress{Stage: "demo", Done: done, Total: total}) })
	if err != nil {
		return err
	}
	bar.done()
	say := e.stdout
	if c.jsonToStdout() || c.Quiet {
		say = nil
	}
	tell := func(format string, args ...any) {
		if say != nil {
			e.fprintf(say, format, args...)
		}
	}
	tell("%d made-up field notes in %s: a note, a photo, a recording and a video each.\n\n", demo.Rows, manifest)
	if c.DataOnly {
		if say != nil {
			e.printNext(
				step("see what is in the data", "inspect", manifest),
				step("compare all views and fusions, get the best model", "compare", manifest, "-o", filepath.Join(dir, "result")))
		}
		return nil
	}
	// One seed: a first look should take minutes.
	run := compareCmd{comparisonFlags: comparisonFlags{Data: manifest, Seeds: new(1)}, Out: filepath.Join(dir, "result"), commonFlags: c.commonFlags}
	cmp, err := run.run(e)
	if err != nil {
		return err
	}
	if say != nil && cmp.Chosen != nil {
		model := run.model()
		tell("model:  %s (%s)\n", model, cmp.Chosen.Name)
		e.printNext(
			step("answer rows, with what decided each", "predict", model, manifest, "--explain", "-o", filepath.Join(dir, "answers.csv")),
			step("see which modality decides, and how noise hurts", "explain", model, manifest, "-o", filepath.Join(dir, "why")),
			step("answer requests over HTTP, with a page to try it", "serve", model),
			step("see what is in data of your own", "inspect", "YOUR.csv"))
	}
	tell("\nmade, compared and written in %.0f s\n", time.Since(start).Seconds())
	return nil
}
