package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/train"
)

// keys lists what a configuration can say: the JSON names of a struct's fields, and those of the structs in it.
func keys(prefix string, t reflect.Type) map[string]string {
	out := map[string]string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if _, dead := notSaid[prefix+name]; dead || name == "-" {
			continue
		}
		out[prefix+name] = name
		if f.Type.Kind() == reflect.Struct {
			for full, key := range keys(prefix+name+".", f.Type) {
				out[full] = key
			}
		}
	}
	return out
}

// Every key of a recipe has its line in the page about configuration, in the part that it belongs to.
func TestConfigurationPage(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, model, _ := strings.Cut(string(data), "\n## The model")
	model, fusion, _ := strings.Cut(model, "\n## Options of a fusion")
	fusion, training, _ := strings.Cut(fusion, "\n## The training")
	all := keys("", reflect.TypeFor[train.Recipe]())
	lines := map[string]bool{}
	for full, key := range all {
		part := model
		switch {
		case strings.HasPrefix(full, "fusion_config."):
			part = fusion
		case strings.HasPrefix(full, "train."):
			part = training
		}
		if !strings.Contains(part, "\n| `"+key+"` |") {
			t.Errorf("%s has no line", full)
		}
		lines[full] = true
	}
	if n := strings.Count(string(data), "\n| `"); n != len(all) {
		t.Errorf("%d lines for %d keys", n, len(all))
	}
	for _, name := range positive {
		if !lines[name] {
			t.Errorf("%s must be positive, but is no key", name)
		}
	}
	for _, m := range fusor.Methods() {
		for _, o := range m.Options {
			if !lines["fusion_config."+o] {
				t.Errorf("option %s of %s is no key", o, m.Name)
			}
		}
	}
	shown := 0
	for _, b := range blocks(string(data)) {
		if b.info != "yaml" {
			continue
		}
		shown++
		path := filepath.Join(t.TempDir(), "recipe.yaml")
		if err := os.WriteFile(path, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := readRecipe(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Check(fusor.Methods()); err != nil {
			t.Error(err)
		}
		if m, _ := fusor.Methods().Lookup(r.Fusion); m.Check(r.FusionConfig) != nil {
			t.Error(m.Check(r.FusionConfig))
		}
		if r.Train.WeightDecay == nil || *r.Train.WeightDecay != 0 || r.Width != 48 {
			t.Errorf("the example was read as %+v", r)
		}
	}
	if shown != 1 {
		t.Errorf("%d examples", shown)
	}
}
