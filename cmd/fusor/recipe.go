package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/train"
)

// recipeFlags define the model and its training.
type recipeFlags struct {
	Config          string   `help:"YAML or JSON file with the recipe; flags go before it. Its keys: docs/configuration.md." type:"existingfile" placeholder:"FILE"`
	Views           []string `help:"Views to take: column, column.view or *.view (see: fusor views)." placeholder:"VIEW,VIEW"`
	Embeddings      string   `help:"File of word vectors (.vec, .txt: a word and its values a line) that the text view semantic starts from; it is taken beside the default views unless --views says which." type:"existingfile" placeholder:"FILE"`
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
	return r, nil
}

// given sets what a flag was given for, to nothing as well.
func given[T any](dst, flag *T) {
	if flag != nil {
		*dst = *flag
	}
}

// check refuses a 0 that the recipe would take for the default.
func (f *recipeFlags) check() error {
	for _, i := range []struct {
		name string
		n    *int
	}{{"width", f.Width}, {"epochs", f.Epochs}, {"batch", f.Batch}} {
		if i.n != nil && *i.n < 1 {
			return usagef("--%s %d: 1 is the least", i.name, *i.n)
		}
	}
	if f.LR != nil && !(*f.LR > 0) {
		return usagef("--lr %g: it must be above 0", *f.LR)
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
	var said map[string]any
	if err := yaml.Unmarshal(data, &said); err != nil {
		return r, wrong(err)
	}
	if err := checkSaid("", reflect.TypeFor[train.Recipe](), said); err != nil {
		return r, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	if r.Embeddings != "" && !filepath.IsAbs(r.Embeddings) { // like the files of a manifest
		r.Embeddings = filepath.Join(filepath.Dir(path), r.Embeddings)
	}
	return r, nil
}

// positive are the keys whose 0 would be taken for the default.
var positive = []string{
	"width", "train.epochs", "train.batch", "train.lr", "train.patience",
	"fusion_config.dim", "fusion_config.rank", "fusion_config.heads", "fusion_config.layers", "fusion_config.hidden",
}

// notSaid are the keys that count for nothing in a file, with the reason.
var notSaid = map[string]string{
	"train.seed":               "the seed is given by --seed",
	"fusion_config.outputs":    "it follows from the labels",
	"fusion_config.regression": "it follows from the labels",
}

// checkSaid refuses what was written into a configuration and would not count; t is the struct that it was read into.
func checkSaid(prefix string, t reflect.Type, said map[string]any) error {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		fields[key] = t.Field(i).Type
	}
	for _, key := range slices.Sorted(maps.Keys(said)) {
		name, value := prefix+key, said[key]
		if why, ok := notSaid[name]; ok {
			return fmt.Errorf("%s cannot be set: %s", name, why)
		}
		kind := reflect.Invalid
		if f := fields[key]; f != nil {
			kind = f.Kind()
		}
		if part, ok := value.(map[string]any); ok && kind == reflect.Struct {
			if err := checkSaid(name+".", fields[key], part); err != nil {
				return err
			}
		}
		x, err := strconv.ParseFloat(fmt.Sprint(value), 64)
		switch {
		case err != nil: // no number
		case x == 0 && slices.Contains(positive, name):
			return fmt.Errorf("%s is 0; it must be above 0 (without the key it is the default)", name)
		case kind == reflect.Int && (x != math.Trunc(x) || math.IsInf(x, 0)):
			return fmt.Errorf("%s is %v; it must be a whole number", name, value)
		case kind == reflect.Int && x < 0:
			return fmt.Errorf("%s is %v; it must not be negative", name, value)
		}
	}
	return nil
}
