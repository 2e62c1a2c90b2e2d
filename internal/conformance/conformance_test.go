package conformance_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// TestConformance runs every golden file in float64 and in float32: results and all gradients.
func TestConformance(t *testing.T) {
	cases, err := conformance.ReadFolder(conformance.Folder())
	if err != nil {
		t.Fatal(err)
	}
	if err := conformance.Named(); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Skipf("no golden files in %q; set FUSOR_CONFORMANCE", conformance.Folder())
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if rule, ok := optimizers[c.Method]; ok {
				compareOptimizer(t, c, rule)
				return
			}
			if c.Objective != "" {
				t.Fatalf("unknown objective %q", c.Objective)
			}
			build, ok := methods[c.Method]
			fused, isFusion := fusion.Methods.Lookup(c.Method)
			switch {
			case ok:
			case isFusion:
				build = fusionMethod(fused)
			default:
				t.Fatalf("unknown method %q", c.Method)
			}
			gradTolerance := 1e-5
			if c.Method == "lstm" || c.Method == "bilstm" {
				gradTolerance = 1e-4
			}
			exact := 1e-9
			if c.Method == "cross_entropy" && strings.Contains(string(c.Config), "weight") {
				exact = 1e-7 // class weights are float32 in either element type
			}
			compare(t, c, build, isFusion, tensor.F64, exact, exact)
			compare(t, c, build, isFusion, tensor.F32, 1e-5, gradTolerance)
		})
	}
}

// TestConformanceFeatures holds that some package compares every golden file of features; the
// packages do it themselves.
func TestConformanceFeatures(t *testing.T) {
	unclaimed, err := conformance.UnclaimedFeatures(conformance.Folder())
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range unclaimed {
		t.Errorf("%s: unknown case, which no package compares", file)
	}
}

// run is one case in one element type.
type run struct {
	*conformance.Case
	config config
	d      tensor.DType
	tape   *grad.Tape
	scope  *nn.Scope
	leaves map[string]*grad.Var
	used   map[string]bool // inputs and masks that the method asked for
}

// config is the union of all configurations; a key that is not here fails the case.
type config struct {
	Hidden         int       `json:"hidden"`
	Layers         int       `json:"layers"`
	Bidirectional  bool      `json:"bidirectional"`
	BatchFirst     *bool     `json:"batch_first"`
	EmbedDim       int       `json:"embed_dim"`
	Heads          int       `json:"heads"`
	Feedforward    int       `json:"feedforward"`
	Activation     string    `json:"activation"`
	NormFirst      bool      `json:"norm_first"`
	Eps            float64   `json:"eps"`
	Weight         []float32 `json:"weight"`
	LabelSmoothing float64   `json:"label_smoothing"`
	Dim            int       `json:"dim"`
	AttentionDim   int       `json:"attention_dim"`
	Rank           int       `json:"rank"`
	Weights        []float64 `json:"weights"`
	Learned        bool      `json:"learned"`
	Over           string    `json:"over"`
	Pool           string    `json:"pool"`
}

// fusion returns the options of a fusion method that the case sets.
func (c *config) fusion() fusion.Config {
	var cfg fusion.Config
	for name, n := range map[string]int{
		"dim": c.Dim, "rank": c.Rank, "hidden": max(c.Hidden, c.AttentionDim), "layers": c.Layers, "heads": c.Heads,
	} {
		if n != 0 {
			cfg = cfg.With(name, n)
		}
	}
	if len(c.Weights) > 0 {
		cfg = cfg.With("weights", c.Weights)
	}
	switch c.Over {
	case "":
	case "modalities":
		cfg = cfg.With("over", fusion.OverViews)
	default:
		cfg = cfg.With("over", c.Over)
	}
	return cfg
}

// method builds the layers in the scope, and returns what computes the outputs by name.
type method func(t *testing.T, r *run) func() map[string]*grad.Var

func compare(t *testing.T, c *conformance.Case, build method, extraParams bool, d tensor.DType, tolerance, gradTolerance float64) {
	r := &run{Case: c, d: d, tape: grad.NewTape(d), scope: nn.NewScope(1, d), leaves: map[string]*grad.Var{}, used: map[string]bool{}}
	if err := c.DecodeConfig(&r.config); err != nil {
		t.Fatal(err)
	}
	if b := r.config.BatchFirst; b != nil && !*b {
		t.Fatal("batch_first is false")
	}
	forward := build(t, r)
	r.setParams(t, extraParams)
	outputs := forward()

	var outs []*grad.Var
	var grads []*tensor.Tensor
	for _, name := range sorted(c.Outputs) {
		out := outputs[name]
		if out == nil {
			t.Fatalf("%v: the output %q is not known", d, name)
		}
		if err := conformance.Compare(out.Value(), c.Outputs[name], tolerance); err != nil {
			t.Errorf("%v: output %s: %v", d, name, err)
		}
		if g := c.GradOutput[name]; g != nil {
			outs, grads = append(outs, out), append(grads, g.As(d))
		}
	}
	for _, name := range append(sorted(c.Inputs), sorted(c.Masks)...) {
		if !r.used[name] {
			t.Errorf("%v: the input or mask %q is not known", d, name)
		}
	}
	r.tape.BackwardFrom(outs, grads)
	r.compareGrads(t, gradTolerance)
}

func (r *run) compareGrads(t *testing.T, tolerance float64) {
	for _, name := range sorted(r.Grads) {
		var got *tensor.Tensor
		if input, ok := strings.CutPrefix(name, "inputs."); ok && r.leaves[input] != nil {
			got = r.leaves[input].Grad()
		} else if param, ok := strings.CutPrefix(name, "params."); ok && r.scope.Lookup(param) != nil {
			got = r.scope.Lookup(param).Grad
		}
		if err := conformance.Compare(got, r.Grads[name], tolerance); err != nil {
			t.Errorf("%v: gradient of %s: %v", r.d, name, err)
		}
	}
}

// setParams copies the golden values into the parameters: each must exist, and none may be left
// over, unless extra states that a method has some of its own for rows that don't stand here.
func (r *run) setParams(t *testing.T, extra bool) {
	set := 0
	for _, p := range r.scope.Params() {
		g := r.Params[p.Name]
		switch {
		case g != nil && tensor.SameShape(g.Shape, p.Value.Shape):
			p.Value.CopyFrom(g.As(r.d))
			set++
		case g != nil:
			t.Fatalf("the parameter %s has the shape %v, not %v", p.Name, p.Value.Shape, g.Shape)
		case !extra:
			t.Fatalf("the parameter %s is not in the file", p.Name)
		}
	}
	if set != len(r.Params) {
		t.Fatalf("of the %d parameters %v only %d are known", len(r.Params), sorted(r.Params), set)
	}
}

// input returns the leaf of an input, nil if the file has none of that name.
func (r *run) input(name string) *grad.Var {
	r.used[name] = true
	if r.leaves[name] == nil && r.Inputs[name] != nil {
		r.leaves[name] = r.tape.Input(r.Inputs[name].As(r.d))
	}
	return r.leaves[name]
}

// mask returns a mask or a target, nil if the file has none of that name.
func (r *run) mask(name string) *conformance.Tensor {
	r.used[name] = true
	if g := r.Masks[name]; g != nil {
		return g
	}
	return r.Inputs[name]
}

func (r *run) lengths() []int {
	if g := r.mask("lengths"); g != nil {
		return g.Ints()
	}
	return nil
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
