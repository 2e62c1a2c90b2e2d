package fusion_test

import (
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
	want := strings.Fields("mean weighted concat attention bilstm gated tensor lowrank film multiplicative poe transformer late")
	if got := fusion.Methods.Names(); !slices.Equal(got, want) {
		t.Errorf("the methods are %v, want %v", got, want)
	}
	fields := map[string]bool{}
	for f := range reflect.TypeFor[fusion.Config]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = true
		if yaml, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); yaml != name {
			t.Errorf("%s is %q in JSON and %q in YAML", f.Name, name, yaml)
		}
	}
	for _, m := range fusion.Methods {
		if m.Doc == "" || m.Source == "" || m.Build == nil || len(m.Laws.Cases) == 0 {
			t.Errorf("%s: the entry is not complete", m.Name)
		}
		for _, o := range m.Options {
			if !fields[o] {
				t.Errorf("%s: option %q is no field of Config", m.Name, o)
			}
		}
		if err := m.Check(m.Defaults); err != nil {
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
			if _, err := m.Build(nn.NewScope(1, tensor.F32), cfg, views); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q in it", m.Name, err, want)
			}
		}
	}
	good := []fusion.ViewShape{{Name: "a", Dim: 3}, {Name: "b", Dim: 3}}
	f(nil, fusion.Config{}, "no views")
	f([]fusion.ViewShape{{Name: "text", Dim: 0}}, fusion.Config{}, `view "text" has width 0`)
	f([]fusion.ViewShape{{Name: "text", Dim: 2, Sequence: true}}, fusion.Config{Over: fusion.OverViews}, "is a sequence")
	f(good, fusion.Config{Rank: -1}, "rank is -1")
	f(good, fusion.Config{Dropout: new(1.5)}, "dropout is 1.5")
}

// Wide views, many views and no configuration: every method stays within a size that trains on a CPU.
func TestSizes(t *testing.T) {
	for _, n := range []int{1, 2, 3, 9, 20} {
		views := make([]fusion.ViewShape, n)
		for k := range views {
			views[k] = fusion.ViewShape{Dim: 64}
		}
		for _, m := range fusion.Methods {
			s := nn.NewScope(1, tensor.F32)
			f, err := m.Build(s, fusion.Config{Outputs: 10}, views)
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
		z, err := m.Build(s, fusion.Config{}, views)
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
