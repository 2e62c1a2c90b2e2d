package fusion_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/fusion/fusiontest"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// TestLaws runs the law suite on every entry of the table: a new one is covered by being there.
func TestLaws(t *testing.T) {
	for _, m := range fusion.Methods {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			fusiontest.Run(t, m)
		})
	}
}

func TestTable(t *testing.T) {
	names := fusion.Methods.Names()
	if textbook := strings.Fields("mean weighted concat attention bilstm"); !slices.Equal(names[:len(textbook)], textbook) {
		t.Errorf("the methods are %v; the textbook's come first: %v", names, textbook)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(fusion.Methods) {
		t.Errorf("a name occurs twice: %v", fusion.Methods.Names())
	}
	for _, m := range fusion.Methods {
		if m.Doc == "" || m.Source == "" || m.Build == nil || len(m.Laws.Cases) == 0 {
			t.Errorf("%s: the entry is not complete", m.Name)
		}
		for _, o := range m.Options {
			if o.Doc == "" || o.Kind == "" || o.Default == nil && o.Unset == "" {
				t.Errorf("%s: option %q is not described", m.Name, o.Name)
			}
		}
		if err := m.Check(m.Defaults()); err != nil {
			t.Errorf("the defaults do not pass Check: %v", err)
		}
	}
}

func TestWith(t *testing.T) {
	mine := fusion.Method{Name: "mine"}
	longer := fusion.Methods.With(mine)
	if len(longer) != len(fusion.Methods)+1 || longer[len(longer)-1].Name != "mine" {
		t.Errorf("the longer table is %v", longer.Names())
	}
	if _, ok := fusion.Methods.Lookup("mine"); ok {
		t.Error("the new method is in the old table")
	}
	if m, ok := longer.Lookup("mine"); !ok || m.Name != "mine" {
		t.Errorf("looking up the new method: %v, %t", m.Name, ok)
	}
	other := fusion.Methods.With(fusion.Method{Name: "mean", Doc: "another"})
	if len(other) != len(fusion.Methods) || other[0].Doc != "another" || fusion.Methods[0].Doc == "another" {
		t.Error("a method of the same name must replace the old one, in the new table only")
	}
}

func TestBuildMistakes(t *testing.T) {
	f := func(views []fusion.ViewShape, cfg fusion.Config, want string) {
		t.Helper()
		for _, m := range fusion.Methods {
			if _, err := m.New(nn.NewScope(1, tensor.F32), cfg, fusion.Shape{Views: views, Outputs: 3}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q in it", m.Name, err, want)
			}
		}
	}
	good := []fusion.ViewShape{{Name: "a", Dim: 3}, {Name: "b", Dim: 3}}
	f(nil, fusion.Config{}, "no views")
	f([]fusion.ViewShape{{Name: "text", Dim: 0}}, fusion.Config{}, `view "text" has width 0`)
	f(good, fusion.Config{"color": "red"}, `there is no option "color"`)
}

func TestOptionMistakes(t *testing.T) {
	f := func(method, option string, value any, want string) {
		t.Helper()
		m, _ := fusion.Methods.Lookup(method)
		if err := m.Check(fusion.Config{option: value}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s %v: error %v, want %q in it", method, option, value, err, want)
		}
	}
	f("lowrank", "rank", -1, "rank is -1; it must be at least 1 and at most 16384")
	f("lowrank", "rank", 2.5, "whole number")
	f("transformer", "dropout", 1.5, "dropout is 1.5; it must be at least 0 and below 1")
	f("transformer", "dropout", math.NaN(), "dropout is NaN")
	f("bilstm", "over", "columns", "it must be rows, time, views")
	f("bilstm", "skip", 1, "true or false")
	f("weighted", "weights", "even", "list of numbers")
	f("weighted", "weights", []float64{1, math.Inf(1)}, "not a number")
}

func TestSequenceMistake(t *testing.T) {
	for _, m := range fusion.Methods {
		var cfg fusion.Config
		if m.Name == "bilstm" {
			cfg = fusion.Config{"over": fusion.OverViews}
		}
		if m.Sequences(cfg) {
			continue
		}
		shape := fusion.Shape{Views: []fusion.ViewShape{{Name: "text", Dim: 2, Sequence: true}}, Outputs: 3}
		if _, err := m.New(nn.NewScope(1, tensor.F32), cfg, shape); err == nil || !strings.Contains(err.Error(), "is a sequence") {
			t.Errorf("%s: error %v", m.Name, err)
		}
	}
}

// A configuration goes through JSON and back without loss.
func TestConfigJSON(t *testing.T) {
	c := fusion.Config{"dim": 3, "dropout": 0.25, "over": "rows", "skip": true, "weights": []float64{1, 0.5}}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back fusion.Config
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("%s is read as %v, %v", data, back, err)
	}
	if data, err := json.Marshal(fusion.Config(nil)); err != nil || string(data) != "{}" {
		t.Errorf("no configuration is written as %s, %v", data, err)
	}
}

// Wide views, many views and no configuration: every method stays within a size that trains on a
// CPU.
func TestSizes(t *testing.T) {
	for _, n := range []int{1, 2, 3, 9, 20} {
		views := make([]fusion.ViewShape, n)
		for k := range views {
			views[k] = fusion.ViewShape{Dim: 64}
		}
		for _, m := range fusion.Methods {
			s := nn.NewScope(1, tensor.F32)
			f, err := m.New(s, nil, fusion.Shape{Views: views, Outputs: 10})
			if err != nil {
				t.Errorf("%s with %d views: %v", m.Name, n, err)
				continue
			}
			size := 0
			for _, p := range s.Params() {
				size += p.Value.Len()
			}
			if f.OutDim() > 4096 || size > 2_000_000 {
				t.Errorf("%s with %d views of 64: %d parameters, %d wide", m.Name, n, size, f.OutDim())
			}
		}
	}
}

func TestTensorWidths(t *testing.T) {
	f := func(widths []int, want int) {
		t.Helper()
		views := make([]fusion.ViewShape, len(widths))
		for k, d := range widths {
			views[k].Dim = d
		}
		m, _ := fusion.Methods.Lookup("tensor")
		s := nn.NewScope(1, tensor.F32)
		z, err := m.New(s, nil, fusion.Shape{Views: views})
		if err != nil {
			t.Fatal(err)
		}
		if z.OutDim() != want {
			t.Errorf("widths %v: %d wide, want %d", widths, z.OutDim(), want)
		}
	}
	f([]int{5, 7, 3}, 192)           // as they are
	f([]int{64}, 65)                 // as it is
	f([]int{5000}, 4096)             // 4095 + 1
	f([]int{64, 64}, 64*64)          // 63 each
	f([]int{64, 64, 64}, 4096)       // 15 each
	f([]int{1000, 2, 2}, 9*455)      // only the wide one is projected
	f([]int{9, 9, 9, 9, 9, 9}, 4096) // 3 each
}

// Every combination of the values that a search tries can be built.
func TestSearchedOptions(t *testing.T) {
	var views []fusion.ViewShape
	for k, dim := range []int{64, 3, 300} {
		views = append(views, fusion.ViewShape{Name: string(rune('a' + k)), Dim: dim})
	}
	for _, m := range fusion.Methods {
		configs := []fusion.Config{nil}
		for _, o := range m.Options {
			for _, c := range slices.Clone(configs) {
				for _, v := range o.Search {
					configs = append(configs, c.With(o.Name, v))
				}
			}
		}
		if testing.Short() {
			configs = configs[len(configs)-1:]
		}
		for _, c := range configs {
			if _, err := m.New(nn.NewScope(1, tensor.F32), c, fusion.Shape{Views: views, Outputs: 3}); err != nil {
				t.Errorf("%v: %v", c, err)
			}
		}
	}
}
