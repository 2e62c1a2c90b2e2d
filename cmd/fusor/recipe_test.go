package main

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/internal/lang"
	"github.com/fusor-ml/fusor/train"
)

var update = flag.Bool("update", false, "write the files that tests compare with")

// Every key of a recipe has a setting, and every setting is a key.
func TestSettings(t *testing.T) {
	keys := map[string]bool{}
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, t reflect.Type) {
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case !f.IsExported() || name == "-" || forbiddenKeys[prefix+name] != "":
			case f.Type == reflect.TypeFor[train.Config]():
				walk(name+".", f.Type)
			default:
				keys[prefix+name] = true
			}
		}
	}
	walk("", reflect.TypeFor[train.Recipe]())
	for _, s := range train.Settings {
		if !keys[s.Name] {
			t.Errorf("%s is no key", s.Name)
		}
		delete(keys, s.Name)
	}
	if len(keys) > 0 {
		t.Errorf("no setting describes %v", keys)
	}
}

// The page about configuration and the JSON Schema of a recipe are what the tables of settings make
// of them.
func TestConfigurationPage(t *testing.T) {
	page := filepath.Join("..", "..", "docs", "configuration.md")
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := withTables(string(data), fusor.Methods(), lang.English)
	chinese := filepath.Join("..", "..", "docs", "configuration.zh-CN.md")
	if data, err = os.ReadFile(chinese); err != nil {
		t.Fatal(err)
	}
	schema, err := recipeSchema(fusor.Methods())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{page: want, chinese: withTables(string(data), fusor.Methods(), lang.Chinese), filepath.Join("..", "..", "docs", "recipe.schema.json"): string(schema)} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not what the settings make of it (go test ./cmd/fusor -run Configuration -update writes it): %v", path, err)
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
