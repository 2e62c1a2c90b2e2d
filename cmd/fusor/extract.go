package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/extract"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/train"
)

type extractCmd struct {
	extractFlags
	Out string `short:"o" required:"" help:"Folder of the arrays; one of an earlier extraction is replaced." placeholder:"DIR"`

	commonFlags `group:"Output"`
}

// extractFlags define an extraction, wherever it is made.
type extractFlags struct {
	Data    string   `arg:"" help:"Manifest (.csv, .tsv, .json, .jsonl, .parquet, .xlsx; also .gz, .zst) or folder."`
	Model   string   `help:"Saved model: extract its views, as it was fitted." type:"existingfile" placeholder:"FILE"`
	Format  string   `help:"data: a folder that is DATA again. onnx: the inputs of the model's exported graph, a file for each." enum:"data,onnx" default:"data"`
	Views   []string `help:"Views to take: column, column.view or *.view (see: fusor views)." placeholder:"VIEW,VIEW"`
	Encoder []string `help:"Folder of a pretrained encoder of a column, or of all columns of a kind: review=DIR, text=DIR, image=DIR, …; with --model, of the model's encoders. Repeatable; see docs/encoders.md." sep:"none" placeholder:"COL=DIR"`
	Pooling []string `help:"How an encoder makes the vector of a text: cls, mean, max, … (default: as its folder defines)." sep:"none" placeholder:"COL=MODE"`
	Prompt  []string `help:"What an encoder puts before every text, or the name of a prompt of its folder." sep:"none" placeholder:"COL=TEXT"`

	dataFlags `group:"Data"`
	lossFlags `group:"Data"`
}

// Help is the command's longer help.
func (c *extractCmd) Help() string {
	return `Every view becomes an array with a row for each sample: vectors [N, D] and sequences [N, T, D] in .npy, NaN where there is nothing, bags of words as sparse matrices of SciPy in .npz. labels.csv holds id, split, group, order and label, views.json describes the arrays. The folder is DATA again. Views that need a vocabulary or levels are fitted on the rows of the split train, else on all.

Examples:
  fusor extract shop.csv -o features
  fusor extract shop.csv -o features --views photo,review.lexical
  fusor extract shop.csv -o vectors --views '*.encoder' --encoder review=models/bge-small-zh
  fusor extract new.csv -o inputs --model shop.fusor --format onnx`
}

// extraction is the command's result.
type extraction struct {
	*extract.Arrays
	Problems dataset.Problems `json:"problems,omitempty"`
}

// Run extracts and writes.
func (c *extractCmd) Run(e *env) error {
	if err := c.check(); err != nil {
		return err
	}
	var own fusor.Options
	bar := c.apply(e, &own)
	data, o, err := c.extraction(own)
	if err != nil {
		return err
	}
	ds, err := fusor.Open(c.Data, data)
	if err != nil {
		bar.done()
		return c.failed(e, err)
	}
	x, err := fusor.Extract(e.ctx, ds, o)
	bar.done()
	if err != nil {
		return c.failed(e, err)
	}
	return c.write(e, x)
}

// write writes the arrays and closes the views.
func (c *extractCmd) write(e *env, x *extract.Views) error {
	defer x.Close() //nolint:errcheck // temporary files
	write := x.WriteArrays
	if c.Format == "onnx" {
		write = x.WriteInputs
	}
	arrays, err := write(e.ctx, c.Out)
	if err != nil {
		return err
	}
	c.report(e, x.Problems)
	for _, name := range arrays.Missing {
		c.notes(e, []string{fmt.Sprintf("no row has the view %s: there is no array of it", name)})
	}
	if !c.jsonToStdout() && !c.Quiet {
		c.print(e, arrays)
	}
	return c.writeJSON(e, extraction{arrays, x.Problems})
}

// extraction returns what is extracted, and how the data are read.
func (c *extractFlags) extraction(own fusor.Options) (data dataset.Options, o extract.Options, err error) {
	if data, err = c.dataFlags.options(); err != nil {
		return data, o, err
	}
	o = extract.Options{Options: own, Views: c.Views}
	o.AllowMissing = c.AllowMissing
	if c.Model != "" {
		own.Encoders = encoderFolders(c.Encoder)
		if o.Model, err = predict.Load(c.Model, own); err != nil {
			return data, o, err
		}
		data.Schema = o.Model.Schema()
		return data, o, nil
	}
	var r train.Recipe
	f := recipeFlags{Encoder: c.Encoder, Pooling: c.Pooling, Prompt: c.Prompt}
	err = f.pretrained(&r)
	o.Pretrained = r.Pretrained
	return data, o, err
}

// check refuses flags that do not go together, and a folder that holds something else.
func (c *extractCmd) check() error {
	if err := c.extractFlags.check(); err != nil {
		return err
	}
	if err := checkOutputs([]string{c.Data, c.Model}, c.JSON); err != nil {
		return err
	}
	return checkFolder(c.Out, c.Data)
}

// check refuses flags that do not go together.
func (c *extractFlags) check() error {
	if c.Model == "" && c.Format == "onnx" {
		return usagef("--format onnx needs --model: the inputs are those of its graph")
	}
	if c.Model != "" {
		for _, f := range []struct {
			name  string
			given bool
		}{
			{"--views", len(c.Views) > 0},
			{"--pooling", len(c.Pooling) > 0},
			{"--prompt", len(c.Prompt) > 0},
			{"--columns", len(c.Columns) > 0},
			{"--kind", len(c.Kind) > 0},
			{"--task", c.Task != ""},
		} {
			if f.given {
				return usagef("%s and --model do not go together: the model knows it", f.name)
			}
		}
	}
	return nil
}

// checkFolder refuses to replace a folder that is not of an extraction, or holds the input.
func checkFolder(out, data string) error {
	info, err := os.Stat(out)
	if err != nil {
		dir := filepath.Dir(filepath.Clean(out))
		if in, err := os.Stat(dir); err != nil || !in.IsDir() {
			return fmt.Errorf("cannot write %s: there is no folder %s; make it first", out, dir)
		}
		return writable(out, dir)
	}
	if !info.IsDir() {
		return usagef("cannot write %s: it is a file; name a folder", out)
	}
	if in, err := filepath.Abs(data); err == nil {
		if own, err := filepath.Abs(out); err == nil && strings.HasPrefix(in+string(filepath.Separator), own+string(filepath.Separator)) {
			return usagef("cannot write %s: the data lie in it and would be lost; name another folder", out)
		}
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", out, err)
	}
	if len(entries) > 0 && !exists(filepath.Join(out, dataset.ArraysIndexName)) {
		return usagef("cannot write %s: it holds other files; name a new folder", out)
	}
	return nil
}

// print lists the arrays.
func (c *extractCmd) print(e *env, a *extract.Arrays) {
	t := e.newTable("view", "file", "shape", "present")
	t.alignRight(3)
	for _, v := range a.Views {
		t.add(v.Name, strings.Join(v.Files, ", "), extentOf(e, a.Rows, &v), fmt.Sprint(v.Present))
	}
	fmt.Fprintln(e.stdout, t.render(e.stdout))
	e.printf("%s: %s, %s\n", c.Out, plural(a.Rows, "row"), plural(len(a.Views), "view"))
	if c.Format == "onnx" {
		e.suggest(step("write the graph that takes these inputs", "export", c.Model, "-o", "model.onnx"))
		return
	}
	e.printNext(
		step("train one model on the arrays", "train", c.Out, "-o", "model.fusor"),
		step("compare all views and fusions of them", "compare", c.Out, "-o", "result"))
}

// extentOf is the shape of a view's array.
func extentOf(e *env, rows int, v *extract.Array) string {
	switch v.Shape {
	case "sequence":
		return fmt.Sprintf("[%d, %d, %d]", rows, v.Steps, v.Dim)
	case "tokens":
		return e.say("[%d, %d] ids below %d", rows, v.Steps, v.Dim)
	case "sparse":
		return e.say("[%d, %d] sparse", rows, v.Dim)
	}
	return fmt.Sprintf("[%d, %d]", rows, v.Dim)
}
