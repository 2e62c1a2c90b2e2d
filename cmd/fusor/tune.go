package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/train"
)

type tuneCmd struct {
	comparisonFlags
	Trials int    `help:"Recipes to try (default 27). A third of them goes on to three times the epochs, a third of those to all; in all it costs about as much as two thirds as many fits." default:"27" placeholder:"N"`
	Out    string `help:"Folder for compare.json, report.html, model.fusor and tuned.yaml, the recipe that was found; an interrupted search goes on from it." short:"o" placeholder:"DIR"`

	commonFlags `group:"Output"`
}

// Help is the command's longer help.
func (c *tuneCmd) Help() string {
	return `A search over the fusion methods with their options, and over what a configuration sets of network and training, as far as flags and --config leave it open: docs/configuration.md lists the values. Recipes are drawn by --seed, and chosen on the validation rows of each fold or seed alone. What was found is compared as "tuned" with every single view, every modality and every fusion, as fusor compare does with --tune N.

Examples:
  fusor tune shop.csv -o result
  fusor tune shop.csv -o result --trials 81 --fusions concat,attention,late
  fusor train new.csv --config result/tuned.yaml -o shop.fusor`
}

// Run searches, compares and writes the result.
func (c *tuneCmd) Run(e *env) error {
	if err := checkTrials("--trials", c.Trials); err != nil {
		return err
	}
	all := compareCmd{comparisonFlags: c.comparisonFlags, searchFlag: searchFlag{&c.Trials}, Out: c.Out, commonFlags: c.commonFlags}
	return all.Run(e)
}

// searchFlag adds a search to a comparison.
type searchFlag struct {
	Tune *int `help:"Search for a better recipe as well: so many are tried on validation rows, and the best joins the comparison (see: fusor tune --help)." placeholder:"N"`
}

// search sets what the flag was given for.
func (f *searchFlag) search(o *fusor.CompareOptions) error {
	if f.Tune == nil {
		return nil
	}
	o.Tune = *f.Tune
	return checkTrials("--tune", o.Tune)
}

// Bounds of the recipes that a search tries.
const (
	leastTrials = 2
	mostTrials  = 1000
)

func checkTrials(flag string, n int) error {
	if n < leastTrials || n > mostTrials {
		return usagef("%s %d: it must be at least %d and at most %d", flag, n, leastTrials, mostTrials)
	}
	return nil
}

// tunedFile is the name of the configuration file that a search writes.
const tunedFile = "tuned.yaml"

// writeTuned writes the recipe that a search found as a configuration file.
func (c *compareCmd) writeTuned(cmp *fusor.Comparison) error {
	r := cmp.Tuning.Recipe
	given, err := c.recipe()
	if err != nil {
		return err
	}
	r.Task, r.Embeddings, r.Pretrained = c.Task, given.Embeddings, given.Pretrained
	if r.Task == "" {
		r.Task = given.Task
	}
	data, err := recipeFile(r, c.Out)
	if err != nil {
		return fmt.Errorf("cannot write the recipe that was found: %w", err)
	}
	return durable.WriteFile(filepath.Join(c.Out, tunedFile), data)
}

// recipeFile returns a recipe as the content of a configuration file in dir, to which the names of
// its files are relative.
func recipeFile(r train.Recipe, dir string) ([]byte, error) {
	from, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	relative := func(path string) string {
		abs, err := filepath.Abs(path)
		if err != nil {
			return path
		}
		rel, err := filepath.Rel(from, abs)
		if err != nil { // on another volume
			return abs
		}
		return filepath.ToSlash(rel)
	}
	if r.Embeddings != "" {
		r.Embeddings = relative(r.Embeddings)
	}
	for column, choice := range r.Pretrained {
		if info, err := os.Stat(choice.Dir); err == nil && info.IsDir() { // not a name in a folder of encoders
			choice.Dir = relative(choice.Dir)
			r.Pretrained[column] = choice
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return yaml.JSONToYAML(data)
}
