package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/train"
)

// recipeFlags define the model and its training.
type recipeFlags struct {
	Config          string   `help:"YAML or JSON file with the recipe; flags go before it. Its keys: docs/configuration.md." type:"existingfile" placeholder:"FILE"`
	Views           []string `help:"Views to take: column, column.view or *.view (see: fusor views)." placeholder:"VIEW,VIEW"`
	Embeddings      string   `help:"File of word vectors (.vec, .txt: a word and its values a line) that the text view semantic starts from; it is taken beside the default views unless --views says which." type:"existingfile" placeholder:"FILE"`
	Encoder         []string `help:"Folder of a pretrained encoder of a column, or of all columns of a kind: review=DIR, text=DIR, image=DIR, …; its vectors are taken as the view encoder. Repeatable; see docs/encoders.md." sep:"none" placeholder:"COL=DIR"`
	Pooling         []string `help:"How an encoder makes the vector of a text: cls, mean, max, … (default: as its folder defines)." sep:"none" placeholder:"COL=MODE"`
	Prompt          []string `help:"What an encoder puts before every text, or the name of a prompt of its folder." sep:"none" placeholder:"COL=TEXT"`
	Scaling         string   `help:"Scaling of vectors: feature, view or none (default: chosen on validation data)." enum:",feature,view,none" default:"" placeholder:"HOW"`
	Width           *int     `help:"Width of an encoded view (default 64)." placeholder:"N"`
	Epochs          *int     `help:"Epochs at most (default 100)." placeholder:"N"`
	Batch           *int     `help:"Rows of a batch (default 32)." placeholder:"N"`
	LR              *float64 `help:"Peak learning rate (default 0.002)." name:"lr" placeholder:"X"`
	Dropout         *float64 `help:"Dropout (default 0.3; for bilstm over rows 0.6)." placeholder:"P"`
	ModalityDropout *float64 `help:"Chance that a modality is hidden from a training row; makes the model robust to missing ones." placeholder:"P"`
	ClassWeights    *bool    `help:"Weigh classes by 1/frequency."`
	Refit           *bool    `help:"Fit again on train + val for as many epochs as were best (default: yes), or keep the best epoch's weights." negatable:""`
}

func (f *recipeFlags) recipe() (train.Recipe, error) {
	r, err := readRecipe(f.Config)
	if err != nil {
		return r, err
	}
	if err := f.check(); err != nil {
		return r, err
	}
	f.over(&r)
	return r, f.pretrained(&r)
}

// taskOf moves the task of a recipe to the options that data are read by, where it decides unless
// --task does.
func taskOf(data *dataset.Options, r *train.Recipe) {
	if data.Task == "" {
		data.Task = r.Task
	}
	r.Task = ""
}

// over sets in r what flags were given for.
func (f *recipeFlags) over(r *train.Recipe) {
	if len(f.Views) > 0 {
		r.Views = f.Views
	}
	if f.Embeddings != "" {
		r.Embeddings = f.Embeddings
	}
	if f.Scaling != "" {
		r.Scaling = feature.Scaling(f.Scaling)
	}
	if f.Dropout != nil {
		r.Dropout = f.Dropout
	}
	given(&r.Width, f.Width)
	given(&r.Train.Epochs, f.Epochs)
	given(&r.Train.Batch, f.Batch)
	given(&r.Train.LR, f.LR)
	given(&r.ModalityDropout, f.ModalityDropout)
	given(&r.Train.ClassWeights, f.ClassWeights)
	if f.Refit != nil {
		r.Train.NoRefit = !*f.Refit
	}
}

// given sets what a flag was given for, to nothing as well.
func given[T any](dst, flag *T) {
	if flag != nil {
		*dst = *flag
	}
}

// check refuses a value out of range, of which the recipe would take 0 for the default.
func (f *recipeFlags) check() error {
	given := map[string]any{}
	if f.Width != nil {
		given["width"] = *f.Width
	}
	if f.Epochs != nil {
		given["train.epochs"] = *f.Epochs
	}
	if f.Batch != nil {
		given["train.batch"] = *f.Batch
	}
	if f.LR != nil {
		given["train.lr"] = *f.LR
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		setting, _ := train.Setting(name)
		setting.Name = "--" + strings.TrimPrefix(name, "train.")
		if err := setting.Check(given[name]); err != nil {
			return usageError{err}
		}
	}
	return nil
}

// readRecipe reads a configuration file; of no file the recipe is empty.
func readRecipe(path string) (train.Recipe, error) {
	var r train.Recipe
	if path == "" {
		return r, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	if err := checkRecipeSize(data); err != nil {
		return r, usagef("cannot read the recipe %s: %w", path, err)
	}
	wrong := func(err error) error {
		return usagef("cannot read the recipe %s:\n%s", path, yaml.FormatError(err, false, true))
	}
	documents := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict(), yaml.UseJSONUnmarshaler())
	if err := documents.Decode(&r); err != nil && !errors.Is(err, io.EOF) {
		return r, wrong(err)
	}
	if err := documents.Decode(new(any)); !errors.Is(err, io.EOF) {
		return r, usagef("%s: it has more than one document", path)
	}
	var set map[string]any
	if err := yaml.Unmarshal(data, &set); err != nil {
		return r, wrong(err)
	}
	if err := checkExplicit("", set); err != nil {
		return r, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	if err := fusor.Methods().CheckAny(r.FusionConfig); err != nil {
		return r, usageError{fmt.Errorf("%s: fusion_config: %w", path, err)}
	}
	for column, c := range r.Pretrained {
		r.Pretrained[column] = c.In(filepath.Dir(path))
	}
	if r.Embeddings != "" && !filepath.IsAbs(r.Embeddings) { // like the files of a manifest
		r.Embeddings = filepath.Join(filepath.Dir(path), r.Embeddings)
	}
	return r, nil
}

// forbiddenKeys are the keys that count for nothing in a file, with the reason.
var forbiddenKeys = map[string]string{
	"train.seed": "the seed is set by --seed",
}

// checkExplicit refuses what a configuration sets to a value that would not count: the recipe takes
// a zero for the default.
func checkExplicit(prefix string, set map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(set)) {
		name, value := prefix+key, set[key]
		if why, ok := forbiddenKeys[name]; ok {
			return fmt.Errorf("%s cannot be set: %s", name, why)
		}
		if part, ok := value.(map[string]any); ok && name == "train" {
			if err := checkExplicit(name+".", part); err != nil {
				return err
			}
		}
		if setting, ok := train.Setting(name); ok && setting.Kind != "" && value != nil {
			if x, err := strconv.ParseFloat(fmt.Sprint(value), 64); err == nil { // YAML reads 1e3 as a string
				value = x
			}
			if err := setting.Check(value); err != nil {
				return err
			}
		}
	}
	return nil
}
