package train

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
)

var spaceViews = []Fitted{
	{Name: "photo.color", Column: "photo", Kind: media.Image, Info: feature.Info{Shape: feature.Vector}},
	{Name: "photo.shape", Column: "photo", Kind: media.Image, Info: feature.Info{Shape: feature.Vector}},
	{Name: "text.lexical", Column: "text", Kind: media.Text, Info: feature.Info{Shape: feature.Sparse}},
}

// text is a recipe as a configuration file holds it.
func text(t interface{ Fatal(...any) }, r Recipe) string {
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What is drawn are different recipes of declared values; they keep to what the base sets, are
// valid for the task, and a longer list begins with a shorter one.
func TestDraw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := Recipe{}
		for _, o := range Settings {
			if len(o.Search) > 0 && o.Kind != "" && rapid.IntRange(0, 3).Draw(t, o.Name) == 0 {
				base.set(o.Name, o.Search[len(o.Search)-1])
			}
		}
		if rapid.Bool().Draw(t, "encoder") {
			base.Encoders = map[string]model.Encoder{"photo.color": model.Identity}
		}
		if rapid.Bool().Draw(t, "dim") {
			base.Fusion, base.FusionConfig = "attention", fusion.Config{"dim": 48}
		}
		task := rapid.SampledFrom([]dataset.Task{dataset.Classification, dataset.Regression, dataset.Multilabel}).Draw(t, "task")
		if base.CheckTask(task, fusion.Methods) != nil {
			t.Skip("the base is not for the task")
		}
		seed := rapid.Uint64().Draw(t, "seed")
		s := NewSpace(base, fusion.Methods, spaceViews, task, 500)
		all := s.Draw(40, seed)
		if len(all) != 40 {
			t.Fatalf("%d recipes are drawn", len(all))
		}
		if n := rapid.IntRange(1, 40).Draw(t, "n"); !reflect.DeepEqual(s.Draw(n, seed), all[:n]) {
			t.Errorf("%d recipes are not the first of 40", n)
		}
		seen := map[string]bool{}
		for i, r := range all {
			whole := r.Over(base)
			if seen[text(t, r)] {
				t.Errorf("recipe %d is drawn twice: %s", i, text(t, r))
			}
			seen[text(t, r)] = true
			if err := whole.Check(fusion.Methods); err != nil {
				t.Errorf("recipe %d: %v", i, err)
			}
			if err := whole.CheckTask(task, fusion.Methods); err != nil {
				t.Errorf("recipe %d: %v", i, err)
			}
			for _, o := range Settings {
				own, ok := base.field(o.Name)
				if !ok || o.Kind == "" || own.IsZero() {
					continue
				}
				if got, _ := whole.field(o.Name); !reflect.DeepEqual(got.Interface(), own.Interface()) {
					t.Errorf("recipe %d changes %s, which the base sets", i, o.Name)
				}
			}
			if whole.Encoders["photo.color"] != base.Encoders["photo.color"] && base.Encoders != nil {
				t.Errorf("recipe %d changes an encoder that the base sets", i)
			}
			if base.FusionConfig != nil && r.Fusion == base.Fusion && r.FusionConfig["dim"] != 48 {
				t.Errorf("recipe %d changes dim, which the base sets: %v", i, r.FusionConfig)
			}
		}
	})
}

// Every value that is declared for a search is drawn sometime, and only for what can take it.
func TestDrawReachesEveryValue(t *testing.T) {
	drawn := map[string]map[any]bool{}
	note := func(name string, v any) {
		if drawn[name] == nil {
			drawn[name] = map[any]bool{}
		}
		drawn[name][v] = true
	}
	for _, task := range []dataset.Task{dataset.Classification, dataset.Regression} {
		for _, r := range NewSpace(Recipe{}, fusion.Methods, spaceViews, task, 500).Draw(3000, 1) {
			for _, o := range Settings {
				if f, ok := r.field(o.Name); ok && o.Kind != "" && !f.IsZero() {
					note(o.Name, reflect.Indirect(f).Interface())
				}
			}
			for name, v := range r.FusionConfig {
				note(r.Fusion+"."+name, v)
			}
			for view, e := range r.Encoders {
				note(view, e)
			}
			if r.Fusion == "late" && r.Hidden != 0 {
				t.Fatalf("late has a hidden layer of %d", r.Hidden)
			}
		}
	}
	has := func(name string, values []any) {
		t.Helper()
		for _, v := range values {
			if !drawn[name][v] {
				t.Errorf("%s is never %v, but %v", name, v, slices.Collect(maps.Keys(drawn[name])))
			}
		}
	}
	for _, o := range Settings {
		if o.Kind != "" {
			has(o.Name, o.Search)
			for _, v := range o.Search {
				if err := o.Check(v); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for _, m := range fusion.Methods {
		for _, o := range m.Options {
			has(m.Name+"."+o.Name, o.Search)
		}
	}
	has("photo.color", []any{model.Linear})
	has("text.lexical", []any{model.MLP})
	if drawn["photo.color"][model.MLP] || drawn["text.lexical"][model.Linear] {
		t.Error("a default is drawn")
	}
}

// What is set goes over the base, and nothing else does.
func TestOver(t *testing.T) {
	zero, half := 0.0, 0.5
	base := Recipe{Fusion: "mean", FusionConfig: fusion.Config{"dim": 8}, Views: []string{"a"}, Width: 16, Dropout: &half, Encoders: map[string]model.Encoder{"a": model.MLP, "b": model.MLP}, Train: Config{LR: 1, Seed: 7}}
	got := Recipe{Fusion: "concat", Dropout: &zero, Encoders: map[string]model.Encoder{"b": model.Linear}, Train: Config{Batch: 4}}.Over(base)
	want := Recipe{Fusion: "concat", Views: []string{"a"}, Width: 16, Dropout: &zero, Encoders: map[string]model.Encoder{"a": model.MLP, "b": model.Linear}, Train: Config{LR: 1, Batch: 4, Seed: 7}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if base.Encoders["b"] != model.MLP || *base.Dropout != 0.5 {
		t.Error("the base is changed")
	}
	if got := (Recipe{}).Over(base); !reflect.DeepEqual(got, base) {
		t.Errorf("nothing over the base: %+v", got)
	}
	if got := (Recipe{FusionConfig: fusion.Config{"dim": 8}, Dropout: &zero, Train: Config{LR: 0.5}}).Changes(); !slices.Equal(got, []string{"fusion_config.dim=8", "dropout=0", "lr=0.5"}) {
		t.Errorf("changes %v", got)
	}
}
