package fusion_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// goldenTensor is a tensor of a golden file, row-major.
type goldenTensor struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

func (g goldenTensor) tensor() *tensor.Tensor { return tensor.FromF64(g.Data, g.Shape...) }

// golden is a file of values and gradients computed with PyTorch in float64.
type golden struct {
	Method string `json:"method"`
	Config struct {
		Dim          int       `json:"dim"`
		AttentionDim int       `json:"attention_dim"`
		Hidden       int       `json:"hidden"`
		Rank         int       `json:"rank"`
		Weights      []float64 `json:"weights"`
		Over         string    `json:"over"`
	} `json:"config"`
	Inputs     map[string]goldenTensor `json:"inputs"`
	Masks      map[string]goldenTensor `json:"masks"`
	Params     map[string]goldenTensor `json:"params"`
	Outputs    map[string]goldenTensor `json:"outputs"`
	GradOutput map[string]goldenTensor `json:"grad_output"`
	Grads      map[string]goldenTensor `json:"grads"`
}

// TestGolden compares every golden file about a fusion with the method of that name: results, gradients of the inputs
// and of every parameter, in float64 and float32.
func TestGolden(t *testing.T) {
	dir := goldenFolder()
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	if len(files) == 0 {
		t.Skipf("no golden files in %q; set FUSOR_CONFORMANCE", dir)
	}
	n := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g golden
		if json.Unmarshal(raw, &g) != nil {
			continue // not of this kind
		}
		m, ok := fusion.Methods.Lookup(g.Method)
		if !ok {
			continue // a layer, a loss, an optimiser
		}
		n++
		t.Run(filepath.Base(file), func(t *testing.T) {
			g.compare(t, m, tensor.F64, 1e-9, 1e-9)
			tolerance := 1e-5
			if m.Name == "bilstm" {
				tolerance = 1e-4
			}
			g.compare(t, m, tensor.F32, 1e-5, tolerance)
		})
	}
	t.Logf("%d golden files", n)
}

func (g golden) compare(t *testing.T, m fusion.Method, d tensor.DType, tolerance, gradTolerance float64) {
	cfg := fusion.Config{
		Dim: g.Config.Dim, Rank: g.Config.Rank, Hidden: max(g.Config.Hidden, g.Config.AttentionDim),
		Weights: g.Config.Weights, Over: g.Config.Over,
	}
	if cfg.Over == "modalities" {
		cfg.Over = fusion.OverViews
	}
	var views []fusion.ViewShape
	for range g.Inputs {
		shape := g.Inputs["x"+strconv.Itoa(len(views))].Shape
		views = append(views, fusion.ViewShape{Dim: shape[len(shape)-1], Sequence: len(shape) == 3})
	}
	s := nn.NewScope(1, d)
	f, err := m.Build(s, cfg, views)
	if err != nil {
		t.Fatal(err)
	}
	set := 0
	for _, p := range s.Params() {
		if v, ok := g.Params[p.Name]; ok {
			p.Value.CopyFrom(v.tensor())
			set++
		}
	}
	if set != len(g.Params) {
		t.Fatalf("only %d of %d parameters are known by their names", set, len(g.Params))
	}
	tape := grad.NewTape(d)
	in := fusion.Input{}
	leaves := map[string]*grad.Var{}
	for k := range views {
		name := "x" + strconv.Itoa(k)
		leaves[name] = tape.Input(g.Inputs[name].tensor().As(d))
		in.Views = append(in.Views, fusion.View{X: leaves[name]})
	}
	rows := leaves["x0"].Dim(0)
	in.Present = tensor.New(d, rows, len(views))
	in.Present.Fill(1)
	if p, ok := g.Masks["present"]; ok {
		in.Present = p.tensor().As(d)
	}
	out := f.Forward(tape, in)
	outputs := map[string]*grad.Var{"output": out.Z, "weights": out.Weights, "logvar": out.LogVar}
	var loss *grad.Var
	for _, name := range []string{"output", "weights", "logvar"} {
		want, ok := g.Outputs[name]
		if !ok {
			continue
		}
		agree(t, name, outputs[name].Value(), want, tolerance)
		part := tape.Sum(tape.Mul(outputs[name], tape.Const(g.GradOutput[name].tensor().As(d))))
		if loss == nil {
			loss = part
		} else {
			loss = tape.Add(loss, part)
		}
	}
	tape.Backward(loss)
	for name, x := range leaves {
		agree(t, "inputs."+name, x.Grad(), g.Grads["inputs."+name], gradTolerance)
	}
	for _, p := range s.Params() {
		if want, ok := g.Grads["params."+p.Name]; ok {
			agree(t, "params."+p.Name, p.Grad, want, gradTolerance)
		}
	}
}

func agree(t *testing.T, what string, got *tensor.Tensor, want goldenTensor, tolerance float64) {
	t.Helper()
	peak := 1e-3
	for _, w := range want.Data {
		peak = max(peak, math.Abs(w))
	}
	got = got.As(tensor.F64)
	if got.Len() != len(want.Data) {
		t.Fatalf("%s: shape %v, want %v", what, got.Shape, want.Shape)
	}
	for i, w := range want.Data {
		if !(math.Abs(got.F64[i]-w) <= tolerance*peak) {
			t.Errorf("%s: element %d is %.9g, want %.9g", what, i, got.F64[i], w)
			return
		}
	}
}

// goldenFolder is FUSOR_CONFORMANCE, or shared/conformance beside the repository.
func goldenFolder() string {
	if dir := os.Getenv("FUSOR_CONFORMANCE"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "..", "shared", "conformance")
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
