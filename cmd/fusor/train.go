package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/fusion"
)

type trainCmd struct {
	Data string `arg:"" help:"Manifest (.csv, .tsv, .json, .jsonl, .parquet, .xlsx; also .gz, .zst) or folder."`
	Out  string `help:"File of the model." short:"o" required:"" placeholder:"FILE"`
	From string `help:"Folder of a finished comparison: train what it chose, measured as it was there, with the same options but for those given here." type:"existingdir" placeholder:"DIR"`
	metricFlag
	Fusion string `help:"Fusion method (default: concat; bilstm where --group and --order say how rows follow each other)." placeholder:"NAME"`
	Bilstm string `help:"What bilstm runs over: rows, time or views (default: rows with --order, else time, else views); without --fusion it takes bilstm." name:"bilstm-over" enum:",rows,time,views" default:"" placeholder:"WHAT"`
	Seed   uint64 `help:"Seed of everything random." placeholder:"N"`
	Resume bool   `help:"Go on from the checkpoint that an interrupted run left beside the model."`

	EmbedEncoder bool `help:"Put the pretrained encoders into the file of the model, so that it needs no folder of theirs." group:"Model"`

	dataFlags   `group:"Data"`
	lossFlags   `group:"Data"`
	recipeFlags `group:"Model"`
	commonFlags `group:"Output"`
	scoreFlags  `group:"Output"`
}

// Help is the command's longer help.
func (c *trainCmd) Help() string {
	return `The epoch is chosen on validation rows, then the model is fitted again on train + val and measured once on the test rows.

Examples:
  fusor train shop.csv -o shop.fusor
  fusor train reviews.csv -o r.fusor --label stars --task class --fusion gated --class-weights
  fusor train talks.csv -o t.fusor --fusion bilstm --group video_id --order utterance
  fusor train shop.csv -o better.fusor --from result --epochs 300
  fusor train shop.csv -o shop.fusor --resume`
}

// Run trains and saves.
func (c *trainCmd) Run(e *env) error {
	data, err := c.dataFlags.options()
	if err != nil {
		return err
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	if o.From != nil {
		// How the comparison read its data, unless a flag states it anew.
		data = o.From.Reads.Under(data)
	}
	taskOf(&data, &o.Recipe)
	if err := checkOutputs([]string{c.Data, c.Config, o.Recipe.Embeddings}, c.Out, c.JSON); err != nil {
		return err
	}
	bar := c.apply(e, &o.Options)
	if info, err := os.Stat(c.Out); err != nil || info.Mode().IsRegular() { // beside a device nothing is kept
		o.Checkpoint, o.Resume = c.Out+".checkpoint", c.Resume
	}
	switch kept := checkpoints(o.Checkpoint); {
	case c.Resume && len(kept) == 0:
		c.notes(e, []string{fmt.Sprintf("there is no checkpoint %s to go on from; training starts anew", o.Checkpoint)})
	case !c.Resume && len(kept) > 0:
		c.notes(e, []string{fmt.Sprintf("the checkpoint %s of an interrupted run is replaced; --resume would have gone on from it", o.Checkpoint)})
	}
	m, rep, err := c.train(e, data, o)
	bar.done()
	err = c.failed(e, err)
	if errors.Is(err, context.Canceled) && len(checkpoints(o.Checkpoint)) > 0 {
		c.notes(e, []string{fmt.Sprintf("the state after the last epoch is kept in %s; the same command with --resume goes on", o.Checkpoint)})
	}
	if err != nil {
		return err
	}
	c.report(e, rep.Problems)
	c.notes(e, rep.Notes)
	if c.EmbedEncoder {
		// Only in the file: the encoder's weights are needed by who has no folder of it.
		m.Artifact().EmbedEncoders()
	}
	if err := m.Save(c.Out); err != nil {
		return err
	}
	// Last: until the model is there, the state is all that there is.
	for _, path := range checkpoints(o.Checkpoint) {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	if !c.jsonToStdout() && !c.Quiet {
		c.print(e, rep)
	}
	return c.writeJSON(e, rep)
}

// checkpoints lists the files that a training keeps its state in: the one that is named or, of an
// ensemble, one for each member, with a number behind the name.
func checkpoints(path string) []string {
	if path == "" {
		return nil
	}
	var out []string
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	for _, f := range files {
		rest, ok := strings.CutPrefix(f.Name(), filepath.Base(path))
		number, dotted := strings.CutPrefix(rest, ".")
		if _, err := strconv.ParseUint(number, 10, 16); ok && (rest == "" || dotted && err == nil) {
			out = append(out, filepath.Join(filepath.Dir(path), f.Name()))
		}
	}
	return out
}

func (c *trainCmd) train(e *env, data dataset.Options, o fusor.TrainOptions) (*fusor.Model, *fusor.TrainReport, error) {
	ds, err := fusor.Open(c.Data, data)
	if err != nil {
		return nil, nil, err
	}
	return fusor.Train(e.ctx, ds, o)
}

func (c *trainCmd) options() (fusor.TrainOptions, error) {
	var o fusor.TrainOptions
	var err error
	if err := c.metricFlag.check(); err != nil {
		return o, err
	}
	o.Metric = c.Metric
	if c.From != "" {
		return c.from()
	}
	if o.Recipe, err = c.recipe(); err != nil {
		return o, err
	}
	if _, ok := fusor.Methods().Lookup(c.Fusion); c.Fusion != "" && !ok {
		return o, unknown("fusion", c.Fusion, fusor.Methods().Names())
	}
	if c.Fusion != "" {
		o.Recipe.Fusion = c.Fusion
	}
	if c.Bilstm != "" {
		if f := o.Recipe.Fusion; f != "" && f != fusion.DefaultOrdered {
			return o, usagef("--bilstm-over goes with --fusion bilstm, not with %s", f)
		}
		o.Recipe.Fusion, o.Recipe.FusionConfig = fusion.DefaultOrdered, o.Recipe.FusionConfig.With("over", c.Bilstm)
	}
	o.Seed, o.AllowMissing = c.Seed, c.AllowMissing
	if err := o.Recipe.Check(fusor.Methods()); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

// from are the options of the comparison in --from, with those of the flags before them.
func (c *trainCmd) from() (o fusor.TrainOptions, err error) {
	for name, given := range map[string]bool{"--fusion": c.Fusion != "", "--bilstm-over": c.Bilstm != "", "--views": len(c.Views) > 0, "--config": c.Config != ""} {
		if given {
			return o, usagef("%s and --from do not go together: the comparison chose the fusion, its views and its recipe", name)
		}
	}
	choice, metric, err := compare.ReadChoice(c.From)
	if err != nil {
		return o, err
	}
	o.From, o.Recipe, o.Seed, o.Metric, o.AllowMissing = choice, choice.Recipe, choice.Seed, metric, c.AllowMissing
	if c.Metric != "" {
		o.Metric = c.Metric
	}
	if c.Seed != 0 {
		o.Seed = c.Seed
	}
	if o.Recipe.Embeddings != "" && c.Embeddings == "" {
		return o, usagef("the comparison started from the word vectors %s; name their file with --embeddings", o.Recipe.Embeddings)
	}
	if err := c.recipeFlags.check(); err != nil {
		return o, err
	}
	c.recipeFlags.over(&o.Recipe)
	if t := choice.Tuned; t != nil {
		c.recipeFlags.over(&t.Recipe)
		for i := range t.Runs {
			c.recipeFlags.over(&t.Runs[i])
		}
	}
	if err := c.pretrained(&o.Recipe); err != nil {
		return o, err
	}
	o.Recipe.Train.Seed = 0
	if err := o.Recipe.Check(fusor.Methods()); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

func (c *trainCmd) print(e *env, r *fusor.TrainReport) {
	h := r.History
	e.paragraph(e.say("%s: %s fusion of %s", r.Dataset, r.Fusion, e.lang.List(r.Views)))
	if len(h.Epochs) > 0 {
		e.printf("rows: %d train, %d val, %d test; best epoch %d of %d\n", r.Rows.Train, r.Rows.Val, r.Rows.Test, h.BestEpoch, len(h.Epochs))
	} else { // an ensemble, which has none of its own
		e.printf("rows: %d train, %d val, %d test\n", r.Rows.Train, r.Rows.Val, r.Rows.Test)
	}
	if d := r.Decision; d != nil {
		e.printf("decides for the best %s: the class that exceeds its threshold by the largest factor: %s\n", titleOf(e, d.Metric), thresholds(e, d.Classes, d.Thresholds))
	}
	if r.Folds > 0 {
		e.printf("scores of %d folds: models like this one, each measured on rows it was not fitted on\n", r.Folds)
	}
	if r.Test != nil {
		c.printScores(e, &r.Test.Row)
	}
	e.printf("saved %s\n", c.Out)
	e.printNext(e.nextOfModel(c.Out, c.Data, "answers.csv")...)
}
