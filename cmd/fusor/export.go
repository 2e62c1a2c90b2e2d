package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/export"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/predict"
)

type exportCmd struct {
	Model  string `arg:"" help:"Saved model."`
	Out    string `short:"o" required:"" help:"File of the graph, or folder of the weights." placeholder:"PATH"`
	Format string `help:"onnx: one file, a graph that ONNX Runtime and others run. safetensors: a folder with weights.safetensors and spec.json." enum:"onnx,safetensors" default:"onnx"`
	Opset  int    `help:"Version of the operators of a graph, 17 to 21." default:"17"`
	Quiet  bool   `short:"q" help:"Print nothing."`
	encoderFlags
	languageFlag
}

// Help is the command's longer help.
func (c *exportCmd) Help() string {
	return `The graph takes the extracted features of every view and a matrix of which views are present, and returns logits and calibrated probabilities, or values, and the weights of the views where the fusion has such. Scaling, clipping and the prior of an empty row are inside. docs/format.md describes inputs, outputs and metadata.

Examples:
  fusor export shop.fusor -o shop.onnx
  fusor export shop.fusor -o shop.onnx --opset 21
  fusor export shop.fusor -o shop --format safetensors`
}

// Run writes the export.
func (c *exportCmd) Run(e *env) error {
	folder := c.Format == "safetensors"
	if c.Opset < 17 || c.Opset > 21 {
		return usagef("--opset %d: it must be 17 to 21", c.Opset)
	}
	var files []string
	if folder {
		if info, err := os.Stat(c.Out); err == nil && !info.IsDir() {
			return usagef("cannot write %s: it is a file; name a folder", c.Out)
		}
		files = []string{filepath.Join(c.Out, export.WeightsFile), filepath.Join(c.Out, export.SpecFile)}
	} else {
		if err := checkOutputs([]string{c.Model}, c.Out); err != nil {
			return err
		}
		files = []string{c.Out}
	}
	// Nothing is extracted, so no cache is opened.
	m, err := predict.Load(c.Model, predict.Options{NoCache: true, Encoders: c.folders()})
	if err != nil {
		return err
	}
	a := m.Artifact()
	if folder {
		err = export.Safetensors(c.Out, a)
	} else {
		// Whole or not there: a graph that is cut off would be refused far from here.
		err = durable.Write(c.Out, func(w io.Writer) error {
			return export.ONNX(w, a, export.Options{Opset: c.Opset, Version: fusor.Version})
		})
	}
	if err != nil || c.Quiet {
		return err
	}
	if _, err = fmt.Fprint(e.stdout, e.say("%s: fusion %s, %s, %s\n", strings.Join(files, ", "), a.Model.Spec.Method,
		plural(len(a.Views), "view"), plural(a.Model.Size(), "parameter"))); err != nil {
		return err
	}
	inputs := slices.Concat([]string{"extract", "YOUR.csv", "-o", "inputs", "--model", c.Model}, e.encoders)
	if !folder {
		inputs = append(inputs, "--format", "onnx")
	}
	e.suggest(
		step("make what it takes of your rows", inputs...),
		step("answer the same rows here, to compare", slices.Concat([]string{"predict", c.Model, "YOUR.csv", "--bare", "-o", "answers.csv"}, e.encoders)...))
	return nil
}
